"""What the values of an nvinferserver configuration may be."""

from __future__ import annotations

import re
from typing import Final

from penstock.config.infer_keys import INTERPOLATIONS, ColorOrder, Interpolation
from penstock.config.prototext_keys import text
from penstock.config.value import Value

_ADDRESS = re.compile(r"[^\s:/]+:[0-9]{1,5}")

DATA_TYPES: Final[dict[str, str | None]] = {
    "TENSOR_DT_NONE": None,
    "TENSOR_DT_FP32": "float32",
    "TENSOR_DT_FP16": "float16",
    "TENSOR_DT_INT8": "int8",
    "TENSOR_DT_INT16": "int16",
    "TENSOR_DT_INT32": "int32",
    "TENSOR_DT_UINT8": "uint8",
    "TENSOR_DT_UINT16": "uint16",
    "TENSOR_DT_UINT32": "uint32",
    "TENSOR_DT_FP64": "float64",
    "TENSOR_DT_INT64": "int64",
    "TENSOR_DT_UINT64": "uint64",
    "TENSOR_DT_STRING": "object",
    "TENSOR_DT_BOOL": "bool",
}
COLORS: Final[dict[str, ColorOrder]] = {
    "MEDIA_FORMAT_NONE": "RGB",
    "IMAGE_FORMAT_RGB": "RGB",
    "IMAGE_FORMAT_BGR": "BGR",
    "IMAGE_FORMAT_GRAY": "GRAY",
}
ORDERS: Final[dict[str, int | None]] = {
    "TENSOR_ORDER_NONE": None,
    "TENSOR_ORDER_LINEAR": 0,
    "TENSOR_ORDER_NHWC": 1,
}
PROCESS_MODES: Final = {
    "PROCESS_MODE_DEFAULT": 1,
    "PROCESS_MODE_FULL_FRAME": 1,
    "PROCESS_MODE_CLIP_OBJECTS": 2,
}


def dims(value: Value) -> tuple[int, ...]:
    """A shape; -1 where any size will do."""
    return value.integers(minimum=-1)


def address(value: Value) -> str:
    """`host:port`."""
    host_and_port = text(value)
    if not _ADDRESS.fullmatch(host_and_port):
        raise value.error("host:port of a server's gRPC service, such as localhost:8001")
    return host_and_port


def interpolation(value: Value) -> Interpolation:
    """How pixels are sampled, by its number."""
    return INTERPOLATIONS[value.choice(INTERPOLATIONS)]


def least_one(value: Value) -> int:
    """A whole number from 1 on."""
    return value.integer(minimum=1)


def version(value: Value) -> int:
    """A model's version; -1 for the latest."""
    return value.integer(minimum=-1)


def class_ids(value: Value) -> frozenset[int] | None:
    """Class ids; `None` for all."""
    found = frozenset(value.integers(minimum=-1))
    return None if not found or -1 in found else found
