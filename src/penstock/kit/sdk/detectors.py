"""The SDK's detectors, answered by the kit's."""

from __future__ import annotations

from pathlib import Path

from penstock.kit import coco
from penstock.kit.sdk.candidates import Part
from penstock.kit.sdk.detectnet import Contract, write_detectnet
from penstock.kit.sdk.stand_in import Maker, StandIn, Workshop, same_as, written

__all__ = ["DETECTORS"]

_PRIMARY, _PEOPLE, _NANO = (
    f"samples/models/{name}/" for name in ("Primary_Detector", "peoplenet", "Primary_Detector_Nano")
)
_TRAFFIC_CLASSES = {
    "car": ("car", "bus", "truck"),
    "bicycle": ("bicycle", "motorbike"),
    "person": ("person",),
    "roadsign": ("traffic light", "stop sign"),
}
_TRAFFIC_IS = (
    "YOLOv4-tiny (COCO): car is car, bus or truck; bicycle is bicycle or motorbike; roadsign is "
    "traffic light or stop sign"
)
_BAGS = ("backpack", "handbag", "suitcase")
_PEOPLE_IS = (
    "YOLOv4-tiny (COCO) for persons and bags (backpack, handbag, suitcase), YuNet for faces"
)
_TAO = Contract((960, 544), "input_1:0", "output_cov/Sigmoid:0", "output_bbox/BiasAdd:0")
_CAFFE = Contract((640, 368), "input_1", "conv2d_cov/Sigmoid", "conv2d_bbox")
_UNCALIBRATED = "Nothing is calibrated: networks are not computed in 8 bit here."


def _columns(*names: str) -> tuple[int, ...]:
    return tuple(map(coco.LABELS.index, names))


def _traffic(contract: Contract) -> Maker:
    classes = [_columns(*names) for names in _TRAFFIC_CLASSES.values()]

    def make(workshop: Workshop, output: Path) -> None:
        part = Part(workshop.asset("yolov4-tiny"), classes)
        write_detectnet(output, contract, parts=[part], about=_TRAFFIC_IS)

    return make


def _people(workshop: Workshop, output: Path) -> None:
    found = Part(workshop.asset("yolov4-tiny"), [_columns("person"), _columns(*_BAGS), ()])
    # Trained on BGR in 0..255.
    faces = Part(workshop.asset("yunet"), [(), (), (0,)], scale=255.0, reverses=True)
    write_detectnet(output, _TAO, parts=[found, faces], about=_PEOPLE_IS)


def _same(folder: str, other: str, *names: str) -> tuple[StandIn, ...]:
    return tuple(same_as(other, path=f"{folder}{name}") for name in names)


def _text(path: str, what: str, *lines: str) -> StandIn:
    return StandIn(path, what, written("\n".join(lines) + "\n"))


_TRAFFIC_NET = f"{_PRIMARY}resnet18_trafficcamnet_pruned.onnx"
_CAFFE_NET = f"{_PRIMARY}resnet10.caffemodel.onnx"
_PEOPLE_NET = f"{_PEOPLE}resnet34_peoplenet.onnx"
_CALIBRATIONS = (f"{_PRIMARY}cal_trt.bin", f"{_NANO}cal_trt.bin", f"{_PEOPLE}cal_trt.bin")

DETECTORS: tuple[StandIn, ...] = (
    StandIn(_TRAFFIC_NET, _TRAFFIC_IS, _traffic(_TAO)),
    *_same(
        _PRIMARY, _TRAFFIC_NET, "resnet18_trafficcamnet.onnx", "resnet18_trafficcamnet.etlt.onnx"
    ),
    StandIn(_CAFFE_NET, f"{_TRAFFIC_IS}; with the names of the Caffe network", _traffic(_CAFFE)),
    *_same(_NANO, _CAFFE_NET, "resnet10.caffemodel.onnx"),
    *(
        _text(f"{folder}labels.txt", "its four classes", *_TRAFFIC_CLASSES)
        for folder in (_PRIMARY, _NANO)
    ),
    StandIn(_PEOPLE_NET, _PEOPLE_IS, _people),
    *_same(
        _PEOPLE,
        _PEOPLE_NET,
        "resnet34_peoplenet_int8.onnx",
        "resnet34_peoplenet_pruned_int8.onnx",
        "resnet34_peoplenet_int8.etlt.onnx",
        "resnet34_peoplenet_pruned_int8.etlt.onnx",
    ),
    _text(f"{_PEOPLE}labels.txt", "its three classes", "Person", "Bag", "Face"),
    *(_text(path, "one sentence", _UNCALIBRATED) for path in _CALIBRATIONS),
)
"""TrafficCamNet and PeopleNet, and the Caffe network of the time before."""
