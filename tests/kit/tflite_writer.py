"""Writes `.tflite` files of a few operators, with the schema's own builders."""

import flatbuffers
import numpy as np
import tflite
from flatbuffers import flexbuffers

TYPES = {
    "float32": "FLOAT32",
    "float16": "FLOAT16",
    "uint8": "UINT8",
    "int8": "INT8",
    "int32": "INT32",
}


class TfliteWriter:
    """Collects tensors and operators; tensors are numbered from 0."""

    def __init__(self):
        self.tensors = []
        self.operators = []

    def tensor(self, shape, dtype="int8", *, values=None, scale=None, zero=0, axis=0):
        """Add a tensor; with `values` a constant one. `scale` may be a list, along `axis`."""
        if values is not None:
            values = np.asarray(values, dtype)
        self.tensors.append((tuple(shape), dtype, values, scale, zero, axis))
        return len(self.tensors) - 1

    def operator(self, kind, inputs, outputs, options="", **settings):
        """Add an operator; `options` is the record's name in the schema, for custom ones empty."""
        self.operators.append((kind, inputs, outputs, options, settings))

    def write(self, path, *, inputs, outputs):
        builder = flatbuffers.Builder(1 << 16)
        kinds = sorted({kind for kind, *_ in self.operators})
        buffers = [self._buffer(builder, None)]
        buffers += [self._buffer(builder, tensor[2]) for tensor in self.tensors]
        tensors = [
            self._tensor(builder, number, tensor) for number, tensor in enumerate(self.tensors)
        ]
        operators = [self._operator(builder, kinds, operator) for operator in self.operators]
        graph = self._record(
            builder,
            "SubGraph",
            Tensors=_offsets(builder, tensors),
            Operators=_offsets(builder, operators),
            Inputs=builder.CreateNumpyVector(np.array(inputs, np.int32)),
            Outputs=builder.CreateNumpyVector(np.array(outputs, np.int32)),
        )
        model = self._record(
            builder,
            "Model",
            Version=3,
            OperatorCodes=_offsets(builder, [self._code(builder, kind) for kind in kinds]),
            Subgraphs=_offsets(builder, [graph]),
            Buffers=_offsets(builder, buffers),
        )
        builder.Finish(model, file_identifier=b"TFL3")
        path.write_bytes(bytes(builder.Output()))

    def _buffer(self, builder, values):
        if values is None:
            return self._record(builder, "Buffer")
        data = np.frombuffer(values.tobytes(), np.uint8)
        return self._record(builder, "Buffer", Data=builder.CreateNumpyVector(data))

    def _tensor(self, builder, number, tensor):
        shape, dtype, values, scale, zero, axis = tensor
        fields = {
            "Shape": builder.CreateNumpyVector(np.array(shape, np.int32)),
            "Type": getattr(tflite.TensorType, TYPES[dtype]),
            "Buffer": 0 if values is None else number + 1,
        }
        if scale is not None:
            scales = np.atleast_1d(np.asarray(scale, np.float32))
            zeros = np.broadcast_to(np.asarray(zero, np.int64), scales.shape)
            fields["Quantization"] = self._record(
                builder,
                "QuantizationParameters",
                Scale=builder.CreateNumpyVector(scales),
                ZeroPoint=builder.CreateNumpyVector(np.ascontiguousarray(zeros)),
                QuantizedDimension=axis,
            )
        return self._record(builder, "Tensor", **fields)

    def _operator(self, builder, kinds, operator):
        kind, inputs, outputs, options, settings = operator
        fields = {
            "Inputs": builder.CreateNumpyVector(np.array(inputs, np.int32)),
            "Outputs": builder.CreateNumpyVector(np.array(outputs, np.int32)),
            "OpcodeIndex": kinds.index(kind),
        }
        if options:
            fields["BuiltinOptions"] = self._record(builder, options, **settings)
            fields["BuiltinOptionsType"] = getattr(tflite.BuiltinOptions, options)
        elif settings:
            packed = np.frombuffer(bytes(flexbuffers.Dumps(settings)), np.uint8)
            fields["CustomOptions"] = builder.CreateNumpyVector(packed)
        return self._record(builder, "Operator", **fields)

    def _code(self, builder, kind):
        number = getattr(tflite.BuiltinOperator, kind, None)
        if number is not None:
            return self._record(
                builder, "OperatorCode", BuiltinCode=number, DeprecatedBuiltinCode=min(number, 127)
            )
        custom = tflite.BuiltinOperator.CUSTOM
        return self._record(
            builder,
            "OperatorCode",
            BuiltinCode=custom,
            DeprecatedBuiltinCode=custom,
            CustomCode=builder.CreateString(kind),
        )

    def _record(self, builder, name, **fields):
        getattr(tflite, f"{name}Start")(builder)
        for field, value in fields.items():
            getattr(tflite, f"{name}Add{field}")(builder, value)
        return getattr(tflite, f"{name}End")(builder)


def _offsets(builder, offsets):
    builder.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        builder.PrependUOffsetTRelative(offset)
    return builder.EndVector()
