"""Every key of nvinfer's `[property]` group, in the order of the reference."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

from penstock.config.keys import Key, ignored
from penstock.config.value import INT_MAX, Value

ColorOrder = Literal["RGB", "BGR", "GRAY"]
Interpolation = Literal["nearest", "bilinear", "area", "cubic"]

MAX_BATCH = 1024
PROCESS_MODES: Final = {1: "whole frames", 2: "objects"}
DETECTOR, CLASSIFIER, SEGMENTATION, INSTANCES, OTHER = 0, 1, 2, 3, 100
NETWORK_TYPES: Final = {
    DETECTOR: "detector",
    CLASSIFIER: "classifier",
    SEGMENTATION: "semantic segmentation",
    INSTANCES: "instance segmentation",
    OTHER: "other",
}
NETWORK_MODES: Final = {0: "FP32", 1: "INT8", 2: "FP16", 3: "best"}
LAYOUTS: Final = {0: "NCHW", 1: "NHWC"}
COLORS: Final[dict[int, ColorOrder]] = {0: "RGB", 1: "BGR", 2: "GRAY"}
# The numbers 2 to 5 name filters of NVIDIA's hardware; these are the nearest that everyone has.
INTERPOLATIONS: Final[dict[int, Interpolation]] = {
    0: "nearest",
    1: "bilinear",
    2: "cubic",
    3: "area",
    4: "cubic",
    5: "nearest",
    6: "nearest",
}
GROUP_RECTANGLES, DBSCAN, NMS = 0, 1, 2
CLUSTER_MODES: Final = {
    GROUP_RECTANGLES: "group rectangles",
    DBSCAN: "DBSCAN",
    NMS: "NMS",
    3: "DBSCAN and NMS",
    4: "none",
}

TENSORRT = "no TensorRT engine is built"
NO_DLA = "there is no deep-learning accelerator to choose"
UFF = "UFF models are not read"
STAND_IN = "NAME.onnx beside it or of the kit is read instead"
DEBUG = "it is a debugging aid of NVIDIA's element"


def _count(value: Value) -> int:
    return value.integer(minimum=0)


def _least_one(value: Value) -> int:
    return value.integer(minimum=1)


def _batch_size(value: Value) -> int:
    return value.integer(minimum=1, maximum=MAX_BATCH)


def _gie_id(value: Value) -> int:
    return value.integer(minimum=-1)


def _color_order(value: Value) -> ColorOrder:
    return COLORS[value.choice(COLORS)]


def _interpolation(value: Value) -> Interpolation:
    return INTERPOLATIONS[value.choice(INTERPOLATIONS)]


def _class_ids(value: Value) -> frozenset[int]:
    return frozenset(value.integers(minimum=0))


def _class_ids_or_all(value: Value) -> frozenset[int] | None:
    class_ids = frozenset(value.integers(minimum=-1))
    return None if not class_ids or -1 in class_ids else class_ids


def _text(value: Value) -> str | None:
    return value.text or None


def _path(value: Value) -> Path | None:
    return value.path() if value.text else None


PROPERTY_KEYS: Mapping[str, Key] = {
    # What it is and where it works
    "gie-unique-id": Key("id of this element in the metadata", "15", "component_id", _count),
    "process-mode": Key(
        "1: whole frames (primary), 2: objects (secondary)",
        "1",
        "process_mode",
        lambda value: value.choice(PROCESS_MODES),
    ),
    "network-type": Key(
        "0: detector, 1: classifier, 2: semantic segmentation, 3: instance segmentation, a "
        "detector with masks, 100: other, only output-tensor-meta",
        "0",
        "network_type",
        lambda value: value.choice(NETWORK_TYPES),
    ),
    "is-classifier": Key("deprecated: 1 means network-type 1", "0", "is_classifier", Value.boolean),
    "batch-size": Key(
        "most frames or objects in one run, 1 to 1024", "1", "batch_size", _batch_size
    ),
    "interval": Key("batches skipped between two that are inferred", "0", "interval", _count),
    "secondary-reinfer-interval": Key(
        "frames before a classified, tracked object is inferred again",
        str(INT_MAX),
        "reinfer_interval",
        _count,
    ),
    "operate-on-gie-id": Key(
        "only objects found by this element; -1: all", "-1", "operate_on_gie_id", _gie_id
    ),
    "operate-on-class-ids": Key(
        "only objects of these classes", "all", "operate_on_class_ids", _class_ids_or_all
    ),
    "filter-out-class-ids": Key(
        "detections of these classes are dropped", "none", "filter_out_class_ids", _class_ids
    ),
    "input-object-min-width": Key(
        "least width of an object to look at, frame pixels", "0", "min_width", _count
    ),
    "input-object-min-height": Key(
        "least height of an object to look at, frame pixels", "0", "min_height", _count
    ),
    "input-object-max-width": Key(
        "greatest width, frame pixels; 0: no limit", "0", "max_width", _count
    ),
    "input-object-max-height": Key(
        "greatest height, frame pixels; 0: no limit", "0", "max_height", _count
    ),
    # The model
    "onnx-file": Key("the network", "required", "model_file", Value.existing_file),
    "labelfile-path": Key(
        "class names: one a line; for classifiers one line a;b;c for each output",
        "none",
        "label_file",
        Value.existing_file,
    ),
    "num-detected-classes": Key(
        "number of classes; required for detectors", "none", "num_classes", _least_one
    ),
    "network-mode": Key(
        "0: compute in f32; 1, 2, 3: in the fastest precision of this machine",
        "0",
        "network_mode",
        lambda value: value.choice(NETWORK_MODES),
    ),
    "infer-dims": Key(
        "channels;height;width of the input, for networks that leave it open; one of a fixed size "
        "keeps its own, with a warning",
        "the network's",
        "input_shape",
        Value.shape,
    ),
    "network-input-order": Key(
        "0: NCHW, 1: NHWC", "0", "input_order", lambda value: value.choice(LAYOUTS)
    ),
    "output-blob-names": Key("the outputs to read, a;b", "all", "output_names", Value.strings),
    "model-engine-file": Key(
        "TensorRT's plan; need not exist",
        "none",
        "engine_file",
        _path,
        f"accepted, ignored because {TENSORRT}",
    ),
    "int8-calib-file": ignored("INT8 calibration table", TENSORRT),
    "engine-create-func-name": ignored("function that builds the engine", TENSORRT),
    "workspace-size": ignored("TensorRT's workspace, MiB", TENSORRT),
    "force-implicit-batch-dim": ignored("TensorRT's implicit batch", TENSORRT),
    "layer-device-precision": ignored("precision of single layers", TENSORRT),
    "output-io-formats": ignored("data types of outputs", TENSORRT),
    "strongly-typed": ignored("strongly typed networks", TENSORRT),
    "dynamic-properties": ignored("TensorRT's dynamic shapes", TENSORRT),
    "warmup-engine": ignored("warms the engine up", TENSORRT),
    "stabilize-buffer-count": ignored("buffers of the warm-up", TENSORRT),
    "model-file": ignored("a Caffe model", STAND_IN),
    "proto-file": ignored("a Caffe model's layers", "such models are not read"),
    "custom-network-config": Key(
        "a Darknet network's description: gives the anchors of raw YOLO layers where it exists",
        "none",
        "network_config",
        _path,
    ),
    "tlt-encoded-model": ignored("an encrypted TAO model", STAND_IN),
    "tlt-model-key": ignored("that model's key", "only TensorRT can decrypt it"),
    "uff-file": ignored("a UFF model", STAND_IN),
    "uff-input-dims": ignored("its input's shape", UFF),
    "uff-input-order": ignored("its input's layout", UFF),
    "uff-input-blob-name": ignored("its input's name", UFF),
    "input-dims": ignored("its input's shape and layout", UFF),
    # Pixels
    "net-scale-factor": Key("y = factor * (x - offset), x in 0..255", "1.0", "scale", Value.number),
    "offsets": Key(
        "subtracted before scaling, one number a channel, r;g;b or b;g;r",
        "0",
        "offsets",
        Value.numbers,
    ),
    "mean-file": Key("a PPM picture to subtract", "none", "mean_file", Value.existing_file),
    "model-color-format": Key("0: RGB, 1: BGR, 2: GRAY", "0", "color", _color_order),
    "maintain-aspect-ratio": Key("scale both axes alike", "0", "keep_aspect", Value.boolean),
    "symmetric-padding": Key(
        "with it, bars on both sides instead of right and bottom", "0", "centred", Value.boolean
    ),
    "scaling-filter": Key(
        "0, 5, 6: nearest, 1: bilinear, 2, 4: cubic, 3: area", "0", "interpolation", _interpolation
    ),
    "scaling-compute-hw": ignored("which NVIDIA unit scales", "the pixels are not on that GPU"),
    "input-tensor-from-meta": Key(
        "take tensors prepared by nvdspreprocess; keys about pixels and about which objects to "
        "look at have no effect then",
        "0",
        "input_tensor_from_meta",
        Value.boolean,
    ),
    # What is made of the outputs
    "cluster-mode": Key(
        "0: group rectangles, 1: DBSCAN, 2: NMS, 3: DBSCAN and NMS, 4: none; absent, or 0 "
        "without a group-threshold: NMS with topk 20 and nms-iou-threshold 0.5",
        "0",
        "cluster_mode",
        lambda value: value.choice(CLUSTER_MODES),
    ),
    "enable-dbscan": Key("deprecated: 1 means cluster-mode 1", "0", "enable_dbscan", Value.boolean),
    "parse-bbox-func-name": Key(
        "the parser of boxes: a name, or a function of custom-lib-path",
        "found by the outputs",
        "parser",
        _text,
    ),
    "parse-bbox-instance-mask-func-name": Key(
        "the same for network-type 3",
        "parse-bbox-func-name",
        "mask_parser",
        _text,
    ),
    "parse-classifier-func-name": Key(
        "the parser of classes: probabilities, logits, or a function of custom-lib-path",
        "probabilities",
        "classifier_parser",
        _text,
    ),
    "parse-segmentation-func-name": Key(
        "the parser of class maps: probabilities, logits, classes, or a function of "
        "custom-lib-path",
        "probabilities, or classes where the output has one whole number a pixel",
        "segmentation_parser",
        _text,
    ),
    "custom-lib-path": Key(
        "a Python file with the parser; a C library is not loaded", "none", "custom_lib", _path
    ),
    "classifier-type": Key(
        "name of the classifier in the metadata",
        "empty",
        "classifier_type",
        lambda value: value.text,
    ),
    "classifier-threshold": Key(
        "a class must be more confident than this", "0.0", "classifier_threshold", Value.number
    ),
    "classifier-async-mode": Key(
        "classify tracked objects without waiting for the answer",
        "0",
        "classifier_async",
        Value.boolean,
    ),
    "segmentation-threshold": Key(
        "network-type 2: a pixel's class must be more probable than this, else it is -1; "
        "network-type 3: least score of an object's pixel in its mask (0: 0.5)",
        "0.0",
        "segmentation_threshold",
        Value.number,
    ),
    "segmentation-output-order": Key(
        "how a class map's output lies, 0: NCHW, 1: NHWC",
        "0",
        "segmentation_order",
        lambda value: value.choice(LAYOUTS),
    ),
    "crop-objects-to-roi-boundary": Key(
        "cut boxes at the roi offsets instead of dropping them", "0", "crop_to_roi", Value.boolean
    ),
    "output-tensor-meta": Key(
        "attach the raw outputs to the frames, objects or regions they are of",
        "0",
        "output_tensor_meta",
        Value.boolean,
    ),
    "output-instance-mask": Key(
        "attach masks to the objects, where the parser gives them; on objects (process-mode 2) "
        "network-type 2 makes them of the probabilities of the object's own class",
        "0",
        "output_instance_mask",
        Value.boolean,
    ),
    "disable-output-host-copy": ignored("leave outputs on the GPU", "outputs are host arrays"),
    "tensor-meta-pool-size": ignored("buffers for raw outputs", "they are allocated on demand"),
    "raw-output-file-write": Key(
        "write raw outputs to files in the working directory",
        "0",
        "raw_output_file_write",
        Value.boolean,
    ),
    # The machine
    "gpu-id": Key(
        "the GPU to use", "0", "gpu_id", _count, "accepted, ignored because inference is on the CPU"
    ),
    "enable-dla": ignored("use the accelerator", NO_DLA),
    "use-dla-core": ignored("which accelerator", NO_DLA),
    "auto-inc-mem": ignored("let the GPU buffer pool grow", "there is no GPU buffer pool"),
    "max-gpu-mem-per": ignored("limit of that pool, percent", "there is no GPU buffer pool"),
    "dump-input-tensor": ignored("write inputs to files", DEBUG),
    "dump-output-tensor": ignored("write outputs to files", DEBUG),
    "overwrite-input-tensor": ignored("read inputs from a file", DEBUG),
    "overwrite-output-tensor": ignored("read outputs from files", DEBUG),
    "ip-tensor-file": ignored("the file of inputs", DEBUG),
    "op-tensor-files": ignored("the files of outputs", DEBUG),
}
