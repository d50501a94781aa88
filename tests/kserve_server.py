"""A KServe v2 server for tests: real gRPC on loopback, ONNX Runtime behind it.

with KServeServer({"colour": path}) as server:      # a Triton's stand-in
    play(config_with(server.url))
    server.stop(); server.start()                   # a restart on the same port
    server.fault = "shape"                          # answers nonsense from now on
"""

import threading
import time
from concurrent import futures

import grpc
import numpy as np
import onnxruntime
from tritonclient.grpc import service_pb2, service_pb2_grpc
from tritonclient.utils import np_to_triton_dtype, triton_to_np_dtype

NUMPY = {"tensor(float)": "FP32", "tensor(float16)": "FP16", "tensor(int64)": "INT64"}


class KServeServer(service_pb2_grpc.GRPCInferenceServiceServicer):
    """Serves models until the `with` ends.

    fault: None, or how answers are wrong: "shape", "dtype", "missing", "nan", "short", "texts",
        "rank", "vast", "slow", "hang", "refuse".
    typed: answers carry numbers in place of bytes, as the protocol allows too.
    plain: it is no Triton and knows no model configuration.
    """

    def __init__(self, models, *, max_batch=8, typed=False, plain=False, formats=()):
        self.sessions = {
            name: onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
            for name, path in models.items()
        }
        self.max_batch, self.typed, self.plain, self.formats = max_batch, typed, plain, formats
        self.fault = None
        self.ready = True
        self.batches = []
        self.asked = set()  # names of outputs
        self.hanging = threading.Event()
        self.released = threading.Event()
        self.port = 0
        self._server = None

    @property
    def url(self):
        return f"127.0.0.1:{self.port}"

    def start(self):
        self._server = grpc.server(
            futures.ThreadPoolExecutor(8), options=[("grpc.so_reuseport", 0)]
        )
        service_pb2_grpc.add_GRPCInferenceServiceServicer_to_server(self, self._server)
        self.port = self._server.add_insecure_port(f"127.0.0.1:{self.port}")
        self._server.start()

    def stop(self):
        self.released.set()
        self._server.stop(None).wait()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.fault = None
        self.stop()

    # The protocol

    def ServerLive(self, request, context):  # noqa: N802
        return service_pb2.ServerLiveResponse(live=True)

    def ServerReady(self, request, context):  # noqa: N802
        return service_pb2.ServerReadyResponse(ready=self.ready)

    def ModelReady(self, request, context):  # noqa: N802
        return service_pb2.ModelReadyResponse(ready=request.name in self.sessions)

    def ModelMetadata(self, request, context):  # noqa: N802
        session = self.sessions[request.name]
        answer = service_pb2.ModelMetadataResponse(name=request.name, versions=["1"])
        for tensors, nodes in (
            (answer.inputs, session.get_inputs()),
            (answer.outputs, session.get_outputs()),
        ):
            for node in nodes:
                shape = [side if isinstance(side, int) else -1 for side in node.shape]
                tensors.add(name=node.name, datatype=NUMPY[node.type], shape=shape)
        return answer

    def ModelConfig(self, request, context):  # noqa: N802
        if self.plain:
            context.abort(grpc.StatusCode.UNIMPLEMENTED, "no such thing here")
        answer = service_pb2.ModelConfigResponse()
        answer.config.max_batch_size = self.max_batch
        answer.config.parameters["penstock.boxes"].string_value = "xyxy"
        for format_ in self.formats:
            answer.config.input.add(format=format_)
        return answer

    def ModelInfer(self, request, context):  # noqa: N802
        if self.fault == "refuse":
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "out of memory")
        if self.fault == "slow":
            time.sleep(3)
        if self.fault == "hang":
            self.hanging.set()
            self.released.wait(30)
            self.hanging.clear()
        session = self.sessions[request.model_name]
        inputs = {
            one.name: np.frombuffer(raw, triton_to_np_dtype(one.datatype)).reshape(one.shape)
            for one, raw in zip(request.inputs, request.raw_input_contents, strict=True)
        }
        self.batches.append(len(next(iter(inputs.values()))))
        names = [one.name for one in request.outputs]
        self.asked.update(names)
        outputs = dict(zip(names, session.run(names, inputs), strict=True))
        answer = service_pb2.ModelInferResponse(model_name=request.model_name)
        for name, array in self._wrong(outputs).items():
            self._add(answer, name, array)
        return answer

    def _wrong(self, outputs):
        """The outputs with the fault in the last of them."""
        name = list(outputs)[-1]
        array = outputs[name]
        if self.fault == "shape":
            outputs[name] = array[..., :-1]
        elif self.fault == "rank":
            outputs[name] = array.reshape(-1)
        elif self.fault == "dtype":
            outputs[name] = array.astype(np.float64)
        elif self.fault == "missing":
            del outputs[name]
        elif self.fault == "nan":
            outputs[name] = np.concatenate([array[..., :-1], array[..., -1:] * np.nan], -1)
        return outputs

    def _add(self, answer, name, array):
        kind = np_to_triton_dtype(array.dtype)
        if self.fault == "texts":
            kind = "BYTES"
        output = answer.outputs.add(name=name, datatype=kind, shape=array.shape)
        if self.fault == "vast":  # whose product is 0 in 64 bits
            output.shape[:] = (2**62, 2**62, 4)
            answer.raw_output_contents.append(b"")
        elif self.typed:
            output.contents.fp32_contents.extend(array.ravel().tolist())
        else:
            content = np.ascontiguousarray(array).tobytes()
            answer.raw_output_contents.append(content[:-3] if self.fault == "short" else content)
