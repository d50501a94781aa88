"""`nvv4l2h265enc`: NVMM pictures to H.265, by x265.

gst-launch-1.0 videotestsrc num-buffers=5 ! nvvideoconvert ! nvv4l2h265enc bitrate=2000000 \
    ! h265parse ! fakesink
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from penstock.gst import EnumType, Gst, Property, VideoEncoder, gproperties, weak

PROFILE = EnumType("GstNvH265Profile", {"Main": 0, "Main10": 1})
_VPS = b"\0\0\1\x40\1"
"""Start code and header of a video parameter set."""
_COPIED = Gst.BufferCopyFlags.FLAGS | Gst.BufferCopyFlags.META | Gst.BufferCopyFlags.MEMORY


class NvV4l2H265Enc(VideoEncoder, Gst.Bin):
    """The properties of the hardware encoder around x265enc."""

    FACTORY = "nvv4l2h265enc"
    ENCODER = "x265enc"
    PARSER = "h265parse"
    PROPERTIES = (
        *VideoEncoder.PROPERTIES,
        Property("profile", PROFILE, 0, "accepted; 8-bit pictures are encoded as Main"),
    )
    __gtype_name__ = "Gstnvv4l2h265enc"
    __gstmetadata__ = (
        "Penstock H.265 encoder",
        "Codec/Encoder/Video/Hardware",
        "Encodes NVMM pictures to H.265 with x265",
        "The Penstock authors",
    )
    __gsttemplates__ = VideoEncoder.templates(
        "video/x-h265, stream-format=(string)byte-stream, alignment=(string)au"
    )
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        if self.parts:
            encoded, seen = self.parts[2].get_static_pad("src"), Gst.PadProbeReturn.OK
            encoded.add_probe(Gst.PadProbeType.BUFFER, weak(self._on_encoded, otherwise=seen))

    def _on_encoded(self, pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        """Cut off what x265enc of GStreamer 1.22 puts in front of the first picture.

        These are its headers once more and some bytes that nobody has set, which the parser may
        take for another picture. A picture is the first one also behind a flush or of a new size.
        """
        buffer = info.get_buffer()
        if buffer.has_flags(Gst.BufferFlags.DELTA_UNIT):
            return Gst.PadProbeReturn.OK
        data = buffer.extract_dup(0, buffer.get_size())
        start = data.find(_VPS, data.find(_VPS) + 1)
        if start <= 0:
            return Gst.PadProbeReturn.OK
        picture = buffer.copy_region(_COPIED, start, len(data) - start)
        picture.pts, picture.dts, picture.duration = buffer.pts, buffer.dts, buffer.duration
        pad.get_peer().chain(picture)
        return Gst.PadProbeReturn.DROP

    def encoder_settings(self) -> Mapping[str, Any]:
        """What x265enc shall do."""
        low, high = self.qp_range
        kilobits = max(1, self.setting("bitrate") // 1000)
        options = [f"qpmin={low}", f"qpmax={high}", "bframes=0", "rc-lookahead=0"]
        options.append("repeat-headers=1")  # who joins an RTP stream late needs them
        if self.setting("control-rate") == 1:
            options.append(f"vbv-maxrate={kilobits}:vbv-bufsize={kilobits}")
        return {
            "bitrate": kilobits,
            "key-int-max": self.key_interval,
            "speed-preset": self.speed,
            "tune": "zerolatency",
            "option-string": ":".join(options),
        }
