"""One detector's inference: regions in, detections out."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from penstock.backends import Threads
from penstock.config import InferConfig, check_labels
from penstock.errors import ConfigError
from penstock.geometry import Affine
from penstock.inference.classes import ClassColumns
from penstock.inference.clustering import CLUSTER_MODES
from penstock.inference.fitting import INSTANCES, count_classes, open_parser
from penstock.inference.network import Outputs
from penstock.inference.placing import Placing
from penstock.inference.region_network import RegionNetwork
from penstock.inference.regions import Detection, Roi
from penstock.parsers import ParseContext

_log = logging.getLogger(__name__)
_DETECTOR = 0


class Engine(RegionNetwork[list[Detection]]):
    """Detects objects in regions of frames. `infer` serves one thread at a time.

    A region's answer are its detections, by class, then most confident first.

    Everything that can be wrong with the configuration or the model is found here, before the
    first frame; the network runs once on black pictures.

    Args:
        config: The network, its input, its classes and filters.
        backend: Name of the backend; by default `penstock.backends.default_backend()`.
        labels: Names of the classes; by default those of the configuration.
        batch_size: Overrides the configuration's.
        threads: How many to compute with, and for how many runs at once.
        cache: Folder for compiled models; by default `penstock.backends.cache_folder()`.

    Attributes:
        config: As given, with the batch size that holds.
        labels: Names of the classes.
        num_classes: Classes that are told apart.
        warnings: What the user should hear about, one sentence each.

    Raises:
        ConfigError: A setting does not fit the network; with file, line and key.
        ModelError: The network cannot be read, or no parser reads its outputs.
        UnknownNameError: There is no such backend.
        MissingExtraError: The backend's library is not installed.
    """

    def __init__(
        self,
        config: InferConfig,
        *,
        backend: str | None = None,
        labels: Sequence[str] | None = None,
        batch_size: int | None = None,
        threads: Threads | None = None,
        cache: Path | None = None,
    ) -> None:
        _check_supported(config)
        super().__init__(
            config, backend=backend, batch_size=batch_size, threads=threads, cache=cache
        )
        self.parser, self._parser, warnings = open_parser(config, self._network)
        self.num_classes, told = count_classes(config, self._parser)
        self.labels = tuple(config.labels if labels is None else labels)
        if labels is not None:
            told += check_labels(labels, self.num_classes, where="labels")
        self.warnings = (*self._network.warnings, *warnings, *told)
        self._classes = ClassColumns.of(config, num_classes=self.num_classes)
        self._context = ParseContext(
            self._network.size,
            self.num_classes,
            self._classes.pre_cluster,
            clip=config.clip_to_roi,
            labels=self.labels,
        )
        self._cluster = CLUSTER_MODES[config.cluster_mode]
        self._placing = Placing(
            self._classes,
            self.labels,
            crop_to_roi=config.crop_to_roi,
            clip=config.clip_to_roi,
            with_masks=config.output_instance_mask,
        )
        _log.info("%r", self)

    def _classes_text(self) -> str:
        return f"{self.num_classes} classes"

    def _answer(self, outputs: Outputs, roi: Roi, to_network: Affine) -> list[Detection]:
        parsed = self._parsed(lambda: self._parser.parse(outputs, self._context), roi)
        if not self._classes.all_wanted:
            parsed = parsed.take(self._classes.wanted[parsed.class_ids].nonzero()[0])
        return self._placing.place(self._cluster(parsed, self._classes), roi, to_network)


def _check_supported(config: InferConfig) -> None:
    if config.network_type not in (_DETECTOR, INSTANCES):
        raise ConfigError(
            f"{config.where('network-type')}: a detector has network-type=0 or 3; "
            f"got {config.network_type}"
        )
