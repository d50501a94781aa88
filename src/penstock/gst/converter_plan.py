"""What the converters do to a picture: crop, scale, turn, place."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from penstock.errors import ConfigError
from penstock.geometry import Affine, Turn
from penstock.gst.enums import EnumType
from penstock.gst.properties import Property
from penstock.meta import FrameMeta
from penstock.surface import Interpolation, Surface

Size = tuple[int, int]
Box = tuple[int, int, int, int]

FLIP = EnumType(
    "GstNvVideoFlipMethod",
    {
        "none": 0,
        "counterclockwise": 1,
        "rotate-180": 2,
        "clockwise": 3,
        "horizontal-flip": 4,
        "upper-right-diagonal": 5,
        "vertical-flip": 6,
        "upper-left-diagonal": 7,
    },
)
FLIP_METHOD = Property("flip-method", FLIP, 0, "Turn by quarters, or mirror at an axis or diagonal")
TURNS = (
    Turn(),
    Turn(swap=True, mirror_y=True),
    Turn(mirror_x=True, mirror_y=True),
    Turn(swap=True, mirror_x=True),
    Turn(mirror_x=True),
    Turn(swap=True, mirror_x=True, mirror_y=True),
    Turn(mirror_y=True),
    Turn(swap=True),
)
"""What each `flip-method` does."""
INTERPOLATIONS: tuple[Interpolation, ...] = (
    "nearest",
    "bilinear",
    "cubic",
    "area",
    "lanczos",
    "lanczos",
    "bilinear",
)
"""What each `interpolation-method` does."""


@dataclass(frozen=True)
class Rectangle:
    """A part of a picture that somebody asked for.

    Attributes:
        said: How it was asked for: `src-crop=20:40:150:100`.
        left: First column, pixels; the others likewise.
        right: First column that is outside; 0: the picture's edge.
    """

    said: str
    left: int
    top: int
    right: int
    bottom: int

    @classmethod
    def parse(cls, name: str, text: str | None) -> Rectangle | None:
        """Read the value of the property `name`: `left:top:width:height`; all 0 asks for nothing.

        Raises:
            ConfigError: It is something else.
        """
        fields = (text or "0:0:0:0").split(":")
        if len(fields) != 4 or not all(f.strip().lstrip("+-").isdecimal() for f in fields):
            raise ConfigError(f"{name} wants LEFT:TOP:WIDTH:HEIGHT, whole pixels, got {text!r}")
        left, top, width, height = map(int, fields)
        if (left, top, width, height) == (0, 0, 0, 0):
            return None
        if min(left, top) < 0 or min(width, height) <= 0:
            raise ConfigError(
                f"{name} wants LEFT:TOP:WIDTH:HEIGHT with left and top from 0, width and height "
                f"from 1, got {text!r}"
            )
        return cls(f"{name}={text}", left, top, left + width, top + height)

    def within(self, size: Size, *, step: Size) -> tuple[Box, str | None]:
        """The part of a picture of `size`, ltwh, and what had to be changed for it.

        Args:
            size: `(width, height)`, pixels.
            step: Edges lie at multiples of these, or at the picture's edge.

        Raises:
            ConfigError: Nothing of it is inside.
        """
        width, height = size
        asked = (self.left, self.top, self.right or width, self.bottom or height)
        spans = [
            _span(asked[axis], asked[axis + 2], length=size[axis], step=step[axis])
            for axis in (0, 1)
        ]
        (x1, x2), (y1, y2) = spans
        if x1 >= x2 or y1 >= y2:
            raise ConfigError(f"{self.said} has no pixel of the {width}x{height} picture")
        remark = None
        if (x1, y1, x2, y2) != asked:
            inside = asked[2] <= width and asked[3] <= height
            why = "is not at whole chroma samples" if inside else f"is not inside {width}x{height}"
            remark = f"{self.said} {why}: {x1}:{y1}:{x2 - x1}:{y2 - y1} is used"
        return (x1, y1, x2 - x1, y2 - y1), remark


def _span(first: int, last: int, *, length: int, step: int) -> tuple[int, int]:
    last = min(last, length)
    if first >= last:
        return first, first
    first -= first % step
    if last < length:
        last = max(last - last % step, first + step)
    return first, min(last, length)


@dataclass(frozen=True)
class Plan:
    """The way from a picture to the next; the steps are taken in this order.

    Attributes:
        given: `(width, height)` of what comes, pixels.
        wanted: `(width, height)` of what leaves, pixels.
        source: The part that is shown, ltwh, pixels of what comes; none: all of it.
        turn: How it is turned.
        target: Where it is shown, ltwh, pixels of what leaves; black elsewhere. None: everywhere.
        interpolation: How it is scaled.
    """

    given: Size
    wanted: Size
    source: Box | None = None
    turn: Turn = TURNS[0]
    target: Box | None = None
    interpolation: Interpolation = "bilinear"

    @cached_property
    def moved(self) -> Affine:
        """From pixels of what comes to pixels of what leaves."""
        left, top, *size = self.target or (0, 0, *self.wanted)
        before = self.turn.size((size[0], size[1]))
        scaled = Affine.fit(self.source or (0, 0, *self.given), before)
        return scaled.then(Affine.turning(self.turn, before)).then(Affine(1, 1, left, top))

    @cached_property
    def changes_nothing(self) -> bool:
        """Whether what leaves is what comes."""
        whole, same = (0, 0, *self.given), self.given == self.wanted and self.turn.is_identity
        return same and self.source in (None, whole) and self.target in (None, whole)

    @cached_property
    def moves_boxes(self) -> bool:
        """Whether metadata must be rewritten."""
        return self.given != self.wanted or not self.moved.is_identity

    @cached_property
    def _only_scales(self) -> bool:
        return self.source is None and self.target is None and self.turn.is_identity

    def move(self, frame: FrameMeta) -> None:
        """Rewrite the metadata."""
        if self.moves_boxes:
            frame.rescale(self.moved, self.wanted)

    def show(self, surface: Surface) -> Surface:
        """What leaves; nothing is computed yet."""
        if self._only_scales:
            if surface.size == self.wanted:
                return surface
            return surface.scale(self.wanted, interpolation=self.interpolation)
        if self.source is not None:
            surface = surface.crop(self.source)
        inside = self.wanted if self.target is None else self.target[2:]
        before = self.turn.size(inside)
        if surface.size != before:
            surface = surface.scale(before, interpolation=self.interpolation)
        if not self.turn.is_identity:
            surface = surface.turn(self.turn)
        if self.target is not None:
            surface = surface.place(self.target, self.wanted, interpolation=self.interpolation)
        return surface
