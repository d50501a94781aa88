"""Lines, polygons and directions as nvdsanalytics' file writes them: checked, in its own pixels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from penstock.config.value import Value

Point = tuple[float, float]
Points = tuple[Point, ...]
_PARALLEL = 1e-3
"""Sine of the least angle between a line and the direction that crosses it."""


@dataclass(frozen=True)
class ShapeKeys:
    """The keys of a group that name shapes: `<prefix><name>=x1;y1;…`.

    Attributes:
        prefix: What the keys begin with; the rest is the shape's name.
        effect: What they say, for the reference.
        read: Turns the text of one into points.
    """

    prefix: str
    effect: str
    read: Callable[[Value], Any]


@dataclass(frozen=True)
class CrossingLine:
    """A line to cross, and the way that counts.

    Attributes:
        ends: The line from its one end to the other.
        direction: From a point to another: the way that counts.
    """

    ends: tuple[Point, Point]
    direction: tuple[Point, Point]


def polygon(value: Value) -> Points:
    """Three or more corners in their order; corners that repeat the one before are dropped.

    Raises:
        ConfigError: Fewer corners, no area, or sides that cross.
    """
    points = _points(value, "a polygon x1;y1;x2;y2;x3;y3;…")
    befores = (points[-1], *points[:-1])
    points = tuple(p for p, before in zip(points, befores, strict=True) if p != before)
    if len(points) < 3:
        raise value.error(
            "a polygon of three corners or more, x1;y1;x2;y2;x3;y3;…",
            advice=f": that is {_many(len(points), 'corner')}",
        )
    if (sides := _crossing_sides(points)) is not None:
        one, other = (f"{_side(points, side)}" for side in sides)
        raise value.error(
            "a polygon whose sides do not cross",
            advice=f": side {one} crosses side {other}; list the corners in the order of walking",
        )
    if not any(_turn(points[0], points[1], point) for point in points[2:]):
        raise value.error("a polygon with an area", advice=": its corners are on one line")
    return points


def crossing_line(value: Value) -> CrossingLine:
    """Two points that say the way, then the line's two ends.

    Raises:
        ConfigError: Not four points, a line or a way without length, a way along the line.
    """
    wanted = "x1;y1;x2;y2;x3;y3;x4;y4, a direction from 1 to 2 and a line from 3 to 4"
    points = _points(value, wanted)
    if len(points) != 4:
        raise value.error(wanted, advice=f": that is {_many(len(points), 'point')}")
    start, end, one, other = points
    if one == other:
        raise value.error("a line between two points", advice=": both ends are the same point")
    if start == end:
        raise value.error("a direction from a point to another", advice=": both are the same")
    way, along = _minus(end, start), _minus(other, one)
    if abs(_cross(way, along)) <= _PARALLEL * _length(way) * _length(along):
        raise value.error(
            "a direction that crosses the line",
            advice=": it runs along the line, so no side of it is the other one",
        )
    return CrossingLine((one, other), (start, end))


def direction(value: Value) -> tuple[Point, Point]:
    """From a point to another.

    Raises:
        ConfigError: Not two points, or both the same.
    """
    points = _points(value, "a direction x1;y1;x2;y2")
    if len(points) != 2 or points[0] == points[1]:
        raise value.error("a direction x1;y1;x2;y2 from a point to another")
    return points[0], points[1]


def ground_pairs(value: Value) -> tuple[tuple[Point, Point], ...]:
    """Four or more points of the picture, each with its place on the ground.

    Raises:
        ConfigError: Fewer pairs, or so placed that they tell no plane.
    """
    wanted = "four pairs or more of x;y in the picture and X;Y on the ground in metres"
    points = _points(value, wanted)
    if len(points) < 8 or len(points) % 2:
        raise value.error(wanted, advice=f": that is {_many(len(points) // 2, 'pair')}")
    for name, half in (("picture", points[::2]), ("ground", points[1::2])):
        if not _spans_a_plane(half):
            raise value.error(
                wanted, advice=f": in the {name} no four of the points lie in general position"
            )
    return tuple(zip(points[::2], points[1::2], strict=True))


def _points(value: Value, wanted: str) -> Points:
    numbers = value.numbers()
    if len(numbers) % 2 or not numbers:
        raise value.error(wanted, advice=f": that is {_many(len(numbers), 'number')}")
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))


def _crossing_sides(points: Points) -> tuple[int, int] | None:
    """The first two sides that have a point in common and are no neighbours.

    A side that runs back along its neighbour meets the neighbour's other neighbour.
    """
    n = len(points)
    for one in range(n):
        for other in range(one + 2, n - (one == 0)):
            ends = (points[one], points[one + 1], points[other], points[(other + 1) % n])
            if _meet(*ends):
                return one, other
    return None


def _meet(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether two segments have a point in common."""
    turns = _turn(a, b, c), _turn(a, b, d), _turn(c, d, a), _turn(c, d, b)
    if turns[0] * turns[1] < 0 and turns[2] * turns[3] < 0:
        return True
    ends = ((a, b, c), (a, b, d), (c, d, a), (c, d, b))
    return any(turn == 0 and _between(*end) for turn, end in zip(turns, ends, strict=True))


def _between(a: Point, b: Point, point: Point) -> bool:
    return all(min(p, q) <= at <= max(p, q) for p, q, at in zip(a, b, point, strict=True))


def _spans_a_plane(points: Points) -> bool:
    """Whether some four of the points have no three on one line."""
    from itertools import combinations

    return any(
        all(
            abs(_turn(*three)) > _PARALLEL * _length(_minus(three[1], three[0])) ** 2
            for three in combinations(four, 3)
        )
        for four in combinations(dict.fromkeys(points), 4)
    )


def _turn(a: Point, b: Point, c: Point) -> float:
    return _cross(_minus(b, a), _minus(c, a))


def _minus(a: Point, b: Point) -> Point:
    return a[0] - b[0], a[1] - b[1]


def _cross(a: Point, b: Point) -> float:
    return a[0] * b[1] - a[1] * b[0]


def _length(a: Point) -> float:
    return float((a[0] ** 2 + a[1] ** 2) ** 0.5)


def _side(points: Points, side: int) -> str:
    (x1, y1), (x2, y2) = points[side], points[(side + 1) % len(points)]
    return f"({x1:g}, {y1:g})-({x2:g}, {y2:g})"


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
