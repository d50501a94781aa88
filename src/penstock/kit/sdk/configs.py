"""`samples/configs/deepstream-app`: the configurations of networks that others refer to."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.kit.sdk.stand_in import StandIn, written

__all__ = ["CONFIGS"]

_FOLDER = "samples/configs/deepstream-app/"
_MODELS = "../../models/"
_UNIT = 1 / 255


def _detector(folder: str, model: str, *, classes: int, threshold: float) -> Mapping[str, object]:
    return {
        "gpu-id": 0,
        "net-scale-factor": _UNIT,
        "onnx-file": f"{_MODELS}{folder}/{model}",
        "labelfile-path": f"{_MODELS}{folder}/labels.txt",
        "batch-size": 1,
        "process-mode": 1,
        "model-color-format": 0,
        "network-mode": 2,
        "num-detected-classes": classes,
        "interval": 0,
        "gie-unique-id": 1,
        "cluster-mode": 2,
        "[class-attrs-all]": "",
        "pre-cluster-threshold": threshold,
        "nms-iou-threshold": 0.5,
        "topk": 80,
    }


def _classifier(folder: str, model: str, *, kind: str, number: int) -> Mapping[str, object]:
    return {
        "gpu-id": 0,
        "net-scale-factor": 1,
        "offsets": "103.939;116.779;123.68",
        "onnx-file": f"{_MODELS}{folder}/{model}",
        "labelfile-path": f"{_MODELS}{folder}/labels.txt",
        "batch-size": 16,
        "process-mode": 2,
        "network-type": 1,
        "model-color-format": 1,
        "network-mode": 2,
        "gie-unique-id": number,
        "operate-on-gie-id": 1,
        "operate-on-class-ids": 0,
        "input-object-min-width": 32,
        "input-object-min-height": 32,
        "classifier-type": kind,
        "classifier-async-mode": 1,
        "classifier-threshold": 0.3,
    }


_FILES: Mapping[str, Mapping[str, object]] = {
    "config_infer_primary.txt": _detector(
        "Primary_Detector", "resnet18_trafficcamnet_pruned.onnx", classes=4, threshold=0.25
    ),
    "config_infer_primary_nano.txt": _detector(
        "Primary_Detector_Nano", "resnet10.caffemodel.onnx", classes=4, threshold=0.25
    ),
    "config_infer_primary_peoplenet.txt": _detector(
        "peoplenet", "resnet34_peoplenet.onnx", classes=3, threshold=0.4
    ),
    "config_infer_secondary_vehicletypes.txt": _classifier(
        "Secondary_VehicleTypes",
        "resnet18_vehicletypenet_pruned.onnx",
        kind="vehicletype",
        number=2,
    ),
    "config_infer_secondary_vehiclemake.txt": _classifier(
        "Secondary_VehicleMake",
        "resnet18_vehiclemakenet_pruned.onnx",
        kind="vehiclemake",
        number=3,
    ),
    "config_infer_secondary_carmake.txt": _classifier(
        "Secondary_CarMake", "resnet18.caffemodel.onnx", kind="carmake", number=3
    ),
    "config_infer_secondary_carcolor.txt": _classifier(
        "Secondary_CarColor", "resnet18.caffemodel.onnx", kind="carcolor", number=4
    ),
}


def _key_file(settings: Mapping[str, object]) -> str:
    lines = ["[property]"]
    lines += [key if key.startswith("[") else f"{key}={said}" for key, said in settings.items()]
    return "\n".join(lines) + "\n"


def _yaml(settings: Mapping[str, object]) -> str:
    lines = ["property:"]
    lines += [
        f"{key[1:-1]}:" if key.startswith("[") else f"  {key}: {said}"
        for key, said in settings.items()
    ]
    return "\n".join(lines) + "\n"


CONFIGS: tuple[StandIn, ...] = tuple(
    StandIn(f"{_FOLDER}{path}", "Penstock's own settings for the stand-in", written(text))
    for name, settings in _FILES.items()
    for path, text in (
        (name, _key_file(settings)),
        (name.replace(".txt", ".yml"), _yaml(settings)),
    )
)
"""What nvinfer is configured with, as key files and as YAML."""
