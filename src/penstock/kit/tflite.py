"""TensorFlow Lite detectors to ONNX."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from penstock.errors import ModelError
from penstock.kit.anchors import regrid
from penstock.kit.damage import reading
from penstock.kit.ssd import save_ssd
from penstock.kit.tflite_file import TfliteFile
from penstock.kit.tflite_network import TfliteNetwork

__all__ = ["convert"]

_LAST = "TFLite_Detection_PostProcess"


def convert(
    source: Path, output: Path, *, columns: Sequence[int], size: tuple[int, int] | None = None
) -> None:
    """Write a detector that ends in `TFLite_Detection_PostProcess` as ONNX with a dynamic batch.

    The result has one input, `images` `(batch, 3, h, w)` float32, in the real numbers that the
    quantised input stands for, and the outputs `boxes` `(batch, N, 4)` and `scores`
    `(batch, N, C)` of `save_detector`. Nothing is thresholded or suppressed.

    Args:
        source: The `.tflite` file.
        output: The file to write.
        columns: For each of the C classes the network's column that has it.
        size: Network `(width, height)`; by default the file's own.

    Raises:
        ModelError: The file is damaged, has an operator that is not supported, does not end as
            expected, or cannot have that size.
        MissingExtraError: The package that knows the file format is not installed.
    """
    file = TfliteFile(source)
    with reading(source, "a TensorFlow Lite file"):
        network = TfliteNetwork(file, output.stem, size)
        last = file.operators[-1]
        if last.kind != _LAST:
            raise network.error(last, f"the network should end in {_LAST}")
        offsets, scores, anchors = last.inputs
        logits = _logits(file, scores)
        network.compute(offsets, logits)
        save_ssd(
            network.graph,
            output,
            offsets=network.tensors[offsets],
            logits=network.tensors[logits],
            anchors=regrid(file.constant(anchors), network.grids),
            scales=[last.options[f"{axis}_scale"] for axis in "yxhw"],
            columns=columns,
        )


def _logits(file: TfliteFile, scores: int) -> int:
    """Find what the scores are the sigmoid of."""
    tensor = scores
    for operator in reversed(file.operators):
        if tensor in operator.outputs:
            if operator.kind == "LOGISTIC":
                return operator.inputs[0]
            if operator.kind != "DEQUANTIZE":
                break
            tensor = operator.inputs[0]
    raise ModelError(f"{file.path}: the scores should come from a LOGISTIC operator")
