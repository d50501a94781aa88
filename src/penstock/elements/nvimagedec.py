"""`nvimagedec`: JPEG pictures in, RGB pictures in NVMM out.

gst-launch-1.0 videotestsrc num-buffers=5 ! jpegenc ! jpegparse ! nvimagedec ! fakesink
"""

from __future__ import annotations

from penstock.gst import GPU_ID, Gst, JpegDecoder, Property, gproperties


class NvImageDec(JpegDecoder, Gst.Bin):
    """The properties of NVIDIA's decoder around jpegdec; RGB is a promise, kept when looked at."""

    FACTORY = "nvimagedec"
    RANK = int(Gst.Rank.PRIMARY) + 14  # after nvjpegdec
    PROMISED = ("RGB",)
    MAY_STAY_RAW = False
    PROPERTIES = (
        GPU_ID,
        Property(
            "needs-pool", "bool", True, "accepted; buffers come as needed", accepted_only=True
        ),
    )
    __gtype_name__ = "Gstnvimagedec"
    __gstmetadata__ = (
        "Penstock image decoder",
        "Codec/Decoder/Image/Hardware",
        "Decodes JPEG to RGB in NVMM with libjpeg",
        "The Penstock authors",
    )
    __gsttemplates__ = JpegDecoder.templates(*PROMISED, may_stay_raw=MAY_STAY_RAW)
    __gproperties__ = gproperties(PROPERTIES)
