"""The anchors in a Darknet file: what raw YOLO layers need and an ONNX file does not say."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from penstock.config import InferConfig, read_text, unreadable
from penstock.errors import ConfigError
from penstock.parsers import YoloLayer


def read_yolo_layers(config: InferConfig) -> tuple[YoloLayer, ...]:
    """The `[yolo]` sections of the `custom-network-config`, finest grid first.

    Nothing where there is no such file: the configurations of the field name files that stayed
    on other machines.

    Raises:
        ConfigError: A section cannot be read; names file, line and key.
    """
    file = config.network_config
    if file is None or unreadable(file):
        return ()
    where = config.where("custom-network-config")
    text, _ = read_text(file, where=where)
    layers = [_layer(section, file=file, where=where) for section in _sections(text)]
    return tuple(sorted(layers, key=lambda layer: sum(w * h for w, h in layer.anchors)))


def _sections(text: str) -> list[dict[str, tuple[int, str]]]:
    """Key → line and text of each `[yolo]` section."""
    found: list[dict[str, tuple[int, str]]] = []
    inside = False
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.partition("#")[0].strip()
        if line.startswith("["):
            inside = line == "[yolo]"
            found += [{"": (number, "")}] if inside else []
        elif inside and "=" in line:
            key, _, value = line.partition("=")
            found[-1][key.strip()] = (number, value.strip())
    return found


def _layer(section: dict[str, tuple[int, str]], *, file: Path, where: str) -> YoloLayer:
    anchors = _numbers(section, "anchors", file=file, where=where)
    pairs = list(zip(anchors[::2], anchors[1::2], strict=False))
    mask = _numbers(section, "mask", file=file, where=where, default=range(len(pairs)))
    if not pairs or not all(0 <= index < len(pairs) for index in mask):
        line = section.get("mask", section[""])[0]
        raise ConfigError(
            f"{where}: {file}, line {line}: wanted a mask of the {len(pairs)} anchors, got {mask}"
        )
    (scale, *_) = _numbers(section, "scale_x_y", file=file, where=where, default=(1.0,))
    (activated, *_) = _numbers(section, "new_coords", file=file, where=where, default=(0.0,))
    return YoloLayer(tuple(pairs[int(index)] for index in mask), scale, bool(activated))


def _numbers(
    section: dict[str, tuple[int, str]],
    key: str,
    *,
    file: Path,
    where: str,
    default: Iterable[float] = (),
) -> list[float]:
    line, text = section.get(key, (0, ""))
    try:
        found = [float(item) for item in text.split(",") if item.strip()]
    except ValueError:
        raise ConfigError(
            f"{where}: {file}, line {line}: {key}: wanted numbers, got {text!r}"
        ) from None
    return found or list(default)
