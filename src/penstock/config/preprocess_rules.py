"""What holds between the keys of an nvdspreprocess configuration."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from penstock.config.keyfile import KeyFile
from penstock.config.preprocess_keys import CUSTOM, NHWC
from penstock.config.value import Value
from penstock.errors import ConfigError

if TYPE_CHECKING:
    from penstock.config.preprocess import PreprocessGroup

_PROPERTY = "property"
_SEQUENCES = "CustomSequenceTensorPreparation"
_BUILT_IN = frozenset({"CustomTensorPreparation", _SEQUENCES})
_BUILT_IN_LIBRARIES = ("libcustom2d_preprocess.so", "libnvds_custom_sequence_preprocess.so")
_ONLY_DEEP = {
    "channel_scales": "channel-scale-factors",
    "channel_means": "channel-mean-offsets",
    "stride": "stride",
    "subsample": "subsample",
}


def settle(
    settings: dict[str, Any], key_file: KeyFile, groups: Sequence[PreprocessGroup]
) -> list[str]:
    """Turn what the keys say into what the fields of `PreprocessConfig` say.

    Raises:
        ConfigError: A key is missing, or keys contradict each other.
    """
    if _PROPERTY not in key_file.groups:
        raise ConfigError(f"{key_file.file}: wanted a [property] group, got none")
    if not groups:
        raise ConfigError(f"{key_file.file}: wanted a group [group-0] with src-ids, got none")
    if "shape" not in settings:
        raise ConfigError(
            f"{key_file.file}, [{_PROPERTY}] network-input-shape: wanted N;C;H;W, got no key"
        )
    warnings = _functions(settings, key_file)
    width, height = _layout(settings, key_file)
    processing = (
        settings.pop("processing_width", width),
        settings.pop("processing_height", height),
    )
    if settings["tensor_function"] is None and processing != (width, height):
        value = _value(key_file, "processing-width") or _value(key_file, "processing-height")
        assert value is not None
        raise ConfigError(
            f"{value.where}: regions would be scaled to {processing[0]}x{processing[1]}, but "
            f"network-input-shape wants {width}x{height}; only a function of your own may change "
            "their size"
        )
    settings["size"] = processing
    _check_channels(settings, key_file)
    if settings["depth"] == 1 and settings["python_file"] is None:
        warnings += [
            f"{value.where}: only for tensors several frames deep (N;C;D;H;W); without effect"
            for name, key in _ONLY_DEEP.items()
            if name in settings and (value := key_file.get("user-configs", key))
        ]
    return warnings


def _functions(settings: dict[str, Any], key_file: KeyFile) -> list[str]:
    """What stands in for the C library: a Python file, or what is built in."""
    library: Path | None = settings.pop("custom_lib", None)
    is_python = library is not None and library.suffix == ".py"
    settings["python_file"] = library if is_python else None
    named: str | None = settings.setdefault("tensor_function", None)
    if is_python:
        return []
    settings["tensor_function"] = None
    value = _value(key_file, "custom-lib-path")
    if value and library and library.name not in _BUILT_IN_LIBRARIES:
        return [
            f"{value.where}: C libraries are not loaded; the built-in preparation works in its "
            "place (a Python file with functions may be named)"
        ]
    if library is None and named and named not in _BUILT_IN:
        value = _value(key_file, "custom-tensor-preparation-function")
        assert value is not None
        raise ConfigError(
            f"{value.where}: wanted custom-lib-path to name the Python file that has {named}, got "
            "no key"
        )
    return []


def _layout(settings: dict[str, Any], key_file: KeyFile) -> tuple[int, int]:
    """`(width, height)` of the tensors; settles `order` and `depth`."""
    shape: tuple[int, ...] = settings["shape"]
    order = settings.setdefault("order", 0)
    settings["depth"] = 1
    if len(shape) == 5:
        if order == NHWC:
            raise _wrong(key_file, "network-input-order", "2 (custom) with five numbers, N;C;D;H;W")
        if settings["tensor_function"] is None:
            settings["depth"] = shape[2]
        return shape[4], shape[3]
    if order == NHWC:
        return shape[2], shape[1]
    if order == CUSTOM and settings["tensor_function"] is None:
        channels = _channels(settings)
        named = _value(key_file, "custom-tensor-preparation-function")
        if named is None or named.text != _SEQUENCES or shape[1] % channels:
            raise _wrong(
                key_file,
                "network-input-shape",
                "N;C;D;H;W, or N;S;H;W with S = C·D and "
                f"custom-tensor-preparation-function={_SEQUENCES}, as network-input-order is 2",
            )
        settings["depth"] = shape[1] // channels
    return shape[3], shape[2]


def _check_channels(settings: dict[str, Any], key_file: KeyFile) -> None:
    if settings["tensor_function"] is not None:
        return  # what it returns is measured against network-input-shape
    shape, expected = settings["shape"], _channels(settings)
    is_flat = len(shape) == 4 and settings["depth"] > 1
    channels = expected if is_flat else shape[3 if settings["order"] == NHWC else 1]
    if channels != expected:
        raise _wrong(
            key_file,
            "network-input-shape",
            f"{expected} channel(s) for {settings.get('color', 'RGB')} (network-color-format)",
        )
    for key in ("offsets", "channel-scale-factors", "channel-mean-offsets"):
        value = key_file.get("user-configs", key)
        if value and len(value.numbers()) not in (0, expected):
            raise value.error(f"{expected} number(s), one for each channel")
    if settings["depth"] > 1 and "mean_file" in settings:
        value = key_file.get("user-configs", "mean-file")
        assert value is not None
        raise value.error("channel-mean-offsets in its place for tensors several frames deep")


def _channels(settings: dict[str, Any]) -> int:
    return 1 if settings.get("color") == "GRAY" else 3


def _wrong(key_file: KeyFile, key: str, wanted: str) -> ConfigError:
    value = _value(key_file, key)
    assert value is not None
    return value.error(wanted)


def _value(key_file: KeyFile, key: str) -> Value | None:
    return key_file.get(_PROPERTY, key)
