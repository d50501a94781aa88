"""`nvjpegdec`: JPEG pictures in, NVMM or raw pictures out.

gst-launch-1.0 videotestsrc num-buffers=5 ! jpegenc ! nvjpegdec ! nvvideoconvert ! fakesink
"""

from __future__ import annotations

from typing import Any

from penstock.gst import GPU_ID, IDCT_METHOD, Gst, JpegDecoder, Property, gproperties

_UNUSED = "accepted; a hardware decoder's setting without effect here"


class NvJpegDec(JpegDecoder, Gst.Bin):
    """The properties of the hardware decoder around jpegdec."""

    FACTORY = "nvjpegdec"
    RANK = int(Gst.Rank.PRIMARY) + 15  # after nvv4l2decoder, which decodebin shall choose
    PROMISED = ("I420", "NV12", "RGBA", "RGB", "Y42B", "Y444", "GRAY8")
    MAY_STAY_RAW = True
    PROPERTIES = (
        Property("idct-method", IDCT_METHOD, 1, "How the picture is computed: speed or accuracy"),
        Property(
            "max-errors",
            "int",
            0,
            "So many undecodable pictures in a row are an error; -1 and 0: go on",
            minimum=-1,
        ),
        GPU_ID,
        Property("DeepStream", "bool", False, _UNUSED, accepted_only=True),
        Property("Enableperf", "bool", False, _UNUSED, accepted_only=True),
    )
    __gtype_name__ = "Gstnvjpegdec"
    __gstmetadata__ = (
        "Penstock JPEG decoder",
        "Codec/Decoder/Image/Hardware",
        "Decodes JPEG to NVMM with libjpeg",
        "The Penstock authors",
    )
    __gsttemplates__ = JpegDecoder.templates(*PROMISED, may_stay_raw=MAY_STAY_RAW)
    __gproperties__ = gproperties(PROPERTIES)

    def changed(self, _name: str, _value: Any) -> None:
        """Pass a setting on; it acts while playing."""
        if self.parts and self._watch is not None:
            self.parts[0].set_property("idct-method", self.setting("idct-method"))
            self._watch.most_in_a_row = self.setting("max-errors")
