"""Formats that pictures only come and leave in: they are held as another one with the same samples.

`UYVY` and its like mix luma and chroma in one plane, where nothing can be scaled or drawn; cameras
and capture cards give them all the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from penstock.surface.formats import REPACKED, pixel_format, stored_format
from penstock.surface.protocol import Planes


def unpack(planes: Planes, name: str, size: tuple[int, int]) -> Planes:
    """Fresh planes of `REPACKED[name]` that show the same.

    Args:
        planes: As they lie in memory: `PlaneLayout.planes` of a layout in the format `name`.
        name: One of `REPACKED`.
        size: `(width, height)`, pixels.
    """
    out = pixel_format(REPACKED[name]).allocate(_even(size, name))
    _exchange(_in_steps(planes, name), _in_steps(out, REPACKED[name], like=name))
    shapes = pixel_format(REPACKED[name]).shapes(size)
    return tuple(p[: s[0], : s[1]] for p, s in zip(out, shapes, strict=True))


def pack(planes: Planes, out: Planes, name: str, size: tuple[int, int]) -> None:
    """Write planes of `REPACKED[name]` into `out`.

    Args:
        planes: The picture.
        out: Arrays as `unpack` takes them.
        name: One of `REPACKED`.
        size: `(width, height)`, pixels.
    """
    room = _even(size, name)
    if room != size:  # the pair of the last column needs a neighbour
        planes = (np.pad(planes[0], ((0, 0), (0, 1)), mode="edge"), *planes[1:])
    _exchange(_in_steps(planes, REPACKED[name], like=name), _in_steps(out, name))


_Channels: TypeAlias = tuple[str, NDArray[Any]]


def _exchange(source: Sequence[_Channels], target: Sequence[_Channels]) -> None:
    """Copy every sample to where the target has the same one: `(samples, plane)` each."""
    for shape in {plane.shape[:2] for _, plane in target}:
        ours = [(s, p) for s, p in source if p.shape[:2] == shape]
        theirs = [(s, p) for s, p in target if p.shape[:2] == shape]
        names, wanted = ("".join(s for s, _ in side) for side in (ours, theirs))
        pairs = []
        for index, name in enumerate(wanted):
            earlier = wanted[:index].count(name)
            pairs += [[i for i, n in enumerate(names) if n == name][earlier], index]
        cv2.mixChannels([p for _, p in ours], [p for _, p in theirs], pairs)


def _in_steps(planes: Planes, name: str, *, like: str | None = None) -> list[_Channels]:
    """Planes with the names of their samples; luma in pairs where that is how `like` packs it."""
    named = [(p.samples, plane) for p, plane in zip(_planes(name), planes, strict=True)]
    if like is not None and _is_mixed(like):
        samples, luma = named[0]
        rows, columns = luma.shape
        named[0] = (2 * samples, luma.reshape(rows, columns // 2, 2))
    return named


def _planes(name: str) -> tuple[Any, ...]:
    return stored_format(name).planes


def _is_mixed(name: str) -> bool:
    """Whether two pixels lie in one element of the only plane."""
    return len(_planes(name)) == 1


def _even(size: tuple[int, int], name: str) -> tuple[int, int]:
    return (size[0] + size[0] % 2, size[1]) if _is_mixed(name) else size
