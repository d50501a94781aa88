"""NVIDIA's networks by their names: the same one goes by many, and lies in many folders."""

from __future__ import annotations

from pathlib import Path, PurePath

_MODELS = PurePath("samples/models")

FAMILIES: dict[str, PurePath] = {
    "trafficcamnet": _MODELS / "Primary_Detector/resnet18_trafficcamnet_pruned.onnx",
    "dashcamnet": _MODELS / "Primary_Detector/resnet18_trafficcamnet_pruned.onnx",
    "peoplenet": _MODELS / "peoplenet/resnet34_peoplenet.onnx",
    "vehicletypenet": _MODELS / "Secondary_VehicleTypes/resnet18_vehicletypenet_pruned.onnx",
    "vehiclemakenet": _MODELS / "Secondary_VehicleMake/resnet18_vehiclemakenet_pruned.onnx",
    "market1501": _MODELS / "Tracker/resnet50_market1501.onnx",
    "peoplesegnet": _MODELS / "peopleSegNet/peoplesegnet_resnet50.onnx",
    "unetres18": _MODELS / "Segmentation/semantic/unetres18_v4_pruned0.65_800_data.uff.onnx",
    "unet_output_graph": _MODELS / "Segmentation/industrial/unet_output_graph.uff.onnx",
    "resnet10.caffemodel": _MODELS / "Primary_Detector/resnet10.caffemodel.onnx",
}
"""A word in a path → the network of the kit's tree that stands in for it."""

_LOOKED_AT = 3  # the file, its folder, and the one above


def family_member(path: Path) -> PurePath | None:
    """Where the stand-in for a network, or for its labels, lies in the tree, if its name tells.

    Args:
        path: An ONNX file or a label file.
    """
    named = "/".join(path.parts[-_LOOKED_AT:]).lower()
    model = next((model for word, model in FAMILIES.items() if word in named), None)
    if model is None:
        return None
    if path.suffix == ".onnx":
        return model
    return model.with_name("labels.txt") if path.name.lower() == "labels.txt" else None
