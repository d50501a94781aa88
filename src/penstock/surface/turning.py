"""Turning of finished pictures, plane by plane."""

from __future__ import annotations

from typing import Any

import cv2
from numpy.typing import NDArray

from penstock.geometry import Turn
from penstock.surface.formats import PixelFormat, pixel_format
from penstock.surface.memory import Memory
from penstock.surface.picture import Picture
from penstock.surface.pixels import Pixels

_FLIPS = {(True, False): 1, (False, True): 0, (True, True): -1}


def turned_format(held: PixelFormat, turn: Turn) -> PixelFormat:
    """What a picture held in `held` is held in afterwards."""
    across, down = held.planes[-1].step
    return pixel_format("Y444") if turn.swap and across != down else held


def turned_memory(picture: Picture, turn: Turn, made: PixelFormat) -> Memory:
    """The finished `picture`, turned, in `made`, the format that `turned_format` names."""
    colorimetry = picture.held[1]
    cut = picture.cut(made, colorimetry)
    if cut is None:
        memory = picture.look(made, colorimetry)
        cut = memory, memory.pixels.planes
    _, planes = cut
    out = Pixels.allocate(made, colorimetry, turn.size(picture.framing.size))
    for plane, to in zip(planes, out.planes, strict=True):
        _turn(plane, turn, to)
    return Memory(out)


def _turn(plane: NDArray[Any], turn: Turn, out: NDArray[Any]) -> None:
    flip = _FLIPS.get((turn.mirror_x, turn.mirror_y))
    if turn.swap:
        cv2.transpose(plane, dst=out)
        plane = out
    if flip is None:
        if not turn.swap:
            out[...] = plane
    else:
        cv2.flip(plane, flip, dst=out)
