"""Elements that rewrite encoded video, one access unit at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from penstock.bitstream import StreamForm
from penstock.errors import StreamError
from penstock.gst.buffers import MappedBuffer
from penstock.gst.callbacks import weak
from penstock.gst.element import Element, nvmm_caps, sink_and_src
from penstock.gst.gi import Gst
from penstock.gst.messages import post_error, post_warning

ACCESS_UNITS = (
    "video/x-h264, alignment=(string)au, stream-format=(string){ byte-stream, avc, avc3 }; "
    "video/x-h265, alignment=(string)au, stream-format=(string){ byte-stream, hvc1, hev1 }"
)
"""Caps of encoded video whose buffers each hold one picture."""
_PICTURES = f"{nvmm_caps('NV12', 'RGBA', 'I420')}; video/x-raw"
_BESIDE = Gst.BufferCopyFlags.FLAGS | Gst.BufferCopyFlags.TIMESTAMPS | Gst.BufferCopyFlags.META
_LENGTH_AT = {"h264": (4, 0x03), "h265": (21, 0x03)}  # in avcC and hvcC


class AccessUnits(Element):
    """Pads `sink` and `src` with `ACCESS_UNITS`; a subclass says what becomes of each buffer.

    DeepStream has such elements among pictures, where its codecs help them: there they let
    everything pass here, and say where they belong. A mixin in front of `Gst.Element`, as
    `CodecBin` is, and for its reason.
    """

    PLACE: ClassVar[str]
    TEMPLATES = sink_and_src(f"{ACCESS_UNITS}; {_PICTURES}")

    if TYPE_CHECKING:  # what Gst.Element brings
        add_pad: Any
        get_pad_template: Any

    def __init__(self) -> None:
        super().__init__()
        self._form: StreamForm | None = None
        self._is_known = self._is_misplaced = False
        sink = Gst.Pad.new_from_template(self.get_pad_template("sink"), "sink")
        sink.set_chain_function_full(weak(self._chain, otherwise=Gst.FlowReturn.FLUSHING))
        sink.set_event_function_full(weak(self._sink_event, otherwise=False))
        self._src = Gst.Pad.new_from_template(self.get_pad_template("src"), "src")
        for pad in (sink, self._src):
            pad.set_query_function_full(_ask_the_neighbour)
            self.add_pad(pad)

    def rewritten(self, buffer: Gst.Buffer, form: StreamForm) -> Gst.Buffer:
        """What leaves in place of an access unit; may raise."""
        raise NotImplementedError

    def ended(self) -> None:
        """The stream has ended."""

    def _sink_event(self, pad: Gst.Pad, parent: Gst.Object, event: Gst.Event) -> bool:
        try:
            if event.type == Gst.EventType.CAPS:
                self._agree(event.parse_caps())
                return bool(self._src.push_event(event))
            if event.type == Gst.EventType.EOS:
                self.ended()
            return bool(pad.event_default(parent, event))
        except BaseException as error:  # nothing may escape into C
            post_error(self, error)
            return False

    def _agree(self, caps: Gst.Caps) -> None:
        self._is_known = True
        is_picture = caps.get_structure(0).has_name("video/x-raw")
        self._form = None if is_picture else form_of(caps)
        if is_picture and not self._is_misplaced:
            self._is_misplaced = True
            post_warning(self, f"pictures pass here untouched: put this element {self.PLACE}")

    def _chain(self, _pad: Gst.Pad, _parent: Gst.Object, buffer: Gst.Buffer) -> Gst.FlowReturn:
        try:
            if not self._is_known:
                raise StreamError("a buffer came before its caps")
            made = buffer if self._form is None else self.rewritten(buffer, self._form)
        except BaseException as error:  # nothing may escape into C
            post_error(self, error)
            return Gst.FlowReturn.ERROR
        return self._src.push(made)


def _ask_the_neighbour(pad: Gst.Pad, parent: Gst.Object, query: Gst.Query) -> bool:
    """What passes here is what both neighbours take."""
    if query.type == Gst.QueryType.CAPS:
        return bool(pad.proxy_query_caps(query))
    if query.type == Gst.QueryType.ACCEPT_CAPS:
        return bool(pad.proxy_query_accept_caps(query))
    return bool(pad.query_default(parent, query))


def form_of(caps: Gst.Caps) -> StreamForm:
    """How the access units of a stream are cut.

    Raises:
        StreamError: Lengths stand in front of the units, and the caps do not say how long they are.
    """
    structure = caps.get_structure(0)
    codec = structure.get_name().removeprefix("video/x-")
    if structure.get_string("stream-format") == "byte-stream":
        return StreamForm(codec)
    header = structure.get_value("codec_data") if structure.has_field("codec_data") else None
    at, mask = _LENGTH_AT[codec]
    data = b"" if header is None else bytes_of(header)
    if len(data) <= at:
        raise StreamError(
            f"caps without a whole codec_data: {caps.to_string()}; put {codec}parse in front"
        )
    return StreamForm(codec, (data[at] & mask) + 1)


def bytes_of(buffer: Gst.Buffer) -> bytes:
    """What a buffer holds."""
    return MappedBuffer(buffer).memory.tobytes()


def with_content(buffer: Gst.Buffer, content: bytes) -> Gst.Buffer:
    """A buffer like another, times and metadata included, that holds something else."""
    made = Gst.Buffer.new_wrapped(content)
    made.copy_into(buffer, _BESIDE, 0, buffer.get_size())
    return made
