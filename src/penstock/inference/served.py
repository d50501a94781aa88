"""Networks of a Triton model repository, run here, or of a server, run there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from penstock.backends import TensorSpec, Watch
from penstock.backends.base import shape_text, specs_text
from penstock.backends.triton_repository import find_model
from penstock.config import (
    InferServerConfig,
    TensorTold,
    check_labels,
    read_classifier_labels,
    read_labels,
)
from penstock.errors import ConfigError, MissingExtraError

if TYPE_CHECKING:
    from penstock.backends.kserve import RemoteModel

_CHANNELS_LAST = 3
_PICTURE_RANK = 4
_DETECTOR, _CLASSIFIER = 0, 1


def find_served(
    config: InferServerConfig, *, timeout_s: float, watch: Watch | None = None
) -> InferServerConfig:
    """Look the model up, in its repository or on its server, and settle what the file left open.

    Returns:
        A configuration for `open_task`; what the user should hear about is in its `warnings`.

    Raises:
        ConfigError: There is no such model, or what the file says of its tensors is not so.
        ModelError: The model cannot be used, or the server is not ready in time.
        MissingExtraError: The client's library is not installed.
    """
    if config.repository is not None:
        return _find_here(config)
    remote = _remote(config, timeout_s=timeout_s, watch=watch)
    about = remote.describe()
    config = replace(config, elsewhere=remote)
    return _settle(config, about.inputs, about.outputs, limit=about.max_batch, order=about.order)


def _find_here(config: InferServerConfig) -> InferServerConfig:
    assert config.repository is not None
    found = find_model(
        config.repository,
        config.model_name,
        version=config.model_version,
        strict=config.strict,
        where=config.where("onnx-file"),
        where_version=config.where("model-version"),
    )
    config = replace(
        config, model_file=found.file, warnings=(*config.warnings, *found.config.warnings)
    )
    if config.label_file is None and found.label_file is not None:
        config = _with_labels(replace(config, label_file=found.label_file))
    order = next((one.order for one in found.config.inputs if one.order is not None), None)
    told = found.config.max_batch or None
    specs = found.signature
    return _settle(config, specs.inputs, specs.outputs, limit=told, order=order)


def _with_labels(config: InferServerConfig) -> InferServerConfig:
    """The class names that the repository gives an output."""
    path, where = config.label_file, "config.pbtxt, label_filename"
    assert path is not None
    if config.network_type == _CLASSIFIER:
        # Triton's files have a class a line; those of the configuration an output a line.
        lines = read_classifier_labels(path, where=where)
        names = tuple(line[0] for line in lines) if len(lines) > 1 else tuple(lines[0])
        return replace(config, classifier_labels=(names,))
    labels = tuple(read_labels(path, where=where))
    told: tuple[str, ...] = ()
    if config.network_type == _DETECTOR and config.num_classes is not None:
        told = check_labels(labels, config.num_classes, where=f"{where}: {path}")
    return replace(config, labels=labels, warnings=(*config.warnings, *told))


def _remote(config: InferServerConfig, *, timeout_s: float, watch: Watch | None) -> RemoteModel:
    try:
        from penstock.backends.kserve import RemoteModel
    except ImportError as error:
        raise MissingExtraError(
            f"{config.where('grpc-url')}: a server is asked through the Python package "
            f"{error.name!r}: pip install 'penstock[triton]'"
        ) from error
    assert config.url is not None
    sides = tuple(_positive(config.inputs))
    return RemoteModel(
        config.url,
        config.model_name,
        config.model_version,
        sides=sides,
        wanted=config.output_names,
        timeout_s=timeout_s,
        watch=watch or Watch(),
    )


def _positive(told: Sequence[TensorTold]) -> list[int | None]:
    """The sides of the input without the batch, as far as the file says them."""
    shape = next((one.shape for one in told if one.shape is not None), ())
    sides = shape[1:] if len(shape) == _PICTURE_RANK else shape
    return [side if side > 0 else None for side in sides]


def _settle(
    config: InferServerConfig,
    inputs: Mapping[str, TensorSpec],
    outputs: Mapping[str, TensorSpec],
    *,
    limit: int | None,
    order: int | None,
) -> InferServerConfig:
    for tensor in config.inputs:
        _compare(tensor, inputs, "input")
    for tensor in config.outputs:
        _compare(tensor, outputs, "output")
    shape = next(iter(inputs.values())).shape if inputs else ()
    changes: dict[str, Any] = {}
    if not config.order_known:
        changes["input_order"] = _order_of(config, shape) if order is None else order
    changes.update(_sides(config, shape, changes.get("input_order", config.input_order)))
    own = shape[0] if len(shape) == _PICTURE_RANK and not limit else None
    most = limit or own
    if most and config.batch_size > most:
        changes["batch_size"] = most
        told = f"{config.where('batch-size')}: {config.batch_size}, but the model takes {most}"
        changes["warnings"] = (*config.warnings, f"{told} in one run; it runs more often")
    return replace(config, **changes)


def _order_of(config: InferServerConfig, shape: Sequence[int | None]) -> int:
    """0 NCHW, 1 NHWC: where the channels stand."""
    channels = 1 if config.color == "GRAY" else 3
    last = len(shape) == _PICTURE_RANK and shape[_CHANNELS_LAST] == channels
    return int(last and shape[1] != channels)


def _sides(
    config: InferServerConfig, shape: Sequence[int | None], order: int
) -> dict[str, tuple[int, int, int]]:
    """The size that the file gives an input which leaves it open."""
    told = _positive(config.inputs)
    if len(told) != _PICTURE_RANK - 1 or None in told or None not in shape[1:]:
        return {}
    first, second, third = (side or 0 for side in told)
    return {"input_shape": (third, first, second) if order else (first, second, third)}


def _compare(told: TensorTold, specs: Mapping[str, TensorSpec], kind: str) -> None:
    if told.name and told.name not in specs:
        raise ConfigError(
            f"{told.where}: the model has no {kind} {told.name!r}; it has {specs_text(specs)}"
        )
    named = told.name or (next(iter(specs)) if len(specs) == 1 else "")
    if not named:
        return
    spec = specs[named]
    if told.shape is not None and not _fits(told.shape, spec.shape):
        shape = shape_text(tuple(None if side < 0 else side for side in told.shape))
        raise ConfigError(
            f"{told.where}: dims {shape} are not those of the model's {kind} {named!r}, {spec} "
            "with the batch"
        )
    if told.dtype is not None and told.dtype != spec.dtype.name:
        raise ConfigError(
            f"{told.where}: {told.dtype} is not the type of the model's {kind} {named!r}, {spec}"
        )


def _fits(told: Sequence[int], own: Sequence[int | None]) -> bool:
    """Whether dims, with the batch or without, can be those of a tensor."""
    sides = own if len(told) == len(own) else own[1:]
    return len(told) == len(sides) and all(
        side in (None, wish) or wish < 0 for wish, side in zip(told, sides, strict=True)
    )
