"""TensorFlow's window arithmetic, against loops over single pixels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from runtimes import run_onnxruntime

from penstock.errors import ModelError
from penstock.kit.onnx_graph import GraphBuilder
from penstock.kit.tensorflow_graph import Tensor, TensorFlowGraph, Window

PAIRS = st.tuples(st.integers(1, 3), st.integers(1, 3))


def convolve_slowly(image, kernels, window, *, depthwise):
    """`(H, W, C)` and `(kh, kw, C, F)`, number by number; what lies outside counts nothing."""
    sides, starts = [], []
    for side, size, stride, dilation in zip(
        image.shape[:2], kernels.shape[:2], window.stride, window.dilation, strict=True
    ):
        reach = (size - 1) * dilation + 1
        count = -(-side // stride) if window.same else (side - reach) // stride + 1
        sides.append(count)
        starts.append(max((count - 1) * stride + reach - side, 0) // 2 if window.same else 0)
    channels, filters = kernels.shape[2:]
    result = np.zeros((*sides, channels, filters))
    for (i, j), (row, column) in (
        (at, place) for at in np.ndindex(*sides) for place in np.ndindex(*kernels.shape[:2])
    ):
        y = i * window.stride[0] - starts[0] + row * window.dilation[0]
        x = j * window.stride[1] - starts[1] + column * window.dilation[1]
        if 0 <= y < image.shape[0] and 0 <= x < image.shape[1]:
            result[i, j] += image[y, x][:, None] * kernels[row, column]
    return result.reshape(*sides, -1) if depthwise else result.sum(2)


@given(
    size=PAIRS, stride=PAIRS, dilation=PAIRS, same=st.booleans(), depthwise=st.booleans(),
    data=st.data(),
)  # fmt: skip
def test_convolutions_of_any_window_are_those_of_loops(
    tmp_path_factory, size, stride, dilation, same, depthwise, data
):
    height, width = (data.draw(st.integers(7, 9)) for _ in range(2))
    random = np.random.default_rng(0)
    image = random.normal(size=(height, width, 3)).astype(np.float32)
    kernels = random.normal(size=(*size, 3, 2)).astype(np.float32)
    bias = random.normal(size=6 if depthwise else 2).astype(np.float32)
    window = Window(stride, same, dilation)
    builder = GraphBuilder("one")
    graph = TensorFlowGraph(builder)
    x = graph.picture("images", height=height, width=width)
    y = graph.convolve("y", x, kernels, window=window, bias=bias, depthwise=depthwise)
    rows = graph.reshape("rows", y, (y.shape[0] * y.shape[1], y.shape[2]))
    builder.output("rows", ["batch", *rows.shape])
    path = tmp_path_factory.mktemp("one") / "one.onnx"
    builder.save(path, metadata={})
    expected = convolve_slowly(image, kernels, window, depthwise=depthwise) + bias
    assert y.shape == expected.shape
    got = run_onnxruntime(path, image.transpose(2, 0, 1)[None])["rows"][0]
    np.testing.assert_allclose(got, expected.reshape(rows.shape), atol=1e-4)


@pytest.fixture
def graph():
    return TensorFlowGraph(GraphBuilder("one"))


ROWS, PICTURE = Tensor("rows", (6, 4)), Tensor("picture", (5, 7, 3), is_picture=True)


@pytest.mark.parametrize(
    ("operate", "complaint"),
    [
        (lambda g: g.convolve("y", ROWS, np.zeros((1, 1, 4, 4)), window=Window()), "a picture"),
        (lambda g: g.convolve("y", PICTURE, np.zeros((1, 1, 4, 4)), window=Window()), "3 channels"),
        (lambda g: g.add("y", ROWS, PICTURE), r"cannot add \(6, 4\) and \(5, 7, 3\)"),
        (lambda g: g.per_channel("Add", "y", PICTURE, np.zeros(4)), r"\(4,\) numbers do not fit"),
        (lambda g: g.reshape("y", ROWS, (5, 5)), r"\(6, 4\) cannot be reshaped to \(5, 5\)"),
        (lambda g: g.concat("y", [ROWS, PICTURE], axis=1), "cannot join"),
        (lambda g: g.concat("y", [ROWS, ROWS], axis=0), "cannot join"),
    ],
)
def test_shapes_that_do_not_fit_are_told_with_the_operator(graph, operate, complaint):
    with pytest.raises(ModelError, match=rf"^(y|rows): .*{complaint}"):
        operate(graph)


@pytest.mark.parametrize(("axis", "shape"), [(1, (10, 7, 3)), (2, (5, 14, 3)), (-1, (5, 7, 6))])
def test_pictures_are_joined_along_the_axis_that_tensorflow_means(graph, axis, shape):
    joined = graph.concat("y", [PICTURE, PICTURE], axis=axis)
    assert joined == Tensor("y", shape, is_picture=True)
