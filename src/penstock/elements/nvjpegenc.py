"""`nvjpegenc`: NVMM or raw pictures to JPEG.

gst-launch-1.0 videotestsrc num-buffers=5 ! nvvideoconvert \
    ! 'video/x-raw(memory:NVMM),format=I420' ! nvjpegenc quality=90 \
    ! multifilesink location=picture-%03d.jpg
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from penstock.gst import IDCT_METHOD, Gst, JpegEncoder, Property, gproperties

_UNUSED = "accepted; a hardware encoder's setting without effect here"


class NvJpegEnc(JpegEncoder, Gst.Bin):
    """The properties of the hardware encoder around jpegenc."""

    FACTORY = "nvjpegenc"
    PROPERTIES = (
        Property("quality", "int", 85, "0 smallest to 100 best", minimum=0, maximum=100),
        Property("idct-method", IDCT_METHOD, 1, "How the picture is computed: speed or accuracy"),
        Property("OutputGray", "bool", False, "Leave the colours out"),
        Property("Enableperf", "bool", False, _UNUSED, accepted_only=True),
    )
    __gtype_name__ = "Gstnvjpegenc"
    __gstmetadata__ = (
        "Penstock JPEG encoder",
        "Codec/Encoder/Image/Hardware",
        "Encodes NVMM and raw pictures to JPEG with libjpeg",
        "The Penstock authors",
    )
    __gsttemplates__ = JpegEncoder.templates()
    __gproperties__ = gproperties(PROPERTIES)

    def encoder_settings(self) -> Mapping[str, Any]:
        """What jpegenc shall do."""
        return {"quality": self.setting("quality"), "idct-method": self.setting("idct-method")}

    @property
    def is_gray(self) -> bool:
        """Whether pictures shall lose their colours."""
        return bool(self.setting("OutputGray"))
