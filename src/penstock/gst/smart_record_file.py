"""Write encoded video into a file as it is."""

from __future__ import annotations

import os
import time
from itertools import pairwise
from pathlib import Path

from penstock.errors import StreamError
from penstock.gst.gi import Gst

MP4, MKV = 0, 1
_MUXERS = {MP4: ("mp4mux", "mp4"), MKV: ("matroskamux", "mkv")}
_STEPS = {  # what a muxer needs between it and a camera's stream
    "video/x-h264": ("h264parse", "h264timestamper"),
    "video/x-h265": ("h265parse", "h265timestamper"),
    "image/jpeg": ("jpegparse",),
    "video/mpeg": ("mpeg4videoparse",),
}
_FINISH_S = 10


def free_path(folder: Path, *, prefix: str, session: int, container: int) -> Path:
    """A new, empty file `PREFIX_SESSION_DATE-TIME_PROCESS.mp4`, with a number where that is taken.

    Raises:
        OSError: There can be none in that folder.
    """
    stamp, kind = time.strftime("%Y%m%d-%H%M%S"), _MUXERS[container][1]
    number = 1
    while True:
        more = f"-{number}" if number > 1 else ""
        path = folder / f"{prefix}_{session:05d}_{stamp}_{os.getpid()}{more}.{kind}"
        try:
            path.open("xb").close()
        except FileExistsError:
            number += 1
        else:
            return path


class RecordFile:
    """A file that grows frame by frame; its times begin at 0.

    Args:
        path: Written over; removed where there is an error.
        caps: Of the encoded frames.
        container: `MP4` or `MKV`.

    Attributes:
        duration_ns: From the first frame to the end of the last.

    Raises:
        StreamError: Such a stream cannot be put into that container.
    """

    def __init__(self, path: Path, caps: Gst.Caps, *, container: int) -> None:
        self.path, self.duration_ns = path, 0
        self._first_ns: int | None = None
        names = ["appsrc", *_STEPS.get(caps.get_structure(0).get_name(), ())]
        names += [_MUXERS[container][0], "filesink"]
        elements = [e for e in map(Gst.ElementFactory.make, names) if e is not None]
        self._pipeline = Gst.Pipeline.new(None)
        for element in elements:
            self._pipeline.add(element)
        for before, after in pairwise(elements):
            if not before.link(after):
                kind = caps.get_structure(0).get_name()
                path.unlink()
                raise StreamError(
                    f"{_MUXERS[container][1]} files take no {kind}; Matroska's do "
                    "(smart-rec-container=1)"
                )
        self._source = elements[0]
        for name, value in {"caps": caps, "format": Gst.Format.TIME, "max-bytes": 0}.items():
            self._source.set_property(name, value)
        elements[-1].set_property("location", str(path))
        self._pipeline.set_state(Gst.State.PLAYING)

    def add(self, frame: Gst.Buffer) -> None:
        """Append an encoded frame; the first must be a key frame."""
        if frame.pts == Gst.CLOCK_TIME_NONE:
            return
        if self._first_ns is None:
            self._first_ns = frame.pts
        copy = frame.copy()  # of what is said about the bytes, not of the bytes
        copy.pts = max(0, frame.pts - self._first_ns)
        copy.dts = Gst.CLOCK_TIME_NONE
        length_ns = 0 if frame.duration == Gst.CLOCK_TIME_NONE else frame.duration
        self.duration_ns = max(self.duration_ns, copy.pts + length_ns)
        self._source.emit("push-buffer", copy)

    def finish(self) -> None:
        """Complete the file; waits for it.

        Raises:
            StreamError: It could not be written.
        """
        self._source.emit("end-of-stream")
        ends = Gst.MessageType.EOS | Gst.MessageType.ERROR
        said = self._pipeline.get_bus().timed_pop_filtered(_FINISH_S * Gst.SECOND, ends)
        self._pipeline.set_state(Gst.State.NULL)
        if said is None:
            raise StreamError(f"{self.path} was not complete within {_FINISH_S} s")
        if said.type == Gst.MessageType.ERROR:
            raise StreamError(f"{self.path}: {said.parse_error()[0].message}")
