"""What holds between the keys of an nvinfer configuration."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from penstock import paths
from penstock.config.class_attributes import (
    ALL_GROUP,
    CLASS_KEYS,
    class_of,
    read_class_attributes,
)
from penstock.config.infer_keys import (
    CLASSIFIER,
    DBSCAN,
    DETECTOR,
    GROUP_RECTANGLES,
    INSTANCES,
    NMS,
    PROPERTY_KEYS,
)
from penstock.config.keyfile import KeyFile
from penstock.config.keys import did_you_mean, read_group, take_size, unknown_keys
from penstock.config.labels import check_labels, read_classifier_labels, read_labels
from penstock.config.value import printable
from penstock.errors import ConfigError

PROPERTY = "property"
FIND_BOXES = frozenset({DETECTOR, INSTANCES})
FALLBACK_TOP_K = 20
FALLBACK_NMS_IOU = 0.5
FOREIGN_MODELS = {
    "tlt-encoded-model": "encrypted TAO models",
    "uff-file": "UFF models",
    "model-file": "Caffe models",
    "custom-network-config": "Darknet networks",
    "model-engine-file": "TensorRT plans",
}


def read_settings(key_file: KeyFile, *, needs_model: bool = True) -> dict[str, Any]:
    """All settings of an `InferConfig`, by field name, `warnings` among them.

    Args:
        key_file: The file.
        needs_model: Whether it must name a network.

    Raises:
        ConfigError: A value cannot be read, a required key or a file is missing, or keys
            contradict each other.
    """
    if PROPERTY not in key_file.groups:
        groups = ", ".join(f"[{printable(group)}]" for group in key_file.groups) or "no group"
        raise ConfigError(f"{key_file.file}: wanted a [property] group, got {groups}")
    values = key_file.groups[PROPERTY].values()
    warnings = list(key_file.warnings) + _unknown_groups(key_file)
    warnings += unknown_keys(values, PROPERTY_KEYS, elsewhere=dict.fromkeys(CLASS_KEYS, ALL_GROUP))
    settings = read_group(values, PROPERTY_KEYS)
    if needs_model:
        settings.setdefault("model_file", _model(key_file))
    settings["min_object_size"] = take_size(settings, "min")
    settings["max_object_size"] = take_size(settings, "max")
    warnings += _network_type(settings, key_file)
    warnings += _labels_and_classes(settings, key_file)
    _check_offsets(settings, key_file)
    finds_boxes = settings["network_type"] in FIND_BOXES
    settings["class_attributes"], told = read_class_attributes(
        key_file, num_classes=settings.get("num_classes") if finds_boxes else None
    )
    warnings += told + _cluster_mode(settings, key_file, finds_boxes=finds_boxes)
    return {**settings, "warnings": tuple(warnings)}


def where(key_file: KeyFile, key: str, *, group: str = PROPERTY) -> str:
    """`config.txt, line 12, [property] onnx-file`; without the line where the key is absent."""
    value = key_file.get(group, key)
    return value.where if value else f"{key_file.file}, [{group}] {key}"


def _unknown_groups(key_file: KeyFile) -> list[str]:
    return [
        f"{key_file.file}, line {line}: unknown group [{printable(group)}], ignored"
        f"{did_you_mean(group, [PROPERTY, ALL_GROUP])}"
        for group, line in key_file.group_lines.items()
        if group != PROPERTY and class_of(group) is None
    ]


def _model(key_file: KeyFile) -> Path | None:
    """The network: `onnx-file`, or what stands in for a model of another format."""
    if key_file.get(PROPERTY, "onnx-file"):
        return None  # read with the other keys
    named = [value for key in FOREIGN_MODELS if (value := key_file.get(PROPERTY, key))]
    named = [value for value in named if value.text]
    for value in named:
        if (onnx := paths.onnx_of(value.path())) is not None:
            return onnx
    if named:
        value = named[0]
        name = FOREIGN_MODELS[value.key]
        if value.text.endswith(".weights"):
            name = "Darknet weights"
        raise ConfigError(
            f"{value.where}={printable(value.text)}: {name} cannot be read here; "
            "convert the network to ONNX and name it with onnx-file=…"
            f"{paths.advice(value.path())}"
        )
    raise ConfigError(f"{where(key_file, 'onnx-file')}: wanted the ONNX network to run, got no key")


def _network_type(settings: dict[str, Any], key_file: KeyFile) -> list[str]:
    is_classifier = settings.pop("is_classifier", None)
    settings.setdefault("network_type", CLASSIFIER if is_classifier else DETECTOR)
    if is_classifier is None:
        return []
    number = settings["network_type"]
    return [f"{where(key_file, 'is-classifier')}: deprecated; write network-type={number}"]


def _labels_and_classes(settings: dict[str, Any], key_file: KeyFile) -> list[str]:
    label_file: Path | None = settings.get("label_file")
    origin = where(key_file, "labelfile-path")
    if settings["network_type"] == CLASSIFIER and label_file:
        lines = read_classifier_labels(label_file, where=origin)
        settings["classifier_labels"] = tuple(map(tuple, lines))
        return []
    labels = read_labels(label_file, where=origin) if label_file else []
    settings["labels"] = tuple(labels)
    if settings["network_type"] not in FIND_BOXES:
        return []
    num_classes: int | None = settings.get("num_classes")
    if num_classes is None:
        advice = f"; {label_file} has {len(labels)} labels" if label_file else ""
        wanted = "wanted the number of classes of the detector, got no key"
        raise ConfigError(f"{where(key_file, 'num-detected-classes')}: {wanted}{advice}")
    if label_file is None:
        return []
    return list(check_labels(labels, num_classes, where=f"{origin}: {label_file}"))


def _check_offsets(settings: dict[str, Any], key_file: KeyFile) -> None:
    value = key_file.get(PROPERTY, "offsets")
    gray = settings.get("color") == "GRAY"
    if value and len(settings["offsets"]) not in {0, 1 if gray else 3}:
        raise value.error("one number, for gray" if gray else "three numbers, one for each channel")


def _cluster_mode(settings: dict[str, Any], key_file: KeyFile, *, finds_boxes: bool) -> list[str]:
    warnings = []
    if (dbscan := settings.pop("enable_dbscan", None)) is not None:
        warnings.append(f"{where(key_file, 'enable-dbscan')}: deprecated; write cluster-mode")
        settings.setdefault("cluster_mode", DBSCAN if dbscan else GROUP_RECTANGLES)
    if settings.get("cluster_mode", GROUP_RECTANGLES) != GROUP_RECTANGLES:
        return warnings
    grouped = any(one.group_threshold for one in settings["class_attributes"].values())
    if grouped and key_file.get(PROPERTY, "cluster-mode"):
        return warnings
    settings["cluster_mode"] = NMS
    if not finds_boxes:
        return warnings
    settings["class_attributes"] = {
        class_id: replace(attributes, top_k=FALLBACK_TOP_K, nms_iou=FALLBACK_NMS_IOU)
        for class_id, attributes in settings["class_attributes"].items()
    }
    asked = key_file.get(PROPERTY, "cluster-mode")
    state = "is 0, without a group-threshold" if asked else "is absent"
    warnings.append(
        f"{where(key_file, 'cluster-mode')}: {state}: NMS with topk={FALLBACK_TOP_K} and "
        f"nms-iou-threshold={FALLBACK_NMS_IOU} for all classes, as in DeepStream; write "
        "cluster-mode=2 to choose them"
    )
    return warnings
