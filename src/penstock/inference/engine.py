"""One configuration's inference: regions in, detections out."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from penstock.backends import cache_folder, default_backend
from penstock.config import InferConfig, check_labels
from penstock.errors import ConfigError, ModelError
from penstock.geometry import Affine
from penstock.inference.classes import ClassColumns
from penstock.inference.clustering import CLUSTER_MODES
from penstock.inference.fitting import INSTANCES, count_classes, open_parser
from penstock.inference.network import Network, Outputs
from penstock.inference.placing import Placing
from penstock.inference.raw_outputs import RawOutputs
from penstock.inference.regions import Detection, Roi
from penstock.parsers import ParseContext, Parsed

_log = logging.getLogger(__name__)
_DETECTOR = 0


class Engine:
    """Detects objects in regions of frames. An instance serves one thread at a time.

    Everything that can be wrong with the configuration or the model is found here, before the
    first frame; the network runs once on black pictures.

    Args:
        config: The network, its input, its classes and filters.
        backend: Name of the backend; by default `penstock.backends.default_backend()`.
        labels: Names of the classes; by default those of the configuration.
        batch_size: Overrides the configuration's.
        threads: How many to compute with; by default one for each usable core.
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
        threads: int | None = None,
        cache: Path | None = None,
    ) -> None:
        _check_supported(config)
        self.config = config if batch_size is None else config.replace(batch_size=batch_size)
        self.backend = backend or default_backend()
        self._network = Network(
            self.config, backend=self.backend, threads=threads, cache=cache or cache_folder()
        )
        self.parser, self._parser, warnings = open_parser(config, self._network)
        self.num_classes, told = count_classes(config, self._parser)
        self.labels = tuple(config.labels if labels is None else labels)
        if labels is not None:
            told += check_labels(labels, self.num_classes, where="labels")
        self.warnings = (*warnings, *told)
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
        self._raw = RawOutputs(self.config) if config.raw_output_file_write else None
        _log.info("%r", self)

    @property
    def size(self) -> tuple[int, int]:
        """`(width, height)` of the network's input, pixels."""
        return self._network.size

    @property
    def batch_size(self) -> int:
        """Regions in one run: the model's own batch, or the configuration's up to a limit."""
        return self._network.batch_size

    @property
    def precision_used(self) -> str:
        """What the arithmetic really is: `"f32"`, `"bf16"`, `"f16"`."""
        return self._network.precision_used

    def infer(self, rois: Sequence[Roi]) -> list[list[Detection]]:
        """Look at regions, any number, of frames of any size.

        Regions of one frame are prepared together when they stand together.

        Returns:
            For each region its detections, by class, then most confident first.

        Raises:
            ModelError: The network or the parser failed; names the model, source and frame.
        """
        found: list[list[Detection]] = []
        for start in range(0, len(rois), self.batch_size):
            found += self._infer(rois[start : start + self.batch_size])
        return found

    def close(self) -> None:
        """Release the network; the instance is of no use afterwards."""
        self._network.close()

    def __repr__(self) -> str:
        width, height = self.size
        return (
            f"<Engine {self._network.model.name}: {self.backend} {self.precision_used}, "
            f"{width}x{height}, batch {self.batch_size}, {self.parser}, {self.num_classes} classes>"
        )

    def _infer(self, rois: Sequence[Roi]) -> list[list[Detection]]:
        transforms = self._prepare(rois)
        try:
            outputs = self._network.run(len(rois))
        except ModelError as error:
            raise ModelError(f"{error} (looking at {_frames(rois)})") from error
        if self._raw is not None:
            self._raw.write(outputs)
        return [
            self._settle(self._parse(output, roi), roi, to_network)
            for output, roi, to_network in zip(outputs, rois, transforms, strict=True)
        ]

    def _prepare(self, rois: Sequence[Roi]) -> list[Affine]:
        """Fill the input tensor; returns a transform for each region, frame to network pixels."""
        transforms: list[Affine] = []
        for _, neighbours in groupby(rois, key=lambda roi: id(roi.surface)):
            group = list(neighbours)
            first = len(transforms)
            transforms += group[0].surface.network_input(
                [roi.box for roi in group],
                self._network.spec,
                self._network.tensor[first : first + len(group)],
            )
        return transforms

    def _parse(self, outputs: Outputs, roi: Roi) -> Parsed:
        try:
            return self._parser.parse(outputs, self._context)
        except Exception as error:  # a parser is anybody's code
            reason = error if isinstance(error, ModelError) else f"{type(error).__name__}: {error}"
            raise ModelError(
                f"{self._network.model}: the parser {self.parser!r} failed at {_frames([roi])}: "
                f"{reason}"
            ) from error

    def _settle(self, parsed: Parsed, roi: Roi, to_network: Affine) -> list[Detection]:
        if not self._classes.all_wanted:
            parsed = parsed.take(self._classes.wanted[parsed.class_ids].nonzero()[0])
        return self._placing.place(self._cluster(parsed, self._classes), roi, to_network)


def _frames(rois: Sequence[Roi]) -> str:
    names = [f"source {roi.frame.source_id} frame {roi.frame.frame_num}" for roi in rois]
    return ", ".join(dict.fromkeys(names))


def _check_supported(config: InferConfig) -> None:
    if config.network_type not in (_DETECTOR, INSTANCES):
        raise ConfigError(
            f"{config.where('network-type')}: only detectors, network-type=0 and 3, run so far; "
            f"got {config.network_type}"
        )
