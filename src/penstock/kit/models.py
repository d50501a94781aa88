"""From an archive's files to a folder an inference element can be pointed at."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from penstock.errors import ModelError
from penstock.kit.asset import Asset
from penstock.kit.coco import COLUMNS_OF_90

__all__ = ["CONFIG_NAME", "LABELS_NAME", "build_model"]

CONFIG_NAME = "config_infer.txt"
"""The nvinfer configuration in every model's folder."""

LABELS_NAME = "labels.txt"
"""The class names in every model's folder."""


def build_model(asset: Asset, parts: Sequence[Path], folder: Path) -> None:
    """Write `<name>.onnx`, `labels.txt` and `config_infer.txt` of a model into `folder`.

    Args:
        asset: The model's row.
        parts: Its members, unpacked.
        folder: An existing, empty folder.

    Raises:
        ModelError: The files cannot be converted, or the labels do not fit the class count.
    """
    onnx_file = folder / f"{asset.name}.onnx"
    _convert(asset, parts, onnx_file)
    labels = asset.labels or _labels(parts)
    if len(labels) != asset.classes:
        raise ModelError(
            f"{asset.name}: {asset.classes} classes need as many labels, got {len(labels)}"
        )
    _write_labels(folder / LABELS_NAME, labels, asset)
    _write_config(folder / CONFIG_NAME, asset, dims=_input_dims(onnx_file))


def _convert(asset: Asset, parts: Sequence[Path], output: Path) -> None:
    # In here, not above: listing the catalogue must not wait for the onnx package.
    by_suffix = {part.suffix: part for part in parts}
    if asset.converter == "darknet":
        from penstock.kit import darknet

        cfg, weights = by_suffix[".cfg"], by_suffix[".weights"]
        darknet.convert(cfg, weights, output, size=asset.size)
    elif asset.converter == "tflite":
        from penstock.kit import tflite

        tflite.convert(parts[0], output, columns=COLUMNS_OF_90, size=asset.size)
    elif asset.converter == "tflite-segmenter":
        from penstock.kit import tflite_segmenter

        tflite_segmenter.convert(parts[0], output, size=asset.size)
    elif asset.converter in ("tflite-classifier", "tflite-vehicles"):
        from penstock.kit import tflite_classifier
        from penstock.kit.vehicles import VEHICLES

        kinds = VEHICLES if asset.converter == "tflite-vehicles" else None
        tflite_classifier.convert(parts[0], output, kinds=kinds, size=asset.size)
    elif asset.converter == "tfjs":
        from penstock.kit import tfjs

        tfjs.convert(parts[0], output, columns=COLUMNS_OF_90)
    elif asset.converter == "yunet":
        from penstock.kit import yunet

        yunet.convert(parts[0], output, size=asset.size)
    else:
        shutil.copyfile(parts[0], output)


def _labels(parts: Sequence[Path]) -> tuple[str, ...]:
    """Read the names that come with a model: in a file of their own, or inside the network's."""
    path = next((part for part in parts if part.suffix == ".names"), None)
    if path is None:
        from penstock.kit import tflite_classifier

        return tflite_classifier.labels(parts[0])
    return tuple(line.strip() for line in path.read_text().splitlines() if line.strip())


def _write_labels(path: Path, labels: Sequence[str], asset: Asset) -> None:
    """Write one label a line, or, for a classifier, one line of labels between semicolons."""
    classifier = asset.config["property"].get("network-type") == "1"
    path.write_text((";" if classifier else "\n").join(labels) + "\n")


def _write_config(path: Path, asset: Asset, *, dims: Sequence[int]) -> None:
    every_model = {
        "onnx-file": f"{asset.name}.onnx",
        "labelfile-path": LABELS_NAME,
        "infer-dims": ";".join(map(str, dims)),
        "network-mode": "2",
        "gie-unique-id": "1",
    }
    groups: dict[str, Mapping[str, str]] = {**asset.config}
    groups["property"] = {**every_model, **asset.config["property"]}
    lines = [f"# {asset.description}", f"# Licence: {asset.licence}"]
    for group, settings in groups.items():
        lines += ["", f"[{group}]", *(f"{key}={value}" for key, value in settings.items())]
    path.write_text("\n".join(lines) + "\n")


def _input_dims(onnx_file: Path) -> list[int]:
    """Read channels, height and width off the network's first input."""
    import onnx

    model: Any = onnx.load(str(onnx_file))
    return [axis.dim_value for axis in model.graph.input[0].type.tensor_type.shape.dim[1:]]
