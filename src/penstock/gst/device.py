"""Properties of NVIDIA's memory and engines, which many elements have and none needs here."""

from __future__ import annotations

from penstock.gst.enums import EnumType
from penstock.gst.properties import Property

_UNUSED = "accepted; a GPU's setting without effect here"
MEMORY_TYPE = EnumType(
    "GstNvBufMemoryType",
    {
        "nvbuf-mem-default": 0,
        "nvbuf-mem-cuda-pinned": 1,
        "nvbuf-mem-cuda-device": 2,
        "nvbuf-mem-cuda-unified": 3,
        "nvbuf-mem-surface-array": 4,
    },
)
COMPUTE_HW = EnumType("GstNvComputeHWType", {"Default": 0, "GPU": 1, "VIC": 2})
INTERPOLATION = EnumType(
    "GstNvInterpolationMethod",
    {"Nearest": 0, "Bilinear": 1, "Algo-1": 2, "Algo-2": 3, "Algo-3": 4, "Algo-4": 5, "Default": 6},
)
GPU_ID = Property("gpu-id", "uint", 0, _UNUSED, accepted_only=True)
COMPUTE_HW_PROPERTY = Property("compute-hw", COMPUTE_HW, 0, _UNUSED, accepted_only=True)


def memory_type(*, default: int = 0) -> Property:
    """`nvbuf-memory-type`."""
    return Property("nvbuf-memory-type", MEMORY_TYPE, default, _UNUSED, accepted_only=True)
