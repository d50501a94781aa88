"""Build the pipeline of a detection job."""

from __future__ import annotations

import threading
from pathlib import Path

from penstock.gst import Gst
from penstock.pipeline.endings import QUEUE, ending_of
from penstock.pipeline.grid import Grid
from penstock.pipeline.job import DetectJob
from penstock.pipeline.sources import SourceBin, is_live, uri_of

_LIVE_PUSH_US = 100_000
_IN_A_RUN = 4
_MEETING_S = 3.0


def build(job: DetectJob, *, config: Path) -> tuple[Gst.Pipeline, list[SourceBin]]:
    """A pipeline in state NULL, with its elements named `mux` and `infer`, and its sources.

    Args:
        job: What to do.
        config: The detector's configuration file.

    Raises:
        ConfigError: A source names nothing that could be read.
    """
    uris = [uri_of(name) for name in job.sources]
    live = any(map(is_live, uris))
    tail = ending_of(job, live=live)
    # Names that users choose are set as properties: no quoting can go wrong.
    pipeline = Gst.parse_launch(f"nvstreammux name=mux ! {QUEUE} ! nvinfer name=infer ! {tail}")
    mux, infer = pipeline.get_by_name("mux"), pipeline.get_by_name("infer")
    infer.set_property("config-file-path", str(config))
    mux.set_property("batch-size", job.places)
    infer.set_property("batch-size", len(uris) if not job.is_open else min(job.places, _IN_A_RUN))
    mux.set_property("enable-padding", True)
    if job.output is not None:
        pipeline.get_by_name("file").set_property("location", str(job.output))
    size = _FrameSize(mux, tiler=pipeline.get_by_name("tiler"), sources=len(uris))
    sources = [
        SourceBin(
            i,
            name=str(name),
            uri=uri,
            frames=job.frames,
            tls_ca=job.tls_ca,
            on_size=size.adopt,
        )
        for i, (name, uri) in enumerate(zip(job.sources, uris, strict=True))
    ]
    if job.is_open or live:
        mux.set_property("live-source", True)
        mux.set_property("batched-push-timeout", _LIVE_PUSH_US)
    mux.set_property("drop-pipeline-eos", job.is_open)
    for source in sources:
        pipeline.add(source.bin)
        source.pad.link(mux.request_pad_simple(f"sink_{source.index}"))
    return pipeline, sources


class _FrameSize:
    """The largest source's size becomes the batch's; the others are fitted into it.

    Sources wait for each other, a limited time, so that the result does not depend on who is first.
    """

    def __init__(self, mux: Gst.Element, *, tiler: Gst.Element | None, sources: int) -> None:
        self._mux, self._tiler, self._sources = mux, tiler, sources
        self._changed = threading.Condition()  # guards what follows
        self._sizes: dict[int, tuple[int, int]] = {}
        self._settled = False
        self._set(1920, 1080)  # the mux wants a size before any source is open

    def adopt(self, source: int, width: int, height: int) -> None:
        """Called by every source, on its own thread, ahead of its first frame or when it fails.

        Args:
            source: Its number.
            width: Of its pictures in pixels; 0 if it failed.
            height: As `width`.
        """
        with self._changed:
            if width or source not in self._sizes:
                self._sizes[source] = (width, height)
            self._changed.notify_all()
            if self._settled or width == 0:
                return
            self._changed.wait_for(self._is_complete, timeout=_MEETING_S)
            if not self._settled:
                self._settled = True
                width, height = max(self._sizes.values(), key=lambda size: size[0] * size[1])
                self._set(width + width % 2, height + height % 2)  # encoders want even sides

    def _is_complete(self) -> bool:
        return self._settled or len(self._sizes) == self._sources

    def _set(self, width: int, height: int) -> None:
        self._mux.set_property("width", width)
        self._mux.set_property("height", height)
        if self._tiler is not None:
            grid = Grid.of(self._sources, frame=(width, height))
            self._tiler.set_property("rows", grid.rows)
            self._tiler.set_property("columns", grid.columns)
            self._tiler.set_property("width", max(16, grid.width))
            self._tiler.set_property("height", max(16, grid.height))
