"""The two runtimes that a converted network must agree in, both computing in f32."""

import onnxruntime
import openvino
import pytest


def open_onnxruntime(path):
    """A session on one thread, for waiting threads burn time that other tests need."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def run_session(session, images):
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {"images": images}), strict=True))


def run_onnxruntime(path, images):
    return run_session(open_onnxruntime(path), images)


def run_openvino(path, images):
    exact = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}
    compiled = openvino.Core().compile_model(str(path), "CPU", exact)
    outputs = compiled(images)
    return {port.get_any_name(): outputs[port] for port in compiled.outputs}


RUNTIMES = pytest.mark.parametrize("run", [run_onnxruntime, run_openvino])
