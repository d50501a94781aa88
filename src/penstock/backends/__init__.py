"""What runs a network: ONNX in, arrays in, arrays out; here, or on a server.

One name table, one interface. The libraries behind it are loaded with the backend that needs them,
never by importing this room.
"""

from penstock.backends.base import (
    Backend,
    FixedInputError,
    PictureInput,
    Precision,
    Shape,
    TensorSpec,
    Threads,
)
from penstock.backends.choice import BACKENDS, cache_folder, default_backend
from penstock.backends.cores import usable_cores
from penstock.backends.patience import Watch

__all__ = [
    "BACKENDS",
    "Backend",
    "FixedInputError",
    "PictureInput",
    "Precision",
    "Shape",
    "TensorSpec",
    "Threads",
    "Watch",
    "cache_folder",
    "default_backend",
    "usable_cores",
]
