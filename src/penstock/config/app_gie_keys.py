"""The keys of deepstream-app's groups about networks and trackers."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.config.app_grammar import (
    class_ids,
    count,
    existing,
    files_or_names,
    given,
    least_one,
    library,
)
from penstock.config.keys import Key, ignored
from penstock.config.value import Value

_AUDIO = "there is no sound"
_NO_TENSORRT = "no TensorRT engine is built"
_EMBEDDER = "it belongs to a network for texts"

GIE: Mapping[str, Key] = {
    "config-file": Key("the network's file, see nvinfer", "required", "config_file", existing),
    "plugin-type": Key(
        "0: nvinfer, 1: nvinferserver",
        "0",
        "plugin",
        lambda value: value.choice({0: "nvinfer", 1: "nvinferserver"}),
    ),
    "gie-unique-id": given("unique-id", "its id in the metadata", count, "the file's"),
    "batch-size": given(
        "batch-size",
        "most frames or objects in one run",
        lambda value: value.integer(minimum=1, maximum=1024),
        "the file's",
    ),
    "interval": given("interval", "batches left out between two", count, "the file's"),
    "operate-on-gie-id": given(
        "infer-on-gie-id",
        "secondary: only objects of this network",
        lambda value: value.integer(minimum=-1),
        "the file's",
    ),
    "operate-on-class-ids": given(
        "infer-on-class-ids", "secondary: only objects of these classes, 0;2", class_ids, "all"
    ),
    "input-tensor-meta": given(
        "input-tensor-meta", "1: take the tensors of pre-process", Value.boolean, "0"
    ),
    "labelfile-path": Key(
        "names of the classes, one a line, instead of the file's", "none", "labels", existing
    ),
    "bbox-border-color": Key(
        "colour of boxes; with a number behind it, of one class: `bbox-border-color2`",
        "the osd group's, then the file's",
        "border_color",
        Value.color,
    ),
    "bbox-bg-color": Key("colour inside them, likewise", "the file's", "bg_color", Value.color),
    "model-engine-file": ignored("TensorRT's plan", _NO_TENSORRT),
    "infer-raw-output-dir": ignored("folder for raw outputs", "output-tensor-meta hands them over"),
    "audio-transform": ignored("spectrogram", _AUDIO),
    "audio-framesize": ignored("samples", _AUDIO),
    "audio-hopsize": ignored("samples", _AUDIO),
    "audio-input-rate": ignored("samples a second", _AUDIO),
    "model-variant": ignored("name of a network", _EMBEDDER),
    "device": ignored("where it runs", _EMBEDDER),
    "min-crop-size": ignored("least size", _EMBEDDER),
    "verbose": ignored("say more", _EMBEDDER),
    "backend": ignored("what runs it", _EMBEDDER),
    "triton-url": ignored("server", "nvinferserver's own file names it"),
    "triton-model": ignored("its model", "nvinferserver's own file names it"),
}

TRACKER: Mapping[str, Key] = {
    "tracker-width": given("tracker-width", "width that it works in, pixels", least_one),
    "tracker-height": given("tracker-height", "its height, pixels", least_one),
    "ll-lib-file": given("ll-lib-file", "the library, which names the tracker", library),
    "ll-config-file": given(
        "ll-config-file", "its settings, see trackers; or its name", files_or_names
    ),
    "display-tracking-id": given("display-tracking-id", "write ids beside boxes", Value.boolean),
    "tracking-id-reset-mode": given("tracking-id-reset-mode", "when ids begin anew", count),
    "tracking-surface-type": given("tracking-surface-type", "only surfaces of this type", count),
    "tracker-surface-type": given("tracking-surface-type", "older name of that", count),
    "input-tensor-meta": given("input-tensor-meta", "take tensors of pre-process", Value.boolean),
    "tensor-meta-gie-id": given("tensor-meta-gie-id", "of which network", count),
    "user-meta-pool-size": given("user-meta-pool-size", "pool of metadata", least_one),
    "sub-batches": given("sub-batches", "sources tracked together, 0,1;2,3", lambda v: v.text),
    "sub-batch-err-recovery-trial-cnt": given(
        "sub-batch-err-recovery-trial-cnt",
        "trials after an error",
        lambda value: value.integer(minimum=-1),
    ),
    "operate-on-class-ids": given(
        "operate-on-class-ids", "only objects of these classes, 0;2", class_ids
    ),
    "enable-batch-process": given("enable-batch-process", "accepted", Value.boolean),
    "enable-past-frame": given("enable-past-frame", "tell of earlier frames", Value.boolean),
    "compute-hw": ignored("which NVIDIA unit works", "the pixels are not on a GPU"),
    "tracker-algorithm": ignored("of DeepStream 3", "ll-lib-file names the tracker"),
    "iou-threshold": ignored("of DeepStream 3", "the tracker's own file has it"),
}

PREPROCESS: Mapping[str, Key] = {
    "config-file": given("config-file", "the regions, see nvdspreprocess", existing, "required"),
    "operate-on-gie-id": given(
        "operate-on-gie-id", "only objects of this network", lambda v: v.integer(minimum=-1)
    ),
}
