"""Models in a Triton model repository: `MODEL/config.pbtxt` and `MODEL/VERSION/model.onnx`.

A model is looked up and compared with its ONNX file here; it is run by this room's backends.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from penstock.backends.base import TensorSpec, shape_text, specs_text
from penstock.backends.onnx_signature import Signature, read_signature
from penstock.config import TritonModelConfig, TritonTensor
from penstock.errors import ConfigError, ModelError

_RUN_HERE = frozenset({"", "onnxruntime", "onnxruntime_onnx", "openvino"})
_CONFIG_NAME = "config.pbtxt"
_VERSION = re.compile("[1-9][0-9]{0,17}")
_BATCHED = 4
"""Dimensions of a picture input with its batch."""


@dataclass(frozen=True)
class RepositoryModel:
    """One version of a model.

    Attributes:
        name: Of the model.
        version: Its number.
        file: The ONNX file.
        config: What its `config.pbtxt` says, or nothing but defaults.
        signature: What the ONNX file declares.
    """

    name: str
    version: int
    file: Path
    config: TritonModelConfig
    signature: Signature

    @property
    def label_file(self) -> Path | None:
        """The class names of its first output that has some."""
        named = [one.labels for one in self.config.outputs if one.labels]
        return self.config.file.parent / named[0] if named else None


def find_model(
    repository: Path, name: str, *, version: int, strict: bool, where: str, where_version: str
) -> RepositoryModel:
    """Look a model up, and compare what the repository says about it with its ONNX file.

    Args:
        repository: The folder with a folder for each model.
        name: Of the model.
        version: Its number; -1: the latest that its version policy offers.
        strict: It must have a `config.pbtxt`.
        where: Which setting named the model, for messages.
        where_version: Which setting named the version.

    Raises:
        ConfigError: There is no such model or version, or its `config.pbtxt` cannot be read.
        ModelError: What runs it is not available here, its file is missing or no ONNX, or the two
            contradict each other.
    """
    folder = repository / name
    config = _config(repository, name, strict=strict, where=where)
    if config.runtime not in _RUN_HERE:
        raise ModelError(
            f"{config.where('platform')}: {name} is run by {config.runtime!r} on a server; here "
            'ONNX models are run (platform: "onnxruntime_onnx"). Export it to ONNX, or name a '
            "server with grpc { url: … }"
        )
    number = _version(folder, config, version, where=where_version)
    file = folder / str(number) / config.filename
    if not file.is_file():
        there = folder / str(number)
        inside = ", ".join(sorted(one.name for one in there.iterdir())) or "nothing"
        raise ModelError(f"{where}: {file} is missing; {there} has {inside}")
    signature = read_signature(file)
    _check(config, signature, file)
    return RepositoryModel(name, number, file, config, signature)


def _config(repository: Path, name: str, *, strict: bool, where: str) -> TritonModelConfig:
    folder = repository / name
    if not folder.is_dir():
        try:
            models = sorted(one.name for one in repository.iterdir() if one.is_dir())
        except OSError as error:
            raise ConfigError(
                f"{where}: cannot read the model repository {repository}: {error.strerror}"
            ) from error
        has = ", ".join(models) or "no model"
        raise ConfigError(f"{where}: {repository} has no model {name!r}; it has {has}")
    file = folder / _CONFIG_NAME
    if not file.exists() and not strict:
        return TritonModelConfig(file)
    config = TritonModelConfig.read(file)
    if config.name not in ("", name):
        raise ConfigError(
            f"{config.where('name')}: the model is called {config.name!r}, but its folder {name!r}"
        )
    return config


def _version(folder: Path, config: TritonModelConfig, asked: int, *, where: str) -> int:
    there = sorted(
        int(one.name) for one in folder.iterdir() if _VERSION.fullmatch(one.name) and one.is_dir()
    )
    if config.versions:
        offered = [number for number in there if number in config.versions]
    else:
        offered = there if config.latest is None else there[-config.latest :]
    if not there:
        raise ModelError(f"{folder}: wanted a folder for each version, such as 1, got none")
    if asked == -1 and offered:
        return offered[-1]
    if asked in offered:
        return asked
    text = ", ".join(map(str, offered)) or "none"
    raise ConfigError(
        f"{where}: version {asked} of the model is not offered; its version_policy offers {text} "
        f"of {', '.join(map(str, there))}"
    )


def _check(config: TritonModelConfig, signature: Signature, file: Path) -> None:
    """What `config.pbtxt` says must be what the network is."""
    for kind, tensors, specs in (
        ("input", config.inputs, signature.inputs),
        ("output", config.outputs, signature.outputs),
    ):
        for tensor in tensors:
            where = f"{config.where(kind)}: {kind} {tensor.name!r}"
            spec = _named(tensor, specs, kind, where, file)
            shape = (
                tensor.shape
                if not config.max_batch or tensor.shape is None
                else (-1, *tensor.shape)
            )
            if shape is not None and not _fits(shape, spec.shape):
                batch = ", the batch in front of dims," if config.max_batch else ""
                told = shape_text(tuple(None if side == -1 else side for side in shape))
                raise ModelError(
                    f"{where} is {told}{batch} by {config.file.name}, but {spec} in {file}"
                )
            if tensor.dtype is not None and tensor.dtype != spec.dtype.name:
                raise ModelError(
                    f"{where} is {tensor.dtype} by {config.file.name}, but {spec} in {file}"
                )
    _check_batch(config, signature, file)


def _named(
    tensor: TritonTensor, specs: Mapping[str, TensorSpec], kind: str, where: str, file: Path
) -> TensorSpec:
    if tensor.name not in specs:
        raise ModelError(f"{where} is not in {file}; its {kind}s are {specs_text(specs)}")
    return specs[tensor.name]


def _fits(told: Sequence[int], own: Sequence[int | None]) -> bool:
    return len(told) == len(own) and all(
        side in (None, wish) or wish == -1 for wish, side in zip(told, own, strict=True)
    )


def _check_batch(config: TritonModelConfig, signature: Signature, file: Path) -> None:
    for name, spec in signature.inputs.items():
        own = spec.shape[0] if len(spec.shape) == _BATCHED else None
        if config.max_batch and own is not None and own < config.max_batch:
            raise ModelError(
                f"{config.where('max_batch_size')}: {config.max_batch} pictures in one run, but "
                f"input {name!r} is {spec} in {file}; export the network with a dynamic batch, or "
                "set max_batch_size: 0 and write the batch into dims"
            )
