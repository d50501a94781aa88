"""What holds between the keys of an nvinferserver configuration."""

from __future__ import annotations

from typing import Any

from penstock.config.class_attributes import ALL, ClassAttributes
from penstock.config.infer_keys import CLASSIFIER, DETECTOR, OTHER, SEGMENTATION
from penstock.config.keys import take_size
from penstock.config.labels import check_labels, read_classifier_labels, read_labels
from penstock.config.prototext_keys import ProtoFile
from penstock.errors import ConfigError

_TRITON, _OLD = "infer_config.backend.triton", "infer_config.backend.trt_is"
_POST = "infer_config.postprocess"
_KINDS = {
    "detection": DETECTOR,
    "classification": CLASSIFIER,
    "trtis_classification": CLASSIFIER,
    "segmentation": SEGMENTATION,
    "other": OTHER,
}
_CLUSTERS = {"nms": 2, "dbscan": 1, "group_rectangle": 0, "simple_cluster": 4}
_CLUSTER_PREFIXES = tuple(f"{name}." for name in _CLUSTERS)


def old_name(path: str, told: ProtoFile) -> str:
    """A path as the file spells it: `trt_is` was the name of `triton`."""
    return path.replace(_TRITON, _OLD) if _OLD in told.places else path


def settle(told: ProtoFile) -> dict[str, Any]:
    """All settings of an `InferServerConfig`, by field name; adds to the file's warnings.

    Raises:
        ConfigError: A required key is missing, or keys contradict each other.
    """
    settings = dict(told.settings)
    _refuse_what_cannot_be(settings, told)
    _model(settings, told)
    settings["network_type"] = _kind(told)
    _input(settings, told)
    settings["min_object_size"] = take_size(settings, "min")
    settings["max_object_size"] = take_size(settings, "max")
    settings.setdefault("component_id", 0)
    settings["batch_size"] = settings.get("batch_size") or 1
    _labels(settings, told)
    _clusters(settings, told)
    names = [row["name"] for row in told.rows.get("outputs", []) if row.get("name")]
    named = settings.pop("class_output", None)
    settings["output_names"] = (named,) if named else tuple(names)
    return settings


def _refuse_what_cannot_be(settings: dict[str, Any], told: ProtoFile) -> None:
    function = settings.pop("process_function", None)
    if function:
        raise ConfigError(
            f"{told.where('infer_config.extra.custom_process_funcion')}={function}: C++ classes "
            "cannot be loaded here; set output_control { output_tensor_meta: true } and parse the "
            "tensors in a probe"
        )
    if "infer_config.lstm" in told.places:
        raise ConfigError(
            f"{told.where('infer_config.lstm')}: outputs that are the next inputs are not available"
        )


def _model(settings: dict[str, Any], told: ProtoFile) -> None:
    server = old_name(_TRITON, told)
    if _TRITON in told.places and _OLD in told.places:
        raise ConfigError(f"{told.where(_OLD)}: triton is there, too; wanted one of them")
    if not settings.get("model_name"):
        raise ConfigError(
            f"{told.where(f'{server}.model_name')}: wanted a model's name, got no key"
        )
    settings["model_version"] = settings.pop("version", -1)
    settings["repository"] = settings.pop("root", None)
    both = settings["repository"] is not None and settings.get("url")
    if both or (settings["repository"] is None and not settings.get("url")):
        got = "both" if both else "neither"
        raise ConfigError(
            f"{told.where(server)}: wanted model_repo {{ root: … }} to run the model in this "
            f"process, or grpc {{ url: … }} to run it on a server; got {got}"
        )


def _kind(told: ProtoFile) -> int:
    found = [name for name in _KINDS if f"{_POST}.{name}" in told.places]
    if len(found) > 1:
        raise ConfigError(
            f"{told.where(f'{_POST}.{found[1]}')}: {found[0]} is there, too; wanted one of them"
        )
    if not found:
        raise ConfigError(
            f"{told.where(_POST)}: wanted one of {', '.join(_KINDS)} {{ … }}, got none"
        )
    return _KINDS[found[0]]


def _input(settings: dict[str, Any], told: ProtoFile) -> None:
    settings.pop("tensor_name", None)
    order = settings.pop("input_order", None)
    settings["order_known"] = order is not None
    settings["input_order"] = order or 0
    scale = "infer_config.preprocess.normalize.scale_factor"
    if settings.get("scale") == 0:
        settings["scale"] = 1.0
        told.warnings.append(f"{told.where(scale)}: 0 would make all pixels alike; 1 is used")
    wanted = 1 if settings.get("color") == "GRAY" else 3
    offsets = settings.get("offsets", ())
    if len(offsets) not in (0, wanted):
        where = told.where("infer_config.preprocess.normalize.channel_offsets")
        raise ConfigError(f"{where}: wanted {wanted} number(s), one a channel, got {len(offsets)}")


def _labels(settings: dict[str, Any], told: ProtoFile) -> None:
    label_file = settings.get("label_file")
    if label_file is None:
        return
    where = told.where(f"{_POST}.labelfile_path")
    if settings["network_type"] == CLASSIFIER:
        lines = read_classifier_labels(label_file, where=where)
        settings["classifier_labels"] = tuple(map(tuple, lines))
        return
    settings["labels"] = tuple(read_labels(label_file, where=where))
    count = settings.get("num_classes")
    if settings["network_type"] == DETECTOR and count is not None:
        told.warnings += check_labels(settings["labels"], count, where=f"{where}: {label_file}")


def _clusters(settings: dict[str, Any], told: ProtoFile) -> None:
    """The way boxes are clustered, and what holds for each class."""
    detection = f"{_POST}.detection"
    found = [name for name in _CLUSTERS if f"{detection}.{name}" in told.places]
    if len(found) > 1:
        raise ConfigError(
            f"{told.where(f'{detection}.{found[1]}')}: {found[0]} is there, too; wanted one of them"
        )
    common: dict[str, Any] = {}
    for name in [key for key in settings if key.startswith(_CLUSTER_PREFIXES)]:
        common[name.partition(".")[2]] = settings.pop(name)
    settings["cluster_mode"] = _CLUSTERS[found[0]] if found else _CLUSTERS["simple_cluster"]
    if settings["network_type"] != DETECTOR:
        return
    if not found:
        told.warnings.append(
            f"{told.where(detection)}: none of {', '.join(_CLUSTERS)}; boxes that overlap are "
            "all kept"
        )
    if common.get("top_k", 1) <= 0:
        common["top_k"] = -1
    settings["class_attributes"] = _class_attributes(told, common)


def _class_attributes(told: ProtoFile, common: dict[str, Any]) -> dict[int, ClassAttributes]:
    least = common.pop("threshold", None)
    for row in told.rows.get("filter_of_all", []):
        common |= _filter(row)
    classes: dict[int, dict[str, Any]] = {ALL: {}}
    for row in told.rows.get("filters", []):
        classes.setdefault(row.get("class_id", 0), {}).update(_filter(row))
    for row in told.rows.get("classes", []):
        own = classes.setdefault(row.get("class_id", 0), {})
        own["pre_cluster_threshold"] = row.get("pre_cluster_threshold", 0.0)
    for own in classes.values():
        # A box passes its class's threshold first, and the one of the clustering then.
        thresholds = [one for one in (own.get("pre_cluster_threshold"), least) if one is not None]
        if thresholds:
            own["pre_cluster_threshold"] = max(thresholds)
    return {
        class_id: ClassAttributes(**{**common, **classes[ALL], **own})
        for class_id, own in classes.items()
    }


def _filter(row: dict[str, Any]) -> dict[str, Any]:
    """One `DetectClassFilter` as attributes of a class."""
    names = ("roi_top_offset", "roi_bottom_offset")
    found: dict[str, Any] = {name: row[name] for name in names if name in row}
    sizes = dict(row)
    found["min_size"], found["max_size"] = take_size(sizes, "min"), take_size(sizes, "max")
    for kind in ("border_color", "bg_color"):
        parts = [row.get(f"{kind}.{letter}") for letter in "rgba"]
        if any(part is not None for part in parts):
            found[kind] = tuple(part or 0.0 for part in parts)
    return found
