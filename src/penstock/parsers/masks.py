"""Instance masks that are computed for the few boxes that are left, not for every candidate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from penstock.parsers.activation import sigmoid

_MOST_SIDE = 512  # no mask needs more samples along a side than that


class Masks(Protocol):
    """A mask for each of N candidates."""

    def __len__(self) -> int: ...

    def __getitem__(self, rows: NDArray[Any]) -> Masks:
        """Those of the candidates in `rows`, in that order."""
        ...

    def over(self, boxes: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """The masks stretched over boxes.

        Args:
            boxes: `(N, 4)` xyxy, network pixels.

        Returns:
            For each box `(h, w)` float32 scores in [0, 1], about as fine as the network's own.
        """
        ...


@dataclass(frozen=True, eq=False)
class PrototypeMasks:
    """Masks that are sums of a few pictures, as in YOLACT (Bolya et al. 2019, arXiv:1904.02689).

    Attributes:
        weights: `(N, M)` float32, how much each picture counts for each candidate.
        prototypes: `(M, h, w)` float32, pictures of the whole network input: a layer of the
            network itself, so that masks must be asked for before it runs again.
        size: `(width, height)` of the network's input, pixels.
    """

    weights: NDArray[np.float32]
    prototypes: NDArray[np.float32]
    size: tuple[int, int]

    def __len__(self) -> int:
        return len(self.weights)

    def __getitem__(self, rows: NDArray[Any]) -> PrototypeMasks:
        return PrototypeMasks(self.weights[rows], self.prototypes, self.size)

    def over(self, boxes: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """The masks over boxes; see `Masks`."""
        _, height, width = self.prototypes.shape
        scale = np.array([width / self.size[0], height / self.size[1]] * 2, np.float32)
        found = []
        for weights, box in zip(self.weights, boxes * scale, strict=True):
            rows, columns = _samples(box[1], box[3]), _samples(box[0], box[2])
            top, left = _window(rows, height), _window(columns, width)
            # Summed first where the box is, then sampled: a hundredth of the work.
            picture = np.tensordot(weights, self.prototypes[:, top, left], axes=1)
            picture = _stretch(picture, rows - top.start, columns - left.start)
            found.append(sigmoid(picture).astype(np.float32))
        return found


@dataclass(frozen=True, eq=False)
class PlaneMasks:
    """Masks that are parts of pictures which many objects share, as of semantic segmentation.

    Objects that overlap, and share a picture, have each other's pixels.

    Attributes:
        planes: `(N,)` whole numbers, which of the pictures belongs to each candidate.
        pictures: `(M, h, w)` scores in [0, 1], pictures of the whole network input: a layer of the
            network itself, so that masks must be asked for before it runs again.
        size: `(width, height)` of the network's input, pixels.
    """

    planes: NDArray[Any]
    pictures: NDArray[Any]
    size: tuple[int, int]

    def __len__(self) -> int:
        return len(self.planes)

    def __getitem__(self, rows: NDArray[Any]) -> PlaneMasks:
        return PlaneMasks(self.planes[rows], self.pictures, self.size)

    def over(self, boxes: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """The masks over boxes; see `Masks`."""
        _, height, width = self.pictures.shape
        scale = np.array([width / self.size[0], height / self.size[1]] * 2, np.float32)
        return [
            _stretch(self.pictures[plane], _samples(box[1], box[3]), _samples(box[0], box[2]))
            for plane, box in zip(self.planes, boxes * scale, strict=True)
        ]


@dataclass(frozen=True, eq=False)
class BoxMasks:
    """Masks that are pictures over their own boxes.

    Attributes:
        scores: `(N, h, w)` float32 in [0, 1].
        boxes: `(N, 4)` xyxy, network pixels: what they are pictures of.
    """

    scores: NDArray[np.float32]
    boxes: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.scores)

    def __getitem__(self, rows: NDArray[Any]) -> BoxMasks:
        return BoxMasks(self.scores[rows], self.boxes[rows])

    def over(self, boxes: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """The masks over other boxes; see `Masks`."""
        _, height, width = self.scores.shape
        corner = np.concatenate([self.boxes[:, :2], self.boxes[:, :2]], axis=1)
        extent = np.concatenate([self.boxes[:, 2:] - self.boxes[:, :2]] * 2, axis=1)
        inner = (boxes - corner) / extent * np.array([width, height] * 2, np.float32)
        return [
            _stretch(mask, _samples(box[1], box[3]), _samples(box[0], box[2]))
            for mask, box in zip(self.scores, inner, strict=True)
        ]


def _samples(first: float, last: float) -> NDArray[np.float32]:
    """Where to look between two edges, about a sample a cell; 0 is the middle of the first cell."""
    count = int(np.clip(np.ceil(last - first), 1, _MOST_SIDE))
    steps = (np.arange(count, dtype=np.float32) + 0.5) / count
    return np.asarray(first + steps * (last - first) - 0.5, np.float32)


def _window(positions: NDArray[np.float32], cells: int) -> slice:
    """The cells that positions lie between."""
    first = int(np.clip(np.floor(positions[0]), 0, cells - 1))
    last = int(np.clip(np.floor(positions[-1]) + 1, 0, cells - 1))
    return slice(first, last + 1)


def _stretch(
    picture: NDArray[Any], rows: NDArray[np.float32], columns: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Look at `picture` in `rows` and `columns`: linear between cells, its edges continued."""
    upper, lower, down = _between(rows, picture.shape[0])
    before, after, right = _between(columns, picture.shape[1])
    lines = picture[upper] * (1 - down)[:, None] + picture[lower] * down[:, None]
    mixed = lines[:, before] * (1 - right) + lines[:, after] * right
    return np.asarray(mixed, np.float32)


def _between(
    positions: NDArray[np.float32], cells: int
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
    inside = np.clip(positions, 0, cells - 1)
    lower = np.floor(inside).astype(np.intp)
    return lower, np.minimum(lower + 1, cells - 1), inside - lower
