"""Functions of a Python file in place of nvdspreprocess' C library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penstock.config import PreprocessConfig
from penstock.meta import RegionMeta
from penstock.parsers.python_function import PythonFunction


@dataclass(frozen=True)
class PreparationContext:
    """What such a function is told.

    Attributes:
        regions: What the pictures show; a transformation function has one.
        settings: `[user-configs]` of the file, as it was written.
        size: `(width, height)` that pictures are scaled to, pixels.
        color: Channel order of the pictures: `"RGB"`, `"BGR"` or `"GRAY"`.
        shape: `network-input-shape`, the most regions first.
        dtype: Of the tensors.
        state: The function's own, kept for as long as the element is open.
    """

    regions: Sequence[RegionMeta]
    settings: Mapping[str, str]
    size: tuple[int, int]
    color: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    state: dict[str, Any] = field(default_factory=dict)


class TensorFunction:
    """Calls `function(pictures, context)` of the file that `custom-lib-path` names.

    It is given `(R, h, w, C)` uint8 and returns numbers of shape `(R, …)`, one row for each
    region; `(tensor, regions)` where the rows are of other regions; or `None` if there is nothing
    to infer yet.

    Raises:
        ConfigError: The file cannot be read or run, or has no such function.
    """

    def __init__(self, config: PreprocessConfig, file: Path) -> None:
        key = "custom-tensor-preparation-function"
        self._shape, self._dtype = config.shape, np.dtype(config.dtype)
        rows = ", ".join(map(str, self._shape[1:]))
        expected = f"a tensor ({{}}, {rows}), one row a region, (tensor, regions), or None"
        self._function = PythonFunction(
            file,
            config.tensor_function,
            where=(config.where("custom-lib-path"), config.where(key)),
            expected=expected.replace("{}", f"1 to {self._shape[0]}"),
        )

    def __call__(
        self, pictures: NDArray[np.uint8], context: PreparationContext
    ) -> tuple[NDArray[Any], list[RegionMeta]]:
        """The tensor and what its rows show; no row if there is nothing to infer.

        Raises:
            ModelError: The function raised, or returned something else; names file, line and
                function.
        """
        return self._function(  # type: ignore[no-any-return]
            pictures, context, read=lambda found: self._read(found, context)
        )

    def _read(
        self, found: Any, context: PreparationContext
    ) -> tuple[NDArray[Any], list[RegionMeta]]:
        if found is None:
            return np.empty((0, *self._shape[1:]), self._dtype), []
        regions = [*context.regions]
        if isinstance(found, tuple) and len(found) == 2:
            found, regions = found[0], [*found[1]]
            if not all(isinstance(region, RegionMeta) for region in regions):
                self._function.refuse("regions that it was not given")
        tensor = np.asarray(found)
        if tensor.dtype.kind not in "fiub":
            self._function.refuse(f"a tensor of {tensor.dtype}")
        if tensor.shape != (len(regions), *self._shape[1:]):
            self._function.refuse(f"{tensor.shape} for {len(regions)} region(s)")
        return np.array(tensor, self._dtype), regions


class TransformationFunction:
    """Calls `function(picture, context)`, which makes one region's picture as large as wanted.

    It is given the region as it lies in the frame, `(H, W, C)` uint8, and returns `(h, w, C)`
    uint8 of `context.size`.

    Raises:
        ConfigError: The file cannot be read or run, or has no such function.
    """

    def __init__(self, config: PreprocessConfig, file: Path, name: str, *, where: str) -> None:
        width, height = config.size
        self._shape = (height, width, 1 if config.color == "GRAY" else 3)
        self._function = PythonFunction(
            file,
            name,
            where=(
                config.where("custom-lib-path"),
                f"{where} custom-input-transformation-function",
            ),
            expected=f"a picture {self._shape} of uint8",
        )

    def __call__(
        self, picture: NDArray[np.uint8], context: PreparationContext
    ) -> NDArray[np.uint8]:
        """The picture, `(h, w, C)`.

        Raises:
            ModelError: The function raised, or returned something else; names file, line and
                function.
        """
        return self._function(picture, context, read=self._read)  # type: ignore[no-any-return]

    def _read(self, found: Any) -> NDArray[np.uint8]:
        picture = np.asarray(found)
        if picture.shape != self._shape or picture.dtype != np.uint8:
            self._function.refuse(f"{picture.shape} of {picture.dtype}")
        return np.ascontiguousarray(picture)
