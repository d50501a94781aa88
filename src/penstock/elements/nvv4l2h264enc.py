"""`nvv4l2h264enc`: NVMM pictures to H.264, by x264.

gst-launch-1.0 videotestsrc num-buffers=5 ! nvvideoconvert ! nvv4l2h264enc bitrate=2000000 \
    ! h264parse ! fakesink
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from penstock.gst import EnumType, Gst, Property, VideoEncoder, gproperties

PROFILE = EnumType("GstNvH264Profile", {"Baseline": 0, "Main": 2, "High": 4})
_ZERO_LATENCY = 0x4
_CBR = 0


class NvV4l2H264Enc(VideoEncoder, Gst.Bin):
    """The properties of the hardware encoder around x264enc."""

    FACTORY = "nvv4l2h264enc"
    ENCODER = "x264enc"
    PARSER = "h264parse"
    PROPERTIES = (
        *VideoEncoder.PROPERTIES,
        Property("profile", PROFILE, 0, "Coding tools that the stream may use"),
        Property("insert-vui", "bool", False, "Tell timing and colours in the headers"),
        Property("insert-aud", "bool", False, "Insert access unit delimiters"),
    )
    __gtype_name__ = "Gstnvv4l2h264enc"
    __gstmetadata__ = (
        "Penstock H.264 encoder",
        "Codec/Encoder/Video/Hardware",
        "Encodes NVMM pictures to H.264 with x264",
        "The Penstock authors",
    )
    __gsttemplates__ = VideoEncoder.templates(
        "video/x-h264, stream-format=(string)byte-stream, alignment=(string)au"
    )
    __gproperties__ = gproperties(PROPERTIES)

    def encoder_settings(self) -> Mapping[str, Any]:
        """What x264enc shall do."""
        low, high = self.qp_range
        baseline = self.setting("profile") == 0
        return {
            "bitrate": max(1, self.setting("bitrate") // 1000),
            "pass": _CBR,
            "key-int-max": self.key_interval,
            "speed-preset": self.speed,
            "tune": _ZERO_LATENCY,
            "sliced-threads": True,
            "byte-stream": True,
            "aud": self.setting("insert-aud"),
            "qp-min": low,
            "qp-max": high,
            "bframes": 0,
            "cabac": not baseline,
            "dct8x8": self.setting("profile") == PROFILE.values["High"],
        }
