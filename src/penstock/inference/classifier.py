"""One classifier's inference: regions in, attributes out."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from penstock.backends import Threads
from penstock.config import InferConfig
from penstock.geometry import Affine
from penstock.inference.fitting import check_classifier_labels, open_class_parser
from penstock.inference.network import Outputs
from penstock.inference.region_network import Placed, RegionNetwork
from penstock.inference.regions import Roi
from penstock.parsers import Attribute, ClassContext

_log = logging.getLogger(__name__)

Attributes: TypeAlias = tuple[Attribute, ...]


class Sample(NamedTuple):
    """The input of one region, cut out to be inferred later.

    Attributes:
        pixels: `(C, h, w)` or `(h, w, C)`, as the network takes it.
        place: Which frame it is of, for messages.
    """

    pixels: NDArray[Any]
    place: str


class Classifier(RegionNetwork[Attributes]):
    """Tells what regions of frames show. An instance serves one thread at a time.

    A region's answer has at most one attribute for each output of the network.

    Args:
        config: The network, its input, its labels and its threshold.
        backend: Name of the backend; by default `penstock.backends.default_backend()`.
        batch_size: Overrides the configuration's.
        threads: How many to compute with, and for how many runs at once.
        cache: Folder for compiled models; by default `penstock.backends.cache_folder()`.

    Raises:
        ConfigError: A setting does not fit the network; with file, line and key.
        ModelError: The network cannot be read, or the parser does not read its outputs.
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
        self.parser, self._parser, warnings = open_class_parser(config, self._network)
        self.warnings = (
            *self._network.warnings,
            *warnings,
            *check_classifier_labels(config, self._parser.num_classes),
        )
        self._context = ClassContext(
            self.size, config.classifier_threshold, config.classifier_labels
        )
        _log.info("%r", self)

    def sample(self, rois: Sequence[Roi]) -> list[Sample]:
        """Cut regions out, to be inferred when their frames are gone.

        Unlike all else here, any thread may call it, also while another one infers.
        """
        tensor = np.empty((len(rois), *self._network.tensor.shape[1:]), self._network.tensor.dtype)
        self._fill(rois, tensor)
        # Copies: a part of the common array would keep all of it.
        return [Sample(pixels.copy(), roi.place) for pixels, roi in zip(tensor, rois, strict=True)]

    def infer_samples(self, samples: Sequence[Sample]) -> list[Attributes]:
        """The same as `infer` for what `sample` cut out, at most `batch_size` of them.

        Raises:
            ModelError: The network or the parser failed; names the model, source and frame.
        """
        for row, sample in zip(self._network.tensor, samples, strict=False):
            row[...] = sample.pixels
        outputs = self._run(samples, self._network)
        return [self._read(output, one) for output, one in zip(outputs, samples, strict=True)]

    def _classes_text(self) -> str:
        return f"{len(self._parser.num_classes) or len(self._network.layers)} outputs"

    def _answer(self, outputs: Outputs, roi: Roi, to_network: Affine) -> Attributes:
        return self._read(outputs, roi)

    def _read(self, outputs: Outputs, picture: Placed) -> Attributes:
        return self._parsed(lambda: self._parser.parse(outputs, self._context), picture)
