"""Which parsers there are, and which one suits a network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from penstock.errors import ModelError
from penstock.parsers.base import NamedParser
from penstock.parsers.head import Fit, Head, layers_text
from penstock.registry import Registry

_BUILT_IN = {
    "boxes-scores": "penstock.parsers.boxes_scores:BoxesScoresParser",
    "boxes-scores-classes": "penstock.parsers.boxes_scores_classes:BoxesScoresClassesParser",
    "detectnet-v2": "penstock.parsers.detectnet:DetectNetParser",
    "detr": "penstock.parsers.detr:DetrParser",
    "efficient-nms": "penstock.parsers.efficient_nms:EfficientNmsParser",
    "efficientdet": "penstock.parsers.efficientdet:EfficientDetParser",
    "mask-rcnn": "penstock.parsers.mask_rcnn:MaskRcnnParser",
    "rt-detr": "penstock.parsers.rt_detr:RtDetrParser",
    "ssd": "penstock.parsers.ssd:SsdParser",
    "ssd-caffe": "penstock.parsers.ssd_caffe:SsdCaffeParser",
    "yolov10": "penstock.parsers.yolov10:YoloV10Parser",
    "yolov3": "penstock.parsers.yolov3:YoloV3Parser",
    "yolov3-tiny": "penstock.parsers.yolov3:YoloV3TinyParser",
    "yolov4": "penstock.parsers.yolov4:YoloV4Parser",
    "yolov4-tiny": "penstock.parsers.yolov4:YoloV4TinyParser",
    "yolov5": "penstock.parsers.yolov5:YoloV5Parser",
    "yolov5-heads": "penstock.parsers.yolov5_heads:YoloV5HeadsParser",
    "yolov7-heads": "penstock.parsers.yolov5_heads:YoloV7HeadsParser",
    "yolov8": "penstock.parsers.yolov8:YoloV8Parser",
    "yolov8-pose": "penstock.parsers.yolov8_pose:YoloV8PoseParser",
    "yolov8-seg": "penstock.parsers.yolov8_seg:YoloV8SegmentParser",
    "yolox": "penstock.parsers.yolox:YoloXParser",
    "yunet": "penstock.parsers.yunet:YuNetParser",
}

PARSERS: Registry[NamedParser] = Registry("parser", _BUILT_IN)

_NMS = ("efficient-nms",)
_YOLO = ("yolov10", "boxes-scores-classes")
_YOLOV7 = ("yolov5", "yolov7-heads", *_NMS)
_YOLOV8 = ("yolov8", "yolov10", *_NMS)

ALIASES: Mapping[str, tuple[str, ...]] = {
    # The SDK's own sample parsers
    "NvDsInferParseCustomResnet": ("detectnet-v2",),
    "NvDsInferParseCustomTfSSD": ("ssd",),
    "NvDsInferParseCustomSSD": ("ssd-caffe",),
    "NvDsInferParseCustomYoloV3": ("yolov3", "yolov10"),
    "NvDsInferParseCustomYoloV3Tiny": ("yolov3-tiny", "yolov10"),
    # TAO's
    "NvDsInferParseCustomNMSTLT": ("ssd-caffe",),
    "NvDsInferParseCustomSSDTLT": ("ssd-caffe",),
    "NvDsInferParseCustomBatchedNMSTLT": _NMS,
    "NvDsInferParseYoloV5CustomBatchedNMSTLT": _NMS,
    "NvDsInferParseCustomYoloTLT": _NMS,
    "NvDsInferParseCustomEfficientDetTAO": ("ssd",),
    "NvDsInferParseCustomMrcnnTLT": ("mask-rcnn",),
    "NvDsInferParseCustomMrcnnTLTV2": ("mask-rcnn",),
    "NvDsInferParseCustomDDETRTAO": ("rt-detr",),
    "NvDsInferParseCustomRTDETRTAO": ("rt-detr",),
    # Those of the field
    "NvDsInferParseCustomEfficientNMS": _NMS,
    "NvDsInferParseCustomYoloV4": ("boxes-scores", "yolov4", "yolov4-tiny"),
    "NvDsInferParseCustomYoloV5": ("yolov5", "yolov5-heads", *_NMS),
    "NvDsInferParseCustomYoloV7": _YOLOV7,
    "NvDsInferParseCustomYoloV7_cuda": _YOLOV7,
    "NvDsInferParseCustomYoloV8": _YOLOV8,
    "NvDsInferParseCustomYoloV10": ("yolov10", "yolov8"),
    "NvDsInferParseCustomYoloV11": _YOLOV8,
    "NvDsInferParseCustomYoloV11_cuda": _YOLOV8,
    "NvDsInferParseCustomYoloX": ("yolox", *_NMS),
    "NvDsInferParseCustomDFINE": ("boxes-scores-classes", "rt-detr"),
    "NvDsInferParseCustomRfdetr": ("rt-detr",),
    "NvDsInferParseYolo": _YOLO,
    "NvDsInferParseYoloCuda": _YOLO,
    "NvDsInferParseYoloE": _YOLO,
    "NvDsInferParseYoloECuda": _YOLO,
    "NvDsInferParseYolo26": ("yolov10",),
    "NvDsInferParseYoloPose": ("yolov8-pose",),
    "NvDsInferParseYoloV8Pose": ("yolov8-pose",),
    "NvDsInferParseYoloSeg": ("yolov8-seg", "boxes-scores-classes"),
}
"""Well-known functions of C libraries → parsers that read such layers, the likeliest first."""

_ALIASES_IN_ANY_CASE = {name.lower(): parsers for name, parsers in ALIASES.items()}


def stand_ins(function: str) -> tuple[str, ...]:
    """The parsers that a function of a C library stands for; none if it is not well-known.

    Large and small letters count the same: the libraries of the field differ in them.
    """
    return _ALIASES_IN_ANY_CASE.get(function.lower(), ())


def choose_parser(head: Head) -> str:
    """The name of the parser for a network whose configuration names none.

    Args:
        head: What is known about the network's outputs.

    Raises:
        ModelError: No parser recognises the layers, or several could read them; the message
            lists the layers, and the parsers.
    """
    fits = {name: PARSERS.load(name).fit(head) for name in _BUILT_IN}
    best = max(fits.values())
    found = [name for name, fit in fits.items() if fit is best]
    if best is Fit.NO:
        raise ModelError(
            f"no parser recognises the output layers {layers_text(head.layers) or '(none)'}"
            f"{_asked(head)}. Name one with parse-bbox-func-name, or write one in Python; "
            f"known: {', '.join(PARSERS)}"
        )
    if len(found) > 1:
        raise ModelError(
            f"the output layers {layers_text(head.layers)} could be read by several parsers"
            f"{_asked(head)}: say which one with parse-bbox-func-name={'|'.join(found)}"
        )
    return found[0]


def first_that_fits(names: Iterable[str], head: Head) -> str | None:
    """The first of some parsers that can read these layers."""
    return next((name for name in names if PARSERS.load(name).fit(head)), None)


def _asked(head: Head) -> str:
    width, height = head.size
    classes = f" with {head.num_classes} classes" if head.num_classes else ""
    return f" of a network of {width}x{height} pixels{classes}"
