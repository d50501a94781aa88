"""Networks that a server runs: KServe's inference protocol, version 2, over gRPC.

Triton speaks it, and others do. https://kserve.github.io/website/docs/concepts/architecture/data-plane/v2-protocol
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tritonclient import grpc as client
from tritonclient.utils import np_to_triton_dtype

from penstock.backends.base import Arrays, Shape, TensorSpec, check_inputs, shape_text
from penstock.backends.kserve_line import Line
from penstock.backends.patience import Watch
from penstock.errors import ModelError

_DTYPES = {
    **{
        f"{kind}{bits}": f"{kind.lower()}{bits}"
        for kind in ("INT", "UINT")
        for bits in (8, 16, 32, 64)
    },
    "FP16": "float16",
    "FP32": "float32",
    "FP64": "float64",
    "BOOL": "bool",
}
_CONTENTS = {
    "BOOL": "bool_contents",
    "INT8": "int_contents",
    "INT16": "int_contents",
    "INT32": "int_contents",
    "INT64": "int64_contents",
    "UINT8": "uint_contents",
    "UINT16": "uint_contents",
    "UINT32": "uint_contents",
    "UINT64": "uint64_contents",
    "FP32": "fp32_contents",
    "FP64": "fp64_contents",
}
_ORDERS = {1: 1, 2: 0}
"""Triton's FORMAT_NHWC and FORMAT_NCHW as 1 NHWC, 0 NCHW."""


@dataclass(frozen=True)
class RemoteModel:
    """A model on a server.

    Attributes:
        url: `host:port` of the gRPC service.
        name: Of the model.
        version: -1: the server chooses.
        sides: Of the input without the batch, where the model leaves them open; or empty.
        wanted: Names of the outputs to ask for; all where there is none, or none such.
        timeout_s: How long one answer may take, and how long the server may be away.
        watch: Hears of trouble, and can end all waiting.
    """

    url: str
    name: str
    version: int = -1
    sides: Shape = ()
    wanted: tuple[str, ...] = ()
    timeout_s: float = 10.0
    watch: Watch = field(default_factory=Watch, compare=False, repr=False)

    def __str__(self) -> str:
        version = "" if self.version == -1 else f" version {self.version}"
        return f"{self.name}{version} at {self.url}"

    def describe(self) -> RemoteDescription:
        """What the server says about the model; waits until it is ready.

        Raises:
            ModelError: The server or the model is not there, or not ready in time.
        """
        line = Line(self.url, self.name, self.version, timeout_s=self.timeout_s, watch=self.watch)
        try:
            line.wait()
            return RemoteDescription.of(line.metadata(), line.config(), self)
        finally:
            line.close()

    def open(self) -> KServeBackend:
        """A backend that has the server run it."""
        return KServeBackend(self)


@dataclass(frozen=True)
class RemoteDescription:
    """A model as its server describes it.

    Attributes:
        inputs: Name → shape with the batch, and type.
        outputs: The same; texts are left out.
        max_batch: Most pictures in one run, if the server says so; 0: shapes have the batch.
        order: Of the input, 0 NCHW, 1 NHWC, if the server says so.
        parameters: Texts that the model's configuration holds, by name.
    """

    inputs: dict[str, TensorSpec]
    outputs: dict[str, TensorSpec]
    max_batch: int | None = None
    order: int | None = None
    parameters: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, metadata: Any, config: Any, model: RemoteModel) -> RemoteDescription:
        """From the server's answers."""
        inputs = {one.name: _spec(one, model) for one in metadata.inputs}
        if model.sides and len(inputs) == 1:
            ((name, spec),) = inputs.items()
            if len(spec.shape) == len(model.sides) + 1:
                sides = zip(spec.shape[1:], model.sides, strict=True)
                shape = (*spec.shape[:1], *(own or told for own, told in sides))
                inputs[name] = TensorSpec(shape, spec.dtype)
        outputs = {
            one.name: _spec(one, model) for one in metadata.outputs if one.datatype in _DTYPES
        }
        formats = [_ORDERS.get(one.format) for one in config.input] if config else []
        return cls(
            inputs,
            outputs,
            config.max_batch_size if config else None,
            next((order for order in formats if order is not None), None),
            {name: one.string_value for name, one in config.parameters.items()} if config else {},
        )


class KServeBackend:
    """A network that a server runs; see `Backend`.

    A server that goes away for less than `timeout_s` is waited for.

    Args:
        model: Where it is.

    Raises:
        ModelError: The server or the model is not there, or not ready in time.
    """

    takes_pictures = False

    def __init__(self, model: RemoteModel) -> None:
        self.model = model
        self._line = Line(
            model.url, model.name, model.version, timeout_s=model.timeout_s, watch=model.watch
        )
        self._line.wait()
        about = RemoteDescription.of(self._line.metadata(), self._line.config(), model)
        self.inputs, self.outputs, self.metadata = about.inputs, about.outputs, about.parameters
        is_known = self.outputs.keys() >= set(model.wanted)
        self._wanted = (is_known and model.wanted) or tuple(self.outputs)
        self._asked = [client.InferRequestedOutput(name) for name in self._wanted]

    @property
    def precision_used(self) -> str:
        """Nobody here knows what the server's arithmetic is."""
        return "as the server does"

    @property
    def max_batch(self) -> int | None:
        """The batch size the model was made with; see `Backend`."""
        first = next(iter(self.inputs.values()))
        return first.shape[0] if first.shape else None

    def run(self, inputs: Arrays) -> Arrays:
        """Have the outputs computed, those that are wanted; see `Backend`.

        Raises:
            ModelError: The server did not answer in time, refused, or answered nonsense.
        """
        check_inputs(self.model, self.inputs, inputs)
        asked = [_asked_input(name, array) for name, array in inputs.items()]
        answer = self._line.infer(asked, self._asked)
        found = {
            output.name: _array(answer, index, output, self.model)
            for index, output in enumerate(answer.outputs)
            if output.name in self.outputs
        }
        for name in self._wanted:
            spec = self.outputs[name]
            if name not in found:
                got = ", ".join(f"{one.name!r}" for one in answer.outputs) or "nothing"
                raise ModelError(
                    f"{self.model}: the answer lacks output {name!r} {spec}; it has {got}"
                )
            _check(self.model, name, spec, found[name])
        return found

    def fork(self) -> KServeBackend:
        """The connection serves any number of threads; see `Backend`."""
        return self

    def close(self) -> None:
        """Let the connection go."""
        self._line.close()


def _spec(tensor: Any, model: RemoteModel) -> TensorSpec:
    if tensor.datatype not in _DTYPES:
        raise ModelError(
            f"{model}: {tensor.name!r} is of type {tensor.datatype}; numbers are supported"
        )
    shape = tuple(None if side < 0 else int(side) for side in tensor.shape)
    return TensorSpec(shape, np.dtype(_DTYPES[tensor.datatype]))


def _asked_input(name: str, array: NDArray[Any]) -> Any:
    asked = client.InferInput(name, list(array.shape), np_to_triton_dtype(array.dtype))
    asked.set_data_from_numpy(np.ascontiguousarray(array))
    return asked


def _array(answer: Any, index: int, output: Any, model: RemoteModel) -> NDArray[Any]:
    """One output of an answer: as bytes for all outputs, or as numbers in each."""
    shape, kind = tuple(output.shape), output.datatype
    said = f"{model}: output {output.name!r} is said to be {shape_text(shape)} {kind}"
    if kind not in _DTYPES:
        raise ModelError(f"{said}; wanted numbers")
    dtype = np.dtype(_DTYPES[kind])
    try:
        if index < len(answer.raw_output_contents):
            content = answer.raw_output_contents[index]
        else:
            numbers = getattr(output.contents, _CONTENTS.get(kind, ""), ())
            content = np.array(numbers, dtype).tobytes()
        wanted = math.prod(shape) * dtype.itemsize
        if min(shape, default=0) < 0 or len(content) != wanted:
            raise ModelError(f"{said}, {wanted} bytes; the answer has {len(content)} bytes of it")
        return np.frombuffer(content, dtype).reshape(shape)
    except (OverflowError, ValueError) as error:  # no such numbers, or no room for such a shape
        raise ModelError(f"{said}; the answer's numbers are not that: {error}") from error


def _check(model: RemoteModel, name: str, spec: TensorSpec, array: NDArray[Any]) -> None:
    same_rank = len(array.shape) == len(spec.shape)
    if (
        array.dtype != spec.dtype
        or not same_rank
        or any(own not in (None, got) for own, got in zip(spec.shape, array.shape, strict=True))
    ):
        got = TensorSpec(array.shape, array.dtype)
        raise ModelError(f"{model}: output {name!r} should be {spec}, the answer has {got}")
    # The least of numbers is NaN if one of them is; it needs no array of its own.
    if array.dtype.kind == "f" and array.size and np.isnan(array.min()):
        count = int(np.isnan(array).sum())
        raise ModelError(
            f"{model}: output {name!r} {spec}: {count} of {array.size} numbers are NaN"
        )
