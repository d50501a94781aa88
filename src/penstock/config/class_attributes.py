"""`[class-attrs-all]` and `[class-attrs-<id>]`: how one class is filtered, clustered, drawn."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from penstock.config.infer_keys import PROPERTY_KEYS
from penstock.config.keyfile import KeyFile
from penstock.config.keys import Key, read_group, take_size, unknown_keys
from penstock.config.value import Value
from penstock.errors import ConfigError
from penstock.meta import Color

ALL = -1
"""The class id under which the settings of all other classes stand."""

ALL_GROUP = "class-attrs-all"
_CLASS_GROUP = re.compile(r"class-attrs-([0-9]{1,9})")


@dataclass(frozen=True)
class ClassAttributes:
    """How one class is filtered, clustered and drawn; sizes and offsets in frame pixels.

    Attributes:
        pre_cluster_threshold: Least confidence before clustering.
        post_cluster_threshold: Least confidence after it.
        nms_iou: Overlap above which NMS drops the less confident box, in [0, 1].
        top_k: Most boxes of this class that NMS keeps; -1 keeps all.
        eps: How far neighbours are apart in DBSCAN (1 less their overlap) and in group
            rectangles (relative difference of edges).
        min_boxes: Least neighbours of a box that DBSCAN builds on.
        dbscan_min_score: Least sum of confidences of a DBSCAN cluster.
        group_threshold: Least boxes of a rectangle group, less one.
        roi_top_offset: Boxes whose top edge is above it are dropped.
        roi_bottom_offset: Boxes whose bottom edge is closer to the frame's are dropped.
        min_size: `(width, height)` below which a box is dropped.
        max_size: `(width, height)` above which a box is dropped; 0 is no limit.
        border_color: Of the drawn box.
        bg_color: Its filling, or none.
    """

    pre_cluster_threshold: float = 0.2
    post_cluster_threshold: float = 0.0
    nms_iou: float = 0.3
    top_k: int = -1
    eps: float = 0.0
    min_boxes: int = 0
    dbscan_min_score: float = 0.0
    group_threshold: int = 0
    roi_top_offset: int = 0
    roi_bottom_offset: int = 0
    min_size: tuple[int, int] = (0, 0)
    max_size: tuple[int, int] = (0, 0)
    border_color: Color = (1.0, 0.0, 0.0, 1.0)
    bg_color: Color | None = None


def _ratio(value: Value) -> float:
    return value.number(minimum=0, maximum=1)


def _count(value: Value) -> int:
    return value.integer(minimum=0)


def _positive(value: Value) -> float:
    return value.number(minimum=0)


CLASS_KEYS: Mapping[str, Key] = {
    "pre-cluster-threshold": Key(
        "least confidence before clustering", "0.2", "pre_cluster_threshold", Value.number
    ),
    "threshold": Key("deprecated name of pre-cluster-threshold", "none", "threshold", Value.number),
    "post-cluster-threshold": Key(
        "least confidence after clustering", "0.0", "post_cluster_threshold", Value.number
    ),
    "nms-iou-threshold": Key(
        "overlap above which NMS drops the less confident box", "0.3", "nms_iou", _ratio
    ),
    "topk": Key(
        "most boxes of the class that NMS keeps; -1 keeps all",
        "-1",
        "top_k",
        lambda value: value.integer(minimum=-1),
    ),
    "eps": Key(
        "how far neighbours are apart: in DBSCAN 1 less their overlap, in group rectangles the "
        "relative difference of edges",
        "0.0",
        "eps",
        _positive,
    ),
    "minBoxes": Key(
        "least neighbours, itself included, of a box that DBSCAN builds a cluster on",
        "0",
        "min_boxes",
        _count,
    ),
    "dbscan-min-score": Key(
        "least sum of confidences of a DBSCAN cluster", "0.0", "dbscan_min_score", _positive
    ),
    "group-threshold": Key(
        "least boxes of a rectangle group, less one", "0", "group_threshold", _count
    ),
    "roi-top-offset": Key(
        "drops boxes whose top edge is above it, pixels", "0", "roi_top_offset", _count
    ),
    "roi-bottom-offset": Key(
        "drops boxes whose bottom edge is closer to the frame's, pixels",
        "0",
        "roi_bottom_offset",
        _count,
    ),
    "detected-min-w": Key("least width of a box, pixels", "0", "min_width", _count),
    "detected-min-h": Key("least height of a box, pixels", "0", "min_height", _count),
    "detected-max-w": Key("greatest width, pixels; 0: no limit", "0", "max_width", _count),
    "detected-max-h": Key("greatest height, pixels; 0: no limit", "0", "max_height", _count),
    "border-color": Key(
        "r;g;b;a of the drawn box, each in [0, 1]", "1;0;0;1", "border_color", Value.color
    ),
    "bg-color": Key("r;g;b;a of its filling", "none", "bg_color", Value.color),
}


def class_of(group: str) -> int | None:
    """The class id that a group's name speaks of, `ALL` for all, `None` for other groups."""
    if group == ALL_GROUP:
        return ALL
    match = _CLASS_GROUP.fullmatch(group)
    return int(match[1]) if match else None


def read_class_attributes(
    key_file: KeyFile, *, num_classes: int | None
) -> tuple[dict[int, ClassAttributes], list[str]]:
    """The attributes of each class that has a group, and of all others under `ALL`.

    A class's group overrides `[class-attrs-all]` key by key.

    Args:
        key_file: The whole file.
        num_classes: Number of classes, `None` where the network gives no boxes.

    Returns:
        Class id → attributes, always with `ALL`; and the warnings.

    Raises:
        ConfigError: A value cannot be read, or a group speaks of a class that does not exist.
    """
    settings: dict[int, dict[str, Any]] = {ALL: {}}
    warnings: list[str] = []
    for group, values in key_file.groups.items():
        class_id = class_of(group)
        if class_id is None:
            continue
        if num_classes is not None and class_id >= num_classes:
            raise ConfigError(
                f"{key_file.file}, line {key_file.group_lines[group]}: [{group}] wants more "
                f"classes than num-detected-classes={num_classes}, which ends with "
                f"[class-attrs-{num_classes - 1}]"
            )
        found, told = _read_one(values.values())
        settings.setdefault(class_id, {}).update(found)
        warnings += told
    everyone = settings[ALL]
    return {
        class_id: _attributes({**everyone, **own}) for class_id, own in settings.items()
    }, warnings


def _read_one(values: Iterable[Value]) -> tuple[dict[str, Any], list[str]]:
    values = list(values)
    warnings = unknown_keys(values, CLASS_KEYS, elsewhere=dict.fromkeys(PROPERTY_KEYS, "property"))
    found = read_group(values, CLASS_KEYS)
    warnings += [
        f"{value.where}: deprecated; write pre-cluster-threshold"
        for value in values
        if value.key == "threshold"
    ]
    if "threshold" in found:
        found.setdefault("pre_cluster_threshold", found.pop("threshold"))
    return found, warnings


def _attributes(settings: dict[str, Any]) -> ClassAttributes:
    low, high = take_size(settings, "min"), take_size(settings, "max")
    return ClassAttributes(**settings, min_size=low, max_size=high)
