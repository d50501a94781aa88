"""Every key of an nvinferserver configuration, by path, in the order of the reference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from penstock.config.inferserver_values import (
    COLORS,
    DATA_TYPES,
    ORDERS,
    PROCESS_MODES,
    address,
    class_ids,
    dims,
    interpolation,
    least_one,
    version,
)
from penstock.config.keys import Key, ignored
from penstock.config.prototext_keys import count, one_of, ratio, signed, text
from penstock.config.value import INT_MAX, Value

_INFER, _BACKEND = "infer_config", "infer_config.backend"
_TRITON, _OLD = f"{_BACKEND}.triton", f"{_BACKEND}.trt_is"
_PRE, _POST = f"{_INFER}.preprocess", f"{_INFER}.postprocess"
_DETECTION = f"{_POST}.detection"
_IN, _OUT = "input_control", "output_control"
_FILTERS = f"{_OUT}.detect_control"
_SERVER_ONLY = "it is a setting of the Triton server inside NVIDIA's element"
_NO_GPU = "arrays lie in the computer's memory"
_SERVER_SETTINGS = {
    "log_level": "how much it logs",
    "backend_dir": "where its backends lie",
    "backend_configs": "their settings",
    "tf_gpu_memory_fraction": "GPU memory of TensorFlow",
    "tf_disable_soft_placement": "where TensorFlow computes",
    "min_compute_capacity": "least capability of a GPU",
    "pinned_memory_pool_byte_size": "pinned memory",
    "cuda_device_memory": "GPU memory",
}

ROWS: Final = {
    f"{_BACKEND}.inputs": "inputs",
    f"{_BACKEND}.outputs": "outputs",
    f"{_DETECTION}.per_class_params": "classes",
    f"{_FILTERS}.default_filter": "filter_of_all",
    f"{_FILTERS}.specific_class_filters": "filters",
}
"""Messages that may be repeated, or whose keys appear elsewhere too."""


def _server(of: str) -> dict[str, Key]:
    return {
        f"{of}.model_name": Key("name of the model", "required", "model_name", text),
        f"{of}.version": Key(
            "its version; -1: the latest that its version policy offers", "-1", "version", version
        ),
        f"{of}.model_repo.root": Key(
            "folder of the model repository, to run the model in this process",
            "none",
            "root",
            lambda value: value.path(),
        ),
        f"{of}.model_repo.strict_model_config": Key(
            "the model must have a config.pbtxt", "false", "strict", Value.boolean
        ),
        **{
            f"{of}.model_repo.{name}": ignored(effect, _SERVER_ONLY)
            for name, effect in _SERVER_SETTINGS.items()
        },
        f"{of}.grpc.url": Key(
            "host:port of a server, to run the model there", "none", "url", address
        ),
        f"{of}.grpc.enable_cuda_buffer_sharing": ignored("share GPU memory", _NO_GPU),
    }


def _filters(of: str) -> dict[str, Key]:
    colors = {
        f"{of}.{kind}.{letter}": Key(
            f"{meaning}: r, g, b, a, each 0 to 1", default, f"{kind}.{letter}", ratio
        )
        for kind, meaning, default in (
            ("border_color", "colour of the drawn box", "red"),
            ("bg_color", "colour of its filling", "none"),
        )
        for letter in "rgba"
    }
    edges = {
        f"{of}.bbox_filter.{end}_{side}": Key(
            f"{word} {side} of a box, pixels", default, f"{end}_{side}", count
        )
        for end, word, default in (("min", "least", "0"), ("max", "greatest", "none"))
        for side in ("width", "height")
    }
    return {
        **edges,
        f"{of}.roi_top_offset": Key(
            "drops boxes whose top edge is above it, pixels", "0", "roi_top_offset", count
        ),
        f"{of}.roi_bottom_offset": Key(
            "drops boxes whose bottom edge is closer to the frame's, pixels",
            "0",
            "roi_bottom_offset",
            count,
        ),
        **colors,
    }


def _layers(of: str, what: str) -> dict[str, Key]:
    return {
        f"{of}.name": Key(f"name of {what}", "all", "name", text),
        f"{of}.dims": Key(
            "its shape without the batch, compared with the model's", "the model's", "dims", dims
        ),
        f"{of}.data_type": Key(
            "its type, TENSOR_DT_FP32 and so on, compared with the model's",
            "the model's",
            "dtype",
            one_of(DATA_TYPES),
        ),
    }


INFERSERVER_KEYS: Mapping[str, Key] = {
    f"{_INFER}.unique_id": Key("id of this element in the metadata", "0", "component_id", count),
    f"{_INFER}.gpu_ids": ignored("the GPUs to use", "inference is on the CPU or on a server"),
    f"{_INFER}.max_batch_size": Key(
        "most frames or objects in one run, 1 to 1024",
        "1",
        "batch_size",
        lambda value: value.integer(minimum=0, maximum=1024),
    ),
    # Backend
    **_layers(f"{_BACKEND}.inputs", "the input"),
    **_layers(f"{_BACKEND}.outputs", "an output to read; without any all are read"),
    **_server(_TRITON),
    **_server(_OLD),
    f"{_BACKEND}.output_mem_type": ignored("where outputs lie", _NO_GPU),
    f"{_BACKEND}.disable_warmup": ignored("start without a first run", "that run finds errors"),
    # Pixels
    f"{_PRE}.network_format": Key(
        "IMAGE_FORMAT_RGB, IMAGE_FORMAT_BGR or IMAGE_FORMAT_GRAY",
        "IMAGE_FORMAT_RGB",
        "color",
        one_of(COLORS),
    ),
    f"{_PRE}.tensor_order": Key(
        "TENSOR_ORDER_LINEAR: NCHW, TENSOR_ORDER_NHWC, TENSOR_ORDER_NONE: as the model has it",
        "TENSOR_ORDER_NONE",
        "input_order",
        one_of(ORDERS),
    ),
    f"{_PRE}.tensor_name": Key(
        "name of the input, compared with the model's", "the model's", "tensor_name", text
    ),
    f"{_PRE}.maintain_aspect_ratio": Key(
        "scale both axes alike", "0", "keep_aspect", Value.boolean
    ),
    f"{_PRE}.symmetric_padding": Key(
        "with it, bars on both sides instead of right and bottom", "0", "centred", Value.boolean
    ),
    f"{_PRE}.frame_scaling_hw": ignored("what scales", "the pixels are not on that hardware"),
    f"{_PRE}.frame_scaling_filter": Key(
        "0, 5, 6: nearest, 1: bilinear, 2, 4: cubic, 3: area", "0", "interpolation", interpolation
    ),
    f"{_PRE}.normalize.scale_factor": Key(
        "y = factor * (x - offset), x in 0..255; 0 is 1", "1.0", "scale", Value.number
    ),
    f"{_PRE}.normalize.channel_offsets": Key(
        "subtracted before scaling, one number a channel", "0", "offsets", Value.numbers
    ),
    f"{_PRE}.normalize.mean_file": Key(
        "a PPM picture to subtract", "none", "mean_file", lambda value: value.existing_file()
    ),
    # What is made of the outputs
    f"{_POST}.labelfile_path": Key(
        "class names: one a line; for classifiers one line a;b;c for each output",
        "the model's label_filename",
        "label_file",
        lambda value: value.existing_file(),
    ),
    f"{_DETECTION}.num_detected_classes": Key(
        "number of classes of a detector", "the network's", "num_classes", least_one
    ),
    f"{_DETECTION}.custom_parse_bbox_func": Key(
        "the parser of boxes: a name, or a function of custom_lib",
        "found by the outputs",
        "parser",
        text,
    ),
    f"{_DETECTION}.per_class_params.key": Key("a class", "0", "class_id", count),
    f"{_DETECTION}.per_class_params.value.pre_threshold": Key(
        "its least confidence before clustering", "0.2", "pre_cluster_threshold", Value.number
    ),
    f"{_DETECTION}.nms.confidence_threshold": Key(
        "least confidence of all classes", "0.2", "nms.threshold", Value.number
    ),
    f"{_DETECTION}.nms.iou_threshold": Key(
        "overlap above which the less confident box is dropped", "0.3", "nms.nms_iou", ratio
    ),
    f"{_DETECTION}.nms.topk": Key("most boxes of a class; 0: all", "0", "nms.top_k", signed),
    f"{_DETECTION}.dbscan.pre_threshold": Key(
        "least confidence of all classes", "0.2", "dbscan.threshold", Value.number
    ),
    f"{_DETECTION}.dbscan.eps": Key("1 less the overlap of neighbours", "0.0", "dbscan.eps", ratio),
    f"{_DETECTION}.dbscan.min_boxes": Key(
        "least neighbours of a box that a cluster is built on", "0", "dbscan.min_boxes", count
    ),
    f"{_DETECTION}.dbscan.min_score": Key(
        "least sum of confidences of a cluster", "0.0", "dbscan.dbscan_min_score", Value.number
    ),
    f"{_DETECTION}.group_rectangle.confidence_threshold": Key(
        "least confidence of all classes", "0.2", "group_rectangle.threshold", Value.number
    ),
    f"{_DETECTION}.group_rectangle.group_threshold": Key(
        "least boxes of a group, less one", "0", "group_rectangle.group_threshold", count
    ),
    f"{_DETECTION}.group_rectangle.eps": Key(
        "relative difference of edges", "0.0", "group_rectangle.eps", Value.number
    ),
    f"{_DETECTION}.simple_cluster.threshold": Key(
        "least confidence of all classes; no clustering",
        "0.2",
        "simple_cluster.threshold",
        Value.number,
    ),
    f"{_POST}.classification.threshold": Key(
        "a class must be more confident than this", "0.0", "classifier_threshold", Value.number
    ),
    f"{_POST}.classification.custom_parse_classifier_func": Key(
        "the parser of classes: probabilities, logits, or a function of custom_lib",
        "probabilities",
        "classifier_parser",
        text,
    ),
    f"{_POST}.trtis_classification.threshold": Key(
        "the same, for a classifier that Triton would read",
        "0.0",
        "classifier_threshold",
        Value.number,
    ),
    f"{_POST}.trtis_classification.tensor_name": Key(
        "the output to read", "all", "class_output", text
    ),
    f"{_POST}.trtis_classification.topk": ignored("most classes", "the most confident one is told"),
    f"{_POST}.segmentation.threshold": Key(
        "least confidence of a pixel's class", "0.0", "segmentation_threshold", Value.number
    ),
    f"{_POST}.segmentation.num_segmentation_classes": Key(
        "number of classes of a map", "the network's", "num_classes", count
    ),
    f"{_POST}.segmentation.custom_parse_segmentation_func": Key(
        "the parser of class maps", "found by the outputs", "segmentation_parser", text
    ),
    f"{_POST}.other.type_name": ignored("a name for what the outputs are", "nobody reads it"),
    f"{_INFER}.custom_lib.path": Key(
        "a Python file with the parser; a C library is not loaded",
        "none",
        "custom_lib",
        lambda value: value.path(),
    ),
    f"{_INFER}.clip_object_outside_roi": Key(
        "cut boxes at the edges of the region they were found in",
        "true",
        "clip_to_roi",
        Value.boolean,
    ),
    f"{_INFER}.extra.copy_input_to_host_buffers": ignored("where inputs lie", _NO_GPU),
    f"{_INFER}.extra.output_buffer_pool_size": ignored(
        "buffers for outputs", "they are allocated on demand"
    ),
    f"{_INFER}.extra.custom_process_funcion": Key(
        "a C++ class that makes inputs and reads outputs: an error, it cannot be loaded; parse the "
        "tensors in a probe",
        "none",
        "process_function",
        text,
    ),
    f"{_INFER}.lstm.loops": Key(
        "outputs that are the next inputs",
        "none",
        status="an error: not available",
    ),
    # Where it works
    f"{_IN}.process_mode": Key(
        "PROCESS_MODE_FULL_FRAME, or PROCESS_MODE_CLIP_OBJECTS: objects found before",
        "PROCESS_MODE_FULL_FRAME",
        "process_mode",
        one_of(PROCESS_MODES),
    ),
    f"{_IN}.operate_on_gie_id": Key(
        "only objects found by this element; -1: all",
        "-1",
        "operate_on_gie_id",
        lambda value: value.integer(minimum=-1),
    ),
    f"{_IN}.operate_on_class_ids": Key(
        "only objects of these classes", "all", "operate_on_class_ids", class_ids
    ),
    f"{_IN}.interval": Key("batches skipped between two that are inferred", "0", "interval", count),
    f"{_IN}.secondary_reinfer_interval": Key(
        "frames before a classified, tracked object is inferred again",
        str(INT_MAX),
        "reinfer_interval",
        count,
    ),
    f"{_IN}.async_mode": Key(
        "classify tracked objects without waiting for the answer",
        "false",
        "classifier_async",
        Value.boolean,
    ),
    **{
        f"{_IN}.object_control.bbox_filter.{end}_{side}": Key(
            f"{word} {side} of an object to look at, frame pixels", default, f"{end}_{side}", count
        )
        for end, word, default in (("min", "least", "0"), ("max", "greatest", "none"))
        for side in ("width", "height")
    },
    # What comes out
    f"{_OUT}.output_tensor_meta": Key(
        "attach the raw outputs to the metadata", "false", "output_tensor_meta", Value.boolean
    ),
    f"{_OUT}.classifier_type": Key(
        "name of the classifier in the metadata", "empty", "classifier_type", text
    ),
    **_filters(f"{_FILTERS}.default_filter"),
    f"{_FILTERS}.specific_class_filters.key": Key("a class", "0", "class_id", count),
    **_filters(f"{_FILTERS}.specific_class_filters.value"),
    f"{_FILTERS}.filter_out_class_ids": Key(
        "detections of these classes are dropped",
        "none",
        "filter_out_class_ids",
        lambda value: frozenset(value.integers(minimum=0)),
    ),
}


def for_reference() -> dict[str, Key]:
    """The keys without those that are others once more: old names, more colours, more filters."""
    again = ("trt_is.", "specific_class_filters.value.")
    return {
        path: key
        for path, key in INFERSERVER_KEYS.items()
        if not path.endswith((".g", ".b", ".a")) and not any(part in path for part in again)
    }
