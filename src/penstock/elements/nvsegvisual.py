"""`nvsegvisual`: show class maps in colours.

gst-launch-1.0 uridecodebin uri=file:///street.mp4 ! mux.sink_0 \
    nvstreammux name=mux batch-size=1 width=640 height=360 \
    ! nvinfer config-file-path=config_segmentation.txt ! nvsegvisual width=640 height=360 \
    ! nveglglessink
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

import penstock.surface as pixels
from penstock.geometry import Affine
from penstock.gst import (
    GPU_ID,
    BatchTransform,
    Gst,
    PictureCaps,
    Property,
    gproperties,
    nvmm_caps,
    post_error,
    sink_and_src,
)
from penstock.meta import BatchMeta, FrameMeta, SegmentationMeta, Surfaces
from penstock.surface import Surface

_UNUSED = "accepted; without effect here"
_ALL = -1
_NOTHING = (0, 0, 0, 255)


class NvSegVisual(BatchTransform):
    """Replaces each frame's picture by its class map, or draws the map over it."""

    FACTORY = "nvsegvisual"
    PROPERTIES = (
        Property("unique-id", "uint", 0, _UNUSED, accepted_only=True),
        GPU_ID,
        Property("batch-size", "uint", 1, _UNUSED, accepted_only=True),
        Property("width", "uint", 1280, "Width of the pictures, pixels", minimum=16),
        Property("height", "uint", 720, "Height of the pictures, pixels", minimum=16),
        Property(
            "operate-on-seg-meta-id",
            "int",
            _ALL,
            "Only class maps of this nvinfer's unique-id; -1: all",
            minimum=-1,
        ),
        Property("original-background", "bool", False, "Draw over the frame's own picture"),
        Property(
            "class-id",
            "int",
            0,
            "With original-background: pixels of this class stay as they are; -1: of none",
            minimum=-1,
        ),
        Property(
            "alpha",
            "float",
            1.0,
            "With original-background: how opaque the colours are",
            minimum=0,
            maximum=1,
        ),
        Property("gpu-on", "bool", True, _UNUSED, accepted_only=True),
    )
    __gtype_name__ = "Gstnvsegvisual"
    __gstmetadata__ = (
        "Penstock segmentation display",
        "Filter/Effect/Video",
        "Shows class maps in colours",
        "The Penstock authors",
    )
    __gsttemplates__ = sink_and_src(nvmm_caps("NV12", "RGBA", "I420"), src=nvmm_caps("RGBA"))
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self._size = (0, 0)

    def changed(self, name: str, value: Any) -> None:
        """All settings may change while playing; the picture's size with the caps."""
        if name in ("width", "height"):
            self.reconfigure_src()

    def do_transform_caps(
        self, direction: Gst.PadDirection, caps: Gst.Caps, only: Gst.Caps | None
    ) -> Gst.Caps:
        """Pictures come in any size and leave in that of the properties, as RGBA."""
        result = Gst.Caps.new_empty()
        for index in range(caps.get_size()):
            structure = caps.get_structure(index).copy()
            for name in ("width", "height", "format", "colorimetry", "chroma-site"):
                structure.remove_field(name)
            if direction == Gst.PadDirection.SINK:
                structure.set_value("width", self.setting("width"))
                structure.set_value("height", self.setting("height"))
                structure.set_value("format", "RGBA")
            features = caps.get_features(index)
            result.append_structure_full(structure, features.copy() if features else None)
        return result if only is None else result.intersect(only)

    def do_set_caps(self, _given: Gst.Caps, wanted: Gst.Caps) -> bool:
        """Caps are agreed: a size set later waits until it is in the caps."""
        try:
            self._size = PictureCaps.of(wanted).size
        except BaseException as error:  # nothing may escape into C
            post_error(self, error)
            return False
        return True

    def process(self, batch: BatchMeta) -> None:
        """Replace the pictures; boxes and display metadata move along."""
        assert batch.surfaces is not None
        made = [self._shown(frame, batch.surfaces[frame.batch_id]) for frame in batch.frames]
        batch.surfaces = Surfaces(made, token=batch.surfaces.token)

    def _shown(self, frame: FrameMeta, surface: Surface) -> Surface:
        from penstock.osd import draw_class_map  # OpenCV loads with it

        over = self.setting("original-background")
        picture = self._ground(surface if over else None)
        to_picture = Affine.fit((0, 0, frame.width, frame.height), self._size)
        kept, alpha = (self.setting("class-id"), self.setting("alpha")) if over else (None, 1.0)
        for meta, box in self._maps(frame):
            draw_class_map(picture, meta.class_map, to_picture.ltwh(box), alpha=alpha, kept=kept)
        frame.rescale(to_picture, self._size)
        return pixels.CpuSurface.from_planes(
            (picture,), "RGBA", colorimetry=surface.colorimetry, exclusive=True
        )

    def _ground(self, surface: Surface | None) -> NDArray[np.uint8]:
        """What is drawn on: a black picture, or the frame's own in the new size."""
        width, height = self._size
        picture = np.empty((height, width, 4), np.uint8)
        if surface is None:
            picture[:] = _NOTHING
        else:
            surface.scale(self._size).convert("RGBA").render("RGBA", (picture,))
        return picture

    def _maps(
        self, frame: FrameMeta
    ) -> list[tuple[SegmentationMeta, tuple[float, float, float, float]]]:
        """Class maps and their boxes in frame pixels: those of objects lie over the frame's."""
        whole = (0.0, 0.0, float(frame.width), float(frame.height))
        found = [(meta, whole) for meta in frame.user.of(SegmentationMeta)]
        for obj in frame.objects:
            found += [(meta, obj.ltwh) for meta in obj.user.of(SegmentationMeta)]
        wanted = self.setting("operate-on-seg-meta-id")
        return [one for one in found if wanted in (_ALL, one[0].component_id)]
