"""`penstock replay`: draw what nvdsanalytics recorded on the video that it saw."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import penstock
from penstock.analytics import EVENTS, ProofRecord, read_proof
from penstock.analytics.overlay import COLORS, add_shape
from penstock.errors import ConfigError, StreamError
from penstock.gst import Gst, batch_of
from penstock.meta import BatchMeta, Circle, Color, DisplayMeta, FrameMeta, Line, Rect, Text
from penstock.pipeline.endings import FILE, QUEUE
from penstock.pipeline.running import Run
from penstock.pipeline.sources import SourceBin, uri_of

_MP4 = (".mp4", ".m4v", ".mov")
_HELD = 8  # frames that an event stays in the picture
_WHITE: Color = (1.0, 1.0, 1.0, 1.0)
_SHADE: Color = (0.0, 0.0, 0.0, 0.6)
_GRAY: Color = (0.8, 0.8, 0.8, 1.0)


@dataclass
class Replayed:
    """What a replay drew.

    Attributes:
        events: How many events there were to draw.
        frames: How many frames the video has.
        pictures: The files, where pictures were asked for.
        beyond: Events that lie behind the video's end: it is not the video that was recorded.
    """

    events: int = 0
    frames: int = 0
    pictures: list[Path] = field(default_factory=list)
    beyond: int = 0


def replay(
    proof: Path,
    *,
    video: str,
    output: Path,
    source: int | None = None,
    on_warning: Callable[[str], None] | None = None,
) -> Replayed:
    """Draw a proof's events again.

    Args:
        proof: The file that `proof-file` named.
        video: What was analysed then: a path or a URI.
        output: An MP4 of the whole video, or a folder for one JPEG of each frame with an event.
        source: Whose events; needed where the proof has those of several sources.
        on_warning: Called with each warning.

    Raises:
        ConfigError: The proof, the video or the output cannot be used.
        StreamError: The video cannot be played.
    """
    penstock.init()
    records = _of_one_source([*read_proof(proof)], proof, source)
    uri = uri_of(video)
    as_video = output.suffix.lower() in _MP4
    _check_output(output, video, as_video=as_video)
    ending = FILE if as_video else "fakesink sync=false enable-last-sample=false"
    pipeline = Gst.parse_launch(
        f"nvstreammux name=mux batch-size=1 ! {QUEUE} ! nvdsosd name=osd ! {ending}"
    )
    mux, osd = pipeline.get_by_name("mux"), pipeline.get_by_name("osd")
    for side, length in zip(("width", "height"), records[0].size, strict=True):
        mux.set_property(side, length)
    if as_video:
        pipeline.get_by_name("file").set_property("location", str(output))
    pen = _Pen(records, folder=None if as_video else output)
    kind = Gst.PadProbeType.BUFFER
    mux.get_static_pad("src").add_probe(kind, _seen, pen.draw)
    osd.get_static_pad("src").add_probe(kind, _seen, pen.keep)
    bin_ = SourceBin(0, name=video, uri=uri, frames=None, on_size=lambda *_: None)
    pipeline.add(bin_.bin)
    bin_.pad.link(mux.request_pad_simple("sink_0"))
    run = Run(pipeline, sources=[bin_], on_warning=on_warning)
    run.run()
    if run.failures:
        raise StreamError(next(iter(run.failures.values())))
    pen.done.beyond = sum(record.frame_num >= pen.done.frames for record in records)
    return pen.done


def _of_one_source(
    records: list[ProofRecord], proof: Path, source: int | None
) -> list[ProofRecord]:
    there = sorted({record.source_id for record in records})
    if not records:
        raise ConfigError(f"proof {proof} holds no event")
    if source is None and len(there) > 1:
        listed = ", ".join(map(str, there))
        raise ConfigError(f"proof {proof} is about the sources {listed}: give one, with source")
    if source is not None and source not in there:
        listed = ", ".join(map(str, there))
        raise ConfigError(f"proof {proof} is about the sources {listed}, not about {source}")
    chosen = [record for record in records if source is None or record.source_id == source]
    if len({record.size for record in chosen}) > 1:
        raise ConfigError(f"proof {proof}: its frames have several sizes; wanted one")
    return chosen


def _check_output(output: Path, video: str, *, as_video: bool) -> None:
    if os.path.exists(video) and os.path.realpath(video) == os.path.realpath(output):
        raise ConfigError(f"output {output}: this would overwrite the video")
    if not as_video and output.exists() and not output.is_dir():
        raise ConfigError(f"output {output}: wanted a folder, or a name ending in .mp4")
    try:
        (output.parent if as_video else output).mkdir(parents=True, exist_ok=True)
        if as_video:
            output.open("a").close()
    except OSError as error:
        raise ConfigError(f"output {output} cannot be written: {error.strerror}") from error


def _seen(
    _pad: Gst.Pad, info: Gst.PadProbeInfo, use: Callable[[BatchMeta], bool]
) -> Gst.PadProbeReturn:
    batch = batch_of(info.get_buffer())
    wanted = batch is None or use(batch)
    return Gst.PadProbeReturn.OK if wanted else Gst.PadProbeReturn.DROP


class _Pen:
    """Draws events on the frames around them; keeps pictures of those that they are in."""

    def __init__(self, records: Sequence[ProofRecord], *, folder: Path | None) -> None:
        self.done = Replayed(events=len(records))
        self._folder = folder
        self._eventful = {record.frame_num for record in records}
        self._coming = sorted(records, key=self._begin, reverse=True)
        self._now: list[ProofRecord] = []

    def draw(self, batch: BatchMeta) -> bool:
        """Draw on a batch; false where nobody wants it."""
        frame = batch.frames[0]
        self.done.frames += 1
        if self._folder is not None and frame.frame_num not in self._eventful:
            return False
        self._now = [r for r in self._now if frame.frame_num <= r.frame_num + self._held]
        while self._coming and self._begin(self._coming[-1]) <= frame.frame_num:
            self._now.append(self._coming.pop())
        row = 0
        for record in self._now:
            frame.display.append(event_display(record, frame.frame_num, row=row))
            row += frame.frame_num >= record.frame_num
        return True

    def keep(self, batch: BatchMeta) -> bool:
        """Write a picture, where pictures are wanted."""
        if self._folder is not None:
            self._write(batch.frames[0])
        return True

    @property
    def _held(self) -> int:
        return 0 if self._folder is not None else _HELD

    def _begin(self, record: ProofRecord) -> int:
        if self._folder is not None:
            return record.frame_num
        numbers = [at[0] for obj in record.objects for at in obj["path"]]
        return int(min(numbers, default=record.frame_num))

    def _write(self, frame: FrameMeta) -> None:
        import cv2

        assert self._folder is not None
        (rgb,) = frame.surface.planes("RGB")
        path = self._folder / f"frame-{frame.frame_num:06d}.jpg"
        if not cv2.imwrite(str(path), cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)):
            raise StreamError(f"{path} could not be written")
        self.done.pictures.append(path)


def event_display(record: ProofRecord, frame_num: int, *, row: int = 0) -> DisplayMeta:
    """One event as it is drawn on a frame.

    Args:
        record: The event.
        frame_num: The frame; before the event only its shape and the ways so far are drawn.
        row: In which row of the picture's corner it is written.
    """
    made = DisplayMeta()
    color = COLORS.get(EVENTS.get(record.event, ""), _GRAY)
    width = max(2, round(record.size[1] / 270))
    add_shape(made, record.geometry, color=color, width=width)
    for obj in record.objects:
        way = [(x, y) for number, x, y in obj["path"] if number <= frame_num]
        for (x1, y1), (x2, y2) in pairwise(way):
            made.lines.append(Line(round(x1), round(y1), round(x2), round(y2), width, _WHITE))
        if way:
            x, y = map(round, way[-1])
            made.circles.append(Circle(x, y, 2 * width, color, 1, color))
        if frame_num == record.frame_num:
            left, top, w, h = obj["ltwh"]
            made.rects.append(Rect(left, top, w, h, width, color))
    if frame_num >= record.frame_num:
        made.texts.append(Text(_said(record), 8, 8 + 24 * row, "Sans", 12, _WHITE, 1, _SHADE))
    return made


def _said(record: ProofRecord) -> str:
    who = ", ".join(f"{obj.get('label', '')} {obj.get('track_id')}" for obj in record.objects[:6])
    return f"frame {record.frame_num}  {record.event} {record.label}: {record.count}  {who}"
