"""Every key of nvdspreprocess' file, group by group."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from penstock.config.infer_keys import COLORS, INTERPOLATIONS, ColorOrder, Interpolation
from penstock.config.keys import Key, ignored
from penstock.config.value import Value

DTYPES: Final = {0: "float32", 1: "uint8", 2: "int8", 3: "uint32", 4: "int32", 5: "float16"}
NCHW, NHWC, CUSTOM = 0, 1, 2
ORDERS: Final = {NCHW: "NCHW", NHWC: "NHWC", CUSTOM: "custom"}
_ON_DEMAND = "memory is allocated on demand"
_LARGEST_SIDE = 1 << 16


def _count(value: Value) -> int:
    return value.integer(minimum=0)


def _side(value: Value) -> int:
    return value.integer(minimum=1, maximum=_LARGEST_SIDE)


def _gie_id(value: Value) -> int:
    return value.integer(minimum=-1)


def _ids(value: Value) -> frozenset[int]:
    return frozenset(value.integers(minimum=0))


def _ids_or_all(value: Value) -> frozenset[int] | None:
    ids = frozenset(value.integers(minimum=-1))
    return None if not ids or -1 in ids else ids


def _sources(value: Value) -> frozenset[int] | None:
    ids = frozenset(value.integers(minimum=-1))
    if not ids:
        raise value.error("the sources of the group, 0;1;2, or -1 for all")
    return None if -1 in ids else ids


def _shape(value: Value) -> tuple[int, ...]:
    numbers = value.integers(minimum=1, maximum=_LARGEST_SIDE)
    if len(numbers) not in (4, 5):
        raise value.error(
            "four numbers N;C;H;W, or five for tensors several frames deep, N;C;D;H;W"
        )
    return numbers


def _color_order(value: Value) -> ColorOrder:
    return COLORS[value.choice(COLORS)]


def _interpolation(value: Value) -> Interpolation:
    return INTERPOLATIONS[value.choice(INTERPOLATIONS)]


def _dtype(value: Value) -> str:
    return DTYPES[value.choice(DTYPES)]


def _path(value: Value) -> Path | None:
    return value.path() if value.text else None


PROPERTY_KEYS: Mapping[str, Key] = {
    "enable": Key("0: everything passes untouched", "1", "enable", Value.boolean),
    "unique-id": Key("id of this element in the metadata", "15", "component_id", _count),
    "target-unique-ids": Key(
        "the nvinfer elements that the tensors are for, 1;2", "none", "target_ids", _ids
    ),
    "process-on-frame": Key(
        "1: frames and regions of them, 0: objects", "1", "on_frame", Value.boolean
    ),
    "operate-on-gie-id": Key(
        "only objects found by this element; -1: all", "-1", "operate_on_gie_id", _gie_id
    ),
    "network-input-shape": Key(
        "shape of the tensors; the first number is the most regions in one: N;C;H;W, "
        "N;H;W;C by network-input-order, N;C;D;H;W for D frames",
        "required",
        "shape",
        _shape,
    ),
    "network-input-order": Key(
        "0: NCHW, 1: NHWC, 2: custom", "0", "order", lambda value: value.choice(ORDERS)
    ),
    "network-color-format": Key("0: RGB, 1: BGR, 2: GRAY", "0", "color", _color_order),
    "tensor-data-type": Key(
        "0: FP32, 1: UINT8, 2: INT8, 3: UINT32, 4: INT32, 5: FP16", "0", "dtype", _dtype
    ),
    "tensor-name": Key(
        "name of the tensor in the metadata; networks here have one input, so nothing is chosen "
        "by it",
        "empty",
        "tensor_name",
        lambda value: value.text,
    ),
    "processing-width": Key(
        "width that regions are scaled to, pixels; another one than the tensor's only for a "
        "function of your own",
        "the tensor's",
        "processing_width",
        _side,
    ),
    "processing-height": Key("its height, pixels", "the tensor's", "processing_height", _side),
    "maintain-aspect-ratio": Key("scale both axes alike", "0", "keep_aspect", Value.boolean),
    "symmetric-padding": Key(
        "with it, bars on both sides instead of right and bottom", "0", "centred", Value.boolean
    ),
    "scaling-filter": Key(
        "0, 5, 6: nearest, 1: bilinear, 2, 4: cubic, 3: area", "0", "interpolation", _interpolation
    ),
    "custom-lib-path": Key(
        "a Python file with functions; in place of a C library (*.so) the built-in preparation "
        "works",
        "none",
        "custom_lib",
        _path,
    ),
    "custom-tensor-preparation-function": Key(
        "the function of the Python file that makes tensors of pictures; "
        "CustomSequenceTensorPreparation: D frames a region",
        "built in",
        "tensor_function",
        lambda value: value.text or None,
    ),
    "gpu-id": ignored("the GPU to use", "the pixels are not on a GPU"),
    "scaling-buf-pool-size": ignored("buffers for scaled pictures", _ON_DEMAND),
    "tensor-buf-pool-size": ignored("buffers for tensors", _ON_DEMAND),
    "scaling-pool-memory-type": ignored("where scaled pictures lie", "there is one kind of memory"),
    "scaling-pool-compute-hw": ignored("which NVIDIA unit scales", "the pixels are not on a GPU"),
}

USER_KEYS: Mapping[str, Key] = {
    "pixel-normalization-factor": Key(
        "y = factor * (x - offset), x in 0..255", "1.0", "scale", Value.number
    ),
    "offsets": Key(
        "subtracted before scaling, one number a channel, r;g;b or b;g;r",
        "0",
        "offsets",
        Value.numbers,
    ),
    "mean-file": Key("a PPM picture to subtract", "none", "mean_file", Value.existing_file),
    "channel-scale-factors": Key(
        "with D frames: pixel-normalization-factor, one number a channel",
        "1",
        "channel_scales",
        Value.numbers,
    ),
    "channel-mean-offsets": Key("with D frames: offsets", "0", "channel_means", Value.numbers),
    "stride": Key(
        "with D frames: sampled frames between a region's tensor and its next",
        "1",
        "stride",
        lambda value: value.integer(minimum=1),
    ),
    "subsample": Key(
        "with D frames: frames left out between two that are sampled", "0", "subsample", _count
    ),
}

GROUP_KEYS: Mapping[str, Key] = {
    "src-ids": Key("the sources; -1: all that no other group has", "required", "src_ids", _sources),
    "process-on-roi": Key(
        "1: the regions of roi-params-src-N, 0: whole frames", "0", "on_roi", Value.boolean
    ),
    "process-on-all-objects": Key(
        "with process-on-frame=0: 1 all objects, 0 those that touch a region",
        "0",
        "all_objects",
        Value.boolean,
    ),
    "operate-on-class-ids": Key("only objects of these classes", "all", "class_ids", _ids_or_all),
    "input-object-min-width": Key(
        "least width of an object, frame pixels", "0", "min_width", _count
    ),
    "input-object-min-height": Key(
        "least height of an object, frame pixels", "0", "min_height", _count
    ),
    "input-object-max-width": Key(
        "greatest width, frame pixels; 0: no limit", "0", "max_width", _count
    ),
    "input-object-max-height": Key(
        "greatest height, frame pixels; 0: no limit", "0", "max_height", _count
    ),
    "interval": Key("batches left out between two that are prepared", "0", "interval", _count),
    "draw-roi": Key("tell the OSD to draw the regions", "0", "draw_roi", Value.boolean),
    "roi-color": Key("their colour, red;green;blue;alpha", "0;1;1;1", "roi_color", Value.color),
    "custom-input-transformation-function": Key(
        "the function of the Python file that cuts regions out and scales them",
        "built in",
        "transformation",
        lambda value: value.text or None,
    ),
}
ROI_PREFIX = "roi-params-src-"
ROI_EFFECT = (
    "regions of source N, x;y;width;height;… in frame pixels; where src-ids is -1, sources "
    "without a list of their own take that of the lowest N"
)
