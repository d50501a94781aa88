"""How cameras, and pictures made to look at, map directions to pixels.

Directions are rays `(x, y, z)`: x right, y down, z forward, of any length. All functions take and
give float64 arrays; NaN stands where there is no answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
Rays: TypeAlias = tuple[Array, Array, Array]
Model = Literal[
    "perspective",
    "fisheye",
    "equirectangular",
    "cylinder",
    "vertical cylinder",
    "pushbroom",
    "panini",
    "stereographic",
]


@dataclass(frozen=True)
class Lens:
    """A mapping between directions and pixels.

    Attributes:
        model: `"fisheye"` is equidistant: the distance from the centre grows with the angle. A
            `"cylinder"` stands upright, a `"vertical cylinder"` lies and is panned up and down.
            `"panini"`: Sharpless, Postle, German, "Pannini: A New Projection for Rendering Wide
            Angle Perspective Images", 2010.
        focal_px: `(horizontal, vertical)`: pixels a radian in the middle of the picture.
        centre_px: `(x, y)` of the straight-ahead direction; whole numbers are pixels' middles.
        distortion: Of a fisheye k1 to k4 (Kannala and Brandt, "A Generic Camera Model and
            Calibration Method", 2006), of a perspective lens k1, k2, k3, p1, p2 (Brown,
            "Decentering Distortion of Lenses", 1966).
        control: Of `"panini"`, `"stereographic"` and `"pushbroom"`: how much it departs from a
            perspective picture, which 0 is.
    """

    model: Model
    focal_px: tuple[float, float]
    centre_px: tuple[float, float]
    distortion: tuple[float, ...] = ()
    control: float = 0.0

    def rays(self, x: Array, y: Array) -> Rays:
        """The directions that pixels show; distortion is left out."""
        u = (np.asarray(x, np.float64) - self.centre_px[0]) / self.focal_px[0]
        v = (np.asarray(y, np.float64) - self.centre_px[1]) / self.focal_px[1]
        with np.errstate(invalid="ignore", divide="ignore"):
            return _RAYS[self.model](u, v, self.control)

    def pixels(self, rays: Rays) -> tuple[Array, Array]:
        """Where directions are seen, with distortion; the models of cameras only.

        Raises:
            ValueError: The model is only made to look at.
        """
        project = _PLANE.get(self.model)
        if project is None:
            raise ValueError(f"no camera is {self.model}: {', '.join(_PLANE)} are")
        coefficients = (*self.distortion, 0.0, 0.0, 0.0, 0.0, 0.0)[:5]
        with np.errstate(invalid="ignore", divide="ignore"):
            u, v = project(*rays, coefficients)
        return (
            u * self.focal_px[0] + self.centre_px[0],
            v * self.focal_px[1] + self.centre_px[1],
        )


def focal_of_view(
    model: Model, top_rad: float, bottom_rad: float, height: int, *, control: float = 0.0
) -> tuple[float, float]:
    """Focal length and middle of a picture that shows what is between two angles.

    Args:
        model: Of the picture.
        top_rad: Angle above the horizon that the first row shows.
        bottom_rad: Angle that the last row shows, smaller; negative below the horizon.
        height: Of the picture, pixels.
        control: See `Lens`.

    Returns:
        `(focal length, row of the horizon)`, pixels.
    """
    upper, lower = (_height_of(model, angle, control) for angle in (top_rad, bottom_rad))
    focal = (height - 1) / (upper - lower)
    return focal, focal * upper


def focal_of_field(
    model: Model, angle_rad: float, radius_px: float, distortion: tuple[float, ...] = ()
) -> float:
    """The focal length of a camera that shows a direction so many pixels from its centre.

    Args:
        model: `"perspective"`, `"fisheye"` or `"equirectangular"`.
        angle_rad: Between the direction and straight ahead.
        radius_px: Distance from the centre, pixels.
        distortion: See `Lens`.
    """
    ray = (np.zeros(1), np.array([np.sin(angle_rad)]), np.array([np.cos(angle_rad)]))
    unit = Lens(model, (1.0, 1.0), (0.0, 0.0), distortion)
    return float(radius_px / unit.pixels(ray)[1][0])


def _height_of(model: Model, angle_rad: float, control: float) -> float:
    """How far above the middle an angle is, at focal length 1."""
    if model in ("fisheye", "equirectangular", "vertical cylinder"):
        return angle_rad
    if model == "stereographic":
        return float((1 + control) * np.sin(angle_rad) / (np.cos(angle_rad) + control))
    return float(np.tan(angle_rad))


# From pixels at focal length 1 to rays


def _flat(u: Array, v: Array, _control: float) -> Rays:
    return u, v, np.ones_like(u)


def _fisheye(u: Array, v: Array, _control: float) -> Rays:
    angle = np.hypot(u, v)
    angle = np.where(angle <= np.pi, angle, np.nan)
    stretch = np.sinc(angle / np.pi)
    return u * stretch, v * stretch, np.cos(angle)


def _equirectangular(u: Array, v: Array, _control: float) -> Rays:
    inside = (np.abs(u) <= np.pi) & (np.abs(v) <= np.pi / 2)
    return np.sin(u) * np.cos(v), np.where(inside, np.sin(v), np.nan), np.cos(u) * np.cos(v)


def _cylinder(u: Array, v: Array, _control: float) -> Rays:
    return np.sin(u), v, np.cos(u)


def _vertical_cylinder(u: Array, v: Array, _control: float) -> Rays:
    return u, np.sin(v), np.cos(v)


def _pushbroom(u: Array, v: Array, control: float) -> Rays:
    return u * np.sqrt((u * control) ** 2 + 1), v, np.ones_like(u)


def _panini(u: Array, v: Array, control: float) -> Rays:
    u, v = u / (1 + control), v / (1 + control)
    cosine = _unprojected(u * u, control)
    scale = control + cosine
    return u * scale, v * scale, cosine


def _stereographic(u: Array, v: Array, control: float) -> Rays:
    u, v = u / (1 + control), v / (1 + control)
    cosine = _unprojected(u * u + v * v, control)
    scale = control + cosine
    return u * scale, v * scale, cosine


def _unprojected(square: Array, control: float) -> Array:
    """Cosine of the angle seen at a squared distance, from a point `control` behind the centre."""
    root = np.sqrt((1 - control * control) * square + 1)
    return np.asarray((root - control * square) / (1 + square))


_RAYS: Mapping[str, Callable[[Array, Array, float], Rays]] = {
    "perspective": _flat,
    "fisheye": _fisheye,
    "equirectangular": _equirectangular,
    "cylinder": _cylinder,
    "vertical cylinder": _vertical_cylinder,
    "pushbroom": _pushbroom,
    "panini": _panini,
    "stereographic": _stereographic,
}

# From rays to pixels at focal length 1

_Plane = tuple[Array, Array]
_Coefficients = tuple[float, ...]


def _onto_plane(x: Array, y: Array, z: Array, k: _Coefficients) -> _Plane:
    z = np.where(z > 0, z, np.nan)
    x, y = x / z, y / z
    square = x * x + y * y
    radial = 1 + square * (k[0] + square * (k[1] + square * k[2]))
    return (
        x * radial + 2 * k[3] * x * y + k[4] * (square + 2 * x * x),
        y * radial + 2 * k[4] * x * y + k[3] * (square + 2 * y * y),
    )


def _onto_fisheye(x: Array, y: Array, z: Array, k: _Coefficients) -> _Plane:
    radius = np.hypot(x, y)
    angle = np.arctan2(radius, z)
    square = angle * angle
    seen = angle * (1 + square * (k[0] + square * (k[1] + square * (k[2] + square * k[3]))))
    stretch = seen / np.where(radius > 0, radius, 1.0)
    return x * stretch, y * stretch


def _onto_sphere(x: Array, y: Array, z: Array, _k: _Coefficients) -> _Plane:
    return np.arctan2(x, z), np.arctan2(y, np.hypot(x, z))


_PLANE: Mapping[str, Callable[[Array, Array, Array, _Coefficients], _Plane]] = {
    "perspective": _onto_plane,
    "fisheye": _onto_fisheye,
    "equirectangular": _onto_sphere,
}
