"""Notice the pictures that a decoder does not give: it skips what it cannot read, silently."""

from __future__ import annotations

from typing import NamedTuple

from penstock.errors import StreamError
from penstock.gst.callbacks import weak
from penstock.gst.gi import Gst
from penstock.gst.jpeg_header import is_cut, is_whole, luma_sampling
from penstock.gst.messages import post_error, post_warning

_OK = Gst.PadProbeReturn.OK
_REMOVE = Gst.PadProbeReturn.REMOVE
_NAMED = 10
_MOST_LUMA = 2
_GARBLED = "has 4:1:1 chroma, which GStreamer's jpegdec garbles"
_BUFFER = Gst.PadProbeType.BUFFER


class _Picture(NamedTuple):
    number: int
    pts_ns: int
    is_cut: bool


class PictureWatch:
    """Watches the pads of one decoder, and speaks for the element around it.

    A stream without one picture is an error. Where each buffer is one JPEG picture, every lost one
    is named in a warning, up to ten of a stream, and all are counted; so are those that are cut
    short. No probe on buffers stays where only the first picture matters.

    Args:
        owner: The element that posts; it must keep the watch alive.
        decoder: A decoder with pads `sink` and `src`.
        lost_before: What `frames_lost` starts from.

    Attributes:
        frames_lost: Pictures that went in and never came out.
        frames_cut: Pictures whose end is missing: they come out with a gray part.
        most_in_a_row: So many lost pictures one after the other are an error; 0 or less: no number
            is.
    """

    def __init__(self, owner: Gst.Element, decoder: Gst.Element, *, lost_before: int = 0) -> None:
        self._owner = owner
        self._sink, self._src = decoder.get_static_pad("sink"), decoder.get_static_pad("src")
        self.frames_lost, self.frames_cut, self.most_in_a_row = lost_before, 0, 0
        # libav's decoder has threads, and gives a picture only after others have gone in.
        self._is_jpegdec = decoder.get_factory().get_name() == "jpegdec"
        self._decoder = decoder
        self._segment: Gst.Segment | None = None
        self._is_judged = False  # whether a buffer is a picture that comes out before the next
        self._watched = {"sink": False, "src": False}
        self._begin()
        events = Gst.PadProbeType.EVENT_DOWNSTREAM | Gst.PadProbeType.EVENT_FLUSH
        self._sink.add_probe(events, weak(self._on_sink_event, otherwise=_OK))
        self._src.add_probe(events, weak(self._on_src_event, otherwise=_OK))

    def _begin(self) -> None:
        """A stream begins: look at its first buffers again."""
        self._given = self._got = self._in_a_row = self._named = 0
        self._earlier = (self.frames_lost, self.frames_cut)
        self._pending: _Picture | None = None
        for name, pad, method in (
            ("sink", self._sink, self._on_input),
            ("src", self._src, self._on_picture),
        ):
            if not self._watched[name]:
                self._watched[name] = True
                pad.add_probe(_BUFFER, weak(method, otherwise=_OK))

    def forget(self) -> None:
        """Expect no longer what went in last: the decoder was flushed or stopped."""
        self._pending = None

    def _on_sink_event(self, _pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        event = info.get_event()
        if event.type == Gst.EventType.STREAM_START:
            self._settle()
            self._begin()
        elif event.type == Gst.EventType.SEGMENT:
            self._settle()
            self._segment = event.parse_segment().copy()
            self._is_judged = self._is_jpegdec and self._segment.format == Gst.Format.TIME
        elif event.type == Gst.EventType.EOS:
            self._settle()
        elif event.type == Gst.EventType.FLUSH_STOP:
            self.forget()
        return _OK

    def _on_input(self, _pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        buffer = info.get_buffer()
        is_garbled = self._is_jpegdec and max(luma_sampling(buffer) or (1,)) > _MOST_LUMA
        if self._is_jpegdec and not self._is_judged and is_whole(buffer):
            # A file each, by multifilesrc: taken for a stream of bytes, those behind a damaged one
            # would get the times of others.
            self._decoder.set_packetized(True)
            self._is_judged = True
        if not self._is_judged:
            self._given = 1
            if is_garbled:
                self._fail(f"the first picture {_GARBLED}")
            return self._removed("sink")
        self._settle()
        picture = _Picture(self._given, int(buffer.pts), is_cut(buffer))
        self._given += 1
        if is_garbled:
            self._lose(picture, _GARBLED)
            return Gst.PadProbeReturn.DROP
        self._pending = picture
        return _OK

    def _on_picture(self, _pad: Gst.Pad, _info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        self._got += 1
        if self._pending is not None and self._pending.is_cut:
            self.frames_cut += 1
            self._name(self._pending, "is cut short: its last part is missing")
        self._pending, self._in_a_row = None, 0
        return _OK if self._is_judged else self._removed("src")

    def _removed(self, name: str) -> Gst.PadProbeReturn:
        self._watched[name] = False
        return _REMOVE

    def _on_src_event(self, _pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        if info.get_event().type == Gst.EventType.EOS:
            if self._given and not self._got:
                caps = self._sink.get_current_caps()
                text = "the stream ended without one picture that could be decoded: it is damaged"
                self._fail(f"{text}, or is not {caps.to_string() if caps else ''}")
            elif self._named > _NAMED:
                lost, cut = self.frames_lost - self._earlier[0], self.frames_cut - self._earlier[1]
                self._warn(f"of {self._given} pictures {lost} are lost and {cut} cut short")
        return _OK

    def _settle(self) -> None:
        """What went in last and did not come out is lost, unless nobody wanted it."""
        pending, self._pending = self._pending, None
        if pending is not None and self._was_wanted(pending.pts_ns):
            self._lose(pending, "could not be decoded: it is damaged, or no JPEG")

    def _lose(self, picture: _Picture, fault: str) -> None:
        self.frames_lost += 1
        self._in_a_row += 1
        self._name(picture, fault)
        if 0 < self.most_in_a_row <= self._in_a_row:
            self._fail(f"{self._in_a_row} pictures in a row could not be decoded: see max-errors")
            self._in_a_row = 0

    def _was_wanted(self, pts_ns: int) -> bool:
        """Decoders clip what is outside the segment."""
        segment = self._segment
        if segment is None or segment.format != Gst.Format.TIME or pts_ns == Gst.CLOCK_TIME_NONE:
            return True
        return bool(segment.start <= pts_ns < segment.stop)  # no stop is the largest number

    def _name(self, picture: _Picture, fault: str) -> None:
        self._named += 1
        if self._named <= _NAMED:
            at = f" at {picture.pts_ns / Gst.SECOND:.3f} s"
            at = "" if picture.pts_ns == Gst.CLOCK_TIME_NONE else at
            self._warn(f"picture {picture.number} (the first is 0){at} {fault}")

    def _warn(self, text: str) -> None:
        post_warning(self._owner, text)

    def _fail(self, text: str) -> None:
        post_error(self._owner, StreamError(text))
