"""The task that a configuration asks for."""

from __future__ import annotations

from typing import Any, NamedTuple

from penstock.backends import Threads, usable_cores
from penstock.config import InferConfig
from penstock.inference.classifier import Classifier
from penstock.inference.engine import Engine
from penstock.inference.frame_tasks import (
    FrameClassification,
    FrameDetection,
    FrameOutputs,
    FrameSegmentation,
)
from penstock.inference.given import GivenTensors
from penstock.inference.object_tasks import (
    LateObjectClassification,
    ObjectClassification,
    ObjectDetection,
    ObjectOutputs,
    ObjectSegmentation,
)
from penstock.inference.raw_network import RawNetwork
from penstock.inference.region_network import RegionNetwork
from penstock.inference.segmenter import Segmenter
from penstock.inference.tasks import FrameTask, Task

_OBJECTS = 2
_MOST_RUNS = 4
"""Of a network on whole frames at once: nvstreammux lets as many batches out by default."""


class _Kind(NamedTuple):
    """What one `network-type` is made of."""

    network: type[RegionNetwork[Any]]
    on_frames: type[FrameTask[Any]]
    on_objects: type[Any]


_DETECTION = _Kind(Engine, FrameDetection, ObjectDetection)
_KINDS = {
    0: _DETECTION,
    1: _Kind(Classifier, FrameClassification, ObjectClassification),
    2: _Kind(Segmenter, FrameSegmentation, ObjectSegmentation),
    3: _DETECTION,
    100: _Kind(RawNetwork, FrameOutputs, ObjectOutputs),
}


def open_task(config: InferConfig) -> Task:
    """Load and compile a configuration's network for what it shall look at.

    Raises:
        ConfigError: A setting does not fit the network; with file, line and key.
        ModelError: The network cannot be used.
        MissingExtraError: The backend's library is not installed.
    """
    kind, on_objects = _KINDS[config.network_type], config.process_mode == _OBJECTS
    network = kind.network(config, threads=None if on_objects else _for_frames())
    if config.input_tensor_from_meta:
        return kind.on_frames(network, given=_tensors_for(network))
    if not on_objects:
        return kind.on_frames(network)
    task: Task
    if config.classifier_async and isinstance(network, Classifier):
        task = LateObjectClassification(network)
    else:
        task = kind.on_objects(network)
    return task


def _tensors_for(network: RegionNetwork[Any]) -> GivenTensors:
    return GivenTensors(network.config, shape=network.input_shape, dtype=network.input_dtype)


def _for_frames() -> Threads:
    """Several runs at once: threads that need not wait for each other cost less together."""
    return Threads(runs=min(usable_cores(), _MOST_RUNS))
