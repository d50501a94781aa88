"""One segmentation network's inference: regions in, class maps out."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from penstock.backends import Threads
from penstock.config import InferConfig
from penstock.geometry import Affine, ltwh_to_xyxy
from penstock.inference.fitting import check_map_classes, open_map_parser
from penstock.inference.network import Outputs
from penstock.inference.region_network import RegionNetwork
from penstock.inference.regions import Roi
from penstock.meta import SegmentationMeta
from penstock.parsers import ClassMap, MapContext, PlaneMasks

_log = logging.getLogger(__name__)


class Segmented(NamedTuple):
    """What was found in one region.

    Attributes:
        meta: A class for each pixel, as large as the network's layer, in network pixels: with
            `maintain-aspect-ratio` the bars around the picture have classes too.
        mask: `(h, w)` float32 scores in [0, 1] over the box of the region's object: how probable
            the object's own class is. Made where `output-instance-mask` asks for it, there is an
            object, and the network has its class and gives probabilities.
    """

    meta: SegmentationMeta
    mask: NDArray[np.float32] | None = None


class Segmenter(RegionNetwork[Segmented]):
    """Tells the class of each pixel of regions. `infer` serves one thread at a time.

    The class of an object is the one with its label, or the only one.

    Args:
        config: The network, its input and its threshold.
        backend: Name of the backend; by default `penstock.backends.default_backend()`.
        batch_size: Overrides the configuration's.
        threads: How many to compute with, and for how many runs at once.
        cache: Folder for compiled models; by default `penstock.backends.cache_folder()`.

    Attributes:
        num_classes: Classes that are told apart; 0 where nobody knows.

    Raises:
        ConfigError: A setting does not fit the network; with file, line and key.
        ModelError: The network cannot be read, or has no such layer.
        UnknownNameError: There is no such backend.
        MissingExtraError: The backend's library is not installed.
    """

    def __init__(
        self,
        config: InferConfig,
        *,
        backend: str | None = None,
        batch_size: int | None = None,
        threads: Threads | None = None,
        cache: Path | None = None,
    ) -> None:
        super().__init__(
            config, backend=backend, batch_size=batch_size, threads=threads, cache=cache
        )
        self._context = MapContext(
            self.size,
            config.segmentation_threshold,
            config.num_classes,
            bool(config.segmentation_order),
            config.labels,
        )
        self.parser, self._parser, warnings = open_map_parser(config, self._network, self._context)
        count = self._parser.num_classes
        self.warnings = (
            *self._network.warnings,
            *warnings,
            *check_map_classes(config, self._network, count),
        )
        self.num_classes = count or 0
        _log.info("%r", self)

    def _classes_text(self) -> str:
        return f"{self.num_classes or 'unknown'} classes"

    def _answer(self, outputs: Outputs, roi: Roi, to_network: Affine) -> Segmented:
        found = self._parsed(lambda: self._parser.parse(outputs, self._context), roi)
        probabilities = found.probabilities
        meta = SegmentationMeta(
            found.classes,
            None if probabilities is None else np.array(probabilities, np.float32, order="C"),
            self.num_classes if probabilities is None else len(probabilities),
            self.config.component_id,
        )
        return Segmented(meta, self._mask(found, roi, to_network))

    def _mask(self, found: ClassMap, roi: Roi, to_network: Affine) -> NDArray[np.float32] | None:
        obj, probabilities = roi.parent, found.probabilities
        if not self.config.output_instance_mask or obj is None or probabilities is None:
            return None
        labels = self.config.labels[: len(probabilities)]
        if obj.label not in labels and len(probabilities) > 1:
            return None
        plane = labels.index(obj.label) if obj.label in labels else 0
        masks = PlaneMasks(np.array([plane]), probabilities, self.size)
        box = ltwh_to_xyxy(np.array([obj.ltwh], np.float32))
        return masks.over(to_network.xyxy(box))[0]
