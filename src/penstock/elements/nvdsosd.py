"""`nvdsosd`: draw boxes, labels and display metadata on the frames.

gst-launch-1.0 videotestsrc num-buffers=5 ! nvvideoconvert ! mux.sink_0 \
    nvstreammux name=mux batch-size=1 width=640 height=360 ! nvdsosd ! fakesink
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penstock.gst import BatchTransform, EnumType, Property, gproperties, nvmm_caps, sink_and_src
from penstock.meta import BatchMeta

if TYPE_CHECKING:
    from penstock.osd import Painter

MODE = EnumType("GstNvDsOsdMode", {"MODE_CPU": 0, "MODE_GPU": 1, "MODE_NONE": 2})
_COMING = "accepted; coming with the next release"
_MODE_NONE = 2
_LIVE = ("display-text", "display-bbox", "display-mask")


class NvDsOsd(BatchTransform):
    """Draws in the format the surface holds; metadata is not changed."""

    FACTORY = "nvdsosd"
    PROPERTIES = (
        Property("display-text", "bool", True, "Draw the objects' text"),
        Property("display-bbox", "bool", True, "Draw the objects' boxes"),
        Property("display-mask", "bool", True, "Draw the objects' masks"),
        Property("display-clock", "bool", False, _COMING, accepted_only=True),
        Property("clock-font", "string", "Serif", _COMING, accepted_only=True),
        Property("clock-font-size", "uint", 12, _COMING, maximum=60, accepted_only=True),
        Property("x-clock-offset", "uint", 0, _COMING, accepted_only=True),
        Property("y-clock-offset", "uint", 0, _COMING, accepted_only=True),
        Property("clock-color", "uint", 2**32 - 1, _COMING, accepted_only=True),
        Property("process-mode", MODE, 1, "MODE_NONE draws nothing; CPU and GPU draw the same"),
        Property("gpu-id", "uint", 0, "accepted; without effect on CPU", accepted_only=True),
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

    def open(self) -> None:
        """Load the fonts now, so that a missing one fails before the first frame."""
        self._painter = self._new_painter()

    def close(self) -> None:
        """Let the fonts go."""
        self._painter = None

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
