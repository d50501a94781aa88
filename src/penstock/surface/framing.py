"""Crops and scales that have been promised but not done: where held pixels will appear."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, isfinite

from penstock.geometry import Affine
from penstock.surface.protocol import Box, Interpolation, WholeBox

Edges = tuple[float, float, float, float]
WholeEdges = tuple[int, int, int, int]


@dataclass(frozen=True)
class Framing:
    """Which part of a held picture is shown where in a promised one; the rest is black.

    Attributes:
        held: `(width, height)` of the picture in memory, pixels.
        size: `(width, height)` of the promised picture, pixels.
        source: What is shown: xyxy, held px.
        target: Where: xyxy, whole promised px; without area when everything is black.
        interpolation: How pixels are sampled.
    """

    held: tuple[int, int]
    size: tuple[int, int]
    source: Edges
    target: WholeEdges
    interpolation: Interpolation = "bilinear"

    @classmethod
    def whole(cls, size: tuple[int, int]) -> Framing:
        """The held picture as it is."""
        return cls(size, size, (0.0, 0.0, float(size[0]), float(size[1])), (0, 0, *size))

    @property
    def is_whole(self) -> bool:
        """Whether nothing is pending."""
        return self.is_crop and self.size == self.held

    def composes_with(self, later: Framing) -> bool:
        """Whether `later`, this framing scaled again, may be done in one pass.

        Detail that one scaling gave up must not come back when the next enlarges: a picture
        pixelated for privacy stays pixelated.
        """
        if self.factors == (1.0, 1.0) or not all(self.factors):
            return True
        pairs = zip(self.factors, later.factors, strict=True)
        returns = any(first < 1 and second > first + 1e-9 for first, second in pairs)
        return self.interpolation == later.interpolation and not returns

    @property
    def factors(self) -> tuple[float, float]:
        """Promised pixels a held pixel, horizontally and vertically."""
        (left, top, right, bottom), (x1, y1, x2, y2) = self.source, self.target
        return ((x2 - x1) / (right - left or 1), (y2 - y1) / (bottom - top or 1))

    @property
    def is_crop(self) -> bool:
        """Whether every promised pixel is one held pixel: no bars, no scaling."""
        source, size = whole_edges(self.source), self.size
        same = source is not None and (source[2] - source[0], source[3] - source[1]) == size
        return same and self.target == (0, 0, *size)

    def crop(self, box: Box) -> Framing:
        """Keep what is inside `box`, ltwh, promised px, rounded to whole pixels and clipped.

        Raises:
            ValueError: Nothing is left.
        """
        left, top, width, height = check_box(box)
        x1, y1 = max(0, _near(left)), max(0, _near(top))
        x2, y2 = min(self.size[0], _near(left + width)), min(self.size[1], _near(top + height))
        if x1 >= x2 or y1 >= y2:
            w, h = self.size
            raise ValueError(f"crop {box} (left, top, width, height) has no pixel of {w}x{h}")
        size = (x2 - x1, y2 - y1)
        return self._through((x1, y1, x2, y2), (0, 0, *size), size, self.interpolation)

    def scale(
        self,
        size: tuple[int, int],
        *,
        keep_aspect: bool,
        centred: bool,
        interpolation: Interpolation,
    ) -> Framing:
        """Resize to `size`; bars begin at even pixels, so that chroma samples do not straddle."""
        place = placement(self.size, size, keep_aspect=keep_aspect, centred=centred, even=True)
        return self._through((0, 0, *self.size), place, size, interpolation)

    def place(
        self, box: WholeBox, size: tuple[int, int], *, interpolation: Interpolation
    ) -> Framing:
        """Resize into `box`, ltwh, of a picture of `size`.

        Raises:
            ValueError: `box` is not inside, or has no area.
        """
        (left, top, width, height), (across, down) = box, check_size(size)
        inside = 0 <= left < left + width <= across and 0 <= top < top + height <= down
        if not inside or not all(int(n) == n for n in box):
            raise ValueError(f"{box} (left, top, width, height) is no part of {across}x{down}")
        place = (left, top, left + width, top + height)
        return self._through((0, 0, *self.size), place, size, interpolation)

    def region(
        self,
        roi: Box,
        size: tuple[int, int],
        *,
        keep_aspect: bool,
        centred: bool,
        interpolation: Interpolation,
    ) -> tuple[Framing, Affine]:
        """Show `roi`, ltwh, promised px, in a picture of `size`; black outside this picture.

        Returns:
            The framing, and the transform from this picture's pixels to the new one's.
        """
        left, top, width, height = check_box(roi)
        place = placement((width, height), size, keep_aspect=keep_aspect, centred=centred)
        x1, y1, x2, y2 = place
        sx, sy = (x2 - x1) / width, (y2 - y1) / height
        window = (left, top, left + width, top + height)
        framing = self._through(window, place, size, interpolation)
        return framing, Affine(sx, sy, x1 - left * sx, y1 - top * sy)

    def plane_target(self, step: tuple[int, int]) -> WholeEdges:
        """The samples of a promised plane that show the picture: xyxy."""
        x1, y1, x2, y2 = self.target
        return (x1 // step[0], y1 // step[1], -(-x2 // step[0]), -(-y2 // step[1]))

    def plane_source(self, step: tuple[int, int], window: WholeEdges) -> Edges:
        """The samples of a held plane, xyxy, that show in `window`, xyxy, promised px.

        Args:
            step: Held pixels a sample of the plane, horizontally and vertically.
            window: Covers `target`, or sticks out by less than a sample.
        """
        x1, x2 = self._plane_span(0, step[0], window[0], window[2])
        y1, y2 = self._plane_span(1, step[1], window[1], window[3])
        return (x1, y1, x2, y2)

    def _plane_span(self, axis: int, step: int, first: int, last: int) -> tuple[float, float]:
        source, target = self.source[axis::2], self.target[axis::2]
        stretch = (source[1] - source[0]) / (target[1] - target[0])
        end = float(-(-self.held[axis] // step))
        # The last chroma sample of an odd picture covers one pixel only: edge stays edge.
        if source[1] >= self.held[axis] and last >= target[1]:
            until = end
        else:
            until = (source[0] + (last - target[0]) * stretch) / step
        begin = (source[0] + (first - target[0]) * stretch) / step
        return max(0.0, begin), min(end, until)

    def _through(
        self,
        window: Edges,
        place: WholeEdges,
        size: tuple[int, int],
        interpolation: Interpolation,
    ) -> Framing:
        """Show `window`, xyxy, promised px, at `place` of a new picture of `size`."""
        spans = [self._span(axis, window[axis::2], place[axis::2]) for axis in (0, 1)]
        if None in spans:
            nothing = (0.0, 0.0, 0.0, 0.0)
            return Framing(self.held, size, nothing, (0, 0, 0, 0), interpolation)
        (left, right, x1, x2), (top, bottom, y1, y2) = (span for span in spans if span is not None)
        source, target = (left, top, right, bottom), (x1, y1, x2, y2)
        return Framing(self.held, size, source, target, interpolation)

    def _span(
        self, axis: int, window: tuple[float, ...], place: tuple[int, ...]
    ) -> tuple[float, float, int, int] | None:
        """One axis of `_through`: source begin and end, target begin and end."""
        source, target = self.source[axis::2], self.target[axis::2]
        begin, end = max(window[0], target[0]), min(window[1], target[1])
        if begin >= end:
            return None
        back = (source[1] - source[0]) / (target[1] - target[0])
        forth = (place[1] - place[0]) / (window[1] - window[0])
        first = min(_near(place[0] + (begin - window[0]) * forth), place[1] - 1)
        last = max(_near(place[0] + (end - window[0]) * forth), first + 1)
        return (
            source[0] + (begin - target[0]) * back,
            source[1] - (target[1] - end) * back,
            first,
            last,
        )


def placement(
    picture: tuple[float, float],
    size: tuple[int, int],
    *,
    keep_aspect: bool = False,
    centred: bool = False,
    even: bool = False,
) -> WholeEdges:
    """Where a picture lies inside a larger one: xyxy, whole pixels of the larger.

    Args:
        picture: `(width, height)` of what is placed, pixels, positive.
        size: `(width, height)` of where, pixels.
        keep_aspect: Scale both axes alike and leave bars; else fill.
        centred: With `keep_aspect`, bars on both sides; else right and bottom only.
        even: Bars begin and end at even pixels.
    """
    if not keep_aspect:
        return (0, 0, *check_size(size))
    factor = min(n / have for n, have in zip(check_size(size), picture, strict=True))
    spans = [
        _placed(have * factor, n, centred=centred, even=even)
        for have, n in zip(picture, size, strict=True)
    ]
    (x1, x2), (y1, y2) = spans
    return (x1, y1, x2, y2)


def _placed(wanted: float, room: int, *, centred: bool, even: bool) -> tuple[int, int]:
    length = min(room, max(1, _near(wanted)))
    if even and length < room:
        length = min(room, max(1, 2 * _near(wanted / 2)))
    first = (room - length) // 2 if centred else 0
    first -= first % 2 if even else 0
    return first, first + length


def check_box(box: Box) -> Box:
    """Return `box`, ltwh, or raise ValueError when it is not finite or has no area."""
    if not all(map(isfinite, box)) or box[2] <= 0 or box[3] <= 0:
        raise ValueError(f"a region needs a positive width and height, got (l, t, w, h) = {box}")
    return box


def check_size(size: tuple[int, int]) -> tuple[int, int]:
    """Return `size`, or raise ValueError when it is not two positive whole numbers."""
    if len(size) != 2 or not all(int(n) == n and n > 0 for n in size):
        raise ValueError(f"a picture's size is (width, height), positive whole pixels, got {size}")
    return (int(size[0]), int(size[1]))


def _near(value: float) -> int:
    return floor(value + 0.5)


def whole_edges(edges: Edges) -> WholeEdges | None:
    """`edges`, xyxy, as whole numbers when they are, within a thousandth of a pixel."""
    x1, y1, x2, y2 = (_near(edge) for edge in edges)
    aligned = all(abs(e - w) < 1e-3 for e, w in zip(edges, (x1, y1, x2, y2), strict=True))
    return (x1, y1, x2, y2) if aligned and x1 < x2 and y1 < y2 else None


def outward(edges: Edges) -> WholeEdges:
    """The smallest whole rectangle around `edges`, xyxy."""
    x1, y1, x2, y2 = edges
    return (floor(x1), floor(y1), ceil(x2), ceil(y2))
