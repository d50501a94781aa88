"""`nvmultistreamtiler`: the frames of a batch as one picture, in rows and columns.

gst-launch-1.0 nvstreammux name=mux batch-size=2 width=640 height=360 \
    ! nvmultistreamtiler rows=1 columns=2 width=1280 height=360 ! nveglglessink \
    videotestsrc num-buffers=5 ! nvvideoconvert ! mux.sink_0 \
    videotestsrc num-buffers=5 pattern=ball ! nvvideoconvert ! mux.sink_1
"""

from __future__ import annotations

import math

import numpy as np

import penstock.surface as pixels
from penstock.geometry import Affine
from penstock.gst import (
    BatchTransform,
    EnumType,
    Gst,
    Property,
    gproperties,
    nvmm_caps,
    sink_and_src,
)
from penstock.meta import BatchMeta, Surfaces
from penstock.surface import PlaneLayout, Surface

_DEVICE = "accepted; a GPU's setting without effect here"
_COMING = "accepted; not applied yet"
_CANVAS = "I420"
MEMORY_TYPE = EnumType(
    "GstNvTilerBufMemoryType",
    {
        "nvbuf-mem-default": 0,
        "nvbuf-mem-cuda-pinned": 1,
        "nvbuf-mem-cuda-device": 2,
        "nvbuf-mem-cuda-unified": 3,
        "nvbuf-mem-surface-array": 4,
    },
)
COMPUTE_HW = EnumType("GstNvTilerComputeHWType", {"Default": 0, "GPU": 1, "VIC": 2})
INTERPOLATION = EnumType(
    "GstNvTilerInterpolationMethod",
    {"Nearest": 0, "Bilinear": 1, "Algo-1": 2, "Algo-2": 3, "Algo-3": 4, "Algo-4": 5, "Default": 6},
)


class NvMultiStreamTiler(BatchTransform):
    """Composes; boxes and display metadata of every source move into their tile."""

    FACTORY = "nvmultistreamtiler"
    PROPERTIES = (
        Property(
            "rows", "uint", 1, "Rows of the grid; it grows where the sources need it", minimum=1
        ),
        Property("columns", "uint", 1, "Columns of the grid", minimum=1),
        Property("width", "uint", 1920, "Width of the picture, pixels", minimum=16),
        Property("height", "uint", 1080, "Height of the picture, pixels", minimum=16),
        Property("show-source", "int", -1, "Only this source, full size; -1: all", minimum=-1),
        Property("gpu-id", "uint", 0, _DEVICE, accepted_only=True),
        Property("compute-hw", COMPUTE_HW, 0, _DEVICE, accepted_only=True),
        Property("interpolation-method", INTERPOLATION, 1, _COMING, accepted_only=True),
        Property("nvbuf-memory-type", MEMORY_TYPE, 0, _DEVICE, accepted_only=True),
        Property("buffer-pool-size", "uint", 5, _DEVICE, minimum=4, maximum=10, accepted_only=True),
        Property("square-seq-grid", "bool", False, _COMING, accepted_only=True),
        Property("custom-tile-config", "pointer", None, _COMING, accepted_only=True),
    )
    __gtype_name__ = "Gstnvmultistreamtiler"
    __gstmetadata__ = (
        "Penstock tiler",
        "Filter/Video/Compositor",
        "Composes the frames of a batch in rows and columns",
        "The Penstock authors",
    )
    __gsttemplates__ = sink_and_src(nvmm_caps("NV12", "RGBA", "I420"))
    __gproperties__ = gproperties(PROPERTIES)

    _last: dict[int, Surface]

    def open(self) -> None:
        """No source has been seen yet."""
        self._last = {}

    def close(self) -> None:
        """Let the last pictures go."""
        self._last = {}

    def do_transform_caps(
        self, direction: Gst.PadDirection, caps: Gst.Caps, only: Gst.Caps | None
    ) -> Gst.Caps:
        """The picture's size is that of the properties, one picture a batch."""
        result = Gst.Caps.new_empty()
        for index in range(caps.get_size()):
            structure = caps.get_structure(index).copy()
            for name in ("width", "height", "batch-size"):
                structure.remove_field(name)
            if direction == Gst.PadDirection.SINK:
                structure.set_value("width", self.setting("width"))
                structure.set_value("height", self.setting("height"))
                structure.set_value("batch-size", 1)
            features = caps.get_features(index)
            result.append_structure_full(structure, features.copy() if features else None)
        return result if only is None else result.intersect(only)

    def process(self, batch: BatchMeta) -> None:
        """Replace the frames' surfaces by one that shows them all."""
        assert batch.surfaces is not None
        shown = self.setting("show-source")
        for frame in batch.frames:
            self._last[frame.pad_index] = batch.surfaces[frame.batch_id]
        sources = [n for n in sorted(self._last) if shown in (-1, n)]
        tiles = self._tiles(sources)
        first = batch.surfaces[0]
        layout = PlaneLayout.default(_CANVAS, (self.setting("width"), self.setting("height")))
        canvas = layout.planes(np.zeros(layout.size_bytes, np.uint8))
        for plane in canvas[1:]:
            plane[:] = 128
        canvas[0][:] = 0 if first.colorimetry.full_range else 16
        for number, (left, top, width, height) in tiles.items():
            tile = self._last[number].scale((width, height))
            tile.convert(_CANVAS, colorimetry=first.colorimetry).render(
                _CANVAS,
                (
                    canvas[0][top : top + height, left : left + width],
                    *(
                        plane[top // 2 : (top + height) // 2, left // 2 : (left + width) // 2]
                        for plane in canvas[1:]
                    ),
                ),
            )
        self._move(batch, tiles)
        composed = pixels.CpuSurface.from_planes(
            canvas, _CANVAS, colorimetry=first.colorimetry, exclusive=True
        )
        batch.surfaces = Surfaces([composed.convert(first.format)], token=batch.surfaces.token)

    def _tiles(self, sources: list[int]) -> dict[int, tuple[int, int, int, int]]:
        """Source → `left, top, width, height`, all even because chroma is half as large."""
        if self.setting("show-source") != -1:
            columns = rows = 1
        else:
            columns = self.setting("columns")
            rows = max(self.setting("rows"), math.ceil((max(sources, default=0) + 1) / columns))
        width = self.setting("width") // columns // 2 * 2
        height = self.setting("height") // rows // 2 * 2
        places = {n: 0 if self.setting("show-source") != -1 else n for n in sources}
        return {
            n: (place % columns * width, place // columns * height, width, height)
            for n, place in places.items()
        }

    def _move(self, batch: BatchMeta, tiles: dict[int, tuple[int, int, int, int]]) -> None:
        size = (self.setting("width"), self.setting("height"))
        for frame in batch.frames:
            tile = tiles.get(frame.pad_index)
            if tile is None:  # not shown
                frame.objects.clear()
                frame.display.clear()
            else:
                left, top, width, height = tile
                scale = Affine.fit((0, 0, frame.width, frame.height), (width, height))
                frame.rescale(scale.then(Affine(1, 1, left, top)), size)
            frame.batch_id = 0
