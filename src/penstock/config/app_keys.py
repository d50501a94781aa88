"""Every group of deepstream-app's configuration, in the order of the reference."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.config.app_gie_keys import GIE, PREPROCESS, TRACKER
from penstock.config.app_grammar import (
    ENABLE,
    HARDWARE,
    AppGrammar,
    count,
    existing,
    given,
    least_one,
    path,
    side,
    text,
)
from penstock.config.app_sink_keys import CONSUMER, CONVERTER, SINK
from penstock.config.app_source_keys import LIST, SOURCE
from penstock.config.keys import Key, ignored
from penstock.config.value import Value

_NEEDLESS = "batches here need no such help"


def _packed(value: Value) -> int:
    """`red;green;blue;alpha` as one number, eight bits each."""
    number = 0
    for part in value.color():
        number = number << 8 | round(part * 255)
    return number


APPLICATION: Mapping[str, Key] = {
    "enable-perf-measurement": Key("1: print frame rates", "0", "perf", Value.boolean),
    "perf-measurement-interval-sec": Key(
        "seconds from one line of frame rates to the next", "5", "perf_interval_s", least_one
    ),
    "gie-kitti-output-dir": Key(
        "folder for what the primary network finds, a file in KITTI's form for each frame",
        "none",
        "kitti_dir",
        path,
    ),
    "kitti-track-output-dir": Key(
        "the same behind the tracker, with ids", "none", "track_dir", path
    ),
    "terminated-track-output-dir": Key(
        "folder for the tracks that have ended, in the tracker's file", "none", "ended_dir", path
    ),
    "shadow-track-output-dir": Key(
        "folder for the tracks that are not seen at the moment", "none", "shadow_dir", path
    ),
    "reid-track-output-dir": Key(
        "folder for the vectors of re-identification", "none", "reid_dir", path
    ),
    "global-gpu-id": ignored("the GPU to use", "the pixels are not on a GPU"),
}

TILER: Mapping[str, Key] = {
    "enable": Key(
        "0: each source on its own, to the sinks with its source-id; 1: all in one picture; 2: "
        "as 1, and sinks with link-to-demux=1 get single sources",
        "0",
        "mode",
        lambda value: value.choice({0: "single", 1: "tiled", 2: "tiled and single"}),
    ),
    "rows": given("rows", "rows of tiles", least_one),
    "columns": given("columns", "columns of tiles", least_one),
    "width": given("width", "width of the whole, pixels", side),
    "height": given("height", "its height, pixels", side),
    "square-seq-grid": given("square-seq-grid", "as many rows as columns", Value.boolean),
    "compute-hw": ignored("which NVIDIA unit scales", "the pixels are not on a GPU"),
    "buffer-pool-size": ignored("pictures in flight", "memory is allocated on demand"),
}

MUX: Mapping[str, Key] = {
    "width": given("width", "width of every frame, pixels", side, "required"),
    "height": given("height", "its height, pixels", side, "required"),
    "batch-size": given("batch-size", "most frames in a batch", least_one, "number of sources"),
    "batched-push-timeout": given(
        "batched-push-timeout",
        "microseconds after which an incomplete batch leaves; -1: never",
        lambda value: value.integer(minimum=-1),
        "-1; 100000 with live sources",
    ),
    "live-source": given(
        "live-source", "1: sources are live", Value.boolean, "1 with cameras, else 0"
    ),
    "enable-padding": given("enable-padding", "keep the aspect ratio, with bars", Value.boolean),
    "buffer-pool-size": given(
        "buffer-pool-size",
        "most batches in flight",
        lambda value: value.integer(minimum=4),
    ),
    "attach-sys-ts-as-ntp": given(
        "attach-sys-ts", "1: ntp_timestamp is the wall clock's, 0: the camera's", Value.boolean
    ),
    "config-file-path": given(
        "config-file-path", "file of the new mux (`USE_NEW_NVSTREAMMUX=yes`)", existing
    ),
    "sync-inputs": given("sync-inputs", "batch the frames of one moment", Value.boolean),
    "max-latency": given("max-latency", "nanoseconds longer that it waits then", count),
    "num-surfaces-per-frame": given(
        "num-surfaces-per-frame", "surfaces of one frame, behind a dewarper", least_one
    ),
    "frame-num-reset-on-eos": given(
        "frame-num-reset-on-eos", "count frames anew after a source's end", Value.boolean
    ),
    "frame-num-reset-on-stream-reset": given(
        "frame-num-reset-on-stream-reset", "count frames anew after a reset", Value.boolean
    ),
    "drop-pipeline-eos": given(
        "drop-pipeline-eos", "go on when the last source has ended", Value.boolean
    ),
    "frame-duration": given(
        "frame-duration", "of a frame, milliseconds, for NTP time; 0: not used", count
    ),
    "async-process": ignored("batch on a thread of its own", "it always does"),
    "sort-batch": ignored("order of a batch", "it is that of the pads"),
    "compute-hw": ignored("which NVIDIA unit scales", "the pixels are not on a GPU"),
    "cache-buffer": ignored("keep frames back", _NEEDLESS),
    "cache-buffer-timeout": ignored("how long", _NEEDLESS),
    "sync-inputs-ntp": ignored("batch by NTP time", "sync-inputs batches by running time"),
    "align-first-buffer": ignored("wait for all sources first", _NEEDLESS),
    "failsafe-flush-count": ignored("frames that are thrown away", _NEEDLESS),
    "extract-sei-type5-data": ignored("read user data of the video", "it is not read"),
    "extract-sei-sim-time": ignored("read a simulator's time", "it is not read"),
    "drop-backward-sei": ignored("drop frames by that time", "it is not read"),
}

OSD: Mapping[str, Key] = {
    "process-mode": given("process-mode", "0: CPU, 1: GPU, 2: nothing", lambda v: v.integer()),
    "border-width": Key("of boxes, pixels", "as the network's file says", "border_width", count),
    "border-color": Key("of boxes", "as the network's file says", "border_color", Value.color),
    "text-size": Key("points", "11", "text_size", least_one),
    "text-color": Key("colour of texts", "1;1;1;1", "text_color", Value.color),
    "text-bg-color": Key("colour behind them", "0;0;0;1", "text_bg_color", Value.color),
    "font": Key("name of the font", "Serif", "font", text),
    "show-clock": given("display-clock", "show the time", Value.boolean),
    "clock-x-offset": given("x-clock-offset", "where, pixels from the left", count),
    "clock-y-offset": given("y-clock-offset", "where, pixels from the top", count),
    "clock-text-size": given(
        "clock-font-size", "its size, points", lambda v: v.integer(minimum=0, maximum=60)
    ),
    "clock-color": given("clock-color", "its colour", _packed),
    "display-text": given("display-text", "draw texts", Value.boolean),
    "display-bbox": given("display-bbox", "draw boxes", Value.boolean),
    "display-mask": given("display-mask", "draw masks", Value.boolean),
    "hw-blend-color-attr": ignored("colours of a Jetson's blender", "there is none"),
}

DEWARPER: Mapping[str, Key] = {
    "config-file": given("config-file", "the lens and the views, see nvdewarper", existing),
    "source-id": Key("whose pictures", "0", "source_id", count),
    "num-output-buffers": ignored("pictures in flight", "memory is allocated on demand"),
    "num-surfaces-per-frame": Key(
        "surfaces of one frame, told to the mux", "1", "surfaces", least_one
    ),
    "num-batch-buffers": given(
        "num-batch-buffers", "how many views are made", lambda v: v.integer(minimum=1, maximum=4)
    ),
}

SEGVISUAL: Mapping[str, Key] = {
    "width": given("width", "width of the picture of classes, pixels", side),
    "height": given("height", "its height, pixels", side),
    "batch-size": given("batch-size", "most frames at a time", least_one),
}

IMAGES: Mapping[str, Key] = {
    "output-folder-path": Key("folder for JPEG files", "required", "folder", path),
    "save-img-full-frame": Key("1: whole frames", "0", "frames", Value.boolean),
    "save-img-cropped-obj": Key("1: what is in each box", "0", "crops", Value.boolean),
    "second-to-skip-interval": Key(
        "seconds between two frames of a source that are looked at", "600", "interval_s", count
    ),
    "min-confidence": Key("least confidence of an object", "0", "min_confidence", Value.number),
    "max-confidence": Key("greatest confidence", "1", "max_confidence", Value.number),
    "min-box-width": Key("least width of its box, pixels", "1", "min_width", count),
    "min-box-height": Key("least height of its box, pixels", "1", "min_height", count),
    "frame-to-skip-rules-path": ignored(
        "seconds to skip by the time of day, in CSV", "second-to-skip-interval holds all day"
    ),
    "quality": Key(
        "of the JPEG files, 1 to 100",
        "80",
        "quality",
        lambda value: value.integer(minimum=1, maximum=100),
    ),
}

_NO_EXAMPLE = "it is an example of a plugin that does nothing of use"
EXAMPLE: Mapping[str, Key] = {
    name: ignored("a setting of NVIDIA's example plugin", _NO_EXAMPLE)
    for name in (
        "full-frame",
        "processing-width",
        "processing-height",
        "blur-objects",
        "unique-id",
        "batch-size",
    )
}

TESTS: Mapping[str, Key] = {
    "file-loop": Key("1: files begin anew at their end", "0", "file_loop", Value.boolean),
    "pipeline-recreate-sec": ignored("build the pipeline anew again and again", "it finds nothing"),
}

ANALYTICS: Mapping[str, Key] = {
    "config-file": given("config-file", "zones and lines, see nvdsanalytics", existing, "required"),
    "unique-id": given("unique-id", "names it in the metadata", count),
}


def _of(keys: Mapping[str, Key], *, switch: bool = True) -> Mapping[str, Key]:
    return {**({"enable": ENABLE} if switch else {}), **keys, **HARDWARE}


GROUPS: Mapping[str, AppGrammar] = {
    "application": AppGrammar(
        "what is measured and written", _of(APPLICATION, switch=False), switched=False
    ),
    "tiled-display": AppGrammar("all sources in one picture", _of(TILER)),
    "source": AppGrammar("a source, or several", _of(SOURCE), numbered=True),
    "source-list": AppGrammar(
        "many sources by their URIs", _of(LIST, switch=False), switched=False
    ),
    "source-attr-all": AppGrammar("what holds for all of source-list", _of(SOURCE)),
    "streammux": AppGrammar("batches", _of(MUX, switch=False), switched=False),
    "pre-process": AppGrammar("regions for the primary network", _of(PREPROCESS)),
    "primary-gie": AppGrammar(
        "the network that looks at frames",
        _of(GIE),
        counted=("bbox-border-color", "bbox-bg-color"),
    ),
    "tracker": AppGrammar("ids for objects", _of(TRACKER)),
    "secondary-pre-process": AppGrammar(
        "regions for secondary networks", _of(PREPROCESS), numbered=True
    ),
    "secondary-gie": AppGrammar(
        "a network that looks at objects",
        _of(GIE),
        numbered=True,
        counted=("bbox-border-color", "bbox-bg-color"),
    ),
    "nvds-analytics": AppGrammar("zones and lines", _of(ANALYTICS)),
    "segvisual": AppGrammar("classes of pixels as colours", _of(SEGVISUAL)),
    "dewarper": AppGrammar("straight pictures of wide lenses", _of(DEWARPER), numbered=True),
    "osd": AppGrammar("what is drawn", _of(OSD)),
    "sink": AppGrammar("where pictures or messages go", _of(SINK), numbered=True),
    "message-converter": AppGrammar(
        "the nvmsgconv of sinks with disable-msgconv=1", _of(CONVERTER)
    ),
    "message-consumer": AppGrammar("messages from a broker", _of(CONSUMER), numbered=True),
    "img-save": AppGrammar("JPEG files of what was found", _of(IMAGES)),
    "ds-example": AppGrammar("passed by: NVIDIA's example of a plugin", _of(EXAMPLE)),
    "tests": AppGrammar("for tests", _of(TESTS, switch=False), switched=False),
}
"""Name of a group, without its number → what is known in it."""
