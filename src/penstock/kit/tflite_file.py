"""Reading a `.tflite` file: operators in order, constants as the real numbers they stand for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penstock.errors import MissingExtraError, ModelError
from penstock.kit.damage import reading

__all__ = ["Operator", "TfliteFile"]

_DTYPES: dict[str, type[np.generic]] = {
    "FLOAT32": np.float32,
    "FLOAT16": np.float16,
    "INT8": np.int8,
    "UINT8": np.uint8,
    "INT32": np.int32,
    "INT64": np.int64,
}
_QUANTIZED = ("INT8", "UINT8", "INT32")


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator.

    Attributes:
        kind: `CONV_2D`, or the name of a custom operator.
        name: For the graph that is made of it: its number and kind.
        inputs: Numbers of tensors; -1 for one that is left out.
        outputs: Numbers of tensors.
        options: The operator's record in the schema, or the settings of a custom operator.
    """

    kind: str
    name: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Any


class TfliteFile:
    """The first (mostly only) graph of a file.

    Args:
        path: The file.

    Raises:
        ModelError: It is not a TensorFlow Lite file, or damaged.
        MissingExtraError: The package that knows the file format is not installed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._schema = _schema(path)
        data = path.read_bytes()
        if data[4:8] != b"TFL3":
            raise ModelError(f"{path}: not a TensorFlow Lite file ({len(data)} bytes)")
        with reading(path, "a TensorFlow Lite file"):
            self._model = self._schema.Model.GetRootAs(data, 0)
            self._graph = self._model.Subgraphs(0)
            self.inputs = tuple(int(number) for number in self._graph.InputsAsNumpy())
            self.operators = tuple(self._operators())

    def shape(self, tensor: int) -> tuple[int, ...]:
        """Return a tensor's shape, batch included, channels last."""
        record = self._graph.Tensors(tensor)
        return tuple(record.Shape(axis) for axis in range(record.ShapeLength()))

    def sides(self, tensor: int) -> tuple[int, int]:
        """Return a picture's height and width."""
        _, height, width, _ = self.shape(tensor)
        return height, width

    def is_constant(self, tensor: int) -> bool:
        """Whether the file has a tensor's numbers."""
        buffer = self._model.Buffers(self._graph.Tensors(tensor).Buffer())
        return buffer is not None and bool(buffer.DataLength())

    def constant(self, tensor: int) -> NDArray[Any]:
        """Return a constant; quantised numbers become the float32 they stand for.

        Raises:
            ModelError: The tensor is computed, not constant, or of a type that is not read.
        """
        record = self._graph.Tensors(tensor)
        kind = self._type(tensor)
        if not self.is_constant(tensor):
            raise ModelError(f"{self.path}: tensor {tensor} should be constant, but is computed")
        if kind not in _DTYPES or record.Sparsity() is not None:
            raise ModelError(f"{self.path}: tensor {tensor}: sparse or {kind}, which is not read")
        data = self._model.Buffers(record.Buffer()).DataAsNumpy()
        values = np.frombuffer(data.tobytes(), _DTYPES[kind])
        values = values.reshape(self.shape(tensor))
        scaling = self._scaling(tensor)
        if scaling is not None and kind in _QUANTIZED:
            scales, zeros = scaling
            return ((values - zeros) * scales).astype(np.float32)
        return values.astype(np.float32) if kind == "FLOAT16" else values

    def bounds(self, tensor: int) -> tuple[float, float]:
        """Return the least and the greatest number that a tensor can hold where it is 8 bit."""
        scaling = self._scaling(tensor)
        if scaling is None or self._type(tensor) not in ("INT8", "UINT8"):
            return -np.inf, np.inf
        scales, zeros = scaling
        limits = (-128, 127) if self._type(tensor) == "INT8" else (0, 255)
        low, high = ((limit - zeros) * scales for limit in limits)
        return float(low.item()), float(high.item())

    def activation(self, option: int) -> str:
        """Return the name of a fused activation: `NONE`, `RELU6`."""
        return _name(self._schema.ActivationFunctionType, option)

    def is_same(self, option: int) -> bool:
        """Tell whether a padding option is SAME."""
        return bool(option == self._schema.Padding.SAME)

    def _type(self, tensor: int) -> str:
        return _name(self._schema.TensorType, self._graph.Tensors(tensor).Type())

    def _scaling(self, tensor: int) -> tuple[NDArray[np.float64], NDArray[np.int64]] | None:
        """Return scales and zero points, shaped to go with the tensor."""
        record = self._graph.Tensors(tensor).Quantization()
        if record is None or not record.ScaleLength():
            return None
        shape = [1] * len(self.shape(tensor))
        if record.ScaleLength() > 1:
            shape[record.QuantizedDimension()] = -1
        scales = record.ScaleAsNumpy().astype(np.float64).reshape(shape)
        zeros = record.ZeroPointAsNumpy() if record.ZeroPointLength() else np.zeros_like(scales)
        return scales, np.asarray(zeros, np.int64).reshape(shape)

    def _operators(self) -> Iterator[Operator]:
        for index in range(self._graph.OperatorsLength()):
            record = self._graph.Operators(index)
            code = self._model.OperatorCodes(record.OpcodeIndex())
            # Files from before 2020 have the code in the first of these only.
            number = max(code.DeprecatedBuiltinCode(), code.BuiltinCode())
            kind = _name(self._schema.BuiltinOperator, number)
            if kind == "CUSTOM":
                kind = code.CustomCode().decode()
                options = _custom_options(record)
            else:
                options = self._options(record)
            yield Operator(
                kind,
                f"{index:03d}_{kind.lower()}",
                tuple(int(number) for number in record.InputsAsNumpy()),
                tuple(int(number) for number in record.OutputsAsNumpy()),
                options,
            )

    def _options(self, record: Any) -> Any:
        kind = _name(self._schema.BuiltinOptions, record.BuiltinOptionsType())
        if kind == "NONE":
            return None
        options = getattr(self._schema, kind)()
        place = record.BuiltinOptions()
        options.Init(place.Bytes, place.Pos)
        return options


def _schema(path: Path) -> Any:
    try:
        return import_module("tflite")
    except ImportError as error:
        raise MissingExtraError(
            f"reading {path.name} needs the Python package {error.name!r}: pip install {error.name}"
        ) from error


def _name(enumeration: type, number: int) -> str:
    """Return the name that a schema's enumeration gives a number."""
    names = (name for name, value in vars(enumeration).items() if value == number)
    return next(names, f"unknown {enumeration.__name__} {number}")


def _custom_options(record: Any) -> Any:
    if not record.CustomOptionsLength():
        return {}
    return import_module("flatbuffers.flexbuffers").Loads(record.CustomOptionsAsNumpy().tobytes())
