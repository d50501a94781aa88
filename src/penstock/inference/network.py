"""A backend and its input tensor, made to fit a configuration."""

from __future__ import annotations

import copy
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from penstock.backends import (
    BACKENDS,
    Backend,
    FixedInputError,
    PictureInput,
    Precision,
    Shape,
    TensorSpec,
    Threads,
)
from penstock.config import InferConfig
from penstock.errors import ConfigError, ModelError
from penstock.inference.mean_picture import read_mean
from penstock.parsers import Layers, layers_text
from penstock.surface import InputSpec

Outputs: TypeAlias = dict[str, NDArray[Any]]

# On a CPU larger runs gain little (21.4 ms a picture of 608x352 at 4, 20.6 at 16) and cost memory:
# 400 MB. Small pictures gain more: at two threads 25 of 32x32 take 2.3 ms by 4, 1.6 by 16.
_MOST_AT_ONCE = 4
_MOST_PIXELS_AT_ONCE = 4 * 608 * 352
_WARM_UP_IMAGES = 2  # enough to see whether the outputs have a batch dimension


class Network:
    """One network, ready to run on up to `batch_size` pictures at once.

    Args:
        config: The model and how its input is made.
        backend: The backend's name.
        threads: How many to compute with, and for how many runs at once; with several, each run
            has one picture.
        cache: Folder for compiled models, if any.

    Attributes:
        spec: What the input tensor shall hold.
        batch_size: The model's own batch; else the configuration's, or a limit if that is lower.
        tensor: `(batch_size, C, h, w)` or `(batch_size, h, w, C)`: the input, used again and again.
            Where tensors from the metadata are its input, what they look like.
        layers: The output layers to read, without the batch.
        metadata: The model's `metadata_props`.
        precision_used: What the arithmetic really is.
        warnings: What the user should hear about, one sentence each.

    Raises:
        ConfigError: A setting does not fit the network; with file, line and key.
        ModelError: The network cannot be used.
    """

    def __init__(
        self, config: InferConfig, *, backend: str, threads: Threads | None, cache: Path | None
    ) -> None:
        model = config.model
        if model is None:
            raise ConfigError(f"{config.where('onnx-file')}: the network to run is missing")
        self.model = model
        self._backend = _open(config, backend=backend, threads=threads, cache=cache)
        self._input, spec = _only_input(config, self._backend)
        given = _given_shape(config, self._input, spec) if config.input_tensor_from_meta else None
        if self._backend.takes_pictures:  # it does the rest itself
            config = config.replace(input_order=1, scale=1.0, offsets=())
        self.spec = _input_spec(config, self._input, spec, given=given)
        self.warnings = _told_of_size(config, self.spec.size)
        most = config.batch_size if config.elsewhere else _most(self.spec.size)
        self.batch_size = self._backend.max_batch or min(config.batch_size, most)
        self._static = self._backend.max_batch is not None
        shape = given or _picture_shape(self.spec)
        self.tensor = np.zeros((self.batch_size, *shape), spec.dtype)
        self._names = _output_names(config, self._backend)
        self.metadata = self._backend.metadata
        self.precision_used = self._backend.precision_used
        self.layers = self._warm_up()

    @property
    def size(self) -> tuple[int, int]:
        """`(width, height)` of the input, pixels."""
        return self.spec.size

    @property
    def types(self) -> dict[str, np.dtype[Any]]:
        """Of the numbers of each of the `layers`."""
        return {name: self._backend.outputs[name].dtype for name in self._names}

    def run(self, count: int) -> list[Outputs]:
        """Compute the outputs for the first `count` pictures of `tensor`.

        Returns:
            For each picture: layer → array without the batch, valid until the next call.

        Raises:
            ModelError: The network failed, or its outputs are not one for each picture.
        """
        images = self.batch_size if self._static else count
        found = self._backend.run({self._input: self.tensor[:images]})
        outputs: list[Outputs] = [{} for _ in range(count)]
        for name in self._names:
            for output, array in zip(outputs, self._split(name, found[name], images), strict=False):
                output[name] = array
        return outputs

    def fork(self) -> Network:
        """The same network with an input tensor of its own, for another thread."""
        other = copy.copy(self)
        other._backend = self._backend.fork()
        other.tensor = np.zeros_like(self.tensor)
        return other

    def close(self) -> None:
        """Release the network."""
        self._backend.close()

    def _split(self, name: str, array: NDArray[Any], images: int) -> list[NDArray[Any]]:
        """The parts of an output that belong to each picture."""
        if array.ndim > 0 and array.shape[0] == images:
            return [array[image, ...] for image in range(images)]  # an array even if one number
        if images == 1:
            return [array]
        raise ModelError(
            f"{self.model}: output {name!r} is {array.shape} for {images} pictures; the first "
            "dimension should be the batch. Export the network with a dynamic batch, or use "
            "batch-size=1"
        )

    def _warm_up(self) -> Layers:
        """Run once: what cannot work fails here and not in the stream; shapes become known."""
        first = self.run(min(_WARM_UP_IMAGES, self.batch_size))[0]
        return {name: array.shape for name, array in first.items()}


def _most(size: tuple[int, int]) -> int:
    """How many pictures of a size are worth being looked at together."""
    return max(_MOST_AT_ONCE, _MOST_PIXELS_AT_ONCE // (size[0] * size[1]))


def _open(
    config: InferConfig, *, backend: str, threads: Threads | None, cache: Path | None
) -> Backend:
    if config.elsewhere is not None:
        remote: Backend = config.elsewhere.open()
        return remote
    model = config.model_file
    assert model is not None
    precision: Precision = "f32" if config.precision == "f32" else "fastest"
    shape: Shape | None = None
    key = "onnx-file"
    if config.input_shape is not None:
        channels, height, width = config.input_shape
        shape = (height, width, channels) if config.input_order else (channels, height, width)
        key = "infer-dims"
    open_as = partial(
        BACKENDS.load(backend),
        model,
        precision=precision,
        batch=1 if config.batch_size == 1 or (threads and threads.runs > 1) else None,
        pictures=_picture_input(config),
        threads=threads,
        cache=cache,
    )
    try:
        try:
            return open_as(input_shape=shape)
        except FixedInputError:
            if config.input_shape is None or config.input_tensor_from_meta:
                raise  # tensors of another size would not fit
            found = open_as(input_shape=None)
            channels_last = config.input_order or found.takes_pictures
            if not _has_channels(found, config.input_shape[0], at=3 if channels_last else 1):
                raise
            return found
    except ModelError as error:
        raise ModelError(f"{config.where(key)}: {error}") from error


def _has_channels(backend: Backend, channels: int, *, at: int) -> bool:
    """Whether a network has the channels asked for, whatever its size."""
    return [spec.shape[at] for spec in backend.inputs.values()] == [channels]


def _told_of_size(config: InferConfig, size: tuple[int, int]) -> tuple[str, ...]:
    """Whether the network is of another size than the configuration says."""
    if config.input_shape is None or config.input_shape[:0:-1] == size:
        return ()
    _, height, width = config.input_shape
    return (
        f"{config.where('infer-dims')}: {width}x{height} is asked for, but the network's input is "
        f"{size[0]}x{size[1]} and cannot change: that counts",
    )


def _only_input(config: InferConfig, backend: Backend) -> tuple[str, TensorSpec]:
    inputs = {name: spec.shape for name, spec in backend.inputs.items()}
    ranks, text = ((4, 5), "four or five") if config.input_tensor_from_meta else ((4,), "four")
    if len(inputs) != 1 or len(next(iter(inputs.values()))) not in ranks:
        raise ModelError(
            f"{config.where('onnx-file')}: {config.model}: expected one input of {text} "
            f"dimensions, a batch of pictures; the network has {layers_text(inputs)}"
        )
    (name,) = inputs
    return name, backend.inputs[name]


def _picture_input(config: InferConfig) -> PictureInput | None:
    """How the network makes its input of plain pictures; none where that takes a mean picture."""
    if config.mean_file is not None or config.scale == 0 or config.input_tensor_from_meta:
        return None
    channels = 1 if config.color == "GRAY" else 3
    return PictureInput(_layout(config), channels, config.scale, config.offsets)


def _layout(config: InferConfig) -> Literal["NCHW", "NHWC"]:
    return "NHWC" if config.input_order else "NCHW"


def _given_shape(config: InferConfig, name: str, spec: TensorSpec) -> tuple[int, ...]:
    """What a tensor from the metadata must look like, without the batch."""
    _, *sides = spec.shape
    if None in sides:
        raise ConfigError(
            f"{config.where('infer-dims')}: the network leaves its input open: "
            f"{layers_text({name: spec.shape})}; set infer-dims, or export it with its sizes"
        )
    return tuple(side for side in sides if side is not None)


def _input_spec(
    config: InferConfig, name: str, spec: TensorSpec, *, given: tuple[int, ...] | None
) -> InputSpec:
    layout = _layout(config)
    if given is not None:  # nothing is made here, but boxes lie in its pixels
        rows, columns = given[-3:-1] if layout == "NHWC" else given[-2:]
        return InputSpec((columns, rows), layout=layout, dtype=spec.dtype)
    _, *sides = spec.shape
    if spec.dtype.kind not in "fiu":
        raise ModelError(f"{config.model}: input {name!r} wants {spec.dtype}, not numbers")
    shown = layers_text({name: spec.shape})
    channels, height, width = sides if layout == "NCHW" else (sides[2], sides[0], sides[1])
    expected = 1 if config.color == "GRAY" else 3
    if channels is not None and channels != expected:
        other = sides[2] if layout == "NCHW" else sides[0]
        hint = (
            f"; its channels stand elsewhere: set network-input-order={1 - config.input_order}"
            if other == expected
            else ""
        )
        raise ConfigError(
            f"{config.where('model-color-format')}: {config.color} has {expected} channel(s), but "
            f"the network's input, read as {layout}, is {shown}{hint}"
        )
    if channels is None or height is None or width is None:
        raise ConfigError(
            f"{config.where('infer-dims')}: the network leaves its input open: {shown}; "
            f"set infer-dims={expected};height;width"
        )
    size = (width, height)
    return InputSpec(
        size,
        color=config.color,
        layout=layout,
        scale=config.scale,
        offsets=config.offsets,
        mean=read_mean(config, size=size),
        keep_aspect=config.keep_aspect,
        centred=config.centred,
        interpolation=config.interpolation,
        dtype=spec.dtype,
    )


def _picture_shape(spec: InputSpec) -> tuple[int, int, int]:
    (width, height), channels = spec.size, 1 if spec.color == "GRAY" else 3
    return (channels, height, width) if spec.layout == "NCHW" else (height, width, channels)


def _output_names(config: InferConfig, backend: Backend) -> tuple[str, ...]:
    names = tuple(_spelled(name, backend) for name in config.output_names)
    for name in names:
        if name not in backend.outputs:
            shapes = {name: spec.shape for name, spec in backend.outputs.items()}
            raise ConfigError(
                f"{config.where('output-blob-names')}: the network has no output {name!r}; "
                f"it has {layers_text(shapes)}"
            )
    return names or tuple(backend.outputs)


def _spelled(name: str, backend: Backend) -> str:
    """As the network spells it: TensorFlow's names end in `:0`, which exporters keep or drop."""
    ways = (name, f"{name}:0", name.removesuffix(":0"))
    return next((way for way in ways if way in backend.outputs), name)
