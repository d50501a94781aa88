"""`penstock run`: run an unmodified DeepStream Python script."""

from __future__ import annotations

import runpy
import sys
import types
from pathlib import Path
from typing import Annotated, Any

import typer

from penstock.errors import ConfigError


def run(
    script: Annotated[Path, typer.Argument(help="A DeepStream Python application.")],
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="ARGS...", help="Its own arguments.")
    ] = None,
) -> None:
    """Run a DeepStream Python script as it is."""
    if not script.is_file():
        raise ConfigError(f"{script}: there is no such script")
    import penstock

    penstock.init()
    provide_cuda()
    sys.argv = [str(script), *(arguments or [])]
    sys.path.insert(0, str(script.resolve().parent))
    runpy.run_path(str(script), run_name="__main__")


def provide_cuda() -> None:
    """Where cuda-python is absent, put a `cuda` package in place that reports no device."""
    try:
        import cuda.cuda
    except ImportError:
        sys.modules.update(_without_device())


def _without_device() -> dict[str, types.ModuleType]:
    """The few names that applications ask cuda-python for before they start."""
    package, driver, runtime = (types.ModuleType(n) for n in ("cuda", "cuda.cuda", "cuda.cudart"))

    class CUresult(int):
        """Result of a driver call; 0 is success, 100 says that there is no device."""

        CUDA_SUCCESS = 0
        CUDA_ERROR_NO_DEVICE = 100

    class CudaError(int):
        """Result of a runtime call, numbered like `CUresult`."""

        cudaSuccess = 0  # noqa: N815 - cuda-python's spelling
        cudaErrorNoDevice = 100  # noqa: N815

    def no_device(*_arguments: Any) -> tuple[int, Any]:
        return CUresult(CUresult.CUDA_ERROR_NO_DEVICE), 0

    class DeviceProperties:
        """What `cudaGetDeviceProperties` would describe."""

        integrated = 0
        name = b"none"

    def no_properties(_device: int) -> tuple[int, DeviceProperties]:
        return CudaError(CudaError.cudaErrorNoDevice), DeviceProperties()

    driver.CUresult = CUresult  # type: ignore[attr-defined]
    driver.cuInit = lambda _flags: (CUresult(CUresult.CUDA_ERROR_NO_DEVICE),)  # type: ignore[attr-defined]
    driver.cuDeviceGetCount = no_device  # type: ignore[attr-defined]
    runtime.cudaError_t = CudaError  # type: ignore[attr-defined]
    runtime.cudaGetDeviceCount = no_device  # type: ignore[attr-defined]
    runtime.cudaGetDeviceProperties = no_properties  # type: ignore[attr-defined]
    package.cuda, package.cudart = driver, runtime  # type: ignore[attr-defined]
    package.__path__ = []
    return {"cuda": package, "cuda.cuda": driver, "cuda.cudart": runtime}
