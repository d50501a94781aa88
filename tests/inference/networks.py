"""Networks that say what a test wants: constant outputs, or the picture itself."""

import numpy as np
import onnx
from onnx import helper

from onnx_models import save_model


def constant_network(path, *, size=(32, 24), metadata=None, **outputs):
    """Whatever it sees, it gives these arrays (without the batch, which is 1)."""
    width, height = size
    nodes = [
        ("ReduceMax", ["image"], ["brightest"], {"keepdims": 0}),
        ("Cast", ["brightest"], ["number"], {"to": 1}),
        ("Mul", ["number", "nothing"], ["zero"], {}),
        *[("Add", [f"{name}_", "zero"], [name], {}) for name in outputs],
    ]
    arrays = {name: np.asarray(array, np.float32)[None] for name, array in outputs.items()}
    return save_model(
        path,
        nodes,
        inputs={"image": [1, 3, height, width]},
        outputs={name: list(array.shape) for name, array in arrays.items()},
        constants={
            "nothing": np.float32(0),
            **{f"{name}_": array for name, array in arrays.items()},
        },
        metadata=metadata,
    )


def echo_network(path, shape):
    """Its output `seen` is its input; `shape` with the batch."""
    return save_model(
        path,
        [("Mul", ["image", "one"], ["seen"], {})],
        inputs={"image": shape},
        outputs={"seen": shape},
        constants={"one": np.float32(1)},
    )


def quantise_input(path):
    """Put QuantizeLinear and DequantizeLinear, 8 bits for 0..1, behind a network's input."""
    model = onnx.load(path)
    graph = model.graph
    name = graph.input[0].name
    for node in graph.node:
        node.input[:] = ["dequantised" if one == name else one for one in node.input]
    graph.initializer.extend(
        [
            onnx.numpy_helper.from_array(np.float32(1 / 255), "step"),
            onnx.numpy_helper.from_array(np.uint8(0), "zero_point"),
        ]
    )
    pair = [
        helper.make_node("QuantizeLinear", [name, "step", "zero_point"], ["eight_bits"]),
        helper.make_node("DequantizeLinear", ["eight_bits", "step", "zero_point"], ["dequantised"]),
    ]
    for index, node in enumerate(pair):
        graph.node.insert(index, node)
    onnx.checker.check_model(model)
    onnx.save(model, path)
