"""Networks of a few nodes, written where a test needs them."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

TYPES = {
    "float32": TensorProto.FLOAT,
    "float16": TensorProto.FLOAT16,
    "float64": TensorProto.DOUBLE,
    "uint8": TensorProto.UINT8,
    "int32": TensorProto.INT32,
    "int64": TensorProto.INT64,
    "bool": TensorProto.BOOL,
}


def save_model(path, nodes, *, inputs, outputs, constants=None, metadata=None, domain=None):
    """Write an ONNX file.

    nodes: `(operator, inputs, outputs, attributes)`; inputs and outputs: name → shape, or
    `(shape, dtype)`; strings are dynamic dimensions.
    """
    graph = helper.make_graph(
        [
            helper.make_node(operator, takes, gives, domain=domain, **attributes)
            for operator, takes, gives, attributes in nodes
        ],
        "test",
        [_value(name, spec) for name, spec in inputs.items()],
        [_value(name, spec) for name, spec in outputs.items()],
        [numpy_helper.from_array(value, name) for name, value in (constants or {}).items()],
    )
    opsets = [helper.make_opsetid("", 13)]
    if domain:
        opsets.append(helper.make_opsetid(domain, 1))
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    helper.set_model_props(model, metadata or {})
    onnx.save(model, path)
    return path


def convolution(path, *, batch="n", side=6, metadata=None):
    """`x` (batch, 3, side, side) → `sums` = W·x + b and `positive` = max(0, sums), 2 channels."""
    weights = np.random.default_rng(1).normal(size=(2, 3, 3, 3)).astype(np.float32)
    out = side if isinstance(side, str) else side - 2
    save_model(
        path,
        [("Conv", ["x", "w", "b"], ["sums"], {}), ("Relu", ["sums"], ["positive"], {})],
        inputs={"x": [batch, 3, side, side]},
        outputs={"sums": [batch, 2, out, out], "positive": [batch, 2, out, out]},
        constants={"w": weights, "b": np.array([0.5, -0.25], np.float32)},
        metadata=metadata,
    )
    return weights


def quantised_convolution(path, *, side=6):
    """`x` (n, 3, side, side), in [0, 1] → `y` = max(0, W·x), 8 channels, all in 8 bits.

    As quantisers write it: the picture and the result are uint8, one scale each, the weights int8
    with a scale for each channel, and QuantizeLinear, DequantizeLinear stand at each place.

    Returns:
        The weights as real numbers, and the step of `y`.
    """
    weights = np.random.default_rng(2).normal(size=(8, 3, 3, 3)).astype(np.float32)
    steps = np.abs(weights).reshape(8, -1).max(axis=1) / 127
    eight_bits = np.round(weights / steps[:, None, None, None]).astype(np.int8)
    save_model(
        path,
        [
            ("QuantizeLinear", ["x", "x_step", "zero"], ["x8"], {}),
            ("DequantizeLinear", ["x8", "x_step", "zero"], ["xq"], {}),
            ("DequantizeLinear", ["w8", "w_step", "w_zero"], ["wq"], {"axis": 0}),
            ("Conv", ["xq", "wq"], ["sums"], {}),
            ("Relu", ["sums"], ["positive"], {}),
            ("QuantizeLinear", ["positive", "y_step", "zero"], ["y8"], {}),
            ("DequantizeLinear", ["y8", "y_step", "zero"], ["y"], {}),
        ],
        inputs={"x": ["n", 3, side, side]},
        outputs={"y": ["n", 8, side - 2, side - 2]},
        constants={
            "x_step": np.float32(1 / 255),
            "y_step": np.float32(1 / 16),
            "zero": np.uint8(0),
            "w8": eight_bits,
            "w_step": steps.astype(np.float32),
            "w_zero": np.zeros(8, np.int8),
        },
    )
    return eight_bits * steps[:, None, None, None], 1 / 16


def _value(name, spec):
    shape, dtype = spec if isinstance(spec, tuple) else (spec, "float32")
    return helper.make_tensor_value_info(name, TYPES[dtype], shape)
