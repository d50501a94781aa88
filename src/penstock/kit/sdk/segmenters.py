"""The SDK's segmentation networks, answered by the kit's."""

from __future__ import annotations

from pathlib import Path

from penstock.kit import coco, voc
from penstock.kit.sdk.segmentation_networks import write_defects, write_people, write_semantic
from penstock.kit.sdk.stand_in import StandIn, Workshop, same_as, written

__all__ = ["SEGMENTERS"]

_SEMANTIC, _INDUSTRIAL, _PEOPLE = (
    f"samples/models/{name}/"
    for name in ("Segmentation/semantic", "Segmentation/industrial", "peopleSegNet")
)
_GROUPS = {
    "background": ("background",),
    "person": ("person",),
    "vehicle": ("aeroplane", "bicycle", "boat", "bus", "car", "motorbike", "train"),
}
_REST = "other"
_SEMANTIC_IS = (
    "DeepLabv3 on MobileNetV2 (VOC), its classes added up: background, person, vehicle, other"
)
_INDUSTRIAL_IS = "what differs from its surroundings is a defect; no training"
_PEOPLE_IS = (
    "YOLOv4-tiny for the 20 surest persons, and DeepLabv3 on MobileNetV2 (VOC) for the mask of "
    "each, cut out; neighbours in a person's box are in its mask, too"
)


def _semantic(workshop: Workshop, output: Path) -> None:
    named = {name for names in _GROUPS.values() for name in names}
    groups = [*_GROUPS.values(), tuple(name for name in voc.CLASSES if name not in named)]
    classes = [[voc.CLASSES.index(name) for name in names] for names in groups]
    write_semantic(output, workshop.asset("deeplabv3"), classes=classes, about=_SEMANTIC_IS)


def _industrial(_workshop: Workshop, output: Path) -> None:
    write_defects(output, about=_INDUSTRIAL_IS)


def _people(workshop: Workshop, output: Path) -> None:
    write_people(
        output,
        workshop.asset("yolov4-tiny"),
        workshop.asset("deeplabv3-person"),
        person=coco.LABELS.index("person"),
        in_map=voc.CLASSES.index("person"),
        about=_PEOPLE_IS,
    )


def _labels(folder: str, *names: str) -> StandIn:
    return StandIn(f"{folder}labels.txt", "its classes", written("\n".join(names) + "\n"))


_PEOPLE_NET = f"{_PEOPLE}peoplesegnet_resnet50.etlt.onnx"

SEGMENTERS: tuple[StandIn, ...] = (
    StandIn(f"{_SEMANTIC}unetres18_v4_pruned0.65_800_data.uff.onnx", _SEMANTIC_IS, _semantic),
    _labels(_SEMANTIC, *_GROUPS, _REST),
    StandIn(f"{_INDUSTRIAL}unet_output_graph.uff.onnx", _INDUSTRIAL_IS, _industrial),
    _labels(_INDUSTRIAL, "sound", "defect"),
    StandIn(_PEOPLE_NET, _PEOPLE_IS, _people, revision=2),
    same_as(_PEOPLE_NET, path=f"{_PEOPLE}peoplesegnet_resnet50.onnx"),
    _labels(_PEOPLE, "BG", "person"),
)
"""Semantic and instance segmentation."""
