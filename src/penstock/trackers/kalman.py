"""Where boxes will be: one Kalman filter over all tracks of a source at once.

Position and velocity of each of the four numbers that describe a box are independent of the other
three, so the covariance of SORT and DeepSORT, 8 by 8, falls into four blocks of 2 by 2, whose
algebra is written out here for all tracks together.

Bewley et al., "Simple online and realtime tracking", 2016; Wojke et al., "Simple online and
realtime tracking with a deep association metric", 2017.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from penstock.config.tracker import MotionSettings

Floats: TypeAlias = NDArray[np.float64]
Index: TypeAlias = NDArray[Any]

_LEAST = 1e-3
_NO_DOUBT = 1e-30  # where a configuration has no noise at all, nothing is divided by nothing
_ANY = 1e12  # a variance so large that the next measurement decides alone
_POSITION, _VELOCITY = 0, 1


@dataclass(frozen=True)
class Noise:
    """Variances that grow with the square of the box's height, and variances that do not.

    Attributes:
        share: `(4,)`, times the height squared.
        fixed: `(4,)`, added to that.
    """

    share: Sequence[float]
    fixed: Sequence[float]


class BoxFilter:
    """Four numbers of T boxes with their velocities.

    Args:
        form: The numbers besides the centre: `"aspect"` width over height and height, `"size"`
            width and height, `"area"` area and width over height.
        process: Noise of position and velocity, added each frame.
        measurement: Noise of a detection.
        initial: Noise of position and velocity of a new track.

    Attributes:
        state: `(5, 4, T)`: positions, velocities, and per number the variance of its position,
            the covariance of both and the variance of its velocity.
    """

    def __init__(
        self,
        form: str,
        *,
        process: tuple[Noise, Noise],
        measurement: Noise,
        initial: tuple[Noise, Noise],
    ) -> None:
        self.form = form
        self.state: Floats = np.empty((5, 4, 0))
        self._process = _pair(process)
        self._measurement = _column(measurement.share), _column(measurement.fixed)
        self._initial = _pair(initial)
        self._grows = bool(self._process[0].any())

    def predict(self) -> None:
        """Move all tracks to the next frame."""
        position, velocity, p00, p01, p11 = self.state
        added = self._noise(self._process, position[3])
        position += velocity
        np.maximum(position[2:], _LEAST, out=position[2:])
        p00 += p01
        p01 += p11
        p00 += p01
        p00 += added[_POSITION]
        p11 += added[_VELOCITY]

    def correct(self, tracks: Index, boxes: Floats, *, scale: float = 1.0) -> None:
        """Tell where some tracks really were.

        Args:
            tracks: Which ones, K indices.
            boxes: `(4, K)` xyxy.
            scale: Of the measurement's variance.
        """
        part = self.state[:, :, tracks]
        position, velocity, p00, p01, p11 = part
        noise = self._noise(self._measurement, position[3])
        total = p00 + (noise if scale == 1.0 else noise * scale)
        np.maximum(total, _NO_DOUBT, out=total)
        gain, gain_v = p00 / total, p01 / total
        off = self.numbers(boxes)
        off -= position
        position += gain * off
        np.maximum(position[2:], _LEAST, out=position[2:])
        velocity += gain_v * off
        p11 -= gain_v * p01
        p01 -= gain * p01
        p00 -= gain * p00
        self.state[:, :, tracks] = part

    def append(self, boxes: Floats) -> None:
        """Begin tracks: `(4, K)` xyxy."""
        new = np.zeros((5, 4, boxes.shape[1]))
        new[0] = self.numbers(boxes)
        new[2], new[4] = self._noise(self._initial, new[0, 3])
        self.state = np.concatenate([self.state, new], axis=2)

    def keep(self, kept: Index) -> None:
        """Drop all other tracks."""
        self.state = self.state[:, :, kept]

    def alone(self, state: Floats) -> BoxFilter:
        """Another filter like this one with tracks of its own, in `state`."""
        other = copy(self)
        other.state = state.copy()
        return other

    @property
    def boxes(self) -> Floats:
        """Where the tracks are, `(4, T)` xyxy."""
        first, second = self.state[0, 2], self.state[0, 3]
        half = np.empty((2, len(first)))
        if self.form == "area":
            half[0] = np.sqrt(first * second)
            half[1] = first / half[0]
        else:
            half[0] = first * second if self.form == "aspect" else first
            half[1] = second
        half *= 0.5
        centre = self.state[0, :2]
        return np.concatenate([centre - half, centre + half])

    def distances(self, boxes: Floats) -> Floats:
        """Squared Mahalanobis distances, `(N, T)`, of `boxes` `(4, N)` xyxy."""
        position, _, p00, _, _ = self.state
        total = p00 + self._noise(self._measurement, position[3])
        off = self.numbers(boxes)[:, :, None] - position[:, None, :]
        distances: Floats = (off * off / total[:, None, :]).sum(axis=0)
        return distances

    def numbers(self, boxes: Floats) -> Floats:
        """The four numbers of `boxes`, `(4, K)` xyxy."""
        low, high = boxes[:2], boxes[2:]
        size = high - low
        if self.form == "aspect":
            size[0] /= size[1]
        elif self.form == "area":
            width = size[0].copy()
            size[0] *= size[1]
            size[1] = width / size[1]
        return np.concatenate([(low + high) * 0.5, size])

    def _noise(self, noise: tuple[Floats, Floats], heights: Floats) -> Floats:
        share, fixed = noise
        return share * (heights * heights) + fixed if self._grows else fixed


def motion_of(
    settings: MotionSettings, *, pixel: tuple[float, float] = (1.0, 1.0)
) -> BoxFilter | None:
    """The filter of a configuration; `None` where it asks for none.

    Args:
        settings: `StateEstimator` of the configuration.
        pixel: `(width, height)` of a tracker pixel, frame pixels: variances are told in them.
    """
    if settings.estimator == 0:
        return None
    if settings.estimator == 2 and settings.loc_weight > 0 and settings.vel_weight > 0:
        return _regular(settings)
    return _simple(settings, pixel=pixel)


def _regular(settings: MotionSettings) -> BoxFilter:
    loc, vel = settings.loc_weight**2, settings.vel_weight**2
    if not settings.uses_aspect:
        none = (0.0,) * 4
        return BoxFilter(
            "size",
            process=(Noise((loc,) * 4, none), Noise((vel,) * 4, none)),
            measurement=Noise((loc,) * 4, none),
            initial=(Noise((4 * loc,) * 4, none), Noise((100 * vel,) * 4, none)),
        )
    return BoxFilter(
        "aspect",
        process=(_but_aspect(loc, 1e-4), _but_aspect(vel, 1e-10)),
        measurement=_but_aspect(loc, 1e-2),
        initial=(_but_aspect(4 * loc, 1e-4), _but_aspect(100 * vel, 1e-10)),
    )


def _simple(settings: MotionSettings, *, pixel: tuple[float, float]) -> BoxFilter:
    x, y = pixel[0] ** 2, pixel[1] ** 2
    moves = settings.estimator == 2
    size = _ANY if settings.estimator == 3 else settings.size_var
    loc, vel, seen = settings.loc_var, settings.vel_var, settings.detector_var
    return BoxFilter(
        "size",
        process=(
            _fixed(loc * x, loc * y, size * x, size * y),
            _fixed(vel * x, vel * y, moves * vel * x, moves * vel * y),
        ),
        measurement=_fixed(seen * x, seen * y, seen * x, seen * y),
        initial=(
            _fixed(seen * x, seen * y, seen * x, seen * y),
            # the first two detections say more about the velocity than anything known before
            _fixed(seen * x, seen * y, moves * seen * x, moves * seen * y),
        ),
    )


def _but_aspect(share: float, aspect: float) -> Noise:
    return Noise((share, share, 0.0, share), (0.0, 0.0, aspect, 0.0))


def _fixed(*variances: float) -> Noise:
    return Noise((0.0,) * 4, [max(variance, 1e-9) if variance else 0.0 for variance in variances])


def _column(numbers: Sequence[float]) -> Floats:
    return np.array(numbers, np.float64)[:, None]


def _pair(noise: tuple[Noise, Noise]) -> tuple[Floats, Floats]:
    return (
        np.stack([_column(part.share) for part in noise]),
        np.stack([_column(part.fixed) for part in noise]),
    )
