"""The flow of many sources, each against its own frame before."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
from numpy.typing import NDArray

from penstock.flow.dense import DenseFlow
from penstock.surface import Surface, pixel_format


class SourceFlows:
    """Keeps the last picture of every source.

    Args:
        preset: A name of `penstock.flow.PRESETS`.
    """

    def __init__(self, preset: str = "fast") -> None:
        self._flow = DenseFlow(preset)
        self._before: dict[tuple[int, Hashable], NDArray[np.uint8]] = {}

    def __len__(self) -> int:
        """Pictures that are kept."""
        return len(self._before)

    def motion(
        self, source: int, luma: NDArray[np.uint8], *, surface: Hashable = 0
    ) -> NDArray[np.int16] | None:
        """How a source's picture moved since the one before; see `DenseFlow.motion`.

        Args:
            source: Whose it is.
            luma: `(H, W)`; not kept, so that its surface may be written.
            surface: Which of the source's pictures, where it has several at a time.

        Returns:
            `(rows, columns, 2)`; none for its first picture, and for the first of another size.
        """
        before = self._before.get((source, surface))
        if before is None or before.shape != luma.shape:
            self._before[source, surface] = luma.copy()
            return None
        vectors = self._flow.motion(before, luma)
        np.copyto(before, luma)
        return vectors

    def forget(self, source: int) -> None:
        """The source is gone, or begins anew."""
        self._before = {key: luma for key, luma in self._before.items() if key[0] != source}

    def forget_all(self) -> None:
        """All of them begin anew."""
        self._before.clear()


def luma_of(surface: Surface) -> NDArray[np.uint8]:
    """`(H, W)` uint8, read-only: how bright a picture is, without converting colours.

    It spans 16 to 235 or 0 to 255, whichever the picture has.
    """
    held = pixel_format(surface.held_format)
    is_plain = held.model == "yuv" and held.dtype == np.uint8
    luma: NDArray[np.uint8] = surface.planes(held.name if is_plain else "GRAY8")[0]
    return luma
