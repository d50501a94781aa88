"""The SDK's classifiers of vehicles, answered by the kit's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from penstock.kit.sdk.stand_in import Maker, StandIn, Workshop, same_as, written
from penstock.kit.sdk.vehicle_networks import COLORS, SIDE_PX, write_colors, write_types

__all__ = ["CLASSIFIERS"]

_MODELS = "samples/models/"
_TYPES = {
    "coupe": ("sports car", "convertible", "racer"),
    "largevehicle": (
        "school bus",
        "minibus",
        "trolleybus",
        "trailer truck",
        "garbage truck",
        "fire engine",
        "recreational vehicle",
    ),
    "sedan": ("beach wagon", "limousine", "cab", "grille", "car wheel", "car mirror"),
    "suv": ("jeep",),
    "truck": ("pickup", "tow truck"),
    "van": ("minivan", "moving van", "police van", "ambulance"),
}
_TYPES_ARE = (
    "EfficientNet-Lite0 (ImageNet), its classes added up: coupe is sports car, convertible or "
    "racer, sedan any other car, and so on; for views from the street only"
)
_COLORS_ARE = "colours counted in the middle of the picture; no training"
_NO_MAKE = f"{_COLORS_ARE}; no free network tells makes, so the labels say colour:…"
_CALIBRATION = "Nothing is calibrated: networks are not computed in 8 bit here.\n"
_MEAN_RGB = (124, 117, 104)


def _types(workshop: Workshop, output: Path) -> None:
    kinds = list(_TYPES.values())
    write_types(output, workshop.asset("imagenet"), kinds=kinds, about=_TYPES_ARE)


def _colors(_workshop: Workshop, output: Path) -> None:
    write_colors(output, about=_COLORS_ARE)


def _mean(_workshop: Workshop, output: Path) -> None:
    header = f"P6\n{SIDE_PX} {SIDE_PX}\n255\n".encode()
    output.write_bytes(header + bytes(_MEAN_RGB) * SIDE_PX**2)


def _folder(
    name: str,
    *models: str,
    make: Callable[[Workshop, Path], None],
    what: str,
    labels: list[str],
) -> tuple[StandIn, ...]:
    """One model under several names, and what lies beside it."""
    first, *others = (f"{_MODELS}{name}/{model}" for model in models)
    beside: dict[str, tuple[str, Maker]] = {
        "labels.txt": ("its classes", written(";".join(labels) + "\n")),
        "mean.ppm": ("one colour, the mean of ImageNet", _mean),
        "cal_trt.bin": ("one sentence", written(_CALIBRATION)),
    }
    return (
        StandIn(first, what, make),
        *(same_as(first, path=other) for other in others),
        *(StandIn(f"{_MODELS}{name}/{file}", *made) for file, made in beside.items()),
    )


CLASSIFIERS: tuple[StandIn, ...] = (
    *_folder(
        "Secondary_VehicleTypes",
        "resnet18_vehicletypenet_pruned.onnx",
        "resnet18_vehicletypenet.onnx",
        "resnet18_vehicletypenet.etlt.onnx",
        "resnet18.caffemodel.onnx",
        make=_types,
        what=_TYPES_ARE,
        labels=list(_TYPES),
    ),
    *_folder(
        "Secondary_VehicleMake",
        "resnet18_vehiclemakenet_pruned.onnx",
        "resnet18_vehiclemakenet.onnx",
        "resnet18_vehiclemakenet.etlt.onnx",
        make=_colors,
        what=_NO_MAKE,
        labels=[f"colour:{color}" for color in COLORS],
    ),
    *_folder(
        "Secondary_CarMake",
        "resnet18.caffemodel.onnx",
        make=_colors,
        what=_NO_MAKE,
        labels=[f"colour:{color}" for color in COLORS],
    ),
    *_folder(
        "Secondary_CarColor",
        "resnet18.caffemodel.onnx",
        make=_colors,
        what=_COLORS_ARE,
        labels=list(COLORS),
    ),
)
"""The secondary networks of the SDK's applications."""
