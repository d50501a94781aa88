"""From what a user calls a model to an nvinfer configuration file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from penstock import kit
from penstock.config import InferConfig, read_labels
from penstock.errors import ConfigError, ModelError, UnknownNameError

_CONFIGS = (".txt", ".yml", ".yaml")
_KEY_OF_LABELS, _LABELS = "labelfile-path", "labels.txt"
_BESIDE = "config_infer.txt"


def _names_with(key: str, *values: str) -> frozenset[str]:
    """The kit's models whose configuration has one of the values."""
    return frozenset(
        asset.name
        for asset in kit.catalogue()
        if asset.config.get("property", {}).get(key) in values
    )


_SECONDARY = _names_with("process-mode", "2")
_TYPES_WITHOUT_OBJECTS = (2, 100)
_WITHOUT_OBJECTS = _names_with("network-type", *map(str, _TYPES_WITHOUT_OBJECTS))


def config_for(model: str, *, folder: Path | None = None) -> Path:
    """The configuration file of a model.

    Args:
        model: A name of the kit, an ONNX file, or a configuration file.
        folder: Where a configuration is written for an ONNX file that has none beside it; by
            default a new temporary folder, which is the caller's to remove.

    Returns:
        The file named, `config_infer.txt` beside the ONNX file, or one in `folder`: pictures are
        scaled with their aspect ratio kept, RGB values divided by 255, classes named by the
        `labels.txt` beside the ONNX file.

    Raises:
        ConfigError: A path that does not exist, an ONNX file whose classes are unknown, a
            configuration that cannot be read, a network that finds no objects, or a model of the
            kit that looks at objects another one found.
        ModelError: An ONNX file that cannot be read.
        UnknownNameError: No such name in the kit; the message lists what there is.
    """
    path = Path(os.path.expanduser(model))
    if path.suffix in (*_CONFIGS, ".onnx"):
        if not os.path.isfile(path):
            kind = "ONNX file" if path.suffix == ".onnx" else "configuration file"
            raise ConfigError(f"model {model}: there is no such {kind}")
        if path.suffix in _CONFIGS:
            return _finding_objects(path)
        return _config_of_onnx(path.resolve(), folder or Path(mkdtemp(prefix="penstock-")))
    if model in _SECONDARY:
        raise ConfigError(
            f"model {model}: it looks at objects that a detector in front of it found; as the only "
            "model, name a detector"
        )
    if model in _WITHOUT_OBJECTS:
        raise ConfigError(
            f"model {model}: it tells the class of each pixel and finds no objects; name a detector"
        )
    try:
        return kit.config_of(model)
    except UnknownNameError as error:
        raise UnknownNameError(
            f"model {model}: wanted an ONNX file (.onnx), an nvinfer configuration "
            f"({', '.join(_CONFIGS)}) or a model of the kit; {error}"
        ) from None


def _finding_objects(path: Path) -> Path:
    config = InferConfig.read(path)
    if config.network_type in _TYPES_WITHOUT_OBJECTS:
        raise ConfigError(
            f"{config.where('network-type')}: a network of type {config.network_type} finds no "
            "objects; name a detector"
        )
    return path


def _config_of_onnx(model: Path, folder: Path) -> Path:
    beside = model.with_name(_BESIDE)
    if beside.is_file():
        return _finding_objects(beside)
    labels = model.with_name(_LABELS)
    classes = _class_count(model)
    if labels.is_file():
        classes = classes or len(read_labels(labels))
    if not classes:
        raise ConfigError(
            f"the classes of {model} are not known: put a {_LABELS} beside it, one name a line, "
            f"or a configuration, {_BESIDE}"
        )
    lines = [
        "[property]",
        f"onnx-file={model}",
        *([f"{_KEY_OF_LABELS}={labels}"] if labels.is_file() else []),
        f"num-detected-classes={classes}",
        "net-scale-factor=0.00392156862745098",
        "maintain-aspect-ratio=1",
        "symmetric-padding=1",
        "network-mode=2",
        "cluster-mode=2",
        "[class-attrs-all]",
        "pre-cluster-threshold=0.3",
        "nms-iou-threshold=0.45",
    ]
    config = folder / _BESIDE
    config.write_text("\n".join(lines) + "\n")
    return config


def _class_count(model: Path) -> int:
    """How many classes the outputs tell apart; 0 where they do not say.

    Raises:
        ModelError: This is no ONNX network.
    """
    import onnx

    try:
        network = onnx.load(str(model), load_external_data=False)
    except Exception as error:  # onnx raises protobuf's own exceptions
        raise ModelError(f"model {model} cannot be read as ONNX: {error}") from error
    if not network.graph.output:
        raise ModelError(
            f"model {model} cannot be read as ONNX: there is no network in its "
            f"{model.stat().st_size:,} bytes"
        )
    return next(_counts(network.graph.output), 0)


def _counts(outputs: Iterable[Any]) -> Iterator[int]:
    for output in outputs:
        shape = output.type.tensor_type.shape.dim
        if output.name == "scores":
            yield int(shape[-1].dim_value)
        elif "cov" in output.name and len(shape) == 4:
            yield int(shape[1].dim_value)
