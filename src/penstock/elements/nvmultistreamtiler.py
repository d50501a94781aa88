"""`nvmultistreamtiler`: the frames of a batch as one picture, in rows and columns.

gst-launch-1.0 nvstreammux name=mux batch-size=2 width=640 height=360 \
    ! nvmultistreamtiler rows=1 columns=2 width=1280 height=360 ! nveglglessink \
    videotestsrc num-buffers=5 ! nvvideoconvert ! mux.sink_0 \
    videotestsrc num-buffers=5 pattern=ball ! nvvideoconvert ! mux.sink_1
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np

import penstock.surface as pixels
from penstock.errors import ConfigError, StreamError
from penstock.geometry import Affine, Tile, grid_for, percent_of, row_by_row, square_for
from penstock.gst import (
    COMPUTE_HW_PROPERTY,
    GPU_ID,
    INTERPOLATION,
    BatchTransform,
    Gst,
    PictureCaps,
    Property,
    Shares,
    gproperties,
    memory_type,
    nvmm_caps,
    post_error,
    read_tiles,
    sink_and_src,
)
from penstock.gst.nvevents import PAD_ADDED, PAD_DELETED, STREAM_EOS, source_event_of
from penstock.meta import BatchMeta, FrameMeta, Surfaces
from penstock.surface import Colorimetry, Interpolation, PlaneLayout, Planes, Surface

_BOUNDED = "accepted; nvstreammux bounds how many pictures are on their way"
_CANVAS = "I420"
_View: TypeAlias = tuple[int, int]  # mux pad and surface, counted from 0: a dewarper makes several


class NvMultiStreamTiler(BatchTransform):
    """Composes; boxes and display metadata move with their frame into its tile.

    Every surface of a source has a tile, as many for each source as the one with the most has.
    What is about one source, `show-source` or a place of its own, is a small grid of its surfaces.
    """

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
        Property(
            "square-seq-grid",
            "bool",
            False,
            "A square grid that grows and shrinks with the sources, without gaps",
        ),
        Property(
            "custom-tile-config",
            "pointer",
            None,
            "CustomTileConfig: where each source is shown, percent of the picture; null: the grid",
        ),
        Property(
            "buffer-pool-size", "uint", 5, _BOUNDED, minimum=4, maximum=10, accepted_only=True
        ),
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

    def __init__(self) -> None:
        super().__init__()
        self._size = (0, 0)
        self._shares: Shares | None = None
        self._sources: dict[int, int] = {}  # to the number of their surfaces
        self._last: dict[_View, Surface] = {}
        self._scaled: dict[_View, Surface] = {}

    def changed(self, name: str, value: Any) -> None:
        """All settings may change while playing; the picture's size with the caps."""
        if name in ("width", "height"):
            self.reconfigure_src()
        elif name == "custom-tile-config":
            self.place_tiles(read_tiles(value))

    def place_tiles(self, shares: Mapping[int, tuple[float, float, float, float]] | None) -> None:
        """Show these sources and no others, each where it is said; later ones lie on top.

        Args:
            shares: Source → left, top, width, height, percent of the picture; none: the grid.

        Raises:
            ConfigError: One is not inside the picture.
        """
        size = (self.setting("width"), self.setting("height"))
        for source, share in (shares or {}).items():
            _placed(source, share, size)
        self._shares = None if shares is None else dict(shares)

    def open(self) -> None:
        """No picture has been seen yet."""
        self._last, self._scaled = {}, {}

    def close(self) -> None:
        """Let the last pictures go."""
        self._sources = {}
        self.open()

    def notice(self, event: Gst.Event) -> None:
        """The mux tells when sources come and go."""
        about = source_event_of(event)
        if about is not None:
            kind, source = about
            if kind == PAD_ADDED:
                self._sources.setdefault(source, 1)
            elif kind == PAD_DELETED or (kind == STREAM_EOS and self.setting("square-seq-grid")):
                self._forget(source)

    def _forget(self, source: int) -> None:
        for number in range(self._sources.pop(source, 0)):
            self._last.pop((source, number), None)
            self._scaled.pop((source, number), None)

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
        views = _views(batch)
        for frame, view in zip(batch.frames, views, strict=True):
            self._sources[frame.pad_index] = _surfaces_of(frame)
            self._last[view] = batch.surfaces[frame.batch_id]
            self._scaled.pop(view, None)
        tiles = self._tiles()
        first = batch.surfaces[0]
        canvas = self._blank(first.colorimetry)
        for view, tile in tiles.items():
            if view in self._last:
                self._show(view, tile, canvas, first.colorimetry)
        self._move(batch, [tiles.get(view) for view in views])
        composed = pixels.CpuSurface.from_planes(
            canvas, _CANVAS, colorimetry=first.colorimetry, exclusive=True
        )
        batch.surfaces = Surfaces([composed.convert(first.format)], token=batch.surfaces.token)

    def _show(self, view: _View, tile: Tile, canvas: Planes, colorimetry: Colorimetry) -> None:
        left, top, width, height = tile
        part = (
            canvas[0][top : top + height, left : left + width],
            *(
                plane[top // 2 : (top + height) // 2, left // 2 : (left + width) // 2]
                for plane in canvas[1:]
            ),
        )
        scaled = self._scaled.get(view)
        if scaled is not None and (scaled.size, scaled.colorimetry) == (tile[2:], colorimetry):
            # The source is slow. What is asked for a second time is kept by the surface.
            for plane, to in zip(scaled.planes(_CANVAS), part, strict=True):
                np.copyto(to, plane)
            return
        nearest = self.setting("interpolation-method") == 0
        method: Interpolation = "nearest" if nearest else "bilinear"
        scaled = self._last[view].scale((width, height), interpolation=method)
        scaled = scaled.convert(_CANVAS, colorimetry=colorimetry)
        scaled.render(_CANVAS, part)
        self._scaled[view] = scaled

    def _blank(self, colorimetry: Colorimetry) -> Planes:
        """A black picture of the output's size."""
        layout = PlaneLayout.default(_CANVAS, self._size)
        luma, *chroma = layout.planes(np.empty(layout.size_bytes, np.uint8))
        luma[:] = 0 if colorimetry.full_range else 16
        for plane in chroma:
            plane[:] = 128
        return (luma, *chroma)

    def _tiles(self) -> dict[_View, Tile]:
        """Where each surface is shown."""
        shown, shares = self.setting("show-source"), self._shares
        if shown != -1:
            return self._parts(shown, percent_of((0, 0, 100, 100), self._size))
        if shares is None:
            return self._grid()
        tiles: dict[_View, Tile] = {}
        for source, share in shares.items():
            tiles |= self._parts(source, _placed(source, share, self._size))
        return tiles

    def _parts(self, source: int, whole: Tile) -> dict[_View, Tile]:
        """The surfaces of one source, side by side where the source would be."""
        left, top, *size = whole
        count = self._sources.get(source, 1)
        tiles = _in_grid(list(range(count)), grid_for(count), (size[0], size[1]))
        return {(source, n): (left + x, top + y, w, h) for n, (x, y, w, h) in enumerate(tiles)}

    def _grid(self) -> dict[_View, Tile]:
        most = max(self._sources.values(), default=1)
        views = [
            (source, n) for source in sorted(self._sources) for n in range(self._sources[source])
        ]
        if self.setting("square-seq-grid"):
            places, grid = list(range(len(views))), square_for(len(views))
        else:
            places = [source * most + n for source, n in views]
            grid = (self.setting("rows"), self.setting("columns"))
            if max(places, default=0) >= grid[0] * grid[1]:
                grid = grid_for(max(places) + 1)
        return dict(zip(views, _in_grid(places, grid, self._size), strict=True))

    def _move(self, batch: BatchMeta, tiles: list[Tile | None]) -> None:
        for frame, tile in zip(batch.frames, tiles, strict=True):
            if tile is None:  # not shown
                frame.objects.clear()
                frame.display.clear()
            else:
                left, top, width, height = tile
                scale = Affine.fit((0, 0, frame.width, frame.height), (width, height))
                frame.rescale(scale.then(Affine(1, 1, left, top)), self._size)
            frame.batch_id = 0


def _views(batch: BatchMeta) -> list[_View]:
    """What each frame of a batch is; the surfaces of a picture lie side by side."""
    before: Counter[int] = Counter()
    views = []
    for frame in batch.frames:
        views.append((frame.pad_index, before[frame.pad_index] % _surfaces_of(frame)))
        before[frame.pad_index] += 1
    return views


def _surfaces_of(frame: FrameMeta) -> int:
    return max(1, frame.surfaces_per_frame)  # an application may have set it to 0


def _in_grid(places: list[int], grid: tuple[int, int], size: tuple[int, int]) -> list[Tile]:
    try:
        return list(row_by_row(places, grid, size).values())
    except ValueError as error:
        raise StreamError(f"{error}: set rows, columns, width and height") from error


def _placed(source: int, share: tuple[float, float, float, float], size: tuple[int, int]) -> Tile:
    try:
        return percent_of(share, size)
    except ValueError as error:
        raise ConfigError(f"source {source}: {error}") from error
