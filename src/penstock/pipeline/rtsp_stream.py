"""One path of an RTSP server: what one encoder makes, for all who watch."""

from __future__ import annotations

import threading
import time

from penstock.gst import Gst, GstVideo, weak
from penstock.gst.rtsp_server import GstRtspServer

_LAUNCH = (
    "( appsrc name=feed is-live=true format=time max-bytes=0 ! rtp{codec}pay name=pay0 pt=96 "
    "config-interval=-1 )"
)
_CAPS = "video/x-{codec}, stream-format=byte-stream, alignment=au"
_MOST_WAITING = 10
_KEY_FRAME_S = 0.5


class RtspStream:
    """Passes encoded pictures from a sink to whoever watches.

    All clients share one payloader. Pictures wait for nobody: where they are not taken, the stream
    goes on with the next key frame. They should come in their own time, not as fast as they can be
    made (`clocksync` in front of the encoder sees to it).

    Args:
        sink: Its pad `sink` gets H.264, a byte-stream of whole pictures.
        valve: Opened while somebody watches.
        codec: What it gets if not `"h264"`: `"h265"`.
    """

    def __init__(
        self, sink: Gst.Element, *, valve: Gst.Element | None = None, codec: str = "h264"
    ) -> None:
        self._sink, self._valve = sink, valve
        self._caps = Gst.Caps.from_string(_CAPS.format(codec=codec))
        self._pad = sink.get_static_pad("sink")
        self._lock = threading.Lock()  # guards the four that follow
        self._feeds: dict[int, _Feed] = {}
        self._asked_s = 0.0
        self._key_frame_due = False
        self._ended = False
        self._set_valve()
        on_buffer = weak(self._on_buffer, otherwise=Gst.PadProbeReturn.OK)
        self._pad.add_probe(Gst.PadProbeType.BUFFER, on_buffer)
        self.factory = GstRtspServer.RTSPMediaFactory.new()
        self.factory.set_launch(_LAUNCH.format(codec=codec))
        self.factory.set_shared(True)
        self.factory.connect("media-configure", weak(self._on_media, otherwise=None))

    @property
    def watched(self) -> bool:
        """Whether there are clients."""
        return bool(self._feeds)

    def request_key_frame(self) -> None:
        """Have the encoder make one now, or in a moment if it was asked a moment ago."""
        with self._lock:
            now_s = time.monotonic()
            self._key_frame_due = now_s - self._asked_s < _KEY_FRAME_S
            if self._key_frame_due:
                return
            self._asked_s = now_s
        event = GstVideo.video_event_new_upstream_force_key_unit(Gst.CLOCK_TIME_NONE, True, 0)
        self._pad.push_event(event)

    def end(self) -> None:
        """Tell the clients that nothing more comes."""
        with self._lock:
            self._ended = True
            feeds = list(self._feeds.values())
        for feed in feeds:
            feed.end()

    def _on_media(self, _factory: object, media: GstRtspServer.RTSPMedia) -> None:
        part = media.get_element()
        source = part.get_by_name("feed")
        source.set_property("caps", self._caps)
        source.get_static_pad("src").add_probe(Gst.PadProbeType.EVENT_UPSTREAM, self._on_event)
        _count_from_boot(part.get_parent())
        number = hash(media)
        media.connect("unprepared", self._on_unprepared, number)
        with self._lock:
            self._feeds[number] = _Feed(source)
            ended = self._ended
            self._set_valve()
            self._asked_s = 0.0  # nobody else watches whom a key frame more would cost
        if ended:
            source.emit("end-of-stream")
        else:
            self.request_key_frame()

    def _on_unprepared(self, _media: object, number: int) -> None:
        with self._lock:
            self._feeds.pop(number, None)
            self._set_valve()

    def _set_valve(self) -> None:
        if self._valve is not None:
            self._valve.set_property("drop", not self._feeds)

    def _on_event(self, _pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        """A client has lost a picture, and says so by RTCP."""
        if GstVideo.video_event_is_force_key_unit(info.get_event()):
            self.request_key_frame()
        return Gst.PadProbeReturn.OK

    def _on_buffer(self, pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        if self._feeds:
            buffer = info.get_buffer()
            time_ns = self._time_ns(pad, buffer.pts)
            with self._lock:
                feeds = list(self._feeds.values())
            waiting = [feed for feed in feeds if not feed.push(buffer, time_ns)]
            if waiting or self._key_frame_due:
                self.request_key_frame()
        return Gst.PadProbeReturn.OK

    def _time_ns(self, pad: Gst.Pad, pts_ns: int) -> int:
        """When a picture was taken by the system's clock, whichever its pipeline has."""
        system, clock = Gst.SystemClock.obtain(), self._sink.get_clock()
        segment = pad.get_sticky_event(Gst.EventType.SEGMENT, 0)
        now_ns: int = system.get_time()
        if clock is None or segment is None or pts_ns == Gst.CLOCK_TIME_NONE:
            return now_ns
        running_ns = segment.parse_segment().to_running_time(Gst.Format.TIME, pts_ns)
        if running_ns == Gst.CLOCK_TIME_NONE:
            return now_ns
        taken_ns: int = self._sink.get_base_time() + running_ns
        return taken_ns if clock == system else taken_ns + now_ns - clock.get_time()


class _Feed:
    """What one shared media gets."""

    def __init__(self, source: Gst.Element) -> None:
        self._source = source
        self._last_ns = 0
        self._needs_key_frame = True

    def push(self, buffer: Gst.Buffer, time_ns: int) -> bool:
        """Hand a picture over, or leave it out; returns false if only a key frame would do."""
        if self._source.get_property("current-level-buffers") >= _MOST_WAITING:
            self._needs_key_frame = True
            return True
        if self._needs_key_frame and buffer.has_flags(Gst.BufferFlags.DELTA_UNIT):
            return False
        self._needs_key_frame = False
        copied = Gst.BufferCopyFlags.MEMORY | Gst.BufferCopyFlags.FLAGS
        bare: Gst.Buffer = buffer.copy_region(copied, 0, buffer.get_size())  # without metadata
        # A step back, while a client is slow, would abort the process inside GStreamer.
        self._last_ns = max(self._last_ns + 1, time_ns)
        bare.pts = self._last_ns
        self._source.emit("push-buffer", bare)
        return True

    def end(self) -> None:
        """Nothing more comes."""
        self._source.emit("end-of-stream")


def _count_from_boot(pipeline: Gst.Pipeline) -> None:
    """Make running time the system clock's, through pauses too, so that no picture waits."""
    pipeline.use_clock(Gst.SystemClock.obtain())
    pipeline.set_start_time(Gst.CLOCK_TIME_NONE)
    pipeline.set_base_time(0)
