"""What every backend promises, and the checks they share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from penstock.errors import ModelError

Precision: TypeAlias = Literal["f32", "fastest"]
Shape: TypeAlias = tuple[int | None, ...]
Arrays: TypeAlias = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class TensorSpec:
    """Shape and type of one input or output.

    Attributes:
        shape: All dimensions, the batch included; `None` where one is dynamic. An output whose
            rank the model does not state has the shape `()`.
        dtype: Type of one element.
    """

    shape: Shape
    dtype: np.dtype[Any]

    def __str__(self) -> str:
        return f"{shape_text(self.shape)} {self.dtype}"


@dataclass(frozen=True)
class PictureInput:
    """What a network's first input is made of, where that is a batch of pictures.

    Attributes:
        layout: How the network wants them.
        channels: 3, or 1 for gray.
        scale: Factor after subtraction.
        offsets: One value a channel to subtract; empty means zero.
    """

    layout: Literal["NCHW", "NHWC"]
    channels: int
    scale: float = 1.0
    offsets: tuple[float, ...] = ()

    def fits(self, spec: TensorSpec) -> bool:
        """Whether an input is of that kind: float, of known size, channels where they belong."""
        if len(spec.shape) != len(self.layout) or None in spec.shape[1:]:
            return False
        return spec.dtype.kind == "f" and spec.shape[self.layout.index("C")] == self.channels


@dataclass(frozen=True)
class Threads:
    """How a network uses the processor.

    Attributes:
        count: How many threads compute; by default one for each usable core.
        runs: How many runs at once share them, each by an instance of its own; see
            `Backend.fork`. Two runs on a thread each take less than two after one another on two.
    """

    count: int | None = None
    runs: int = 1


class Backend(Protocol):
    """One network, compiled. An instance serves one thread at a time.

    Args:
        model: The ONNX file.
        precision: `"f32"` computes in 32 bits, everywhere; `"fastest"` lets the hardware choose.
        input_shape: Shape of the first input without the batch, for models that leave it open.
        batch: Compile for runs of exactly so many, where the model leaves that open: faster than
            a network for any number.
        pictures: What to make of `(N, h, w, C)` uint8, for backends that can do it themselves.
        threads: How many to compute with, and for how many runs at once.
        cache: Folder for compiled models; without it nothing is kept. Deleting it is harmless.

    Raises:
        ModelError: The file is missing, is not ONNX, is damaged, has an operator that this
            backend lacks, or its input does not have `input_shape`.
    """

    inputs: Mapping[str, TensorSpec]
    outputs: Mapping[str, TensorSpec]
    metadata: Mapping[str, str]
    """The `metadata_props` of the ONNX file."""
    takes_pictures: bool
    """Whether the first input is now `(N, h, w, C)` uint8, as `inputs` says; see `pictures`."""

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
    ) -> None: ...

    @property
    def precision_used(self) -> str:
        """What the arithmetic really is: `"f32"`, `"bf16"`, `"f16"`."""
        ...

    @property
    def max_batch(self) -> int | None:
        """The batch size the model was made with or compiled for; `None` where any will do."""
        ...

    def run(self, inputs: Arrays) -> Arrays:
        """Compute the outputs.

        The arrays returned belong to the backend and are valid until the next call: copy what
        must live longer.

        Args:
            inputs: Name → array, of the shapes and types of `inputs`.

        Raises:
            ModelError: An input is missing, unknown, or has another shape or type than the
                network wants; or the network failed on these values.
        """
        ...

    def fork(self) -> Backend:
        """Another instance of the same compiled network, for another thread."""
        ...

    def close(self) -> None:
        """Release the network; the instance is of no use afterwards."""
        ...


def shape_text(shape: Shape) -> str:
    """A shape for people: `(?, 3, 416, 416)`."""
    inside = ", ".join("?" if side is None else str(side) for side in shape)
    return f"({inside},)" if len(shape) == 1 else f"({inside})"


def specs_text(specs: Mapping[str, TensorSpec]) -> str:
    """Layers for people: `'boxes' (?, 2535, 4) float32, 'scores' …`."""
    return ", ".join(f"{name!r} {spec}" for name, spec in specs.items())


class FixedInputError(ModelError):
    """The network's input has other sizes than those asked for, and cannot change."""


def settle_input_shape(
    model: Path, name: str, declared: Shape, asked: Shape | None, batch: int | None = None
) -> Shape:
    """The shape of an input, batch included, once the caller's wishes are known.

    Raises:
        FixedInputError: The model's own dimensions are different from those asked for.
    """
    images = declared[0] or batch if declared else None
    if asked is None:
        return (images, *declared[1:]) if declared else declared
    fits = len(asked) == len(declared) - 1 and all(
        own in (None, wish) for own, wish in zip(declared[1:], asked, strict=True)
    )
    if not fits:
        raise FixedInputError(
            f"{model}: input {name!r} of the network is {shape_text(declared)}, batch first; "
            f"the settings ask for {shape_text(asked)} after the batch"
        )
    return (images, *asked)


def check_inputs(model: object, specs: Mapping[str, TensorSpec], inputs: Arrays) -> None:
    """Compare what the network wants with what it gets.

    Raises:
        ModelError: They differ; the message names both.
    """
    if specs.keys() != inputs.keys():
        got = ", ".join(map(repr, inputs)) or "nothing"
        raise ModelError(f"{model}: the network wants {specs_text(specs)}; got {got}")
    for name, spec in specs.items():
        array = inputs[name]
        same_rank = len(array.shape) == len(spec.shape)
        if (
            array.dtype != spec.dtype
            or not same_rank
            or any(
                side not in (None, length)
                for side, length in zip(spec.shape, array.shape, strict=True)
            )
        ):
            raise ModelError(
                f"{model}: input {name!r} wants {spec}, got {shape_text(array.shape)} {array.dtype}"
            )
