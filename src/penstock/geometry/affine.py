"""Axis-aligned transforms between pixel spaces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from penstock.geometry.boxes import FloatArray


@dataclass(frozen=True)
class Affine:
    """Maps points of one pixel space to another: `x' = sx·x + tx`, `y' = sy·y + ty`.

    Attributes:
        sx: Horizontal scale.
        sy: Vertical scale.
        tx: Horizontal offset, pixels of the target space.
        ty: Vertical offset, pixels of the target space.
    """

    sx: float = 1.0
    sy: float = 1.0
    tx: float = 0.0
    ty: float = 0.0

    @classmethod
    def fit(
        cls,
        source: tuple[float, float, float, float],
        size: tuple[int, int],
        *,
        keep_aspect: bool = False,
        centred: bool = False,
    ) -> Affine:
        """Transform that places the rectangle `source` into an image of `size`.

        Args:
            source: `left, top, width, height` in the source space, positive size.
            size: `(width, height)` of the target, pixels.
            keep_aspect: Scale both axes by the same factor, leaving bars; else stretch.
            centred: With `keep_aspect`, bars on both sides; else right and bottom only.
        """
        left, top, width, height = source
        sx, sy = size[0] / width, size[1] / height
        pad_x = pad_y = 0.0
        if keep_aspect:
            sx = sy = min(sx, sy)
            if centred:
                pad_x, pad_y = (size[0] - width * sx) / 2, (size[1] - height * sy) / 2
        return cls(sx, sy, pad_x - left * sx, pad_y - top * sy)

    def inverse(self) -> Affine:
        """The transform back."""
        return Affine(1 / self.sx, 1 / self.sy, -self.tx / self.sx, -self.ty / self.sy)

    def then(self, after: Affine) -> Affine:
        """One transform that does this one, then `after`."""
        return Affine(
            self.sx * after.sx,
            self.sy * after.sy,
            self.tx * after.sx + after.tx,
            self.ty * after.sy + after.ty,
        )

    def xyxy(self, boxes: FloatArray) -> FloatArray:
        """Map `(N, 4)` xyxy boxes."""
        scale = np.array([self.sx, self.sy] * 2, np.float32)
        return boxes * scale + np.array([self.tx, self.ty] * 2, np.float32)

    def ltwh(self, box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
        """Map one `left, top, width, height` box."""
        left, top, width, height = box
        return (
            left * self.sx + self.tx,
            top * self.sy + self.ty,
            width * self.sx,
            height * self.sy,
        )

    @property
    def is_identity(self) -> bool:
        """Whether every point stays where it is."""
        return (self.sx, self.sy, self.tx, self.ty) == (1.0, 1.0, 0.0, 0.0)
