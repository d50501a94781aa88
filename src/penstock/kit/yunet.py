"""YuNet's own ONNX file, for any size and batch, with its boxes and landmarks decoded inside.

Wu et al., "YuNet: A Tiny Millisecond-level Face Detector" (2023, doi:10.1007/s11633-023-1423-y).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from penstock.errors import ModelError
from penstock.kit.damage import reading
from penstock.kit.detector import save_detector
from penstock.kit.onnx_graph import GraphBuilder

__all__ = ["LANDMARKS", "convert"]

LANDMARKS = 5
"""Right eye, left eye, nose, right and left corner of the mouth; right is the person's."""

_STRIDES = (8, 16, 32)
_WIDTHS = {"cls": 1, "obj": 1, "bbox": 4, "kps": 2 * LANDMARKS}


def convert(source: Path, output: Path, *, size: tuple[int, int] | None = None) -> None:
    """Write the network with a dynamic batch and decoded outputs.

    The result has one input, `images` `(batch, 3, h, w)` float32, BGR in 0..255, and over all N
    cells of all levels the outputs `boxes` `(batch, N, 4)`, `scores` `(batch, N, 1)` and
    `keypoints` `(batch, N, 5, 2)` of `save_detector`. Nothing is thresholded or suppressed.

    Args:
        source: The published ONNX file.
        output: The file to write.
        size: Network `(width, height)`, multiples of 32; by default that of the file.

    Raises:
        ModelError: The file is damaged or another network, or the size does not suit it.
    """
    with reading(source, "an ONNX file"):
        network = _read(source)
        width, height = size or _own_size(network)
        if min(width, height) < _STRIDES[-1] or width % _STRIDES[-1] or height % _STRIDES[-1]:
            raise ModelError(
                f"the network size must be multiples of {_STRIDES[-1]}, got {width}x{height}"
            )
        heads = _heads(network)
        graph = GraphBuilder(output.stem)
        (images,) = network.input
        graph.input("images", ["batch", 3, height, width])
        graph.adopt(network, results=list(heads.values()), rename={images.name: "images"})
        _Decoder(graph, heads, (width, height)).save(output)


def _read(source: Path) -> Any:
    try:
        return onnx.load(str(source)).graph
    except Exception as error:  # onnx raises protobuf's own exceptions
        raise ModelError(f"not an ONNX file, or damaged ({error})") from error


def _own_size(network: Any) -> tuple[int, int]:
    *_, height, width = network.input[0].type.tensor_type.shape.dim
    return width.dim_value, height.dim_value


def _heads(network: Any) -> dict[str, str]:
    """Return the published outputs and the convolution's tensor that each is made of."""
    heads = {}
    for output in (f"{kind}_{stride}" for kind in _WIDTHS for stride in _STRIDES):
        tensor = output
        for node in reversed(network.node):
            if tensor in node.output:
                if node.op_type == "Conv":
                    heads[output] = tensor
                if node.op_type not in ("Sigmoid", "Reshape", "Transpose"):
                    break
                tensor = node.input[0]
        if output not in heads:
            raise ModelError(f"not YuNet: no output {output!r} behind a convolution")
    return heads


class _Decoder:
    """Turns the heads of all levels into outputs, channels first until the end."""

    def __init__(self, graph: GraphBuilder, heads: dict[str, str], size: tuple[int, int]) -> None:
        self.graph = graph
        self.heads = heads
        self.grids = [(size[0] // stride, size[1] // stride) for stride in _STRIDES]
        self.cells = sum(columns * rows for columns, rows in self.grids)
        # Per cell: its size and its corner, as fractions of the picture; (2, N), x before y.
        self.units, self.corners = _cells(self.grids)

    def save(self, output: Path) -> None:
        self._boxes()
        self._scores()
        self._keypoints()
        save_detector(self.graph, output, candidates=self.cells, classes=1, keypoints=LANDMARKS)

    def _all_levels(self, kind: str) -> str:
        """Join a head's levels to `(batch, channels, N)`."""
        graph, parts = self.graph, []
        for stride, (columns, rows) in zip(_STRIDES, self.grids, strict=True):
            head = f"{kind}_{stride}"
            shape = graph.integers(f"{head}/shape", 0, _WIDTHS[kind], columns * rows)
            parts.append(graph.add("Reshape", f"{head}/cells", self.heads[head], shape))
        return graph.add("Concat", f"{kind}/all", *parts, axis=2)

    def _boxes(self) -> None:
        graph = self.graph
        moves, growths = graph.split("bbox/parts", self._all_levels("bbox"), axis=1, sizes=[2, 2])
        units = graph.constant("cells/units", self.units)
        moves = graph.add("Mul", "boxes/moves", moves, units)
        corners = graph.constant("cells/corners", self.corners)
        centres = graph.add("Add", "boxes/centres", moves, corners)
        factors = graph.add("Exp", "boxes/factors", growths)
        sizes = graph.add("Mul", "boxes/sizes", factors, units)
        joined = graph.add("Concat", "boxes/columns", centres, sizes, axis=1)
        graph.add("Transpose", "boxes", joined, perm=[0, 2, 1])

    def _scores(self) -> None:
        """The geometric mean of "a face" and "something"."""
        graph = self.graph
        face, thing = (
            graph.add("Sigmoid", f"{kind}/odds", self._all_levels(kind)) for kind in ("cls", "obj")
        )
        mean = graph.add("Sqrt", "scores/mean", graph.add("Mul", "scores/product", face, thing))
        graph.add("Transpose", "scores", mean, perm=[0, 2, 1])

    def _keypoints(self) -> None:
        graph, repeats = self.graph, (LANDMARKS, 1)
        units = graph.constant("keypoints/units", np.tile(self.units, repeats))
        corners = graph.constant("keypoints/corners", np.tile(self.corners, repeats))
        moves = graph.add("Mul", "keypoints/moves", self._all_levels("kps"), units)
        places = graph.add("Add", "keypoints/places", moves, corners)
        rows = graph.add("Transpose", "keypoints/rows", places, perm=[0, 2, 1])
        shape = graph.integers("keypoints/shape", 0, self.cells, LANDMARKS, 2)
        graph.add("Reshape", "keypoints", rows, shape)


def _cells(
    grids: Sequence[tuple[int, int]],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    units, corners = [], []
    for columns, rows in grids:
        y, x = np.divmod(np.arange(columns * rows), columns)
        unit = np.array([[1 / columns], [1 / rows]])
        units.append(np.broadcast_to(unit, (2, columns * rows)))
        corners.append(np.stack([x, y]) * unit)
    return np.hstack(units).astype(np.float32), np.hstack(corners).astype(np.float32)
