"""`nvegltransform`: passes NVMM pictures on; where a Jetson would hand them to the display.

gst-launch-1.0 videotestsrc num-buffers=5 ! nvvideoconvert ! nvegltransform ! nveglglessink
"""

from __future__ import annotations

from penstock.gst import SOURCE_FORMATS, Element, GstBase, nvmm_caps, sink_and_src


class NvEglTransform(Element, GstBase.BaseTransform):
    """Does nothing, so that pipelines written for a Jetson link."""

    FACTORY = "nvegltransform"
    __gtype_name__ = "Gstnvegltransform"
    __gstmetadata__ = (
        "Penstock EGL transform",
        "Filter/Converter/Video",
        "Passes NVMM pictures on",
        "The Penstock authors",
    )
    __gsttemplates__ = sink_and_src(nvmm_caps(*SOURCE_FORMATS))

    def __init__(self) -> None:
        super().__init__()
        self.set_in_place(True)
        self.set_passthrough(True)
        self.set_qos_enabled(False)
