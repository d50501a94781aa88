"""From the picture to the ground."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def homography(picture: NDArray[np.float64], ground: NDArray[np.float64]) -> NDArray[np.float64]:
    """The plane-to-plane transform that fits pairs of points best.

    The normalised direct linear transform: Hartley, "In Defense of the Eight-Point Algorithm",
    IEEE PAMI 19(6), 1997.

    Args:
        picture: `(K, 2)` pixels, four or more of which no three are on one line.
        ground: `(K, 2)` the same points on the ground, metres.

    Returns:
        `(3, 3)`; multiplies `(x, y, 1)` from the left.
    """
    from_picture, to_ground = _centring(picture), _centring(ground)
    p, g = on_ground(from_picture, picture), on_ground(to_ground, ground)
    x, y, one = p[:, 0], p[:, 1], np.ones(len(p))
    none = np.zeros((len(p), 3))
    rows = np.stack((x, y, one), axis=1)
    equations = np.concatenate(
        (
            np.hstack((rows, none, -rows * g[:, :1])),
            np.hstack((none, rows, -rows * g[:, 1:])),
        )
    )
    solution = np.linalg.svd(equations)[2][-1].reshape(3, 3)
    matrix: NDArray[np.float64] = np.linalg.inv(to_ground) @ solution @ from_picture
    return matrix


def on_ground(matrix: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """`(N, 2)` points through a plane-to-plane transform; beyond the horizon: infinite or NaN."""
    homogeneous = points @ matrix[:, :2].T + matrix[:, 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        moved: NDArray[np.float64] = homogeneous[:, :2] / homogeneous[:, 2:]
    return moved


def _centring(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Moves the points' middle to 0 and their mean distance from it to √2."""
    middle = points.mean(axis=0)
    scale = np.sqrt(2) / np.linalg.norm(points - middle, axis=1).mean()
    return np.array([[scale, 0, -scale * middle[0]], [0, scale, -scale * middle[1]], [0, 0, 1]])
