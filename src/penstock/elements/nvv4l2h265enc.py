"""`nvv4l2h265enc`: NVMM pictures to H.265, by x265.

gst-launch-1.0 videotestsrc num-buffers=5 ! nvvideoconvert ! nvv4l2h265enc bitrate=2000000 \
    ! h265parse ! fakesink
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from penstock.gst import EnumType, Gst, Property, VideoEncoder, gproperties

PROFILE = EnumType("GstNvH265Profile", {"Main": 0, "Main10": 1})


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

    def encoder_settings(self) -> Mapping[str, Any]:
        """What x265enc shall do."""
        low, high = self.qp_range
        kilobits = max(1, self.setting("bitrate") // 1000)
        options = [f"qpmin={low}", f"qpmax={high}", "bframes=0", "rc-lookahead=0"]
        options.append("repeat-headers=1")  # who joins an RTP stream late needs them
        # What x265 says of itself in front of the first picture ends in garbage, through x265enc
        # of GStreamer 1.22, and the parser takes that for another picture.
        options.append("info=0")
        if self.setting("control-rate") == 1:
            options.append(f"vbv-maxrate={kilobits}:vbv-bufsize={kilobits}")
        return {
            "bitrate": kilobits,
            "key-int-max": self.key_interval,
            "speed-preset": self.speed,
            "tune": "zerolatency",
            "option-string": ":".join(options),
        }
