"""What a painter draws, and how element properties say it in text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from penstock.errors import ConfigError
from penstock.meta import Color

__all__ = ["BlurShape", "PainterSettings", "parse_class_colors", "parse_gie_class_ids"]

BlurShape: TypeAlias = Literal["none", "box", "mask"]


@dataclass(frozen=True)
class PainterSettings:
    """What a painter draws.

    Attributes:
        display_bbox: The boxes of objects; boxes of `DisplayMeta` are drawn always.
        display_text: Text of objects and of `DisplayMeta`.
        display_mask: Instance masks of objects.
        display_keypoints: Keypoints of objects, but for those of or within the box of one that is
            blurred or lies under an opaque background.
        blur: What of an object is made unrecognisable: nothing, its box, or its instance mask
            (its box where it has none).
        blur_only: `(component_id, class_id)` of the objects that are blurred; empty for all.
        class_colors: `class_id` → background of the objects' boxes, over their own.
        font_name: Font for text that names none.
        font_size: Points, for text whose size is 0; one point is 96/72 pixels.
    """

    display_bbox: bool = True
    display_text: bool = True
    display_mask: bool = True
    display_keypoints: bool = True
    blur: BlurShape = "none"
    blur_only: frozenset[tuple[int, int]] = frozenset()
    class_colors: Mapping[int, Color] = field(default_factory=dict)
    font_name: str = "Serif"
    font_size: int = 10


def parse_gie_class_ids(text: str | None) -> frozenset[tuple[int, int]]:
    """Read `gie-id:class-id;gie-id:class-id…`, for example `1:0;1:2`.

    Raises:
        ConfigError: It is not of that form; the message quotes the part that is wrong.
    """
    pairs = set()
    for part in _parts(text, ";"):
        try:
            gie_id, class_id = (int(number) for number in part.split(":"))
        except ValueError:
            gie_id = class_id = -1
        if gie_id < 0 or class_id < 0:
            raise ConfigError(
                f"{part!r} in {text!r}: expected gie-id:class-id;gie-id:class-id;…, whole numbers "
                "from 0, for example 1:0;1:2"
            )
        pairs.add((gie_id, class_id))
    return frozenset(pairs)


def parse_class_colors(text: str | None) -> dict[int, Color]:
    """Read `class-id,R,G,B,A:class-id,R,G,B,A…`, for example `0,0.0,1.0,0.0,0.3`.

    Raises:
        ConfigError: It is not of that form; the message quotes the part that is wrong.
    """
    return dict(_class_color(part, text) for part in _parts(text, ":"))


def _class_color(part: str, text: str | None) -> tuple[int, Color]:
    try:
        class_id, red, green, blue, alpha = map(float, part.split(","))
    except ValueError:
        class_id = red = green = blue = alpha = -1
    color = (red, green, blue, alpha)
    if not (class_id >= 0 and class_id.is_integer() and all(0 <= s <= 1 for s in color)):
        raise ConfigError(
            f"{part!r} in {text!r}: expected class-id,R,G,B,A:class-id,R,G,B,A:…, colours from 0 "
            "to 1, for example 0,0.0,1.0,0.0,0.3"
        )
    return int(class_id), color


def _parts(text: str | None, separator: str) -> list[str]:
    return [part.strip() for part in (text or "").split(separator) if part.strip()]
