"""Which metadata can be written down as plain data, and what its fields must hold."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from penstock.geometry import Affine
from penstock.meta import (
    Arrow,
    Circle,
    ClassifierMeta,
    DisplayMeta,
    FrameAnalytics,
    LabelInfo,
    Line,
    Mask,
    ObjectAnalytics,
    OpticalFlowMeta,
    Polygon,
    Rect,
    ReidVector,
    SegmentationMeta,
    Text,
)

KINDS: Mapping[str, type] = {
    kind.__name__: kind
    for kind in (
        Affine,
        Arrow,
        Circle,
        ClassifierMeta,
        DisplayMeta,
        FrameAnalytics,
        LabelInfo,
        Line,
        Mask,
        ObjectAnalytics,
        OpticalFlowMeta,
        Polygon,
        Rect,
        ReidVector,
        SegmentationMeta,
        Text,
    )
}
"""Classes that are written field by field."""

_NUMBERS = (int, float)
_GREATEST = 2.0**64
_Box = tuple[float, float, float, float]
OBJECT: Mapping[str, Any] = {
    "component_id": int,
    "class_id": int,
    "label": str,
    "confidence": float,
    "track_id": int,
    "tracker_confidence": float,
    "rect": Rect,
    "text": Text,
    "detector_box": _Box,
    "tracker_box": _Box,
    "mask": Mask | None,
    "classifiers": list[ClassifierMeta],
    "_misc": np.ndarray | None,
}
"""The attributes of an `ObjectMeta` that are written, and what they hold."""
FRAME: Mapping[str, Any] = {
    "source_id": int,
    "pad_index": int,
    "batch_id": int,
    "frame_num": int,
    "pts_ns": int,
    "ntp_ns": int,
    "width": int,
    "height": int,
    "source_width": int,
    "source_height": int,
    "to_source": Affine,
    "infer_done": bool,
    "surfaces_per_frame": int,
    "surface_type": int,
    "surface_index": int,
    "display": list[DisplayMeta],
    "_misc": np.ndarray | None,
}
"""The attributes of a `FrameMeta` that are written, and what they hold."""


@cache
def fields_of(kind: type) -> Mapping[str, Any]:
    """The fields of one of `KINDS`, and what they hold."""
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}


def holds(value: object, wanted: Any) -> bool:
    """Whether a value is what an annotation says: a number, a list of boxes, an array.

    Numbers of one kind pass for those of another, as they do in Python, but none that is not
    finite, or greater than any id.
    """
    origin, parts = typing.get_origin(wanted), typing.get_args(wanted)
    if origin in (typing.Union, types.UnionType):
        return any(holds(value, part) for part in parts)
    if wanted in _NUMBERS:
        return isinstance(value, _NUMBERS) and -_GREATEST <= value <= _GREATEST
    if not isinstance(value, origin or wanted):
        return False
    if isinstance(value, dict):
        return all(holds(k, parts[0]) and holds(v, parts[1]) for k, v in value.items())
    if isinstance(value, tuple):
        return len(value) == len(parts) and all(map(holds, value, parts))
    return not isinstance(value, list) or all(holds(item, parts[0]) for item in value)
