"""`penstock detect`: sources in, objects, pictures and numbers out."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np

import penstock
from penstock.errors import ConfigError
from penstock.gst import Gst, batch_of
from penstock.meta import UNTRACKED, FrameMeta
from penstock.pipeline.models import config_for
from penstock.pipeline.running import Run
from penstock.pipeline.sources import SourceBin, uri_of

DEFAULT_MODEL = "yolov4-tiny"


@dataclass
class Summary:
    """What a run found.

    Attributes:
        frames: Source → frames seen.
        objects: Label → objects seen, summed over frames.
        failures: Source's name → why it stopped early.
        warnings: What elements warned about.
    """

    frames: Counter[int] = field(default_factory=Counter)
    objects: Counter[str] = field(default_factory=Counter)
    failures: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class DetectJob:
    """What to detect, where, and what to write.

    Attributes:
        sources: Paths, devices or URIs.
        model: A name of the kit, an ONNX file or an nvinfer configuration.
        output: MP4 file with the objects drawn.
        json: JSON Lines file, one line a frame, boxes in source pixels.
        display: Show the pictures in a window, in their own time.
        frames: Stop each source after so many frames.
    """

    sources: Sequence[str]
    model: str = DEFAULT_MODEL
    output: Path | None = None
    json: Path | None = None
    display: bool = False
    frames: int | None = None


def detect(
    job: DetectJob,
    *,
    on_progress: Callable[[Summary], None] | None = None,
    on_warning: Callable[[str], None] | None = None,
) -> Summary:
    """Run a job to its end.

    Args:
        job: What to do.
        on_progress: Called about ten times a second with what was found so far.
        on_warning: Called with each warning.

    Raises:
        ConfigError: A source, a model or an output that cannot be used.
        StreamError: The pipeline failed.
    """
    penstock.init()
    summary = Summary()

    def warn(text: str) -> None:
        summary.warnings.append(text)
        if on_warning is not None:
            on_warning(text)

    with ExitStack() as stack:
        lines = stack.enter_context(_open_for_writing(job.json)) if job.json else None
        if job.output is not None:
            stack.enter_context(_open_for_writing(job.output))
        pipeline, feeds = _build(job)
        probe = pipeline.get_by_name("infer").get_static_pad("src")
        probe.add_probe(Gst.PadProbeType.BUFFER, _note, summary, lines)
        run = Run(
            pipeline,
            sources=feeds,
            on_tick=(lambda: on_progress(summary)) if on_progress else None,
            on_warning=warn,
        )
        run.run()
    summary.failures = {s.name: s.failure for s, _ in feeds if s.failure is not None}
    return summary


def _open_for_writing(path: Path) -> IO[str]:
    """Fail now, with a sentence, rather than when the first frame is written."""
    try:
        return path.open("w")
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from error


def _build(job: DetectJob) -> tuple[Gst.Pipeline, list[tuple[SourceBin, Gst.Pad]]]:
    named = [(name, uri_of(name)) for name in job.sources]
    config = config_for(job.model)
    sources = [SourceBin(i, name=name, uri=uri) for i, (name, uri) in enumerate(named)]
    text = (
        f"nvstreammux name=mux batch-size={len(sources)} width=1920 height=1080 "
        "enable-padding=true ! queue max-size-buffers=2 ! nvinfer name=infer "
        f'config-file-path="{config}" batch-size={len(sources)} ! {_tail(job, len(sources))}'
    )
    pipeline = Gst.parse_launch(text)
    mux = pipeline.get_by_name("mux")
    feeds = []
    adopt = _AdoptFirstSize(mux)
    for source in sources:
        source.pad.add_probe(Gst.PadProbeType.EVENT_DOWNSTREAM, adopt)
        pipeline.add(source.bin)
        pad = mux.request_pad_simple(f"sink_{source.index}")
        source.pad.link(pad)
        if job.frames is not None:
            source.pad.add_probe(Gst.PadProbeType.BUFFER, _limit, pad, Counter(), job.frames)
        feeds.append((source, pad))
    return pipeline, feeds


class _AdoptFirstSize:
    """The first source's size becomes the batch's; the others are scaled to it."""

    def __init__(self, mux: Gst.Element) -> None:
        self._mux, self._lock, self._known = mux, threading.Lock(), False

    def __call__(self, _pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        event = info.get_event()
        if event.type == Gst.EventType.CAPS:
            with self._lock:
                if not self._known:
                    self._known = True
                    structure = event.parse_caps().get_structure(0)
                    for name in ("width", "height"):
                        self._mux.set_property(name, structure.get_int(name)[1])
        return Gst.PadProbeReturn.OK


def _tail(job: DetectJob, sources: int) -> str:
    """What comes behind inference."""
    tile = "nvmultistreamtiler ! " if sources > 1 else ""
    if job.output is not None:
        return (
            f"{tile}queue max-size-buffers=2 ! nvdsosd ! nvvideoconvert ! video/x-raw,format=I420 "
            "! x264enc speed-preset=veryfast ! h264parse ! mp4mux "
            f'! filesink location="{job.output}"'
        )
    if job.display:
        return f"{tile}queue max-size-buffers=2 ! nvdsosd ! nveglglessink"
    return "fakesink sync=false enable-last-sample=false"


def _limit(
    _pad: Gst.Pad, _info: Any, mux_pad: Gst.Pad, seen: Counter[str], most: int
) -> Gst.PadProbeReturn:
    """End a source after so many frames."""
    seen["frames"] += 1
    if seen["frames"] <= most:
        return Gst.PadProbeReturn.OK
    if seen["frames"] == most + 1:
        mux_pad.send_event(Gst.Event.new_eos())
    return Gst.PadProbeReturn.DROP


def _note(
    _pad: Gst.Pad, info: Gst.PadProbeInfo, summary: Summary, lines: IO[str] | None
) -> Gst.PadProbeReturn:
    batch = batch_of(info.get_buffer())
    for frame in batch.frames if batch is not None else ():
        summary.frames[frame.source_id] += 1
        summary.objects.update(obj.label for obj in frame.objects)
        if lines is not None:
            lines.write(json.dumps(frame_record(frame)) + "\n")
    return Gst.PadProbeReturn.OK


def frame_record(frame: FrameMeta) -> dict[str, Any]:
    """One line of `--json`: boxes in source pixels."""
    detections = frame.detections
    boxes = frame.to_source.xyxy(detections.boxes)
    boxes[:, 2:] -= boxes[:, :2]
    rounded = np.round(boxes.astype(np.float64), 2).tolist()
    return {
        "source_id": frame.source_id,
        "frame_num": frame.frame_num,
        "pts_ns": frame.pts_ns,
        "objects": [
            {
                "class_id": obj.class_id,
                "label": obj.label,
                "confidence": round(float(obj.confidence), 4),
                "left": left,
                "top": top,
                "width": width,
                "height": height,
                "track_id": None if obj.track_id == UNTRACKED else obj.track_id,
            }
            for obj, (left, top, width, height) in zip(frame.objects, rounded, strict=True)
        ],
    }
