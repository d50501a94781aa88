"""`nvstreamdemux`: one batch in, every source's frames out on a pad of their own.

gst-launch-1.0 nvstreammux name=mux batch-size=2 width=640 height=360 ! nvstreamdemux name=demux \
    demux.src_0 ! queue ! nveglglessink demux.src_1 ! queue ! nveglglessink \
    videotestsrc num-buffers=5 ! nvvideoconvert ! mux.sink_0 \
    videotestsrc num-buffers=5 pattern=ball ! nvvideoconvert ! mux.sink_1
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from penstock.errors import StreamError
from penstock.gst import (
    Element,
    Gst,
    Property,
    StreamOutput,
    colorimetry_text,
    given_out,
    gproperties,
    nvmm_caps,
    pad_template,
    post_error,
    post_warning,
    split,
    weak,
)
from penstock.gst.nvevents import (
    PAD_ADDED,
    PAD_DELETED,
    STREAM_EOS,
    STREAM_SEGMENT,
    push_source_event,
    source_event_of,
)
from penstock.meta import BatchMeta

_FORMATS = nvmm_caps("NV12", "RGBA", "I420")
_HARMLESS = (Gst.FlowReturn.NOT_LINKED, Gst.FlowReturn.FLUSHING, Gst.FlowReturn.EOS)
"""What one branch may answer without harm to the others."""


@dataclass
class _Source:
    """What the mux has told about a source, whether anybody asked for its pad or not."""

    segment: Gst.Segment | None = None
    framerate: tuple[int, int] | None = None


@dataclass
class _Branch:
    """A pad that was asked for."""

    output: StreamOutput
    key: tuple[Any, ...] = ()
    caps: Gst.Caps | None = None
    flow: Gst.FlowReturn = Gst.FlowReturn.OK
    missed: bool = False


class NvStreamDemux(Element, Gst.Element):
    """Takes batches apart; pixels and metadata move, nothing is copied.

    Attributes:
        frames_dropped: Frames of sources whose pad nobody asked for, linked or kept.
    """

    FACTORY = "nvstreamdemux"
    PROPERTIES = (
        Property(
            "per-stream-eos",
            "bool",
            False,
            "End every stream with its source; else all end with the last",
        ),
    )
    __gtype_name__ = "Gstnvstreamdemux"
    __gstmetadata__ = (
        "Penstock stream demuxer",
        "Generic",
        "Takes batches apart, one pad a source",
        "The Penstock authors",
    )
    __gsttemplates__ = (
        pad_template("sink", Gst.PadDirection.SINK, Gst.PadPresence.ALWAYS, _FORMATS),
        pad_template("src_%u", Gst.PadDirection.SRC, Gst.PadPresence.REQUEST, _FORMATS),
    )
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self.frames_dropped = 0
        self._sources: dict[int, _Source] = {}
        self._branches: dict[int, _Branch] = {}
        self._caps: Gst.Caps | None = None
        self._last_seek = (0, False)
        sink = Gst.Pad.new_from_template(self.get_pad_template("sink"), "sink")
        sink.set_chain_function_full(weak(self._chain, otherwise=Gst.FlowReturn.FLUSHING))
        sink.set_event_function_full(weak(self._sink_event, otherwise=False))
        self.add_pad(sink)

    # Pads

    def do_request_new_pad(
        self, template: Gst.PadTemplate, name: str | None, _caps: Gst.Caps | None
    ) -> Gst.Pad | None:
        """An application asks for `src_N`, the frames of `sink_N` of the mux, or for any."""
        digits = (name or "").removeprefix("src_")
        free = next(n for n in range(len(self._branches) + 1) if n not in self._branches)
        number = int(digits) if digits.isdigit() else free
        if number in self._branches:
            self.log.error(self, f"pad src_{number} was requested before")
            return None
        pad = Gst.Pad.new_from_template(template, f"src_{number}")
        pad.set_event_function_full(weak(self._src_event, otherwise=False))
        pad.use_fixed_caps()
        output = StreamOutput(pad, str(number))
        output.set_segment(self._source(number).segment)
        pad.set_active(True)
        self.add_pad(pad)
        self._branches[number] = _Branch(output)
        return given_out(pad)

    def do_release_pad(self, pad: Gst.Pad) -> None:
        """An application gives a pad back; from now on frames of its source are dropped."""
        if vars(self):  # else C disposes of the element, and Python has done so already
            self._branches.pop(int(pad.get_name().removeprefix("src_")), None)
        pad.set_active(False)
        self.remove_pad(pad)

    def do_change_state(self, transition: Gst.StateChange) -> Gst.StateChangeReturn:
        """Forget the run before."""
        result = super().do_change_state(transition)
        if transition == Gst.StateChange.PAUSED_TO_READY:
            self._sources, self._caps = {}, None
            for branch in list(self._branches.values()):
                branch.output.reset()
                branch.output.set_segment(None)
                branch.flow, branch.missed = Gst.FlowReturn.OK, False
        return result

    # Events

    def _sink_event(self, pad: Gst.Pad, parent: Gst.Object, event: Gst.Event) -> bool:
        try:
            return self._handle(pad, parent, event)
        except BaseException as error:  # nothing may escape into C
            post_error(self, error)
            return False

    def _handle(self, pad: Gst.Pad, parent: Gst.Object, event: Gst.Event) -> bool:
        branches = list(self._branches.values())
        about = source_event_of(event)
        if about is not None:
            return self._tell(*about, event)
        if event.type == Gst.EventType.CAPS:
            self._caps = event.parse_caps()
        elif event.type == Gst.EventType.EOS:
            for branch in branches:
                branch.output.end()
        elif event.type == Gst.EventType.FLUSH_STOP:
            for branch in branches:
                branch.output.flushed()
                branch.flow = Gst.FlowReturn.OK
            return bool(pad.event_default(parent, event))
        elif event.type not in _OF_THE_BATCH:
            return bool(pad.event_default(parent, event))
        return True

    def _tell(self, kind: int, number: int, event: Gst.Event) -> bool:
        """An event about one source goes to its pad."""
        branch = self._branches.get(number)
        if kind == STREAM_SEGMENT:
            self._note(number, event.get_structure())
        elif kind == PAD_DELETED:
            self._sources.pop(number, None)
        if branch is None or kind in (PAD_ADDED, STREAM_SEGMENT):
            return True
        if kind == STREAM_EOS:
            if self.setting("per-stream-eos"):
                branch.output.end()
            return True
        # Before its start a pad takes no other event in the right order.
        return not branch.output.started or push_source_event(branch.output.pad, kind, number)

    def _note(self, number: int, said: Gst.Structure) -> None:
        source = self._source(number)
        source.segment = said.get_value("segment").copy()  # it lies in the structure
        known, numerator, denominator = said.get_fraction("framerate")
        source.framerate = (numerator, denominator) if known else None
        if number in self._branches:
            self._branches[number].output.set_segment(source.segment)

    def _source(self, number: int) -> _Source:
        return self._sources.setdefault(number, _Source())

    def _src_event(self, pad: Gst.Pad, parent: Gst.Object, event: Gst.Event) -> bool:
        if event.type == Gst.EventType.QOS:
            return True  # frames drop only where the user asked
        if event.type != Gst.EventType.SEEK:
            return bool(pad.event_default(parent, event))
        # A pipeline's seek comes once from every sink behind.
        if self._last_seek[0] != event.get_seqnum():
            self._last_seek = (event.get_seqnum(), True)
            self._last_seek = (event.get_seqnum(), bool(pad.event_default(parent, event)))
        return self._last_seek[1]

    # Frames

    def _chain(self, _pad: Gst.Pad, _parent: Gst.Object, buffer: Gst.Buffer) -> Gst.FlowReturn:
        try:
            duration_ns = -1 if buffer.duration == Gst.CLOCK_TIME_NONE else buffer.duration
            for part in split(buffer):
                self._push(part, duration_ns)
            return self._flow()
        except BaseException as error:  # nothing may escape into C
            post_error(self, error)
            return Gst.FlowReturn.ERROR

    def _push(self, part: BatchMeta, duration_ns: int) -> None:
        frame = part.frames[0]
        branch = self._branches.get(frame.pad_index)
        if branch is None:
            self.frames_dropped += 1
            return
        if branch.output.ended:
            self._miss(branch, frame.pad_index)
            return
        caps = self._caps_for(branch, part)
        flow = branch.output.push(part, caps, pts_ns=frame.pts_ns, duration_ns=duration_ns)
        branch.flow = flow
        if flow in _HARMLESS:
            self.frames_dropped += 1
            self.log.info(self, f"a frame of source {frame.pad_index} was dropped: {flow}")

    def _miss(self, branch: _Branch, number: int) -> None:
        """A source is back whose stream ended: most sinks could not begin anew."""
        self.frames_dropped += 1
        if not branch.missed:
            branch.missed = True
            post_warning(
                self,
                f"source {number} is back, but its stream has ended (per-stream-eos): its frames "
                f"are dropped until src_{number} is released and requested anew",
            )

    def _caps_for(self, branch: _Branch, part: BatchMeta) -> Gst.Caps:
        """The batch's caps with what is this frame's own; the same object while nothing changes."""
        if self._caps is None or part.surfaces is None:
            raise StreamError("a buffer came before its caps")
        frame, colorimetry = part.frames[0], part.surfaces[0].colorimetry
        framerate = self._source(frame.pad_index).framerate
        key = (self._caps, framerate, frame.width, frame.height, colorimetry, len(part.frames))
        if branch.caps is None or branch.key != key:
            branch.key, branch.caps = key, self._caps.copy()
            branch.caps.set_value("width", frame.width)
            branch.caps.set_value("height", frame.height)
            branch.caps.set_value("colorimetry", colorimetry_text(colorimetry))
            branch.caps.set_value("batch-size", len(part.frames))
            if framerate is not None:
                branch.caps.set_value("framerate", Gst.Fraction(*framerate))
        return branch.caps

    def _flow(self) -> Gst.FlowReturn:
        """What upstream is told: an error of any branch, or that all of them have ended."""
        flows = [branch.flow for branch in list(self._branches.values())]
        for flow in flows:
            if flow not in (Gst.FlowReturn.OK, *_HARMLESS):
                return flow
        ended = bool(flows) and all(flow == Gst.FlowReturn.EOS for flow in flows)
        return Gst.FlowReturn.EOS if ended else Gst.FlowReturn.OK


_OF_THE_BATCH = (Gst.EventType.STREAM_START, Gst.EventType.SEGMENT, Gst.EventType.GAP)
"""Events that say nothing about a single stream."""
