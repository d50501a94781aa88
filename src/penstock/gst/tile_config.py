"""The C structure behind the tiler's `custom-tile-config`."""

from __future__ import annotations

import ctypes
from typing import Any

Shares = dict[int, tuple[float, float, float, float]]
"""Source → left, top, width, height, percent of the whole."""


class CustomTile(ctypes.Structure):
    """Where one source is shown: left, top, width, height in percent of the whole."""

    _fields_ = [
        ("source_id", ctypes.c_uint32),
        ("x", ctypes.c_float),
        ("y", ctypes.c_float),
        ("width", ctypes.c_float),
        ("height", ctypes.c_float),
    ]


class CustomTileConfig(ctypes.Structure):
    """All sources that are shown."""

    _fields_ = [("tiles", ctypes.POINTER(CustomTile)), ("length", ctypes.c_uint32)]


def read_tiles(pointer: Any) -> Shares | None:
    """What a property's pointer points at, copied; none where it points at nothing."""
    address = hash(pointer) if pointer is not None else 0
    config = CustomTileConfig.from_address(address) if address else None
    if config is None or not config.tiles:
        return None
    return {
        tile.source_id: (tile.x, tile.y, tile.width, tile.height)
        for tile in config.tiles[: config.length]
    }
