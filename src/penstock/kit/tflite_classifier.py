"""TensorFlow Lite classifiers to ONNX, and the names that such a file brings along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import numpy as np

from penstock.errors import ModelError
from penstock.kit.damage import reading
from penstock.kit.onnx_graph import GraphBuilder
from penstock.kit.tflite_file import TfliteFile
from penstock.kit.tflite_network import TfliteNetwork

__all__ = ["convert", "labels"]

_LAST = "SOFTMAX"
_LISTS = (".txt",)


def convert(
    source: Path,
    output: Path,
    *,
    kinds: Mapping[str, Sequence[str]] | None = None,
    size: tuple[int, int] | None = None,
) -> None:
    """Write a classifier that ends in a softmax as ONNX with a dynamic batch.

    The result has one input, `images` `(batch, 3, h, w)` float32, in the real numbers that the
    quantised input stands for, and one output, `probabilities` `(batch, C)`, that adds up to 1.

    Args:
        source: The `.tflite` file.
        output: The file to write.
        kinds: For each of the C classes the network's own that it is made of, by their names in
            the file: their probabilities, given that it is one of all these, are added. By default
            the network's classes as they are.
        size: Network `(width, height)`; by default the file's own.

    Raises:
        ModelError: The file is damaged, has an operator that is not supported, does not end as
            expected, or cannot have that size.
        MissingExtraError: The package that knows the file format is not installed.
    """
    file = TfliteFile(source)
    with reading(source, "a TensorFlow Lite file"):
        network = TfliteNetwork(file, output.stem, size)
        last = next((one for one in reversed(file.operators) if one.kind != "QUANTIZE"), None)
        if last is None or last.kind != _LAST:
            raise ModelError(f"{source}: a classifier should end in {_LAST}")
        network.compute(last.inputs[0])
        logits, graph = network.tensors[last.inputs[0]], network.graph
        (classes,) = logits.shape
        if kinds is None:
            graph.add("Softmax", "probabilities", logits.name, axis=1)
        else:
            _add_up(graph, logits.name, _columns(source, kinds))
            classes = len(kinds)
        graph.output("probabilities", ["batch", classes])
        graph.save(output, metadata={})


def labels(source: Path) -> tuple[str, ...]:
    """The class names in a file's own metadata: a ZIP archive at its end with a list.

    Raises:
        ModelError: It has none.
    """
    try:
        with ZipFile(source) as archive:
            (name,) = [name for name in archive.namelist() if name.endswith(_LISTS)]
            lines = archive.read(name).decode().splitlines()
    except (BadZipFile, ValueError, OSError) as error:
        raise ModelError(f"{source}: expected a list of labels inside ({error})") from error
    return tuple(line.strip() for line in lines if line.strip())


def _columns(source: Path, kinds: Mapping[str, Sequence[str]]) -> list[list[int]]:
    """For each kind the numbers of its classes."""
    numbers = {label: number for number, label in enumerate(labels(source))}
    for name in (name for names in kinds.values() for name in names):
        if name not in numbers:
            raise ModelError(f"{source}: the network has no class {name!r}")
    return [[numbers[name] for name in names] for names in kinds.values()]


def _add_up(graph: GraphBuilder, logits: str, columns: Sequence[Sequence[int]]) -> None:
    """Make `probabilities` of groups of columns."""
    own = [number for group in columns for number in group]
    chosen = graph.add("Gather", "kinds/logits", logits, graph.integers("kinds/own", *own), axis=1)
    shares = graph.add("Softmax", "kinds/shares", chosen, axis=1)
    members = [kind for kind, group in enumerate(columns) for _ in group]
    sums = graph.constant("kinds/sums", np.eye(len(columns), dtype=np.float32)[members])
    graph.add("MatMul", "probabilities", shares, sums)
