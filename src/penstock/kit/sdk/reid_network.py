"""A re-identification network without any training: which colours an object has at which height."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from penstock.kit.onnx_graph import GraphBuilder

__all__ = ["FEATURES", "OFFSETS", "SCALE", "SIZE", "write_reid"]

SIZE = (128, 256)
OFFSETS = (123.675, 116.28, 103.53)
SCALE = 0.01735207
"""Its input is `(RGB - OFFSETS) * SCALE`, as NVIDIA's tracker configurations say."""

FEATURES = 256
_POOL_PX, _STRIPES, _SHADES, _HUES = 4, 16, 10, 6
_GRAY = 0.04


def write_reid(output: Path, *, about: str) -> None:
    """Write a network with the input and output of NVIDIA's `resnet50_market1501`.

    Input `input` `(batch, 3, 256, 128)` float32; output `fc_pred` `(batch, 256)`, of length 1: for
    each of 16 stripes from head to foot the shares of 10 grays and 6 hues. The middle counts more
    than the sides. Roots of the shares are taken and each stripe's mean is subtracted, so that
    objects with nothing in common come out near 0 (Hellinger's distance).

    Args:
        output: The file to write.
        about: What the file really is, kept in its metadata as `penstock.about`.

    Raises:
        ModelError: The graph is not valid.
    """
    graph = GraphBuilder(output.stem)
    graph.input("input", ["batch", 3, SIZE[1], SIZE[0]])
    colors = _soft_colors(graph, _small(graph))
    width = SIZE[0] // _POOL_PX
    place = (np.arange(width) + 0.5) / width - 0.5
    across = np.exp(-0.5 * (place / 0.25) ** 2)
    weights = graph.constant("across", (across / across.sum()).astype(np.float32))
    rows = graph.add(
        "ReduceSum",
        "rows",
        graph.add("Mul", "weighted", colors, weights),
        graph.integers("rows/axis", 3),
        keepdims=0,
    )
    high = SIZE[1] // _POOL_PX // _STRIPES
    shape = graph.integers("stripes/shape", 0, _SHADES + _HUES, _STRIPES, high)
    stripes = graph.add("Reshape", "stripes/rows", rows, shape)
    stripes = graph.add("ReduceMean", "stripes", stripes, axes=[3], keepdims=0)
    roots = graph.add("Sqrt", "roots", stripes)
    mean = graph.add("ReduceMean", "roots/mean", roots, axes=[1], keepdims=1)
    centred = graph.add("Sub", "centred", roots, mean)
    centred = graph.add("Transpose", "by_stripe", centred, perm=[0, 2, 1])
    flat = graph.add("Reshape", "flat", centred, graph.integers("flat/shape", 0, FEATURES))
    length = graph.add("ReduceL2", "length", flat, axes=[1], keepdims=1)
    least = graph.constant("length/least", np.array(1e-6, np.float32))
    graph.add("Div", "fc_pred", flat, graph.add("Max", "length/some", length, least))
    graph.output("fc_pred", ["batch", FEATURES])
    graph.save(output, metadata={"penstock.about": about})


def _small(graph: GraphBuilder) -> str:
    """RGB in 0..1, a quarter as wide and high."""
    back = graph.constant("in/back", np.array(1 / SCALE, np.float32))
    offsets = graph.constant("in/offsets", np.array(OFFSETS, np.float32).reshape(1, 3, 1, 1))
    pixels = graph.add("Add", "in/pixels", graph.add("Mul", "in/wide", "input", back), offsets)
    unit = graph.constant("in/unit", np.array(1 / 255, np.float32))
    pixels = graph.add("Mul", "in/rgb", pixels, unit)
    side = [_POOL_PX, _POOL_PX]
    return graph.add("AveragePool", "in/small", pixels, kernel_shape=side, strides=side)


def _soft_colors(graph: GraphBuilder, rgb: str) -> str:
    """`(batch, 16, h, w)`: a pixel is partly gray, the more the closer its channels are."""
    high = graph.add("ReduceMax", "high", rgb, axes=[1], keepdims=1)
    low = graph.add("ReduceMin", "low", rgb, axes=[1], keepdims=1)
    chroma = graph.add("Sub", "chroma", high, low)
    spread = graph.constant("gray/spread", np.array(-0.5 / _GRAY**2, np.float32))
    square = graph.add("Mul", "gray/square", chroma, chroma)
    gray = graph.add("Exp", "gray", graph.add("Mul", "gray/exponent", square, spread))
    one = graph.constant("one", np.array(1, np.float32))
    mean = graph.add("ReduceMean", "mean", rgb, axes=[1], keepdims=1)
    steps = graph.constant("shades/steps", np.array(_SHADES - 1, np.float32))
    shade = graph.add("Mul", "shades/place", mean, steps)
    away = graph.add(
        "Abs", "shades/away", graph.add("Sub", "shades/d", shade, _bins(graph, _SHADES))
    )
    hue_away = _ring(graph, _hue(graph, rgb, high, chroma))
    parts = []
    for name, distance, amount in (
        ("shades", away, gray),
        ("hues", hue_away, graph.add("Sub", "colored", one, gray)),
    ):
        near = graph.add("Relu", f"{name}/near", graph.add("Sub", f"{name}/left", one, distance))
        parts.append(graph.add("Mul", name, near, amount))
    return graph.add("Concat", "colors", *parts, axis=1)


def _bins(graph: GraphBuilder, count: int) -> str:
    numbers = np.arange(count, dtype=np.float32).reshape(1, -1, 1, 1)
    return graph.constant(f"bins{count}", numbers)


def _ring(graph: GraphBuilder, hue: str) -> str:
    """How far a hue is from each of the six, the short way round."""
    away = graph.add("Abs", "hues/away", graph.add("Sub", "hues/d", hue, _bins(graph, _HUES)))
    whole = graph.constant("hues/whole", np.array(_HUES, np.float32))
    return graph.add("Min", "hues/short", away, graph.add("Sub", "hues/round", whole, away))


def _hue(graph: GraphBuilder, rgb: str, high: str, chroma: str) -> str:
    """0 red, 1 yellow, 2 green, … from -1 to 5."""
    channels = graph.split("channels", rgb, axis=1, sizes=[1, 1, 1])
    least = graph.constant("hue/least", np.array(1e-6, np.float32))
    divisor = graph.add("Max", "hue/divisor", chroma, least)
    found = ""
    for number in (2, 1, 0):
        name, after = f"hue/{number}", (number + 1) % 3
        difference = graph.add("Sub", f"{name}/d", channels[after], channels[(number + 2) % 3])
        place = graph.add("Div", f"{name}/share", difference, divisor)
        base = graph.constant(f"{name}/base", np.array(2 * number, np.float32))
        place = graph.add("Add", f"{name}/place", place, base)
        if found:
            strongest = graph.add("Equal", f"{name}/strongest", high, channels[number])
            place = graph.add("Where", f"{name}/chosen", strongest, place, found)
        found = place
    return found
