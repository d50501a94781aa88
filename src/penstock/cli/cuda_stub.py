"""A `cuda` package that reports no device, for scripts that ask cuda-python before they start."""

from __future__ import annotations

import sys
from enum import IntEnum
from importlib import import_module
from types import ModuleType
from typing import Any


class CUresult(IntEnum):
    """What calls of the driver return first."""

    CUDA_SUCCESS = 0
    CUDA_ERROR_NOT_INITIALIZED = 3
    CUDA_ERROR_NO_DEVICE = 100


class cudaError_t(IntEnum):  # noqa: N801 - cuda-python's spelling, also below
    """What calls of the runtime return first."""

    cudaSuccess = 0  # noqa: N815
    cudaErrorNoDevice = 100  # noqa: N815


class cudaDeviceProp:  # noqa: N801
    """What the properties of a device would be."""

    name = b""
    integrated = major = minor = multiProcessorCount = totalGlobalMem = 0  # noqa: N815


def provide_cuda() -> None:
    """Put the stub in place where cuda-python is absent, whichever of its layouts."""
    for name in ("cuda.cuda", "cuda.bindings"):
        try:
            import_module(name)
        except Exception:  # a broken one raises anything, and is of no use either
            continue
        return
    sys.modules.update(_modules())


def _modules() -> dict[str, ModuleType]:
    driver, runtime = ModuleType("cuda.cuda"), ModuleType("cuda.cudart")
    refused, refused_runtime = CUresult.CUDA_ERROR_NO_DEVICE, cudaError_t.cudaErrorNoDevice
    _fill(
        driver,
        CUresult=CUresult,
        cuInit=lambda _flags: (refused,),
        cuDeviceGetCount=lambda: (refused, 0),
        cuDeviceGet=lambda _ordinal: (refused, 0),
        cuDriverGetVersion=lambda: (CUresult.CUDA_SUCCESS, 0),
    )
    _fill(
        runtime,
        cudaError_t=cudaError_t,
        cudaDeviceProp=cudaDeviceProp,
        cudaGetDevice=lambda: (refused_runtime, 0),
        cudaGetDeviceCount=lambda: (refused_runtime, 0),
        cudaGetDeviceProperties=lambda _device: (refused_runtime, cudaDeviceProp()),
        cudaRuntimeGetVersion=lambda: (cudaError_t.cudaSuccess, 0),
    )
    package = ModuleType("cuda", "cuda-python is not installed: Penstock reports no device.")
    _fill(package, __path__=[], cuda=driver, cudart=runtime)
    return {"cuda": package, "cuda.cuda": driver, "cuda.cudart": runtime}


def _fill(module: ModuleType, **names: Any) -> None:
    vars(module).update(names)
