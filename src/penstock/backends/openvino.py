"""OpenVINO on the CPU."""

from __future__ import annotations

import copy
import logging
import re
import sys
import threading
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

# OpenVINO reports its use to its makers, from a process that it forks; without this module it does
# not. Nothing that Penstock runs phones home.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
import openvino as ov
from openvino.preprocess import PrePostProcessor

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
from penstock.backends.compiled import CompiledModel
from penstock.backends.cores import usable_cores
from penstock.backends.onnx_file import inspect
from penstock.errors import ModelError

# The first call sets up a table under a lock of its own and waits for the GIL: two threads that
# open a network at once would wait for each other for ever. Modules load in one thread.
ov.Type.f32.to_dtype()
_log = logging.getLogger(__name__)
_loading = threading.Lock()
_DEVICE = "CPU"
_PICTURES = "penstock.pictures"
"""Name of an input node that takes pictures; it outlives the cache."""


class OpenVinoBackend:
    """A network compiled by OpenVINO's CPU plugin; see `Backend`.

    At `precision="fastest"` the plugin computes in bf16 or f16 where the processor can.
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
        self._model = model
        self._buffers: dict[str, NDArray[Any]] = {}
        file = inspect(model)
        self.metadata = file.metadata
        settings = _settings(precision, threads or Threads())
        try:
            compiled = _compile(
                model,
                settings,
                (input_shape, batch, pictures),
                cache if file.self_contained else None,
            )
            self.inputs = {port.get_any_name(): _spec(port) for port in compiled.inputs}
            self.outputs = {_output_name(port): _spec(port) for port in compiled.outputs}
            first = compiled.inputs[0].get_node()
            self.takes_pictures = first.get_friendly_name() == _PICTURES
            self._precision: str = compiled.get_property("INFERENCE_PRECISION_HINT").to_string()
            self._compiled = compiled
            self._request = compiled.create_infer_request()
        except ModelError:
            raise
        except RuntimeError as error:
            raise ModelError(
                f"{model}: OpenVINO cannot use this model: {_reason(error)}"
            ) from error

    @property
    def precision_used(self) -> str:
        """What the arithmetic really is; see `Backend`."""
        return self._precision

    @property
    def max_batch(self) -> int | None:
        """The batch size the model was made with; see `Backend`."""
        first = next(iter(self.inputs.values()))
        return first.shape[0] if first.shape else None

    def run(self, inputs: Arrays) -> Arrays:
        """Compute the outputs; see `Backend`."""
        check_inputs(self._model, self.inputs, inputs)
        request = self._request
        tensors = {
            name: np.require(array, requirements=["C", "W"]) for name, array in inputs.items()
        }
        try:
            for name, array in tensors.items():
                request.set_tensor(name, ov.Tensor(array, shared_memory=True))
            request.infer()
        except RuntimeError as error:
            raise ModelError(f"{self._model}: OpenVINO failed: {_reason(error)}") from error
        return {name: self._kept(name, request.get_tensor(name).data) for name in self.outputs}

    def fork(self) -> OpenVinoBackend:
        """Another instance of the same network; see `Backend`."""
        other = copy.copy(self)
        other._buffers = {}
        other._request = self._compiled.create_infer_request()
        return other

    def close(self) -> None:
        """Release the network."""
        self._compiled = None
        self._request = None

    def _kept(self, name: str, output: NDArray[Any]) -> NDArray[Any]:
        """Copy an output to memory of ours.

        OpenVINO frees its own when the batch grows: whoever still looked at it would crash.
        """
        buffer = self._buffers.get(name)
        if buffer is None or buffer.size < output.size:
            buffer = self._buffers[name] = np.empty(output.size, output.dtype)
        kept = buffer[: output.size].reshape(output.shape)
        np.copyto(kept, output)
        return kept


def _settings(precision: Precision, threads: Threads) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "PERFORMANCE_HINT": "LATENCY" if threads.runs == 1 else "THROUGHPUT",
        "NUM_STREAMS": threads.runs,
        "INFERENCE_NUM_THREADS": threads.count or usable_cores(),
        # Pinned threads of two networks, or of two processes, end up on the same cores.
        "ENABLE_CPU_PINNING": False,
    }
    if precision == "f32":
        settings["INFERENCE_PRECISION_HINT"] = "f32"
    return settings


def _core() -> Any:
    """OpenVINO, loaded once, whoever comes first, and never let go.

    Its CPU plugin gives the thread that loads it a stack for signals, and frees that on whichever
    thread lets go of the last network: Ctrl-C in the first thread would then crash the process.
    """
    with _loading:
        return _load()


@lru_cache(maxsize=1)
def _load() -> Any:
    return ov.Core()


def _compile(
    model: Path,
    settings: dict[str, Any],
    wishes: tuple[Shape | None, int | None, PictureInput | None],
    cache: Path | None,
) -> Any:
    """Compile, or load what was compiled before; `wishes` are shape, batch, pictures."""
    core = _core()
    if cache is None:
        return core.compile_model(_read(core, model, *wishes), _DEVICE, settings)
    place = CompiledModel(
        cache,
        model,
        ov.get_version(),
        core.get_property(_DEVICE, "FULL_DEVICE_NAME"),
        sorted(core.get_property(_DEVICE, "OPTIMIZATION_CAPABILITIES")),
        sorted(settings.items()),
        wishes,
    )
    if stored := place.load():
        try:
            return core.import_model(stored, _DEVICE, settings)
        except RuntimeError as error:
            _log.warning("%s: compiling again: %s", place.path, _reason(error))
    compiled = core.compile_model(_read(core, model, *wishes), _DEVICE, settings)
    place.store(compiled.export_model().getvalue())
    return compiled


def _read(
    core: Any,
    model: Path,
    input_shape: Shape | None,
    batch: int | None,
    pictures: PictureInput | None,
) -> Any:
    network = core.read_model(model)
    if not network.inputs:
        raise ModelError(f"{model}: the network has no input, so it always says the same")
    port = network.inputs[0]
    name, declared = port.get_any_name(), _shape(port)
    settled = settle_input_shape(model, name, declared, input_shape, batch)
    if settled != declared:
        network.reshape({name: [-1 if side is None else side for side in settled]})
    if pictures is not None and pictures.fits(_spec(network.inputs[0])):
        return _with_pictures(network, pictures)
    return network


def _with_pictures(network: Any, pictures: PictureInput) -> Any:
    """The same network with scaling and transposition in front, in the graph.

    It spares a pass over the numbers: 0.3 ms of 20 for YOLOv4-tiny at 608 x 352.
    """
    own_type = network.inputs[0].get_element_type()
    steps = PrePostProcessor(network)
    first = steps.input(0)
    first.model().set_layout(ov.Layout(pictures.layout))
    first.tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
    prepared = first.preprocess().convert_element_type(ov.Type.f32)
    if any(pictures.offsets):
        prepared.mean(list(pictures.offsets))
    prepared.scale([1 / pictures.scale] * pictures.channels)
    prepared.convert_element_type(own_type)
    network = steps.build()
    network.inputs[0].get_node().set_friendly_name(_PICTURES)
    return network


def _output_name(port: Any) -> str:
    """The name in the ONNX file: optimising gives a port the names of nodes it does without."""
    stated = str(port.get_node().get_friendly_name()).rpartition("/sink_port_")[0]
    return stated if stated in port.get_names() else str(port.get_any_name())


def _spec(port: Any) -> TensorSpec:
    return TensorSpec(_shape(port), np.dtype(port.get_element_type().to_dtype()))


def _shape(port: Any) -> Shape:
    shape = port.get_partial_shape()
    if shape.rank.is_dynamic:
        return ()
    return tuple(None if side.is_dynamic else side.get_length() for side in shape)


def _reason(error: Exception) -> str:
    """OpenVINO's own words without the places in its source."""
    without_checks = re.sub(r"Check '.*?' failed at \S+:\d+:", "", str(error))
    lines = [line.strip() for line in without_checks.splitlines()]
    telling = [line for line in lines if line and not line.startswith("Exception from")]
    return " ".join(telling)[:500]
