"""Segmentation networks with the inputs and outputs of the SDK's, around one of the kit's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, compose

from penstock.kit.onnx_graph import GraphBuilder
from penstock.kit.sdk.candidates import Part, Size, join_candidates
from penstock.kit.sdk.suppressing import best_of_classes

__all__ = ["MASK_PX", "PEOPLE_SIZE", "SIDE_PX", "write_defects", "write_people", "write_semantic"]

SIDE_PX = 512
PEOPLE_SIZE: Size = (960, 576)
MASK_PX = 28
_MOST_PEOPLE = 20
_OVERLAP = 0.5
_MEAN, _DEVIATION = 0.449, 0.224  # of ImageNet, of all channels
_MOST_SCALED, _LEAST_SCALED = 3.0, -0.5  # with the mean subtracted: white 2.7, black -2.1
_TINY = 1e-4
_FINE_PX, _STEP_PX, _WIDE_BLOCKS = 5, 8, 9
_CONTRAST, _SHARPNESS = 0.08, 100.0


def write_semantic(
    output: Path, segmenter: Path, *, classes: Sequence[Sequence[int]], about: str
) -> None:
    """Write a network that tells a class for each pixel.

    Input `input_1` `(batch, 3, 512, 512)` RGB, in 0..1 or in 0..255; output
    `final_conv/BiasAdd` `(batch, C, 512, 512)`, probabilities.

    Args:
        output: The file to write.
        segmenter: The kit's DeepLab.
        classes: For each of the C classes those of the segmenter that it is made of.
        about: What the file really is, kept in its metadata as `penstock.about`.

    Raises:
        ModelError: The graph is not valid.
    """
    graph = GraphBuilder(output.stem)
    graph.input("input_1", ["batch", 3, SIDE_PX, SIDE_PX])
    network, (width, height) = _segmenter(segmenter)
    unit = _unit(graph, "input_1")
    pictures = _scaled(graph, "in/scaled", unit, by=(height / SIDE_PX, width / SIDE_PX))
    found = _adopt(graph, network, pictures)
    sums = []
    for number, members in enumerate(classes):
        columns = graph.integers(f"class{number}/of", *members)
        planes = graph.add("Gather", f"class{number}/planes", found, columns, axis=1)
        axis = graph.integers(f"class{number}/axis", 1)
        sums.append(graph.add("ReduceSum", f"class{number}", planes, axis, keepdims=1))
    joined = graph.add("Concat", "classes", *sums, axis=1)
    _scaled(graph, "final_conv/BiasAdd", joined, by=(SIDE_PX / height, SIDE_PX / width))
    graph.output("final_conv/BiasAdd", ["batch", len(classes), SIDE_PX, SIDE_PX])
    graph.save(output, metadata={"penstock.about": about})


def write_defects(output: Path, *, about: str) -> None:
    """Write a network without any training: what differs from its surroundings is a defect.

    Input `input_1` `(batch, 1, 512, 512)`, in 0..1 or in 0..255; output `conv2d_19/Sigmoid`
    `(batch, 2, 512, 512)`: how likely a pixel is sound, and how likely it is not.

    Args:
        output: The file to write.
        about: What the file really is, kept in its metadata as `penstock.about`.

    Raises:
        ModelError: The graph is not valid.
    """
    graph = GraphBuilder(output.stem)
    graph.input("input_1", ["batch", 1, SIDE_PX, SIDE_PX])
    unit = _unit(graph, "input_1")
    fine = _mean(graph, "fine", unit, _FINE_PX)
    step = [_STEP_PX, _STEP_PX]
    blocks = graph.add("AveragePool", "blocks", unit, kernel_shape=step, strides=step)
    wide = _mean(graph, "wide", blocks, _WIDE_BLOCKS)
    coarse = _scaled(graph, "coarse", wide, by=(_STEP_PX, _STEP_PX))
    away = graph.add("Abs", "away", graph.add("Sub", "difference", fine, coarse))
    least = graph.constant("least", np.array(_CONTRAST, np.float32))
    sharp = graph.constant("sharp", np.array(_SHARPNESS, np.float32))
    odds = graph.add("Mul", "odds", graph.add("Sub", "beyond", away, least), sharp)
    defect = graph.add("Sigmoid", "defect", odds)
    one = graph.constant("one", np.array(1, np.float32))
    sound = graph.add("Sub", "sound", one, defect)
    graph.add("Concat", "conv2d_19/Sigmoid", sound, defect, axis=1)
    graph.output("conv2d_19/Sigmoid", ["batch", 2, SIDE_PX, SIDE_PX])
    graph.save(output, metadata={"penstock.about": about})


def write_people(
    output: Path, detector: Path, segmenter: Path, *, person: int, in_map: int, about: str
) -> None:
    """Write a network for persons and their masks, as TAO exports Mask R-CNN.

    Input `Input` `(batch, 3, 576, 960)` RGB, in 0..1, in 0..255, or with the mean
    subtracted. Outputs: `generate_detections`
    `(batch, 20, 6)`, top, left, bottom and right as fractions, class 1, confidence, the surest
    first; `mask_fcn_logits/BiasAdd` `(batch, 20, 2, 28, 28)`, logits of the background and of the
    person over each box.

    Args:
        output: The file to write.
        detector: A detector of the kit for pixels in 0..1.
        segmenter: The kit's DeepLab for cut-out persons.
        person: The detector's class.
        in_map: The segmenter's.
        about: What the file really is, kept in its metadata as `penstock.about`.

    Raises:
        ModelError: The graph is not valid.
    """
    graph = GraphBuilder(output.stem)
    graph.input("Input", ["batch", 3, PEOPLE_SIZE[1], PEOPLE_SIZE[0]])
    unit = _unit(graph, "Input")
    part = Part(detector, [(person,)])
    boxes, scores = join_candidates(graph, unit, PEOPLE_SIZE, [part])
    boxes, scores = best_of_classes(
        graph, boxes, scores, classes=1, kept=_MOST_PEOPLE, overlap=_OVERLAP
    )
    axis = graph.integers("only/class", 1)
    boxes, scores = (graph.add("Squeeze", f"only/{name}", name, axis) for name in (boxes, scores))
    _tell(graph, boxes, scores)
    _masks(graph, unit, boxes, scores, segmenter, in_map=in_map)
    graph.output("generate_detections", ["batch", _MOST_PEOPLE, 6])
    graph.output("mask_fcn_logits/BiasAdd", ["batch", _MOST_PEOPLE, 2, MASK_PX, MASK_PX])
    graph.save(output, metadata={"penstock.about": about})


def _unit(graph: GraphBuilder, pixels: str) -> str:
    """Pixels in 0..1, whether they were scaled or not, or have ImageNet's mean subtracted.

    What was done is told by each picture's greatest and least value.
    """
    greatest, least = (
        graph.add(f"Reduce{name}", f"in/{name}", pixels, axes=[1, 2, 3], keepdims=1)
        for name in ("Max", "Min")
    )
    most, few, small, one, mean, wide, none = (
        graph.constant(f"in/number{index}", np.full((1, 1, 1, 1), value, np.float32))
        for index, value in enumerate(
            (_MOST_SCALED, _LEAST_SCALED, 1 / 255, 1.0, _MEAN, _DEVIATION, 0.0)
        )
    )
    plain = graph.add("Greater", "in/plain", greatest, most)
    centred = graph.add("Less", "in/centred", least, few)
    scaled = graph.add("Where", "in/wide", centred, wide, one)
    factor = graph.add("Where", "in/by", plain, small, scaled)
    offset = graph.add("Where", "in/mean", centred, mean, none)
    return graph.add("Add", "in/unit", graph.add("Mul", "in/spread", pixels, factor), offset)


def _segmenter(path: Path) -> tuple[Any, Size]:
    """The graph of a segmenter of the kit, and its `(width, height)`."""
    network: Any = compose.add_prefix_graph(onnx.load(str(path)).graph, "map/")
    *_, height, width = (axis.dim_value for axis in network.input[0].type.tensor_type.shape.dim)
    return network, (width, height)


def _adopt(graph: GraphBuilder, network: Any, unit: str) -> str:
    """Its probabilities for pictures of its size, in 0..1."""
    two, one = (graph.constant(f"map/in/{n}", np.array(n, np.float32)) for n in (2, 1))
    doubled = graph.add("Mul", "map/in/doubled", unit, two)
    pictures = graph.add("Sub", "map/in/centred", doubled, one)
    (own,) = network.input
    graph.adopt(network, results=["map/probabilities"], rename={own.name: pictures})
    return "map/probabilities"


def _scaled(graph: GraphBuilder, name: str, planes: str, *, by: tuple[float, float]) -> str:
    """Planes, `by` times as high and as wide."""
    scales = graph.constant(f"{name}/scales", np.array([1, 1, *by], np.float32))
    return graph.add("Resize", name, planes, "", scales, mode="linear")


def _mean(graph: GraphBuilder, name: str, planes: str, side: int) -> str:
    """Each number's mean with those around it."""
    window = {"kernel_shape": [side, side], "pads": [side // 2] * 4}
    return graph.add("AveragePool", name, planes, **window)


def _tell(graph: GraphBuilder, boxes: str, scores: str) -> None:
    order = graph.integers("told/order", 1, 0, 3, 2)
    yxyx = graph.add("Gather", "told/yxyx", boxes, order, axis=2)
    sides = np.array([1 / PEOPLE_SIZE[1], 1 / PEOPLE_SIZE[0]] * 2, np.float32)
    fractions = graph.add("Mul", "told/fractions", yxyx, graph.constant("told/sides", sides))
    column = graph.add("Unsqueeze", "told/scores", scores, graph.integers("told/axis", 2))
    zero, one = (graph.constant(f"told/{n}", np.array(n, np.float32)) for n in (0, 1))
    nothing = graph.add("Mul", "told/nothing", column, zero)
    class_id = graph.add("Add", "told/class", nothing, one)
    graph.add("Concat", "generate_detections", fractions, class_id, column, axis=2)


def _masks(
    graph: GraphBuilder, unit: str, boxes: str, scores: str, segmenter: Path, *, in_map: int
) -> None:
    network, (width, height) = _segmenter(segmenter)
    rows = graph.add("Reshape", "masks/rows", boxes, graph.integers("masks/flat", -1, 4))
    cut = graph.add(
        "RoiAlign",
        "masks/cut",
        unit,
        rows,
        _picture_of_each(graph, scores),
        output_height=height,
        output_width=width,
        sampling_ratio=1,
        mode="avg",
    )
    found = _adopt(graph, network, cut)
    of = graph.integers("masks/of", in_map)
    person = graph.add("Gather", "masks/person", found, of, axis=1)
    # A little more than wanted, since what is below a whole number is cut off.
    wanted = MASK_PX + 0.01
    small = _scaled(graph, "masks/small", person, by=(wanted / height, wanted / width))
    low, high = (
        graph.constant(f"masks/{name}", np.array(value, np.float32))
        for name, value in (("low", _TINY), ("high", 1 - _TINY))
    )
    sure = graph.add("Clip", "masks/sure", small, low, high)
    one = graph.constant("masks/one", np.array(1, np.float32))
    odds = graph.add("Div", "masks/odds", sure, graph.add("Sub", "masks/rest", one, sure))
    logits = graph.add("Log", "masks/logits", odds)
    both = graph.add("Concat", "masks/both", graph.add("Neg", "masks/not", logits), logits, axis=1)
    shape = graph.integers("masks/shape", -1, _MOST_PEOPLE, 2, MASK_PX, MASK_PX)
    graph.add("Reshape", "mask_fcn_logits/BiasAdd", both, shape)


def _picture_of_each(graph: GraphBuilder, scores: str) -> str:
    """For each row of all pictures' boxes the number of its picture."""
    none = graph.constant("masks/none", np.array(-1, np.float32))
    there = graph.add("Greater", "masks/there", scores, none)
    ones = graph.add("Cast", "masks/ones", there, to=TensorProto.FLOAT)
    first_axis = graph.constant("masks/first_axis", np.array(0, np.int64))
    counted = graph.add("CumSum", "masks/counted", ones, first_axis, exclusive=1)
    flat = graph.add("Reshape", "masks/counted_flat", counted, graph.integers("masks/line", -1))
    return graph.add("Cast", "masks/picture", flat, to=TensorProto.INT64)
