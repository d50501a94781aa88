"""Every key of nvdewarper's file, in the order of the reference."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations
from typing import Final

from penstock.config.keys import Key, ignored
from penstock.config.value import Value
from penstock.geometry import Model

MAX_SURFACES = 4
PROJECTIONS: Final[Mapping[int, tuple[Model, Model]]] = {
    1: ("fisheye", "pushbroom"),
    2: ("fisheye", "vertical cylinder"),
    3: ("perspective", "perspective"),
    4: ("fisheye", "perspective"),
    5: ("fisheye", "fisheye"),
    6: ("fisheye", "cylinder"),
    7: ("fisheye", "equirectangular"),
    8: ("fisheye", "panini"),
    9: ("perspective", "equirectangular"),
    10: ("perspective", "panini"),
    11: ("equirectangular", "cylinder"),
    12: ("equirectangular", "equirectangular"),
    13: ("equirectangular", "fisheye"),
    14: ("equirectangular", "panini"),
    15: ("equirectangular", "perspective"),
    16: ("equirectangular", "pushbroom"),
    17: ("equirectangular", "stereographic"),
    18: ("equirectangular", "vertical cylinder"),
}
"""`projection-type` → what the camera's picture is, and what is made of it."""
_AXES = tuple(map("".join, permutations("XYZ")))
_PITCH = 180.0


def _side(value: Value) -> int:
    return value.integer(minimum=0, maximum=16384)


def _angle(value: Value) -> float:
    return value.number(minimum=-_PITCH, maximum=_PITCH)


def _turn(value: Value) -> float:
    return value.number(minimum=-360, maximum=360)


def _projection(value: Value) -> int:
    return value.choice({n: f"{camera} to {made}" for n, (camera, made) in PROJECTIONS.items()})


def _axes(value: Value) -> str:
    if value.text not in _AXES:
        raise value.error(f"one of {', '.join(_AXES)}")
    return value.text


def _focal(value: Value) -> tuple[float, float] | None:
    """One number for both directions, or two; 0 is as good as absent."""
    numbers = value.numbers()
    if len(numbers) not in (1, 2) or min(numbers) < 0:
        raise value.error("a focal length in pixels, or two, horizontal;vertical")
    return (numbers[0], numbers[-1] or numbers[0]) if numbers[0] else None


def _point(value: Value) -> tuple[float, float] | None:
    """Two numbers; DeepStream takes 0 for absent."""
    numbers = value.numbers()
    if len(numbers) != 2:
        raise value.error("a point, x;y, pixels")
    return (numbers[0], numbers[1]) if all(numbers) else None


def _coordinate(value: Value) -> float | None:
    return value.number() or None


def _distortion(value: Value) -> tuple[float, ...]:
    numbers = value.numbers()
    if len(numbers) > 5:
        raise value.error("at most five numbers, k1;k2;k3;k4 or k1;k2;k3;p1;p2")
    return numbers


def _matrix(value: Value) -> tuple[float, ...]:
    numbers = value.numbers()
    if len(numbers) != 9:
        raise value.error("the nine numbers of a 3x3 matrix, row by row")
    return numbers


PROPERTY_KEYS: Mapping[str, Key] = {
    "output-width": Key(
        "width of every picture that is made, pixels; 0: of surface 0",
        "0",
        "output_width",
        _side,
    ),
    "output-height": Key("its height, pixels; 0: of surface 0", "0", "output_height", _side),
    "num-batch-buffers": Key(
        "how many of the surfaces are made",
        "4",
        "num_surfaces",
        lambda value: value.integer(minimum=1, maximum=MAX_SURFACES),
    ),
    "cuda-memory-type": ignored("kind of memory", "there is one kind here"),
    "dewarp-dump-frames": ignored("write frames to files", "it is a debugging aid"),
    "aisle-calibration-file": ignored("aisles in CSV", "surfaces are read from this file only"),
    "spot-calibration-file": ignored("spots in CSV", "surfaces are read from this file only"),
}

SURFACE_KEYS: Mapping[str, Key] = {
    "projection-type": Key(
        "what the camera's picture is and what is made of it, see above",
        "required",
        "projection",
        _projection,
    ),
    "surface-index": Key(
        "tells surfaces of one projection apart, in the metadata",
        "N of [surfaceN]",
        "index",
        lambda value: value.integer(minimum=0),
    ),
    "width": Key("width of the surface, pixels; 0: of the camera's picture", "0", "width", _side),
    "height": Key("its height, pixels; 0: of the camera's picture", "0", "height", _side),
    "top-angle": Key(
        "angle above the horizon that the first row shows, degrees; 0 with bottom-angle 0: "
        "the focal length of the camera is kept",
        "0",
        "top_deg",
        _angle,
    ),
    "bottom-angle": Key("the same of the last row, degrees", "0", "bottom_deg", _angle),
    "pitch": Key("look up, degrees", "0", "pitch_deg", _turn),
    "yaw": Key("look right, degrees", "0", "yaw_deg", _turn),
    "roll": Key("turn clockwise, degrees", "0", "roll_deg", _turn),
    "rot-axes": Key("order of turning: Y yaw, X pitch, Z roll", "YXZ", "axes", _axes),
    "rot-matrix": Key(
        "rotation matrix, nine numbers, instead of the angles", "none", "matrix", _matrix
    ),
    "focal-length": Key(
        "of the camera, pixels a radian: one number, or horizontal;vertical",
        "from src-fov",
        "focal_px",
        _focal,
    ),
    "src-fov": Key(
        "degrees that the camera's picture shows from top to bottom, where focal-length is absent",
        "360 degrees across, of an equirectangular picture",
        "field_deg",
        lambda value: value.number(minimum=0, maximum=360),
    ),
    "src-x0": Key("column of the camera's axis, pixels", "the middle", "centre_x_px", _coordinate),
    "src-y0": Key("its row, pixels", "the middle", "centre_y_px", _coordinate),
    "distortion": Key(
        "of the camera: k1;k2;k3;k4 of a fisheye, k1;k2;k3;p1;p2 of a perspective lens",
        "none",
        "distortion",
        _distortion,
    ),
    "dst-focal-length": Key(
        "of what is made, pixels a radian: one number, or horizontal;vertical",
        "from the angles",
        "made_focal_px",
        _focal,
    ),
    "dst-principal-point": Key(
        "of what is made: x;y that looks straight ahead, pixels",
        "from the angles",
        "made_centre_px",
        _point,
    ),
    "control": Key(
        "of pushbroom, panini, stereographic: 0 perspective, to 1",
        "0.6",
        "control",
        lambda value: value.number(minimum=0, maximum=1000),
    ),
    "cuda-address-mode": Key(
        "what lies outside the camera's picture: 0 its edge, drawn out; 1 black",
        "0",
        "border",
        lambda value: value.choice({0: "edge", 1: "black"}),
    ),
}
