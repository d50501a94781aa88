"""Transforms between pixel spaces that keep boxes boxes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from penstock.geometry.boxes import FloatArray
from penstock.geometry.turn import Turn


@dataclass(frozen=True)
class Affine:
    """Maps points of one pixel space to another: `x' = sx·x + tx`, `y' = sy·y + ty`.

    Attributes:
        sx: Horizontal scale; negative where left and right change places.
        sy: Vertical scale; negative where top and bottom change places.
        tx: Horizontal offset, pixels of the target space.
        ty: Vertical offset, pixels of the target space.
        swap: The axes change places first: `x' = sx·y + tx`, `y' = sy·x + ty`.
    """

    sx: float = 1.0
    sy: float = 1.0
    tx: float = 0.0
    ty: float = 0.0
    swap: bool = False

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

    @classmethod
    def turning(cls, turn: Turn, size: tuple[int, int]) -> Affine:
        """Transform of a picture of `size` = `(width, height)`, pixels, that is turned."""
        width, height = turn.size(size)
        return cls(
            -1.0 if turn.mirror_x else 1.0,
            -1.0 if turn.mirror_y else 1.0,
            float(width) if turn.mirror_x else 0.0,
            float(height) if turn.mirror_y else 0.0,
            turn.swap,
        )

    def inverse(self) -> Affine:
        """The transform back."""
        back = (1 / self.sx, 1 / self.sy, -self.tx / self.sx, -self.ty / self.sy)
        if self.swap:
            return Affine(back[1], back[0], back[3], back[2], swap=True)
        return Affine(*back)

    def then(self, after: Affine) -> Affine:
        """One transform that does this one, then `after`."""
        sx, sy, tx, ty = self.sx, self.sy, self.tx, self.ty
        if after.swap:
            sx, sy, tx, ty = sy, sx, ty, tx
        return Affine(
            sx * after.sx,
            sy * after.sy,
            tx * after.sx + after.tx,
            ty * after.sy + after.ty,
            self.swap != after.swap,
        )

    @property
    def is_upright(self) -> bool:
        """Whether left stays left and up stays up."""
        return self.sx > 0 and self.sy > 0 and not self.swap

    @property
    def turn(self) -> Turn:
        """How it turns a picture, whatever it does to its size and place."""
        return Turn(swap=self.swap, mirror_x=self.sx < 0, mirror_y=self.sy < 0)

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Map one point."""
        if self.swap:
            x, y = y, x
        return (x * self.sx + self.tx, y * self.sy + self.ty)

    def points(self, points: FloatArray) -> FloatArray:
        """Map `(N, 2)` points."""
        if self.swap:
            points = points[:, ::-1]
        scale, offset = (self.sx, self.sy), (self.tx, self.ty)
        return points * np.array(scale, np.float32) + np.array(offset, np.float32)

    def xyxy(self, boxes: FloatArray) -> FloatArray:
        """Map `(N, 4)` xyxy boxes."""
        if self.swap:
            boxes = boxes[:, [1, 0, 3, 2]]
        scale = np.array([self.sx, self.sy] * 2, np.float32)
        moved = boxes * scale + np.array([self.tx, self.ty] * 2, np.float32)
        if self.sx < 0:
            moved[:, [0, 2]] = moved[:, [2, 0]]
        if self.sy < 0:
            moved[:, [1, 3]] = moved[:, [3, 1]]
        return moved

    def ltwh(self, box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
        """Map one `left, top, width, height` box."""
        left, top, width, height = box
        if self.swap:
            left, top, width, height = top, left, height, width
        return (
            (left if self.sx > 0 else left + width) * self.sx + self.tx,
            (top if self.sy > 0 else top + height) * self.sy + self.ty,
            width * abs(self.sx),
            height * abs(self.sy),
        )

    @property
    def is_identity(self) -> bool:
        """Whether every point stays where it is."""
        return self == Affine()
