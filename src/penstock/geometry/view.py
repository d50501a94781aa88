"""What one picture shows of another: a camera's picture looked at through a lens of one's own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from penstock.geometry.lenses import Array, Lens

Rotation = tuple[tuple[float, float, float], ...]
UPRIGHT: Rotation = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


@dataclass(frozen=True)
class View:
    """A picture made from a camera's.

    Attributes:
        source: The camera's lens.
        target: The lens of the picture that is made.
        rotation: Rows of the matrix from the target's directions to the source's; see `turned`.
    """

    source: Lens
    target: Lens
    rotation: Rotation = UPRIGHT

    def source_px(self, x: Array, y: Array) -> tuple[Array, Array]:
        """Where in the camera's picture pixels of the target come from; NaN: from nowhere.

        Args:
            x: Columns, target pixels, any shape and fraction; whole numbers are pixels' middles.
            y: Rows, as many.

        Returns:
            Columns and rows of the source, pixels.
        """
        rays = np.stack(self.target.rays(x, y))
        turned = np.tensordot(np.array(self.rotation), rays, axes=1)
        return self.source.pixels((turned[0], turned[1], turned[2]))


def turned(axes: str, *, pitch_rad: float, yaw_rad: float, roll_rad: float) -> Rotation:
    """The rotation of a view that looks elsewhere.

    Args:
        axes: The order, for example `"YXZ"`: yaw about Y first, then pitch about the X that it
            turned, then roll about the Z of both.
        pitch_rad: Upward.
        yaw_rad: To the right.
        roll_rad: Clockwise, as the camera turns: what it sees turns the other way.
    """
    matrix = np.eye(3)
    for axis in axes:
        angle = {"X": pitch_rad, "Y": yaw_rad, "Z": roll_rad}[axis]
        matrix = matrix @ _about(axis, angle)
    rows = [tuple(map(float, row)) for row in matrix]
    return tuple((row[0], row[1], row[2]) for row in rows)


def _about(axis: str, angle: float) -> Array:
    cosine, sine = np.cos(angle), np.sin(angle)
    first, second = {"X": (1, 2), "Y": (2, 0), "Z": (0, 1)}[axis]
    matrix = np.eye(3)
    matrix[first, first] = matrix[second, second] = cosine
    matrix[second, first], matrix[first, second] = sine, -sine
    return matrix
