"""`nvdsosd`: draw boxes, labels and display metadata on the frames.

gst-launch-1.0 videotestsrc num-buffers=5 ! nvvideoconvert ! mux.sink_0 \
    nvstreammux name=mux batch-size=1 width=640 height=360 ! nvdsosd ! fakesink
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from penstock.errors import ConfigError
from penstock.gst import (
    GPU_ID,
    BatchTransform,
    EnumType,
    Gst,
    Property,
    gproperties,
    nvmm_caps,
    sink_and_src,
)
from penstock.gst.nvevents import update_of
from penstock.meta import BatchMeta, Color, DisplayMeta, FrameMeta, Text

if TYPE_CHECKING:
    from penstock.osd import Painter, PainterSettings

MODE = EnumType("GstNvDsOsdMode", {"MODE_CPU": 0, "MODE_GPU": 1, "MODE_NONE": 2})
BLUR: tuple[Literal["none", "box", "mask"], ...] = ("none", "box", "mask")


class NvDsOsd(BatchTransform):
    """Draws in the format the surface holds; metadata is not changed."""

    FACTORY = "nvdsosd"
    PROPERTIES = (
        Property("display-text", "bool", True, "Draw the objects' text"),
        Property("display-bbox", "bool", True, "Draw the objects' boxes"),
        Property("display-mask", "bool", True, "Draw the objects' masks"),
        Property("display-keypoints", "bool", True, "Draw the objects' keypoints"),
        Property("display-clock", "bool", False, "Draw the date and the time of day"),
        Property("clock-font", "string", "Serif", "Font family of the clock"),
        Property("clock-font-size", "uint", 12, "Size of the clock, points", maximum=60),
        Property("x-clock-offset", "uint", 0, "Left edge of the clock, pixels"),
        Property("y-clock-offset", "uint", 0, "Top edge of the clock, pixels"),
        Property("clock-color", "uint", 2**32 - 1, "Colour of the clock: 0xRRGGBBAA"),
        Property("process-mode", MODE, 1, "All three draw the same here"),
        GPU_ID,
        Property(
            "blur-bbox",
            "uint",
            0,
            "Blur objects: 0 none, 1 their boxes, 2 their masks, where they have one",
            maximum=2,
        ),
        Property(
            "blur-on-gie-class-ids",
            "string",
            None,
            "Blur only these objects, gie-id:class-id;…: 1:0;1:2. Alone it blurs their boxes",
        ),
        Property(
            "hw-blend-color-attr",
            "string",
            None,
            "Backgrounds of boxes by class, class-id,R,G,B,A:…: 0,0.0,1.0,0.0,0.3",
        ),
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
    _is_stale = False  # whether a property changed since the painter's settings were made
    _blur_only: frozenset[tuple[int, int]] = frozenset()
    _class_colors: Mapping[int, Color] = MappingProxyType({})

    def open(self) -> None:
        """Load the fonts now, so that a missing one fails before the first frame."""
        from penstock.osd import Painter

        self._painter = Painter(self._painter_settings())

    def close(self) -> None:
        """Let the fonts go."""
        self._painter = None

    def changed(self, name: str, value: Any) -> None:
        """Whatever is set while playing holds from the next batch on."""
        try:
            if name == "blur-on-gie-class-ids":
                from penstock.osd import parse_gie_class_ids

                self._blur_only = parse_gie_class_ids(value)
            elif name == "hw-blend-color-attr":
                from penstock.osd import parse_class_colors

                self._class_colors = parse_class_colors(value)
        except ConfigError as error:
            raise ConfigError(f"property {name}: {error}") from error
        self._is_stale = True

    def _painter_settings(self) -> PainterSettings:
        from penstock.osd import PainterSettings

        self._is_stale = False  # first: what is set from here on makes it stale again
        return PainterSettings(
            display_bbox=self.setting("display-bbox"),
            display_text=self.setting("display-text"),
            display_mask=self.setting("display-mask"),
            display_keypoints=self.setting("display-keypoints"),
            blur=BLUR[self.setting("blur-bbox") or bool(self._blur_only)],
            blur_only=self._blur_only,
            class_colors=self._class_colors,
        )

    def notice(self, event: Gst.Event) -> None:
        """Another mode may be asked for; all of them draw the same."""
        name, values = update_of(event) or ("", {})
        if name == "nv-osd-process-mode-update":
            self.set_property("process-mode", int(values.get("process_mode") != 0))

    def process(self, batch: BatchMeta) -> None:
        """Draw every frame of a batch."""
        painter, surfaces = self._painter, batch.surfaces
        if painter is None or surfaces is None:
            return
        if self._is_stale:
            painter.settings = self._painter_settings()
        for frame in batch.frames:
            painter.paint_surface(frame, surfaces[frame.batch_id])
        if self.setting("display-clock"):
            clock = DisplayMeta(texts=[self._clock()])
            for surface in surfaces:
                painter.paint_surface(FrameMeta(), surface, extra=clock)

    def _clock(self) -> Text:
        color = self.setting("clock-color")
        red, green, blue, alpha = (color >> shift & 255 for shift in (24, 16, 8, 0))
        return Text(
            time.strftime("%a %d %b %Y %H:%M:%S"),
            x=self.setting("x-clock-offset"),
            y=self.setting("y-clock-offset"),
            font_name=self.setting("clock-font"),
            font_size=self.setting("clock-font-size"),
            font_color=(red / 255, green / 255, blue / 255, alpha / 255),
        )
