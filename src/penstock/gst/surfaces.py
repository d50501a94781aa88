"""The pixels of a buffer, whichever form it has.

In NVMM a buffer is either a batch, whose metadata holds the surfaces, or one frame whose own
memory is the surface: what decoders and nvvideoconvert give the mux. Caps say what was promised;
the field `held-format` says what such a memory holds where that differs.
"""

from __future__ import annotations

from dataclasses import dataclass

import penstock.surface as pixels
from penstock.errors import StreamError
from penstock.gst.blocks import hand_over
from penstock.gst.buffers import MappedBuffer
from penstock.gst.carrier import batch_of
from penstock.gst.formats import is_yuv
from penstock.gst.gi import Gst, GstVideo
from penstock.meta import Surfaces
from penstock.surface import FORMATS, REPACKED, Colorimetry, PlaneLayout, Planes, Surface

HELD_FORMAT = "held-format"
_LIKE_601 = (
    GstVideo.VideoColorMatrix.BT601,
    GstVideo.VideoColorMatrix.FCC,
    GstVideo.VideoColorMatrix.SMPTE240M,
)
_LIKE_709 = (GstVideo.VideoColorMatrix.BT709, GstVideo.VideoColorMatrix.BT2020)
_FULL_RANGE = 1  # GST_VIDEO_COLOR_RANGE_0_255, whose name is no Python name


@dataclass(frozen=True)
class PictureCaps:
    """What caps say about a picture.

    Attributes:
        size: `(width, height)`, pixels.
        promised: Pixel format of the caps.
        held: Pixel format that lies in memory.
        colorimetry: How YUV relates to RGB.
        layout: Strides and offsets of `held` where the buffer does not say otherwise.
    """

    size: tuple[int, int]
    promised: str
    held: str
    colorimetry: Colorimetry
    layout: PlaneLayout

    @classmethod
    def of(cls, caps: Gst.Caps) -> PictureCaps:
        """Read fixed video caps, with or without memory:NVMM.

        Raises:
            StreamError: Width, height or format is missing, not fixed or unknown.
        """
        structure = caps.get_structure(0) if caps.is_fixed() else Gst.Structure.new_empty("none")
        has_width, width = structure.get_int("width")
        has_height, height = structure.get_int("height")
        promised = structure.get_string("format")
        if not (has_width and has_height and promised and width > 0 and height > 0):
            raise StreamError(
                f"caps must give format, width and height of a picture, got {caps.to_string()}"
            )
        held = structure.get_string(HELD_FORMAT) or promised
        for name in {promised, held} - FORMATS.keys() - REPACKED.keys():
            known = ", ".join([*FORMATS, *REPACKED])
            raise StreamError(f"the format {name} is not one of {known}: put videoconvert in front")
        size = (width, height)
        colorimetry = _colorimetry(structure.get_string("colorimetry"), held, size)
        return cls(size, promised, held, colorimetry, PlaneLayout.default(held, size))


def _colorimetry(text: str | None, held: str, size: tuple[int, int]) -> Colorimetry:
    """What caps say of a YUV picture, else GStreamer's guess; BT.2020 is taken for BT.709."""
    parsed = GstVideo.VideoColorimetry()
    if text is not None and is_yuv(held) and parsed.from_string(text):
        full = int(parsed.range) == _FULL_RANGE
        if parsed.matrix in _LIKE_601:
            return Colorimetry("bt601", full)
        if parsed.matrix in _LIKE_709:
            return Colorimetry("bt709", full)
    return Colorimetry("bt709" if size[1] > 576 else "bt601")


def layout_of(buffer: Gst.Buffer, picture: PictureCaps) -> PlaneLayout:
    """Where the planes of a buffer's own memory are: as its video meta says, or by default."""
    video_meta = GstVideo.buffer_get_video_meta(buffer)
    if video_meta is None:
        return picture.layout
    planes = video_meta.n_planes
    return PlaneLayout(
        picture.held,
        picture.size,
        tuple(video_meta.stride[:planes]),
        tuple(video_meta.offset[:planes]),
    )


def surface_of(buffer: Gst.Buffer, picture: PictureCaps) -> Surface:
    """The surface of a buffer whose own memory is one picture.

    Raises:
        StreamError: The memory is not what the caps say.
    """
    layout = layout_of(buffer, picture)
    mapped = MappedBuffer(buffer)
    try:
        surface = _held(layout.planes(mapped.memory), picture, owner=mapped)
    except ValueError as error:
        raise StreamError(f"a buffer does not hold what its caps say: {error}") from error
    promised = REPACKED.get(picture.promised, picture.promised)
    return surface if promised == surface.format else surface.convert(promised)


def _held(planes: Planes, picture: PictureCaps, *, owner: object) -> Surface:
    made, colorimetry = pixels.CpuSurface.from_planes, picture.colorimetry
    twin = REPACKED.get(picture.held)
    if twin is None:
        return made(planes, picture.held, colorimetry=colorimetry, owner=owner)
    from penstock.surface.repacking import unpack  # OpenCV loads with it

    planes = unpack(planes, picture.held, picture.size)
    return made(planes, twin, colorimetry=colorimetry, exclusive=True)


def render(
    surface: Surface, buffer: Gst.Buffer, picture: PictureCaps, *, is_last: bool = False
) -> None:
    """Write a surface into a buffer's own memory, as the caps promise it.

    Args:
        surface: The picture.
        buffer: Writable, with room for it.
        picture: What the buffer shall hold.
        is_last: Nobody will ask this surface for its pixels again: they may be handed over.
    """
    if is_last and picture.promised in FORMATS and layout_of(buffer, picture) == picture.layout:
        planes = surface.give_away(picture.promised)
        if planes is not None and hand_over(planes, picture.layout, buffer):
            return
    mapped = MappedBuffer(buffer, write=True)
    planes = layout_of(buffer, picture).planes(mapped.memory)
    twin = REPACKED.get(picture.promised)
    if twin is None:
        surface.render(picture.promised, planes)
        return
    from penstock.surface.repacking import pack  # OpenCV loads with it

    pack(surface.planes(twin), planes, picture.promised, picture.size)


def surfaces(buffer: Gst.Buffer, picture: PictureCaps) -> Surfaces:
    """The surfaces of a buffer in either form, in the order of `batch_id`."""
    batch = batch_of(buffer)
    if batch is not None and batch.surfaces is not None:
        return batch.surfaces
    return Surfaces([surface_of(buffer, picture)])


def colorimetry_text(colorimetry: Colorimetry) -> str:
    """The caps field `colorimetry`: range:matrix:transfer:primaries, numbers of GStreamer."""
    video_range = 1 if colorimetry.full_range else 2
    matrix, transfer, primaries = (4, 16, 4) if colorimetry.matrix == "bt601" else (3, 5, 1)
    return f"{video_range}:{matrix}:{transfer}:{primaries}"
