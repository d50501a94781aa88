"""The two runtimes that a converted network must agree in, both computing in f32."""

import onnxruntime
import openvino
import pytest


def run_onnxruntime(path, images):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, {"images": images}), strict=True))


def run_openvino(path, images):
    exact = {"INFERENCE_PRECISION_HINT": "f32"}
    compiled = openvino.Core().compile_model(str(path), "CPU", exact)
    outputs = compiled(images)
    return {port.get_any_name(): outputs[port] for port in compiled.outputs}


RUNTIMES = pytest.mark.parametrize("run", [run_onnxruntime, run_openvino])
