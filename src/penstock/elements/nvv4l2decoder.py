"""`nvv4l2decoder`: compressed video in, NVMM pictures out, by the best installed decoder.

gst-launch-1.0 filesrc location=street.mp4 ! qtdemux ! h264parse ! nvv4l2decoder ! fakesink
"""

from __future__ import annotations

import os
import threading
import weakref
from functools import lru_cache
from typing import Any

from penstock.errors import StreamError
from penstock.gst import (
    GPU_ID,
    Element,
    EnumType,
    Gst,
    NvmmLabel,
    PictureWatch,
    Property,
    gproperties,
    ignore_qos,
    nvmm_caps,
    pad_template,
    post_error,
    weak,
)

SKIP_FRAMES = EnumType(
    "GstNvDecSkipFrames", {"decode_all": 0, "decode_non_ref": 1, "decode_key": 2}
)
MEMORY_TYPE = EnumType(
    "GstNvDecMemType", {"memtype_device": 0, "memtype_pinned": 1, "memtype_unified": 2}
)
_KEY_FRAMES = 2
_OK = Gst.PadProbeReturn.OK
_DROPPING = ("skip-frames", "drop-frame-interval")
_decoders: weakref.WeakSet[Gst.Element] = weakref.WeakSet()  # those that exist now
_DEEP = ("P010_10LE",)
_IMAGES = "jpeg png bmp webp tiff jp2 x-jpc x-j2c ppm pbm x-portable-anymap"
_VIDEOS = """
    vp8 vp9 av1 theora h261 h263 intel-h263 mjpeg-b divx xvid 3ivx msmpeg wmv dirac prores dnxhd dv
    cineform ffv huffyuv lagarith svq flash-video flash-screen flash-screen2 vp3 vp5 vp6 vp6-flash
    pn-realvideo cinepak indeo msvideocodec rle smc apple-video apple-intermediate-codec camtasia
    camstudio tscc fraps zmbv cavs mimic truemotion speedhq compressed-yuv ati-vcr asus aasc amv
    nuv loco mszh kmvc xan 4xm qdrw ultimotion vmnc fli
"""
COMPRESSED = "; ".join(
    [
        "video/x-h264, alignment=(string)au, stream-format=(string){ avc, byte-stream }",
        "video/x-h265, alignment=(string)au, stream-format=(string){ hvc1, hev1, byte-stream }",
        "video/mpeg, mpegversion=(int){ 1, 2, 4 }, systemstream=(boolean)false",
        *(f"video/x-{name}" for name in _VIDEOS.split()),
        "video/sp5x",
        *(f"image/{name}" for name in _IMAGES.split()),
    ]
)
"""What may come in. A fixed list: while GStreamer scans plugins, no decoder can be asked."""
_UNUSED = "accepted; a GPU decoder's setting without effect on this decoder"


def software_decoders() -> list[Gst.ElementFactory]:
    """Installed software decoders of pictures and video, best rank first."""
    video = Gst.ELEMENT_FACTORY_TYPE_DECODER | Gst.ELEMENT_FACTORY_TYPE_MEDIA_VIDEO
    image = Gst.ELEMENT_FACTORY_TYPE_DECODER | Gst.ELEMENT_FACTORY_TYPE_MEDIA_IMAGE
    found = [
        factory
        for kind in (video, image)
        for factory in Gst.ElementFactory.list_get_elements(kind, Gst.Rank.MARGINAL)
        if "Hardware" not in factory.get_metadata("klass")
        and not factory.get_name().startswith("nv")
    ]
    return sorted(found, key=lambda f: (-f.get_rank(), f.get_name()))


@lru_cache(maxsize=1)
def _accepted(_registry_cookie: int) -> Gst.Caps:
    """Every codec, each in the forms that an installed decoder reads: parsers choose among them.

    A codec that nobody reads is taken too, so that there is a message about it.
    """
    readable = Gst.Caps.new_empty()
    for factory in software_decoders():
        for template in factory.get_static_pad_templates():
            if template.direction == Gst.PadDirection.SINK:
                readable.append(template.get_caps())
    accepted = Gst.Caps.new_empty()
    offered = Gst.Caps.from_string(COMPRESSED)
    for index in range(offered.get_size()):
        codec = Gst.Caps.new_empty()
        codec.append_structure(offered.get_structure(index).copy())
        forms = codec.intersect(readable)
        accepted.append(codec if forms.is_empty() else forms)
    return accepted.simplify()


def _threads_each() -> int:
    """Cores for one decoder: each thread of a decoder holds pictures of its own."""
    return max(1, len(os.sched_getaffinity(0)) // max(1, len(_decoders)))


def _promised(held: str | None) -> tuple[str, ...]:
    if held is None:
        return ("NV12", "P010_10LE")
    return ("P010_10LE",) if held in _DEEP else ("NV12",)


class Nvv4l2Decoder(Element, Gst.Bin):
    """A bin around whichever software decoder fits the caps that arrive."""

    FACTORY = "nvv4l2decoder"
    RANK = int(Gst.Rank.PRIMARY) + 100
    PROPERTIES = (
        Property(
            "skip-frames",
            SKIP_FRAMES,
            0,
            "decode_key decodes key frames only; decode_non_ref is accepted and decodes all",
        ),
        Property(
            "drop-frame-interval", "uint", 0, "Pass one of N decoded frames; 0: all", maximum=30
        ),
        Property("num-extra-surfaces", "uint", 0, _UNUSED, maximum=55, accepted_only=True),
        Property("cudadec-memtype", MEMORY_TYPE, 0, _UNUSED, accepted_only=True),
        GPU_ID,
        Property("low-latency-mode", "bool", False, _UNUSED, accepted_only=True),
        Property("extract-sei-type5-data", "bool", False, _UNUSED, accepted_only=True),
        Property("sei-uuid", "string", None, _UNUSED, accepted_only=True),
        Property("enable-max-performance", "bool", False, _UNUSED, accepted_only=True),
        Property("disable-dpb", "bool", False, _UNUSED, accepted_only=True),
        Property("enable-full-frame", "bool", False, _UNUSED, accepted_only=True),
        Property("enable-error-check", "bool", False, _UNUSED, accepted_only=True),
        Property("enable-frame-type-reporting", "bool", False, _UNUSED, accepted_only=True),
        Property("mjpeg", "bool", False, _UNUSED, accepted_only=True),
        Property("capture-buffer-dynamic-allocation", "uint", 0, _UNUSED, accepted_only=True),
        Property("bufapi-version", "bool", False, _UNUSED, accepted_only=True),
    )

    __gtype_name__ = "Gstnvv4l2decoder"
    __gstmetadata__ = (
        "Penstock video decoder",
        "Codec/Decoder/Video/Hardware",
        "Decodes video to NVMM with the best installed decoder",
        "The Penstock authors",
    )
    __gsttemplates__ = (
        pad_template("sink", Gst.PadDirection.SINK, Gst.PadPresence.ALWAYS, COMPRESSED),
        pad_template(
            "src", Gst.PadDirection.SRC, Gst.PadPresence.ALWAYS, nvmm_caps("NV12", "P010_10LE")
        ),
    )
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        _decoders.add(self)
        self._lock = threading.RLock()  # guards the decoder and its probes
        self._decoder: Gst.Element | None = None
        self._watch: PictureWatch | None = None
        self._probes: dict[str, tuple[Gst.Pad, int]] = {}
        self._frames = 0
        self.frames_skipped = 0
        self._convert = Gst.ElementFactory.make("videoconvert")
        label = NvmmLabel()
        label.promised = _promised
        self.add(self._convert)
        self.add(label)
        self._convert.link(label)
        template = self.get_pad_template("sink")
        self._sink = Gst.GhostPad.new_no_target_from_template("sink", template)
        self._sink.set_event_function_full(weak(self._sink_event, otherwise=False))
        self._sink.set_query_function_full(weak(self._sink_query, otherwise=False))
        self.add_pad(self._sink)
        template = self.get_pad_template("src")
        src = Gst.GhostPad.new_from_template("src", label.get_static_pad("src"), template)
        ignore_qos(src)
        self.add_pad(src)

    @property
    def frames_lost(self) -> int:
        """JPEG pictures that went in and could not be decoded."""
        return 0 if self._watch is None else self._watch.frames_lost

    def changed(self, name: str, _value: Any) -> None:
        """Frames may be dropped from now on, or no longer."""
        if name in _DROPPING:
            self._place_probes()

    def ready(self) -> None:
        """The last picture of an earlier run is not expected."""
        if self._watch is not None:
            self._watch.forget()

    # Negotiation

    def _sink_query(self, pad: Gst.Pad, parent: Gst.Object, query: Gst.Query) -> bool:
        """Any codec may follow another, whatever the present decoder reads."""
        if query.type == Gst.QueryType.ACCEPT_CAPS:
            template = pad.get_pad_template_caps()
            query.set_accept_caps_result(query.parse_accept_caps().is_subset(template))
            return True
        if query.type == Gst.QueryType.CAPS:
            only = query.parse_caps()
            caps = _accepted(Gst.Registry.get().get_feature_list_cookie())
            query.set_caps_result(caps if only is None else only.intersect(caps))
            return True
        return bool(pad.query_default(parent, query))

    def _sink_event(self, pad: Gst.Pad, parent: Gst.Object, event: Gst.Event) -> bool:
        if event.type == Gst.EventType.CAPS:
            try:
                self._choose(event.parse_caps())
            except BaseException as error:  # nothing may escape into C
                post_error(self, error)
                return False
        elif event.type == Gst.EventType.EOS and self._decoder is None:
            return self._end_unbegun(pad, event)
        return bool(pad.event_default(parent, event))

    def _end_unbegun(self, pad: Gst.Pad, end: Gst.Event) -> bool:
        """Pass on the end of a stream that never said what it is: there is no decoder to do so."""
        entrance = self._convert.get_static_pad("sink")
        start = pad.get_sticky_event(Gst.EventType.STREAM_START, 0)
        if start is not None:
            entrance.send_event(start)
        return bool(entrance.send_event(end))

    def _choose(self, caps: Gst.Caps) -> None:
        current = self._decoder.get_factory() if self._decoder is not None else None
        if current is not None and current.can_sink_all_caps(caps):
            return
        for factory in software_decoders():
            if factory.can_sink_all_caps(caps):
                self._use(factory)
                return
        raise StreamError(
            f"no installed decoder reads {caps.to_string()}; "
            "install gstreamer1.0-libav or the plugin set that has one"
        )

    def _use(self, factory: Gst.ElementFactory) -> None:
        self.log.info(self, f"decoding with {factory.get_name()}")
        self._drain()
        decoder = factory.create(None)
        if decoder.find_property("max-threads") is not None:
            decoder.set_property("max-threads", _threads_each())
        self.add(decoder)
        if not decoder.link(self._convert):
            raise StreamError(f"{factory.get_name()} gives no pictures that can be converted")
        self._sink.set_target(decoder.get_static_pad("sink"))
        self._watch = PictureWatch(self, decoder, lost_before=self.frames_lost)
        with self._lock:
            self._decoder = decoder
            self._place_probes()
        decoder.sync_state_with_parent()

    def _drain(self) -> None:
        """Let the present decoder give what it still holds, and remove it."""
        with self._lock:
            decoder, self._decoder = self._decoder, None
            self._probes.clear()
        if decoder is None:
            return
        src = decoder.get_static_pad("src")
        src.add_probe(Gst.PadProbeType.EVENT_DOWNSTREAM, _hide_end)
        decoder.get_static_pad("sink").send_event(Gst.Event.new_eos())
        self._sink.set_target(None)
        self.remove(decoder)
        decoder.set_state(Gst.State.NULL)

    # Dropping

    def _place_probes(self) -> None:
        """A probe costs time on every frame: it is there only as long as it drops."""
        wanted = {
            "sink": (self.setting("skip-frames") == _KEY_FRAMES, self._drop_delta_frames),
            "src": (self.setting("drop-frame-interval") > 1, self._keep_one_of_n),
        }
        with self._lock:
            for name, (is_wanted, method) in wanted.items():
                if not is_wanted and name in self._probes:
                    pad, number = self._probes.pop(name)
                    pad.remove_probe(number)
                elif is_wanted and name not in self._probes and self._decoder is not None:
                    pad, probe = self._decoder.get_static_pad(name), weak(method, otherwise=_OK)
                    self._probes[name] = (pad, pad.add_probe(Gst.PadProbeType.BUFFER, probe))

    def _drop_delta_frames(self, _pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        if not info.get_buffer().has_flags(Gst.BufferFlags.DELTA_UNIT):
            return _OK
        self.frames_skipped += 1
        return Gst.PadProbeReturn.DROP

    def _keep_one_of_n(self, _pad: Gst.Pad, _info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        number, self._frames = self._frames, self._frames + 1
        if number % max(1, self.setting("drop-frame-interval")) == 0:
            return _OK
        self.frames_skipped += 1
        return Gst.PadProbeReturn.DROP


def _hide_end(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
    is_end = info.get_event().type == Gst.EventType.EOS
    return Gst.PadProbeReturn.DROP if is_end else _OK
