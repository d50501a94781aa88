"""A network that looks at regions of frames, whatever its outputs mean."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from penstock.backends import Threads, cache_folder, default_backend
from penstock.config import InferConfig
from penstock.errors import ModelError
from penstock.geometry import Affine
from penstock.inference.network import Network, Outputs
from penstock.inference.raw_outputs import RawOutputs
from penstock.inference.raw_tensors import tensor_meta
from penstock.inference.regions import Prepared, Roi
from penstock.meta import TensorMeta

_log = logging.getLogger(__name__)

Answer = TypeVar("Answer")
Parsed = TypeVar("Parsed")


class Placed(Protocol):
    """Anything that knows which frame it is of."""

    @property
    def place(self) -> str:
        """`source 0 frame 7`."""
        ...


@dataclass(frozen=True)
class Pieces(Generic[Answer]):
    """Work for several threads.

    Attributes:
        jobs: To be done in any order, also at the same time. Each raises what `infer` raises.
        answers: To be called when all are done: for each region its answer.
        tensors: The same for the network's outputs; none where nobody asked for them.
    """

    jobs: Sequence[Callable[[], None]]
    answers: Callable[[], list[Answer]]
    tensors: Callable[[], list[TensorMeta]]


class RegionNetwork(Generic[Answer]):
    """Regions in, an answer for each out. `infer` serves one thread at a time.

    A subclass says in `_answer` what one region's outputs mean.

    Args:
        config: The network and its input.
        backend: Name of the backend; by default `penstock.backends.default_backend()`.
        batch_size: Overrides the configuration's.
        threads: How many to compute with, and for how many runs at once; see `pieces`.
        cache: Folder for compiled models; by default `penstock.backends.cache_folder()`.

    Attributes:
        config: As given, with the batch size that holds.
        backend: Name of the backend.
        runs: How many runs of the network may take place at once.
        parser: Name of what reads the outputs.
        warnings: What the user should hear about, one sentence each.
    """

    parser: str
    warnings: tuple[str, ...]

    def __init__(
        self,
        config: InferConfig,
        *,
        backend: str | None = None,
        batch_size: int | None = None,
        threads: Threads | None = None,
        cache: Path | None = None,
    ) -> None:
        self.config = config if batch_size is None else config.replace(batch_size=batch_size)
        self.backend = backend or ("a server" if config.elsewhere else default_backend())
        self._network = Network(
            self.config, backend=self.backend, threads=threads, cache=cache or cache_folder()
        )
        self._raw = RawOutputs(self.config) if config.raw_output_file_write else None
        self.runs = threads.runs if threads else 1
        self._free: SimpleQueue[Network] = SimpleQueue()
        self._free.put(self._network)
        for _ in range(1, self.runs):
            self._free.put(self._network.fork())
        self._reading = threading.Lock()

    @property
    def size(self) -> tuple[int, int]:
        """`(width, height)` of the network's input, pixels."""
        return self._network.size

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Of the input tensor, without the batch."""
        shape: tuple[int, ...] = self._network.tensor.shape
        return shape[1:]

    @property
    def input_dtype(self) -> np.dtype[Any]:
        """Of the input tensor."""
        return np.dtype(self._network.tensor.dtype)

    @property
    def batch_size(self) -> int:
        """Regions in one run: the model's own batch, or the configuration's up to a limit."""
        return self._network.batch_size

    @property
    def precision_used(self) -> str:
        """What the arithmetic really is: `"f32"`, `"bf16"`, `"f16"`."""
        return self._network.precision_used

    def infer(self, rois: Sequence[Roi]) -> list[Answer]:
        """Look at regions, any number, of frames of any size.

        Regions of one frame are prepared together when they stand together.

        Returns:
            For each region its answer.

        Raises:
            ModelError: The network or the parser failed; names the model, source and frame.
        """
        pieces = self.pieces(rois)
        for job in pieces.jobs:
            job()
        return pieces.answers()

    def pieces(self, rois: Sequence[Roi]) -> Pieces[Answer]:
        """`infer`, in pieces for any threads, of which `runs` get ahead at once."""
        parts = [rois[at : at + self.batch_size] for at in range(0, len(rois), self.batch_size)]
        found: list[list[Answer]] = [[] for _ in parts]
        kept: list[list[TensorMeta]] = [[] for _ in parts]

        def job(number: int) -> None:
            found[number], kept[number] = self._infer(parts[number])

        return Pieces(
            [partial(job, number) for number in range(len(parts))],
            lambda: [answer for part in found for answer in part],
            lambda: [tensors for part in kept for tensors in part],
        )

    def close(self) -> None:
        """Release the network; the instance is of no use afterwards."""
        self._network.close()

    def __repr__(self) -> str:
        width, height = self.size
        return (
            f"<{type(self).__name__} {self._network.model.name}: {self.backend} "
            f"{self.precision_used}, {width}x{height}, batch {self.batch_size}, {self.parser}, "
            f"{self._classes_text()}>"
        )

    def _classes_text(self) -> str:
        raise NotImplementedError

    def _answer(self, outputs: Outputs, roi: Roi, to_network: Affine) -> Answer:
        """What one region's outputs mean; `to_network` is from frame to network pixels."""
        raise NotImplementedError

    def _infer(self, rois: Sequence[Roi]) -> tuple[list[Answer], list[TensorMeta]]:
        network = self._free.get()
        try:
            transforms = self._fill(rois, network.tensor)
            outputs = self._run(rois, network)
            kept = []
            if self.config.output_tensor_meta:
                kept = [tensor_meta(one, self.config, size=self.size) for one in outputs]
            with self._reading:  # parsers, users' ones above all, serve one thread at a time
                if self._raw is not None:
                    self._raw.write(outputs)
                placed = zip(outputs, rois, transforms, strict=True)
                return [self._answer(*one) for one in placed], kept
        finally:
            self._free.put(network)

    def _fill(self, rois: Sequence[Roi], tensor: NDArray[Any]) -> list[Affine]:
        """Fill an input tensor; returns a transform for each region, frame to network pixels."""
        transforms: list[Affine] = []
        if rois and rois[0].prepared is not None:
            return [_copy(roi.prepared, row) for roi, row in zip(rois, tensor, strict=False)]
        for _, neighbours in groupby(rois, key=lambda roi: id(roi.surface)):
            group = list(neighbours)
            first = len(transforms)
            transforms += group[0].surface.network_input(
                [roi.box for roi in group],
                self._network.spec,
                tensor[first : first + len(group)],
            )
        return transforms

    def _run(self, pictures: Sequence[Placed], network: Network) -> list[Outputs]:
        """The outputs for as many pictures, which lie in the network's tensor."""
        try:
            return network.run(len(pictures))
        except ModelError as error:
            places = ", ".join(dict.fromkeys(picture.place for picture in pictures))
            raise ModelError(f"{error} (looking at {places})") from error

    def _parsed(self, parse: Callable[[], Parsed], picture: Placed) -> Parsed:
        """What a parser makes of the outputs."""
        try:
            return parse()
        except Exception as error:  # a parser is anybody's code
            reason = error if isinstance(error, ModelError) else f"{type(error).__name__}: {error}"
            raise ModelError(
                f"{self._network.model}: the parser {self.parser!r} failed at {picture.place}: "
                f"{reason}"
            ) from error


def _copy(prepared: Prepared | None, row: NDArray[Any]) -> Affine:
    assert prepared is not None  # either all regions of a network are, or none is
    row[...] = prepared.pixels
    return prepared.region.to_network
