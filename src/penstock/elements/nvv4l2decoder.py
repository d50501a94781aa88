"""`nvv4l2decoder`: compressed video in, NVMM pictures out, by the best installed decoder.

gst-launch-1.0 filesrc location=street.mp4 ! qtdemux ! h264parse ! nvv4l2decoder ! fakesink
"""

from __future__ import annotations

import os
import weakref

from penstock.errors import StreamError
from penstock.gst import (
    HELD_FORMAT,
    NVMM,
    SOURCE_FORMATS,
    Element,
    EnumType,
    Gst,
    GstBase,
    Property,
    gproperties,
    pad_template,
    post_error,
)

SKIP_FRAMES = EnumType(
    "GstNvDecSkipFrames", {"decode_all": 0, "decode_non_ref": 1, "decode_key": 2}
)
MEMORY_TYPE = EnumType(
    "GstNvDecMemType", {"memtype_device": 0, "memtype_pinned": 1, "memtype_unified": 2}
)
_KEY_FRAMES = 2
_decoders: weakref.WeakSet[Gst.Element] = weakref.WeakSet()  # those that exist now
_DEEP = ("P010_10LE",)
_RAW = f"video/x-raw, format=(string){{ {', '.join(SOURCE_FORMATS)} }}"
_NVMM = "video/x-raw(memory:NVMM), format=(string){ NV12, P010_10LE }"
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


def _threads_each() -> int:
    """Cores for one decoder: each thread of a decoder holds pictures of its own."""
    return max(1, len(os.sched_getaffinity(0)) // max(1, len(_decoders)))


class _Label(GstBase.BaseTransform):
    """Renames raw caps to NVMM caps; buffers pass untouched."""

    __gstmetadata__ = ("NVMM label", "Filter", "Declares system memory as NVMM", "Penstock")
    __gsttemplates__ = (
        pad_template("sink", Gst.PadDirection.SINK, Gst.PadPresence.ALWAYS, _RAW),
        pad_template("src", Gst.PadDirection.SRC, Gst.PadPresence.ALWAYS, _NVMM),
    )

    def __init__(self) -> None:
        super().__init__()
        self.set_in_place(True)
        self.set_passthrough(True)
        self.set_qos_enabled(False)

    def do_transform_caps(
        self, direction: Gst.PadDirection, caps: Gst.Caps, only: Gst.Caps | None
    ) -> Gst.Caps:
        """Raw `format=I420` becomes NVMM `format=NV12, held-format=I420`."""
        result = Gst.Caps.new_empty()
        for index in range(caps.get_size()):
            structure = caps.get_structure(index).copy()
            if direction == Gst.PadDirection.SINK:
                held = structure.get_string("format")
                structure.remove_field("format")
                if held is not None:
                    structure.set_value("format", "P010_10LE" if held in _DEEP else "NV12")
                    structure.set_value(HELD_FORMAT, held)
                result.append_structure_full(structure, Gst.CapsFeatures.from_string(NVMM))
            else:
                for field in ("format", HELD_FORMAT):
                    structure.remove_field(field)
                result.append_structure(structure)
        return result.intersect(only) if only is not None else result


class Nvv4l2Decoder(Element, Gst.Bin):
    """A bin around whichever software decoder fits the caps that arrive."""

    FACTORY = "nvv4l2decoder"
    RANK = int(Gst.Rank.PRIMARY) + 100
    PROPERTIES = (
        Property(
            "skip-frames", SKIP_FRAMES, 0, "Which frames to decode: decode_key drops all others"
        ),
        Property(
            "drop-frame-interval", "uint", 0, "Pass one of N decoded frames; 0: all", maximum=30
        ),
        Property("num-extra-surfaces", "uint", 0, _UNUSED, maximum=55, accepted_only=True),
        Property("cudadec-memtype", MEMORY_TYPE, 0, _UNUSED, accepted_only=True),
        Property("gpu-id", "uint", 0, _UNUSED, accepted_only=True),
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
        pad_template("src", Gst.PadDirection.SRC, Gst.PadPresence.ALWAYS, _NVMM),
    )
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        _decoders.add(self)
        self._decoder: Gst.Element | None = None
        self._frames = 0
        self.frames_skipped = 0
        self._convert = Gst.ElementFactory.make("videoconvert")
        label = _Label()
        self.add(self._convert)
        self.add(label)
        self._convert.link(label)
        template = self.get_pad_template("sink")
        self._sink = Gst.GhostPad.new_no_target_from_template("sink", template)
        self._sink.set_event_function_full(self._sink_event)
        self.add_pad(self._sink)
        src = label.get_static_pad("src")
        self.add_pad(Gst.GhostPad.new_from_template("src", src, self.get_pad_template("src")))

    def _sink_event(self, pad: Gst.Pad, parent: Gst.Object, event: Gst.Event) -> bool:
        if event.type == Gst.EventType.CAPS:
            try:
                self._choose(event.parse_caps())
            except Exception as error:  # nothing may escape into C
                post_error(self, error)
                return False
        return bool(pad.event_default(parent, event))

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
        if self._decoder is not None:
            self._sink.set_target(None)
            self.remove(self._decoder)
            self._decoder.set_state(Gst.State.NULL)
        decoder = factory.create(None)
        if decoder.find_property("qos") is not None:
            decoder.set_property("qos", False)  # frames drop only where the user asked
        if decoder.find_property("max-threads") is not None:
            decoder.set_property("max-threads", _threads_each())
        self.add(decoder)
        decoder.link(self._convert)
        self._sink.set_target(decoder.get_static_pad("sink"))
        if self.setting("skip-frames") == _KEY_FRAMES:
            sink = decoder.get_static_pad("sink")
            sink.add_probe(Gst.PadProbeType.BUFFER, self._drop_delta_frames)
        if self.setting("drop-frame-interval") > 1:
            src = decoder.get_static_pad("src")
            src.add_probe(Gst.PadProbeType.BUFFER, self._keep_one_of_n)
        decoder.sync_state_with_parent()
        self._decoder = decoder

    def _drop_delta_frames(self, _pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        if not info.get_buffer().has_flags(Gst.BufferFlags.DELTA_UNIT):
            return Gst.PadProbeReturn.OK
        self.frames_skipped += 1
        return Gst.PadProbeReturn.DROP

    def _keep_one_of_n(self, _pad: Gst.Pad, _info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        self._frames += 1
        if self._frames % self.setting("drop-frame-interval") == 1:
            return Gst.PadProbeReturn.OK
        self.frames_skipped += 1
        return Gst.PadProbeReturn.DROP
