"""The keys of nvdsanalytics' file that do not belong to one kind of rule."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from penstock.config.keys import Key
from penstock.config.value import Value

_OSD_MODES = (0, 1, 2)
_LARGEST_SIDE = 1 << 16


def _side(value: Value) -> int:
    return value.integer(minimum=1, maximum=_LARGEST_SIDE)


def _osd_mode(value: Value) -> int:
    """DeepStream takes what it does not know for 2."""
    mode = value.integer()
    return mode if mode in _OSD_MODES else 2


def _proof(value: Value) -> Path | None:
    return value.path() if value.text else None


PROPERTY_KEYS: Mapping[str, Key] = {
    "enable": Key("0: everything passes untouched", "1", "enable", Value.boolean),
    "config-width": Key(
        "width of the frame that the file's points are meant for, pixels",
        "1920, with a warning",
        "config_width",
        _side,
    ),
    "config-height": Key("its height, pixels", "1080, with a warning", "config_height", _side),
    "osd-mode": Key(
        "what the OSD is told to draw: 0 nothing, 1 shapes and their names, 2 numbers too",
        "2",
        "osd_mode",
        _osd_mode,
    ),
    "display-font-size": Key(
        "size of what is written, points",
        "12",
        "font_size",
        lambda value: value.integer(minimum=1, maximum=200),
    ),
    "obj-cnt-win-in-ms": Key(
        "`objCnt` is the most frequent count within this time, milliseconds; 0: the frame's own",
        "0",
        "count_window_ms",
        lambda value: value.integer(minimum=0),
    ),
    "display-obj-cnt": Key(
        "write the counts of classes on the frame", "0", "display_counts", Value.boolean
    ),
    "proof-file": Key(
        "record every event as a line of JSON; a relative path starts at this file's folder",
        "none",
        "proof_file",
        _proof,
    ),
}

COMMON_KEYS: Mapping[str, Key] = {
    "enable": Key("0: as if the group were not there", "1", "enable", Value.boolean),
    "class-id": Key(
        "only objects of these classes, 0;2; -1: all",
        "-1",
        "class_ids",
        lambda value: value.integers(minimum=-1),
    ),
}
