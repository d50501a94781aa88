"""ONNX Runtime on the CPU."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from penstock.backends.base import (
    Arrays,
    PictureInput,
    Precision,
    Shape,
    TensorSpec,
    Threads,
    check_inputs,
    settle_input_shape,
)
from penstock.backends.cores import usable_cores
from penstock.backends.onnx_file import inspect
from penstock.errors import ModelError

_DTYPES = {"float": "float32", "double": "float64"}
_FATAL_ONLY = 4  # what fails is raised; it need not stand on stderr as well


class OnnxRuntimeBackend:
    """A network run by ONNX Runtime's CPU provider; see `Backend`.

    It computes in f32 whatever `precision` allows, and needs no `cache`: it opens a model as fast
    as it would read a compiled one.
    """

    def __init__(
        self,
        model: Path,
        *,
        precision: Precision = "f32",
        input_shape: Shape | None = None,
        batch: int | None = None,
        pictures: PictureInput | None = None,
        threads: Threads | None = None,
        cache: Path | None = None,
    ) -> None:
        del pictures  # it would be one more pass over the same numbers
        self.takes_pictures = False
        count = (threads or Threads()).count or usable_cores()  # for any number of runs
        self._model = model
        self.metadata = inspect(model).metadata
        try:
            session = onnxruntime.InferenceSession(
                str(model), _options(count), providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # its exceptions share no base class
            raise ModelError(
                f"{model}: ONNX Runtime cannot use this model: {_reason(error)}"
            ) from error
        self.inputs = {node.name: _spec(model, node) for node in session.get_inputs()}
        self.outputs = {node.name: _spec(model, node) for node in session.get_outputs()}
        if not self.inputs:
            raise ModelError(f"{model}: the network has no input, so it always says the same")
        name, spec = next(iter(self.inputs.items()))
        settled = settle_input_shape(model, name, spec.shape, input_shape, batch)
        self.inputs[name] = TensorSpec(settled, spec.dtype)
        self._names = list(self.outputs)
        self._session = session

    @property
    def precision_used(self) -> str:
        """What the arithmetic really is; see `Backend`."""
        return "f32"

    @property
    def max_batch(self) -> int | None:
        """The batch size the model was made with; see `Backend`."""
        first = next(iter(self.inputs.values()))
        return first.shape[0] if first.shape else None

    def run(self, inputs: Arrays) -> Arrays:
        """Compute the outputs; see `Backend`."""
        check_inputs(self._model, self.inputs, inputs)
        try:
            arrays = self._session.run(self._names, inputs)
        except Exception as error:  # its exceptions share no base class
            raise ModelError(f"{self._model}: ONNX Runtime failed: {_reason(error)}") from error
        return dict(zip(self._names, arrays, strict=True))

    def fork(self) -> OnnxRuntimeBackend:
        """Another instance of the same network; see `Backend`."""
        return copy.copy(self)

    def close(self) -> None:
        """Release the network."""
        self._session = None


def _options(threads: int) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _FATAL_ONLY
    # Threads that spin while they wait take the cores from the decoders and from a second network.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def _spec(model: Path, node: Any) -> TensorSpec:
    kind = re.fullmatch(r"tensor\((\w+)\)", node.type)
    try:
        if kind is None:
            raise TypeError
        dtype = np.dtype(_DTYPES.get(kind[1], kind[1]))
    except TypeError:
        raise ModelError(
            f"{model}: {node.name!r} is of type {node.type}; arrays of numbers are supported"
        ) from None
    shape = tuple(side if isinstance(side, int) else None for side in node.shape or ())
    return TensorSpec(shape, dtype)


def _reason(error: Exception) -> str:
    """ONNX Runtime's own words without its error code."""
    return re.sub(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ", "", str(error)).strip()[:500]
