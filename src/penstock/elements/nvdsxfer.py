"""`nvdsxfer`: passes batches on; on NVIDIA's machines it copies them to another GPU.

gst-launch-1.0 videotestsrc num-buffers=5 ! nvvideoconvert ! mux.sink_0 \
    nvstreammux name=mux batch-size=1 width=640 height=360 ! nvdsxfer ! fakesink
"""

from __future__ import annotations

from penstock.gst import (
    GPU_ID,
    Element,
    GstBase,
    Property,
    gproperties,
    memory_type,
    nvmm_caps,
    sink_and_src,
)

_ONE_MEMORY = "accepted; all pixels are in one memory here, which every element reaches"


class NvDsXfer(Element, GstBase.BaseTransform):
    """Nothing to do where there is one memory."""

    FACTORY = "nvdsxfer"
    PROPERTIES = (
        GPU_ID,
        Property("batch-size", "uint", 1, _ONE_MEMORY, accepted_only=True),
        Property(
            "buffer-pool-size", "uint", 4, _ONE_MEMORY, minimum=2, maximum=16, accepted_only=True
        ),
        memory_type(),
        Property("p2p-gpu-id", "int", -1, _ONE_MEMORY, minimum=-1, accepted_only=True),
    )
    __gtype_name__ = "Gstnvdsxfer"
    __gstmetadata__ = (
        "Penstock transfer",
        "Generic",
        "Passes batches on",
        "The Penstock authors",
    )
    __gsttemplates__ = sink_and_src(nvmm_caps("NV12", "RGBA", "I420"))
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self.set_passthrough(True)
        self.set_qos_enabled(False)  # frames drop only where the user asked
