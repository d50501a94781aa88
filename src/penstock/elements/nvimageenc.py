"""`nvimageenc`: NVMM or raw pictures to JPEG.

gst-launch-1.0 videotestsrc num-buffers=5 ! jpegenc ! jpegparse ! nvimagedec \
    ! nvimageenc quality=75 ! multifilesink location=picture-%03d.jpg
"""

from __future__ import annotations

from penstock.gst import GPU_ID, Gst, JpegEncoder, Property, gproperties


class NvImageEnc(JpegEncoder, Gst.Bin):
    """The properties of NVIDIA's encoder around jpegenc."""

    FACTORY = "nvimageenc"
    PROPERTIES = (
        Property("quality", "uint", 90, "0 smallest to 100 best", maximum=100),
        GPU_ID,
        Property(
            "encoded-size",
            "uint",
            15 * 1024 * 1024,
            "accepted; a picture takes the bytes it needs",
            accepted_only=True,
        ),
    )
    __gtype_name__ = "Gstnvimageenc"
    __gstmetadata__ = (
        "Penstock image encoder",
        "Codec/Encoder/Image/Hardware",
        "Encodes NVMM and raw pictures to JPEG with libjpeg",
        "The Penstock authors",
    )
    __gsttemplates__ = JpegEncoder.templates()
    __gproperties__ = gproperties(PROPERTIES)
