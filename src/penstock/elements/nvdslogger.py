"""`nvdslogger`: prints how many frames a second every source brings, and how late they are.

gst-launch-1.0 videotestsrc num-buffers=50 ! nvvideoconvert ! mux.sink_0 \
    nvstreammux name=mux batch-size=1 width=640 height=360 ! nvdslogger ! fakesink
"""

from __future__ import annotations

import sys
import threading
import time
from typing import Any, ClassVar

from penstock.gst import (
    Element,
    FrameRates,
    GObject,
    Gst,
    GstBase,
    Property,
    batch_of,
    gproperties,
    post_error,
    sink_and_src,
)
from penstock.gst.nvevents import PAD_DELETED, STREAM_EOS, source_event_of
from penstock.meta import BatchMeta
from penstock.meta.latency import age_ns


class NvDsLogger(Element, GstBase.BaseTransform):
    """Passes everything on; counts the frames of the batches among it."""

    FACTORY = "nvdslogger"
    PROPERTIES = (
        Property(
            "fps-measurement-interval-sec",
            "uint",
            5,
            "Seconds from one line of frame rates to the next; 0: no lines",
        ),
        Property("show-fps", "bool", True, "Print frame rates"),
        Property(
            "show-latency", "bool", False, "Print every frame's time since it entered the mux"
        ),
        Property("signal-handoffs", "bool", False, "Emit the signal handoff before each buffer"),
    )
    __gtype_name__ = "Gstnvdslogger"
    __gstmetadata__ = (
        "Penstock logger",
        "Generic",
        "Prints frame rates and latencies",
        "The Penstock authors",
    )
    __gsttemplates__ = sink_and_src("ANY")
    __gproperties__ = gproperties(PROPERTIES)
    __gsignals__: ClassVar[dict[str, Any]] = {
        "handoff": (GObject.SignalFlags.RUN_LAST, None, (Gst.Buffer,))
    }

    def __init__(self) -> None:
        super().__init__()
        self._rates = FrameRates()
        self._batches = 0
        self._stop = threading.Event()
        self.set_passthrough(True)
        self.set_qos_enabled(False)  # frames drop only where the user asked

    def do_start(self) -> bool:
        """GStreamer calls this before the first buffer."""
        self._rates, self._batches, self._stop = FrameRates(), 0, threading.Event()
        name = f"{self.get_name()}: frame rates"
        arguments = (self._rates, self._stop)
        threading.Thread(target=self._tell, args=arguments, name=name, daemon=True).start()
        return True

    def do_stop(self) -> bool:
        """GStreamer calls this after the last buffer."""
        self._stop.set()
        return True

    def do_sink_event(self, event: Gst.Event) -> bool:
        """The mux tells when sources end and go."""
        about = source_event_of(event)
        if about is not None:
            kind, source = about
            if kind == STREAM_EOS:
                self._rates.end(source)
            elif kind == PAD_DELETED:
                self._rates.remove(source)
        return bool(GstBase.BaseTransform.do_sink_event(self, event))

    def do_transform_ip(self, buffer: Gst.Buffer) -> Gst.FlowReturn:
        """GStreamer calls this for each buffer, on the streaming thread."""
        try:
            batch = batch_of(buffer)
            if batch is not None:
                now_ns = time.monotonic_ns()
                for frame in batch.frames:
                    self._rates.count(frame.pad_index, now_ns=now_ns)
                if self.setting("show-latency"):
                    self._print_latencies(batch)
            if self.setting("signal-handoffs"):
                self.emit("handoff", buffer)
        except BaseException as error:  # nothing may escape into C
            post_error(self, error)
            return Gst.FlowReturn.ERROR
        return Gst.FlowReturn.OK

    def _print_latencies(self, batch: BatchMeta) -> None:
        lines = [f"************BATCH-NUM = {self._batches}**************"]
        self._batches += 1
        lines += [
            f"Source id = {frame.source_id} Frame_num = {frame.frame_num} "
            f"Frame latency = {age_ns(frame) / 1e6:f} (ms)"
            for frame in batch.frames
        ]
        _print("\n".join(lines))

    def _tell(self, rates: FrameRates, stop: threading.Event) -> None:
        while not stop.wait(self.setting("fps-measurement-interval-sec") or None):
            found = rates.read(now_ns=time.monotonic_ns())
            if found and self.setting("show-fps"):
                fields = (f"FPS_{source} ({rate:.2f})\t" for source, rate in found.items())
                _print("**PERF : " + "".join(fields))


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
