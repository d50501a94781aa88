"""From what a user calls a model to an nvinfer configuration file."""

from __future__ import annotations

import tempfile
from pathlib import Path

from penstock import kit
from penstock.errors import ConfigError, ModelError

_CONFIGS = (".txt", ".yml", ".yaml")


def config_for(model: str) -> Path:
    """The configuration file of a model.

    Args:
        model: A name of the kit, an ONNX file, or a configuration file.

    Raises:
        ConfigError: A path that does not exist, or an ONNX file whose classes are unknown.
        UnknownNameError: No such name in the kit; the message lists what there is.
    """
    path = Path(model).expanduser()
    if path.suffix in _CONFIGS:
        if not path.is_file():
            raise ConfigError(f"model {model}: there is no such configuration file")
        return path
    if path.suffix == ".onnx":
        if not path.is_file():
            raise ConfigError(f"model {model}: there is no such ONNX file")
        return _config_of_onnx(path.resolve())
    return kit.config_of(model)


def _config_of_onnx(model: Path) -> Path:
    """Use the configuration beside the network, or write one of defaults."""
    beside = model.with_name("config_infer.txt")
    if beside.is_file():
        return beside
    labels = next(
        (p for p in (model.with_suffix(".txt"), model.with_name("labels.txt")) if p.is_file()), None
    )
    count = len(labels.read_text().splitlines()) if labels else _class_count(model)
    lines = [
        "[property]",
        f"onnx-file={model}",
        f"num-detected-classes={count}",
        "net-scale-factor=0.00392156862745098",
        "network-mode=2",
        "cluster-mode=2",
        *([f"labelfile-path={labels}"] if labels else []),
        "[class-attrs-all]",
        "pre-cluster-threshold=0.3",
        "nms-iou-threshold=0.45",
    ]
    folder = Path(tempfile.mkdtemp(prefix="penstock-"))
    config = folder / "config_infer.txt"
    config.write_text("\n".join(lines) + "\n")
    return config


def _class_count(model: Path) -> int:
    import onnx

    try:
        network = onnx.load(str(model), load_external_data=False)
    except Exception as error:  # onnx raises protobuf's own exceptions
        raise ModelError(f"{model} cannot be read as ONNX: {error}") from error
    for output in network.graph.output:
        if output.name == "scores":
            return int(output.type.tensor_type.shape.dim[-1].dim_value)
    raise ConfigError(
        f"the classes of {model} are not known: put a labels.txt beside it (one name a line), "
        "or give a configuration file"
    )
