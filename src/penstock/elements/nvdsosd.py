"""`nvdsosd`: draw boxes, labels and display metadata on the frames.

gst-launch-1.0 videotestsrc num-buffers=5 ! nvvideoconvert ! mux.sink_0 \
    nvstreammux name=mux batch-size=1 width=640 height=360 ! nvdsosd ! fakesink
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from penstock.gst import (
    GPU_ID,
    BatchTransform,
    EnumType,
    Property,
    gproperties,
    nvmm_caps,
    post_warning,
    sink_and_src,
)
from penstock.meta import BatchMeta, DisplayMeta, FrameMeta, Surfaces, Text

if TYPE_CHECKING:
    from penstock.osd import Painter

MODE = EnumType("GstNvDsOsdMode", {"MODE_CPU": 0, "MODE_GPU": 1, "MODE_NONE": 2})
_COMING = "accepted; not applied yet, a value other than the default is warned about"
_MODE_NONE = 2
_LIVE = ("display-text", "display-bbox", "display-mask")


class NvDsOsd(BatchTransform):
    """Draws in the format the surface holds; metadata is not changed."""

    FACTORY = "nvdsosd"
    PROPERTIES = (
        Property("display-text", "bool", True, "Draw the objects' text"),
        Property("display-bbox", "bool", True, "Draw the objects' boxes"),
        Property("display-mask", "bool", True, "Draw the objects' masks"),
        Property("display-clock", "bool", False, "Draw the date and the time of day"),
        Property("clock-font", "string", "Serif", "Font family of the clock"),
        Property("clock-font-size", "uint", 12, "Size of the clock, points", maximum=60),
        Property("x-clock-offset", "uint", 0, "Left edge of the clock, pixels"),
        Property("y-clock-offset", "uint", 0, "Top edge of the clock, pixels"),
        Property("clock-color", "uint", 2**32 - 1, "Colour of the clock: 0xRRGGBBAA"),
        Property("process-mode", MODE, 1, "MODE_NONE draws nothing; CPU and GPU draw the same"),
        GPU_ID,
        Property("blur-on-gie-class-ids", "string", None, _COMING, accepted_only=True),
        Property("blur-bbox", "uint", 0, _COMING, maximum=2, accepted_only=True),
    )
    __gtype_name__ = "Gstnvdsosd"
    __gstmetadata__ = (
        "Penstock on-screen display",
        "Filter/Effect/Video",
        "Draws boxes, labels and display metadata on the frames",
        "The Penstock authors",
    )
    __gsttemplates__ = sink_and_src(nvmm_caps("NV12", "RGBA", "I420"))
    __gproperties__ = gproperties(PROPERTIES)

    _painter: Painter | None = None
    _clock_painter: Painter | None = None

    def ready(self) -> None:
        """Say what is not applied yet."""
        for prop in self.PROPERTIES:
            if prop.blurb == _COMING and self.setting(prop.name) != prop.default:
                value = self.setting(prop.name)
                post_warning(self, f"{prop.name}={value} is not applied yet: ignored")

    def open(self) -> None:
        """Load the fonts now, so that a missing one fails before the first frame."""
        self._painter = self._new_painter()

    def close(self) -> None:
        """Let the fonts go."""
        self._painter = self._clock_painter = None

    def changed(self, name: str, _value: Any) -> None:
        """Switches act while playing."""
        if name in _LIVE and self._painter is not None:
            self._painter = self._new_painter()

    def _new_painter(self) -> Painter:
        from penstock.osd import Painter, PainterSettings

        return Painter(
            PainterSettings(
                display_bbox=self.setting("display-bbox"),
                display_text=self.setting("display-text"),
                display_mask=self.setting("display-mask"),
            )
        )

    def process(self, batch: BatchMeta) -> None:
        """Draw every frame of a batch."""
        painter = self._painter
        if painter is None or batch.surfaces is None or self.setting("process-mode") == _MODE_NONE:
            return
        for frame in batch.frames:
            painter.paint_surface(frame, batch.surfaces[frame.batch_id])
        if self.setting("display-clock"):
            self._draw_clock(batch.surfaces)

    def _draw_clock(self, surfaces: Surfaces) -> None:
        from penstock.osd import Painter

        if self._clock_painter is None:  # text is wanted here, whatever display-text says
            self._clock_painter = Painter()
        color = self.setting("clock-color")
        red, green, blue, alpha = (color >> shift & 255 for shift in (24, 16, 8, 0))
        clock = Text(
            time.strftime("%a %d %b %Y %H:%M:%S"),
            x=self.setting("x-clock-offset"),
            y=self.setting("y-clock-offset"),
            font_name=self.setting("clock-font"),
            font_size=self.setting("clock-font-size"),
            font_color=(red / 255, green / 255, blue / 255, alpha / 255),
        )
        for surface in surfaces:
            self._clock_painter.paint_surface(
                FrameMeta(), surface, extra=DisplayMeta(texts=[clock])
            )
