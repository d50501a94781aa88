"""`nvmultistreamtiler`: the frames of a batch as one picture, in rows and columns.

gst-launch-1.0 nvstreammux name=mux batch-size=2 width=640 height=360 \
    ! nvmultistreamtiler rows=1 columns=2 width=1280 height=360 ! nveglglessink \
    videotestsrc num-buffers=5 ! nvvideoconvert ! mux.sink_0 \
    videotestsrc num-buffers=5 pattern=ball ! nvvideoconvert ! mux.sink_1
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import penstock.surface as pixels
from penstock.errors import StreamError
from penstock.geometry import Affine
from penstock.gst import (
    COMPUTE_HW_PROPERTY,
    GPU_ID,
    INTERPOLATION,
    BatchTransform,
    Gst,
    PictureCaps,
    Property,
    gproperties,
    memory_type,
    nvmm_caps,
    post_error,
    sink_and_src,
)
from penstock.meta import BatchMeta, Surfaces
from penstock.surface import Colorimetry, Interpolation, PlaneLayout, Planes, Surface

_DEVICE = "accepted; a GPU's setting without effect here"
_COMING = "accepted; not applied yet"
_CANVAS = "I420"


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
        GPU_ID,
        COMPUTE_HW_PROPERTY,
        Property("interpolation-method", INTERPOLATION, 1, "How pictures are scaled"),
        memory_type(),
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
    _size = (0, 0)

    def changed(self, name: str, _value: Any) -> None:
        """The picture's size may change while playing, with the caps."""
        if name in ("width", "height"):
            self.reconfigure_src()

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

    def do_set_caps(self, _given: Gst.Caps, wanted: Gst.Caps) -> bool:
        """Caps are agreed: a size set later waits until it is in the caps."""
        try:
            self._size = PictureCaps.of(wanted).size
        except BaseException as error:  # nothing may escape into C
            post_error(self, error)
            return False
        return True

    def process(self, batch: BatchMeta) -> None:
        """Replace the frames' surfaces by one that shows them all."""
        assert batch.surfaces is not None
        shown = self.setting("show-source")
        for frame in batch.frames:
            self._last[frame.pad_index] = batch.surfaces[frame.batch_id]
        tiles = self._tiles([n for n in sorted(self._last) if shown in (-1, n)])
        first = batch.surfaces[0]
        method: Interpolation = (
            "nearest" if self.setting("interpolation-method") == 0 else "bilinear"
        )
        canvas = self._blank(first.colorimetry)
        for number, (left, top, width, height) in tiles.items():
            surface = self._last[number].scale((width, height), interpolation=method)
            tile = (
                canvas[0][top : top + height, left : left + width],
                *(
                    plane[top // 2 : (top + height) // 2, left // 2 : (left + width) // 2]
                    for plane in canvas[1:]
                ),
            )
            surface.convert(_CANVAS, colorimetry=first.colorimetry).render(_CANVAS, tile)
        self._move(batch, tiles)
        composed = pixels.CpuSurface.from_planes(
            canvas, _CANVAS, colorimetry=first.colorimetry, exclusive=True
        )
        batch.surfaces = Surfaces([composed.convert(first.format)], token=batch.surfaces.token)

    def _blank(self, colorimetry: Colorimetry) -> Planes:
        """A black picture of the output's size."""
        layout = PlaneLayout.default(_CANVAS, self._size)
        luma, *chroma = layout.planes(np.empty(layout.size_bytes, np.uint8))
        luma[:] = 0 if colorimetry.full_range else 16
        for plane in chroma:
            plane[:] = 128
        return (luma, *chroma)

    def _tiles(self, sources: list[int]) -> dict[int, tuple[int, int, int, int]]:
        """Source → `left, top, width, height`, all even because chroma is half as large."""
        if self.setting("show-source") != -1:
            columns = rows = 1
        else:
            columns = self.setting("columns")
            rows = max(self.setting("rows"), math.ceil((max(sources, default=0) + 1) / columns))
        width, height = self._size[0] // columns // 2 * 2, self._size[1] // rows // 2 * 2
        if not width or not height:
            raise StreamError(
                f"{columns} columns and {rows} rows do not fit into a picture of "
                f"{self._size[0]}x{self._size[1]}: set rows, columns, width and height"
            )
        places = {n: 0 if self.setting("show-source") != -1 else n for n in sources}
        return {
            n: (place % columns * width, place // columns * height, width, height)
            for n, place in places.items()
        }

    def _move(self, batch: BatchMeta, tiles: dict[int, tuple[int, int, int, int]]) -> None:
        for frame in batch.frames:
            tile = tiles.get(frame.pad_index)
            if tile is None:  # not shown
                frame.objects.clear()
                frame.display.clear()
            else:
                left, top, width, height = tile
                scale = Affine.fit((0, 0, frame.width, frame.height), (width, height))
                frame.rescale(scale.then(Affine(1, 1, left, top)), self._size)
            frame.batch_id = 0
