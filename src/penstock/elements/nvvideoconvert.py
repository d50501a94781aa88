"""`nvvideoconvert`: format, size, crop and rotation, inside NVMM and on the way in and out.

gst-launch-1.0 videotestsrc num-buffers=5 ! nvvideoconvert src-crop=20:40:150:100 ! \
    'video/x-raw(memory:NVMM),format=NV12' ! nvvideoconvert flip-method=clockwise ! \
    video/x-raw,format=RGBA ! fakesink

Between NVMM formats of a batch nothing is computed: the surfaces keep what they hold and remember
what was promised. Pixels move when they leave for system memory, or when somebody looks.
"""

from __future__ import annotations

from typing import Any

from penstock.gst import (
    COMPUTE_HW_PROPERTY,
    FLIP_METHOD,
    GPU_ID,
    INTERPOLATION,
    GstBase,
    Property,
    Rectangle,
    VideoConverter,
    gproperties,
    memory_type,
)

_UNUSED = "accepted; a GPU's setting without effect here"
_CROPS = ("src-crop", "dest-crop")


class NvVideoConvert(VideoConverter, GstBase.BaseTransform):
    """Crops are `left:top:width:height`; the rest is `VideoConverter`'s."""

    FACTORY = "nvvideoconvert"
    PROPERTIES = (
        Property("interpolation-method", INTERPOLATION, 6, "How pictures are scaled"),
        Property("src-crop", "string", "0:0:0:0", "Show this part of the input only"),
        Property("dest-crop", "string", "0:0:0:0", "Show it here in the output; black elsewhere"),
        FLIP_METHOD,
        Property("allow-odd-crop", "bool", False, "Crop between chroma samples too"),
        GPU_ID,
        memory_type(default=2),
        COMPUTE_HW_PROPERTY,
        Property("copy-hw", "uint", 1, _UNUSED, accepted_only=True),
        Property("output-buffers", "uint", 4, _UNUSED, minimum=1, accepted_only=True),
        Property("bl-output", "bool", False, _UNUSED, accepted_only=True),
        Property("contiguous-buffers", "bool", False, _UNUSED, accepted_only=True),
        Property("disable-passthrough", "bool", False, _UNUSED, accepted_only=True),
        Property("silent", "bool", False, _UNUSED, accepted_only=True),
    )
    __gtype_name__ = "Gstnvvideoconvert"
    __gstmetadata__ = (
        "Penstock video converter",
        "Filter/Converter/Video/Scaler",
        "Converts, scales, crops and turns NVMM pictures, and moves them to and from system memory",
        "The Penstock authors",
    )
    __gsttemplates__ = VideoConverter.templates()
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self._crops: dict[str, Rectangle | None] = dict.fromkeys(_CROPS)

    def changed(self, name: str, value: Any) -> None:
        """Read a crop; it acts on the next buffer."""
        if name in _CROPS:
            self._crops[name] = Rectangle.parse(name, value)
        super().changed(name, value)

    def rectangles(self) -> tuple[Rectangle | None, Rectangle | None]:
        """`src-crop` and `dest-crop`."""
        return self._crops["src-crop"], self._crops["dest-crop"]
