"""Pictures that travel with the metadata."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from penstock.meta.referable import Referable


@dataclass(slots=True, eq=False)
class EncodedImage(Referable):
    """A crop of an object or a whole frame; attached to either.

    Attributes:
        data: `(n,)` uint8: the bytes of a JPEG file. Nobody writes to it.
    """

    META_TYPE: ClassVar[int] = 14

    data: NDArray[np.uint8] = field(default_factory=lambda: np.empty(0, np.uint8))

    def copy(self) -> EncodedImage:
        """A copy that shares the bytes."""
        return EncodedImage(self.data)

    def __repr__(self) -> str:
        return f"<EncodedImage {self.data.size} bytes>"
