"""`nvvidconv`: what `nvvideoconvert` does, under the name and with the properties of a Jetson.

gst-launch-1.0 videotestsrc num-buffers=5 ! nvvidconv left=20 top=40 right=170 bottom=140 \
    flip-method=rotate-180 ! 'video/x-raw(memory:NVMM),format=NV12' ! nvvidconv ! fakesink
"""

from __future__ import annotations

from penstock.gst import (
    COMPUTE_HW_PROPERTY,
    FLIP_METHOD,
    GPU_ID,
    EnumType,
    GstBase,
    Property,
    Rectangle,
    VideoConverter,
    gproperties,
    memory_type,
)

_UNUSED = "accepted; a GPU's setting without effect here"
_EDGES = ("left", "right", "top", "bottom")
INTERPOLATION = EnumType(
    "GstInterpolationMethod",
    {"Nearest": 0, "Bilinear": 1, "5-Tap": 2, "10-Tap": 3, "Smart": 4, "Nicest": 5},
)


class NvVidConv(VideoConverter, GstBase.BaseTransform):
    """Crops are the edges of what is shown; the rest is `VideoConverter`'s."""

    FACTORY = "nvvidconv"
    PROPERTIES = (
        Property("interpolation-method", INTERPOLATION, 0, "How pictures are scaled"),
        FLIP_METHOD,
        Property("left", "int", 0, "First column of the input that is shown", minimum=0),
        Property("right", "int", 0, "First column that is not shown again; 0: all", minimum=0),
        Property("top", "int", 0, "First row of the input that is shown", minimum=0),
        Property("bottom", "int", 0, "First row that is not shown again; 0: all", minimum=0),
        GPU_ID,
        memory_type(),
        COMPUTE_HW_PROPERTY,
        Property("output-buffers", "uint", 4, _UNUSED, minimum=1, accepted_only=True),
        Property("bl-output", "bool", True, _UNUSED, accepted_only=True),
        Property("silent", "bool", False, _UNUSED, accepted_only=True),
    )
    __gtype_name__ = "Gstnvvidconv"
    __gstmetadata__ = (
        "Penstock video converter, Jetson's",
        "Filter/Converter/Video/Scaler",
        "Converts, scales, crops and turns NVMM pictures, and moves them to and from system memory",
        "The Penstock authors",
    )
    __gsttemplates__ = VideoConverter.templates()
    __gproperties__ = gproperties(PROPERTIES)

    def rectangles(self) -> tuple[Rectangle | None, Rectangle | None]:
        """What lies between the edges; NVIDIA's element counts them from the top left, too."""
        edges = {name: self.setting(name) for name in _EDGES}
        if not any(edges.values()):
            return None, None
        said = " ".join(f"{name}={edge}" for name, edge in edges.items())
        return Rectangle(said, **edges), None
