"""TensorFlow Lite segmentation networks to ONNX."""

from __future__ import annotations

from pathlib import Path

from penstock.errors import ModelError
from penstock.kit.damage import reading
from penstock.kit.tflite_file import TfliteFile
from penstock.kit.tflite_network import TfliteNetwork

__all__ = ["convert"]

_PROBABILITIES = ("SOFTMAX", "LOGISTIC")


def convert(source: Path, output: Path, *, size: tuple[int, int] | None = None) -> None:
    """Write a network whose output is a picture as ONNX with a dynamic batch.

    The result has one input, `images` `(batch, 3, h, w)` float32, in the real numbers that the
    quantised input stands for, and one output, `probabilities` `(batch, C, h, w)`, which add up
    to 1 in each pixel; where C is 1, it is how likely the one class is.

    Args:
        source: The `.tflite` file.
        output: The file to write.
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
        result = last.inputs[0] if last.kind in _PROBABILITIES else last.outputs[0]
        network.compute(result)
        picture, graph = network.tensors[result], network.graph
        if not picture.is_picture:
            raise ModelError(f"{source}: a segmentation network should end in a picture")
        height, width, classes = picture.shape
        if classes == 1:
            graph.add("Sigmoid", "probabilities", picture.name)
        else:
            graph.add("Softmax", "probabilities", picture.name, axis=1)
        graph.output("probabilities", ["batch", classes, height, width])
        graph.save(output, metadata={})
