"""Give an encoder's output the times of its input."""

from __future__ import annotations

from collections import deque

from penstock.gst import Gst

_OK = Gst.PadProbeReturn.OK


def keep_times(encoder: Gst.Element) -> None:
    """For `avenc_mpeg4` of GStreamer 1.22, which loses them; it keeps the order of the pictures."""
    times: deque[tuple[int, int]] = deque()  # running time and duration of what is being encoded

    def on_picture(pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        buffer = info.get_buffer()
        running_ns = _segment(pad).to_running_time(Gst.Format.TIME, buffer.pts)
        times.append((running_ns, buffer.duration))
        return _OK

    def on_encoded(pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        if times:
            buffer, (running_ns, duration_ns) = info.get_buffer(), times.popleft()
            buffer.pts = _segment(pad).position_from_running_time(Gst.Format.TIME, running_ns)
            buffer.dts, buffer.duration = buffer.pts, duration_ns
        return _OK

    encoder.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, on_picture)
    encoder.get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, on_encoded)


def _segment(pad: Gst.Pad) -> Gst.Segment:
    return pad.get_sticky_event(Gst.EventType.SEGMENT, 0).parse_segment()
