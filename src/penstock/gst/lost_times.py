"""Encoders that lose the times of their pictures: `avenc_mpeg4` of GStreamer 1.22 with FFmpeg 5.

Whatever writes a file behind it then fails with "Buffer has no PTS"; DeepStream's samples that
write MP4 use it. The times are given back.
"""

from __future__ import annotations

from collections import deque

from penstock.gst.gi import Gst

_LOSES = "avenc_mpeg4"
_NONE = 1 << 63  # FFmpeg's mark for no time, shown as GStreamer's time
_PASSING = frozenset({"capsfilter", "queue", "identity"})
_FARTHEST = 8
_ANEW = (Gst.EventType.STREAM_START, Gst.EventType.FLUSH_STOP)
_OK = Gst.PadProbeReturn.OK


def mend_lost_times(element: Gst.Element) -> None:
    """Give back the times that an encoder behind an element loses; harmless where it does not."""
    encoder = _encoder_behind(element)
    if encoder is None or getattr(encoder, "penstock_mends", False):
        return
    encoder.penstock_mends = True
    times: deque[tuple[int, int]] = deque()  # running time and duration of what is being encoded

    def on_picture(at: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        buffer, segment = info.get_buffer(), _segment(at)
        if segment is not None:
            times.append((segment.to_running_time(Gst.Format.TIME, buffer.pts), buffer.duration))
        return _OK

    def on_encoded(at: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        segment = _segment(at)
        if times and segment is not None:
            buffer, (running_ns, duration_ns) = info.get_buffer(), times.popleft()
            if buffer.pts >= _NONE:
                buffer.pts = segment.position_from_running_time(Gst.Format.TIME, running_ns)
                buffer.dts, buffer.duration = buffer.pts, duration_ns
        return _OK

    def on_event(_at: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        if info.get_event().type in _ANEW:
            times.clear()  # a picture that was in the encoder then never comes out
        return _OK

    sink = encoder.get_static_pad("sink")
    sink.add_probe(Gst.PadProbeType.BUFFER, on_picture)
    sink.add_probe(Gst.PadProbeType.EVENT_DOWNSTREAM | Gst.PadProbeType.EVENT_FLUSH, on_event)
    encoder.get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, on_encoded)


def _encoder_behind(element: Gst.Element) -> Gst.Element | None:
    for _ in range(_FARTHEST):
        pad = element.get_static_pad("src")
        peer = None if pad is None else pad.get_peer()
        element = None if peer is None else peer.get_parent_element()
        if element is None or element.get_factory() is None:
            return None
        name = element.get_factory().get_name()
        if name == _LOSES:
            return element
        if name not in _PASSING:
            return None
    return None


def _segment(pad: Gst.Pad) -> Gst.Segment | None:
    """That of what flows here; none while somebody stops the pipeline."""
    event = pad.get_sticky_event(Gst.EventType.SEGMENT, 0)
    return None if event is None else event.parse_segment()
