"""How the converters choose what the other side leaves open."""

from __future__ import annotations

from penstock.gst.formats import RAW_FORMATS, is_yuv
from penstock.gst.gi import NVMM, Gst
from penstock.gst.surfaces import PictureCaps
from penstock.surface import stored_format

_YUV = ("NV12", "I420", "YV12", "Y42B", "Y444", "UYVY", "YUY2", "YVYU", "NV16", "NV24")
_RGB = ("RGBA", "BGRA", "RGBx", "BGRx", "RGB", "BGR", "GBR")
_GRAY = ("GRAY8",)
Size = tuple[int, int]


def is_nvmm(features: Gst.CapsFeatures | None) -> bool:
    """Whether caps with these features are of NVMM memory."""
    return bool(features is not None and features.contains(NVMM))


def chroma_step(name: str) -> Size:
    """Pixels that share one chroma sample in this format, horizontally and vertically."""
    return stored_format(name).planes[-1].step


def both_memories(formats: tuple[str, ...]) -> str:
    """Caps text of pictures in `formats` inside NVMM, and in some more outside."""
    inside, outside = ", ".join(formats), ", ".join((*formats, *RAW_FORMATS))
    return (
        f"video/x-raw({NVMM}), format=(string){{ {inside} }}; "
        f"video/x-raw, format=(string){{ {outside} }}"
    )


def what_stays(
    given: PictureCaps, caps: Gst.Caps, other: Gst.Caps, index: int, *, size: Size
) -> tuple[bool, bool, bool]:
    """What of the input one of the choices allows to keep, most important first."""
    features, structure = other.get_features(index), other.get_structure(index)
    width, height = size
    return (
        is_nvmm(caps.get_features(0)) == is_nvmm(features),
        structure.can_intersect(_picture_like(f"width={width}, height={height}")),
        structure.can_intersect(_picture_like(f"format={given.promised}")),
    )


def _picture_like(fields: str) -> Gst.Structure:
    return Gst.Structure.new_from_string(f"video/x-raw, {fields}")


def may_keep_memory(given: PictureCaps, wanted: PictureCaps) -> bool:
    """Whether one frame's memory, under another label, is what is wanted."""
    return (given.size, given.colorimetry) == (wanted.size, wanted.colorimetry)


def choose_size(structure: Gst.Structure, size: Size) -> None:
    """The given size; where the other side fixes one dimension, keep the aspect ratio."""
    width, height = size
    has_width, wanted_width = structure.get_int("width")
    has_height, wanted_height = structure.get_int("height")
    if has_width and not has_height:
        height = _proportional(height, wanted_width / width)
    elif has_height and not has_width:
        width = _proportional(width, wanted_height / height)
    for name, number in (("width", width), ("height", height)):
        if structure.has_field(name):
            structure.fixate_field_nearest_int(name, number)
        else:
            structure.set_value(name, number)


def _proportional(length: int, factor: float) -> int:
    """Even lengths stay even, for the sake of chroma."""
    step = 2 if length % 2 == 0 else 1
    return max(step, round(length * factor / step) * step)


def choose_format(structure: Gst.Structure, given: str) -> None:
    """The given format, or the one nearest to it that most elements understand."""
    orders = {"yuv": (*_YUV, *_RGB, *_GRAY), "rgb": (*_RGB, *_YUV, *_GRAY)}
    order = (given, *orders["yuv" if is_yuv(given) or given in _GRAY else "rgb"])
    allowed = structure.get_value("format")
    allowed = (allowed,) if isinstance(allowed, str) else tuple(allowed)
    structure.set_value("format", next((n for n in order if n in allowed), allowed[0]))


def exchange_aspect(structure: Gst.Structure) -> None:
    """Pixels that were taller than wide are wider than tall after a quarter turn."""
    is_fixed, across, down = structure.get_fraction("pixel-aspect-ratio")
    if is_fixed:
        structure.set_value("pixel-aspect-ratio", Gst.Fraction(down, across))
