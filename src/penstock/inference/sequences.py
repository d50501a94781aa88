"""Tensors several frames deep: the latest frames of each region, in their order."""

from __future__ import annotations

from collections.abc import Callable, Hashable

import numpy as np
from numpy.typing import NDArray

_FORGOTTEN_AFTER = 150


class _Sequence:
    """The latest frames of one region."""

    __slots__ = ("count", "first", "latest", "rows", "seen_at", "wanted_at")

    def __init__(self, shape: tuple[int, ...], wanted_at: int) -> None:
        self.rows = np.empty(shape, np.float32)
        self.first = self.count = 0
        self.latest: int | None = None
        self.wanted_at = wanted_at
        self.seen_at = 0


class Sequences:
    """Collects sampled frames until there are `depth` of them, as DeepStream's sequence library.

    A region's first tensor is complete with its `depth`-th sampled frame, the next one `stride`
    sampled frames later. A region that is not seen for 150 calls of `tick` is forgotten.

    Args:
        depth: D, frames in one tensor.
        stride: Sampled frames between a tensor and the next of the same region.
        subsample: Frames left out between two that are sampled.
        shape: Of one frame: `(C, h, w)`.
    """

    def __init__(
        self, *, depth: int, stride: int, subsample: int, shape: tuple[int, int, int]
    ) -> None:
        self._depth, self._stride, self._subsample = depth, stride, subsample
        self._shape = shape
        self._sequences: dict[Hashable, _Sequence] = {}
        self._ticks = 0

    def __len__(self) -> int:
        return len(self._sequences)

    @property
    def _span(self) -> int:
        """Frames from a tensor's first to its last."""
        return (self._depth - 1) * (self._subsample + 1)

    def tick(self) -> None:
        """Another batch begins; what was not seen for long is forgotten."""
        self._ticks += 1
        if self._ticks % _FORGOTTEN_AFTER == 0:
            self._keep(lambda _, one: self._ticks - one.seen_at <= _FORGOTTEN_AFTER)

    def forget(self, pad: int) -> None:
        """Begin anew with the regions of a mux pad; keys are `(FrameMeta.view, …)`."""
        self._keep(lambda key, _: key[0][0] != pad)  # type: ignore[index]

    def add(
        self, key: Hashable, frame_num: int, fill: Callable[[NDArray[np.float32]], None]
    ) -> NDArray[np.float32] | None:
        """Take a region's frame, unless it is one that `subsample` or `stride` leaves out.

        Args:
            key: Names the region from frame to frame.
            frame_num: Of the frame.
            fill: Writes the frame into the array it is given, `(C, h, w)`; called if it is taken.

        Returns:
            `(C, D, h, w)`, oldest frame first, if it is complete with this frame.
        """
        sequence = self._of(key, frame_num)
        sequence.seen_at = self._ticks
        if not self._is_wanted(sequence, frame_num):
            return None
        fill(sequence.rows[(sequence.first + sequence.count) % self._depth])
        sequence.latest = frame_num
        if sequence.count < self._depth:
            sequence.count += 1
        else:
            sequence.first = (sequence.first + 1) % self._depth
        if sequence.count < self._depth or frame_num < sequence.wanted_at:
            return None
        return self._taken(sequence)

    def _of(self, key: Hashable, frame_num: int) -> _Sequence:
        sequence = self._sequences.get(key)
        began_anew = sequence is not None and frame_num < (sequence.latest or 0)
        if sequence is None or began_anew:
            sequence = _Sequence((self._depth, *self._shape), frame_num + self._span)
            self._sequences[key] = sequence
        return sequence

    def _is_wanted(self, sequence: _Sequence, frame_num: int) -> bool:
        if sequence.latest is None:
            return True
        is_sampled = frame_num > sequence.latest + self._subsample
        return is_sampled and frame_num + self._span >= sequence.wanted_at

    def _taken(self, sequence: _Sequence) -> NDArray[np.float32]:
        order = (np.arange(self._depth) + sequence.first) % self._depth
        assert sequence.latest is not None
        sequence.wanted_at = sequence.latest + self._stride * (self._subsample + 1)
        moved = min(self._stride, self._depth)
        sequence.first = (sequence.first + moved) % self._depth
        sequence.count -= moved
        return sequence.rows[order].swapaxes(0, 1)

    def _keep(self, wanted: Callable[[Hashable, _Sequence], bool]) -> None:
        self._sequences = {key: one for key, one in self._sequences.items() if wanted(key, one)}
