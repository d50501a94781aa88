"""The configuration of nvdspostprocess: nvinfer's keys that are about outputs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from penstock.config import infer_rules
from penstock.config.infer import InferConfig
from penstock.config.keyfile import KeyFile
from penstock.errors import ConfigError

_TENSOR_ONLY = 100


def read_post_process(path: str | Path, *, library: str | Path | None = None) -> InferConfig:
    """Read what shall become of the tensors of one network; the network itself is not needed.

    Args:
        path: A YAML file if it is called `.yml` or `.yaml`, else a GLib key file.
        library: A Python file with parsers; wins over the file's `custom-lib-path`.

    Raises:
        ConfigError: With file, line and key, what was wanted and what was got.
    """
    key_file = KeyFile.read(path, where="postprocesslib-config-file")
    config = InferConfig(
        key_file.file,
        origin=key_file,
        **infer_rules.read_settings(key_file, needs_model=False),
    )
    if config.network_type == _TENSOR_ONLY:
        raise ConfigError(
            f"{config.where('network-type')}: wanted what the tensors mean: 0 detector, "
            "1 classifier, 2 segmentation, 3 instance segmentation; got 100"
        )
    return config if library is None else replace(config, custom_lib=Path(library))
