"""What tensors that another element attached mean: parse, cluster, place, write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from penstock.config import InferConfig
from penstock.errors import ModelError
from penstock.geometry import Affine
from penstock.inference.attaching import attach, attach_labels, attach_map, region_object
from penstock.inference.classes import ClassColumns
from penstock.inference.clustering import CLUSTER_MODES
from penstock.inference.fitting import (
    check_map_classes,
    count_classes,
    open_class_parser,
    open_map_parser,
    open_parser,
)
from penstock.inference.network import Network
from penstock.inference.placing import Placing
from penstock.inference.regions import Roi
from penstock.inference.segmenter import Segmented
from penstock.meta import (
    BatchMeta,
    PreprocessMeta,
    RegionMeta,
    SegmentationMeta,
    TensorMeta,
    UserMeta,
)
from penstock.parsers import ClassContext, MapContext, ParseContext
from penstock.surface import placement

_CLASSIFIER, _SEGMENTATION = 1, 2
_OBJECTS = 2

Write = Callable[[dict[str, NDArray[Any]], Roi, Affine], None]


@dataclass(frozen=True)
class TensorSource:
    """A network as far as its tensors tell: what parsers are chosen by.

    Attributes:
        model: How messages call it.
        size: `(width, height)` of its input, pixels.
        layers: Shapes of its outputs, without the batch.
        types: What they hold.
        metadata: None came along.
    """

    model: str
    size: tuple[int, int]
    layers: dict[str, tuple[int, ...]]
    types: dict[str, np.dtype[Any]]
    metadata: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, meta: TensorMeta) -> TensorSource:
        """What one picture's tensors tell."""
        return cls(
            f"the tensors of component {meta.component_id}",
            (meta.network.width, meta.network.height),
            {layer.name: layer.data.shape for layer in meta.layers},
            {layer.name: layer.data.dtype for layer in meta.layers},
        )


class PostProcessor:
    """Writes into the metadata what the tensors of one network mean.

    The parser is chosen when the first tensors come: only they tell the layers.

    Args:
        config: `gie-unique-id` of the network, what its outputs are, thresholds, labels.
        warn: Told what the user should hear about.

    Attributes:
        parsed: Tensors that were read.
    """

    def __init__(self, config: InferConfig, *, warn: Callable[[str], None]) -> None:
        self._config, self._warn = config, warn
        self._source: TensorSource | None = None
        self._write: Write | None = None
        self.parsed = 0

    def process(self, batch: BatchMeta) -> None:
        """Read every tensor of the network in a batch.

        Raises:
            ConfigError: A setting does not fit the tensors; with file, line and key.
            ModelError: No parser reads them, or the parser failed; names source and frame.
        """
        for meta, roi, to_network in list(self._found(batch)):
            source = TensorSource.of(meta)
            if self._write is None or source != self._source:
                self._source, self._write = source, self._opened(source)
            outputs = {layer.name: layer.data for layer in meta.layers}
            try:
                self._write(outputs, roi, to_network)
            except Exception as error:  # a parser is anybody's code
                known = isinstance(error, ModelError)
                reason = error if known else f"{type(error).__name__}: {error}"
                raise ModelError(
                    f"{source.model} cannot be read at {roi.place}: {reason}"
                ) from error
            self.parsed += 1

    # Where tensors are attached

    def _found(self, batch: BatchMeta) -> Iterator[tuple[TensorMeta, Roi, Affine]]:
        for prepared in batch.user.of(PreprocessMeta):
            for region in prepared.regions:
                for meta in self._tensors(region.user):
                    yield meta, _roi_of(region), region.to_network
        for frame in batch.frames:
            if self._config.process_mode == _OBJECTS:
                for obj in frame.objects:
                    roi = Roi.of(frame, obj)
                    for meta in self._tensors(obj.user) if roi is not None else ():
                        yield meta, cast(Roi, roi), self._to_network(cast(Roi, roi), meta)
            else:
                for meta in self._tensors(frame.user):
                    roi = Roi.whole(frame)
                    yield meta, roi, self._to_network(roi, meta)

    def _tensors(self, user: list[UserMeta]) -> Iterator[TensorMeta]:
        for one in user:
            data = one.data
            if isinstance(data, TensorMeta) and data.component_id == self._config.component_id:
                yield data

    def _to_network(self, roi: Roi, meta: TensorMeta) -> Affine:
        """As the network's input was made of the region: from frame to network pixels."""
        left, top, width, height = roi.box
        size = (meta.network.width, meta.network.height)
        x1, y1, x2, y2 = placement(
            (width, height),
            size,
            keep_aspect=meta.keep_aspect,
            centred=self._config.centred,
        )
        sx, sy = (x2 - x1) / width, (y2 - y1) / height
        return Affine(sx, sy, x1 - left * sx, y1 - top * sy)

    # What they mean

    def _opened(self, source: TensorSource) -> Write:
        network = cast(Network, source)
        if self._config.network_type == _CLASSIFIER:
            return self._classifier(network)
        if self._config.network_type == _SEGMENTATION:
            return self._segmenter(network)
        return self._detector(network)

    def _detector(self, network: Network) -> Write:
        config = self._config
        _, parser, warnings = open_parser(config, network)
        num_classes, told = count_classes(config, parser)
        self._tell(*warnings, *told)
        classes = ClassColumns.of(config, num_classes=num_classes)
        context = ParseContext(
            network.size,
            num_classes,
            classes.pre_cluster,
            clip=config.clip_to_roi,
            labels=config.labels,
        )
        placing = Placing(
            classes,
            config.labels,
            crop_to_roi=config.crop_to_roi,
            clip=config.clip_to_roi,
            with_masks=config.output_instance_mask,
        )

        def write(outputs: dict[str, NDArray[Any]], roi: Roi, to_network: Affine) -> None:
            found = parser.parse(outputs, context)
            found = found.take(classes.wanted[found.class_ids].nonzero()[0])
            found = CLUSTER_MODES[config.cluster_mode](found, classes)
            attach(roi.frame, placing.place(found, roi, to_network), config, parent=roi.parent)

        return write

    def _classifier(self, network: Network) -> Write:
        config = self._config
        _, parser, warnings = open_class_parser(config, network)
        self._tell(*warnings)
        context = ClassContext(network.size, config.classifier_threshold, config.classifier_labels)

        def write(outputs: dict[str, NDArray[Any]], roi: Roi, _to_network: Affine) -> None:
            answer = parser.parse(outputs, context)
            roi.frame.infer_done = True
            if answer:
                obj = roi.parent or roi.frame.add(region_object(roi.box, config))
                attach_labels(obj, answer, config)

        return write

    def _segmenter(self, network: Network) -> Write:
        config = self._config
        context = MapContext(
            network.size,
            config.segmentation_threshold,
            config.num_classes,
            bool(config.segmentation_order),
            config.labels,
        )
        _, parser, warnings = open_map_parser(config, network, context)
        self._tell(*warnings, *check_map_classes(config, network, parser.num_classes))

        def write(outputs: dict[str, NDArray[Any]], roi: Roi, _to_network: Affine) -> None:
            found = parser.parse(outputs, context)
            chances = found.probabilities
            count = (parser.num_classes or 0) if chances is None else len(chances)
            meta = SegmentationMeta(
                found.classes,
                None if chances is None else np.array(chances, np.float32, order="C"),
                count,
                config.component_id,
            )
            attach_map(roi, Segmented(meta), config)

        return write

    def _tell(self, *warnings: str) -> None:
        for text in warnings:
            self._warn(text)


def _roi_of(region: RegionMeta) -> Roi:
    return Roi(region.frame.surface, region.ltwh, region.frame, region.parent)
