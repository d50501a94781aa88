"""Play `nvurisrcbin` in tests and hear what it says."""

import time
from itertools import pairwise

from streams import WAIT_S, Gst


class Player:
    """A pipeline `nvurisrcbin ! fakesink`; plays inside a `with` block.

    Attributes:
        source: The `nvurisrcbin`.
        frames: `(running time in ns, caps)` of each frame behind it.
        heard: Texts of warnings and errors, and structures of element messages.
    """

    def __init__(self, uri, *, tail="fakesink sync=false", **properties):
        self.pipeline = Gst.parse_launch(f"nvurisrcbin name=source ! {tail}")
        self.source = self.pipeline.get_by_name("source")
        for name, value in {"uri": uri, **properties}.items():
            self.source.set_property(name.replace("_", "-"), value)
        self.source.connect("pad-added", self._watch)
        self.frames, self.warnings, self.errors, self.said = [], [], [], []
        self.ended = False

    def __enter__(self):
        self.returned = self.pipeline.set_state(Gst.State.PLAYING)
        return self

    def __exit__(self, *_what):
        self.pipeline.set_state(Gst.State.NULL)

    def until(self, is_so):
        """Listen until something is so."""
        end_s = time.monotonic() + WAIT_S
        while not is_so():
            assert time.monotonic() < end_s, (self.warnings, self.errors, self.said)
            self._hear(self.pipeline.get_bus().timed_pop(20 * Gst.MSECOND))

    def until_frames(self, number):
        """Listen until so many more frames have come."""
        wanted = len(self.frames) + number
        self.until(lambda: len(self.frames) >= wanted)

    def listen(self, seconds):
        """Hear what is said meanwhile."""
        end_s = time.monotonic() + seconds
        self.until(lambda: time.monotonic() >= end_s)

    def names(self):
        """Of the element messages of the source."""
        return [structure.get_name() for structure in self.said]

    def _watch(self, _element, pad):
        pad.add_probe(Gst.PadProbeType.BUFFER, self._note)

    def _note(self, pad, info):
        segment = pad.get_sticky_event(Gst.EventType.SEGMENT, 0).parse_segment()
        time_ns = segment.to_running_time(Gst.Format.TIME, info.get_buffer().pts)
        self.frames.append((time_ns, pad.get_current_caps().get_structure(0)))
        return Gst.PadProbeReturn.OK

    def _hear(self, message):
        if message is None:
            return
        if message.type == Gst.MessageType.WARNING:
            self.warnings.append(message.parse_warning()[0].message)
        elif message.type == Gst.MessageType.ERROR:
            self.errors.append(message.parse_error()[0].message)
        elif message.type == Gst.MessageType.EOS:
            self.ended = True
        elif message.type == Gst.MessageType.ELEMENT and message.src == self.source:
            self.said.append(message.get_structure())


def are_rising(times):
    return all(before < after for before, after in pairwise(times))
