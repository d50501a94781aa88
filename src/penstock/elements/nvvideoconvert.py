"""`nvvideoconvert`: format and size, between NVMM pictures and between NVMM and system memory.

gst-launch-1.0 videotestsrc num-buffers=5 ! nvvideoconvert ! \
    'video/x-raw(memory:NVMM),format=NV12' ! nvvideoconvert ! video/x-raw,format=RGBA ! fakesink

Between NVMM formats nothing is computed: the surface keeps what it holds and remembers what was
promised. Pixels move when they leave for system memory, in one step.
"""

from __future__ import annotations

from typing import Any

from penstock.errors import StreamError
from penstock.geometry import Affine
from penstock.gst import (
    COMPUTE_HW_PROPERTY,
    GPU_ID,
    HELD_FORMAT,
    INTERPOLATION,
    NVMM,
    SOURCE_FORMATS,
    TARGET_FORMATS,
    Element,
    EnumType,
    Gst,
    GstBase,
    MappedBuffer,
    PictureCaps,
    Property,
    attach,
    batch_of,
    colorimetry_text,
    gproperties,
    is_yuv,
    layout_of,
    memory_type,
    pad_template,
    post_error,
    post_warning,
    surfaces,
)
from penstock.meta import BatchMeta
from penstock.surface import Surface

_UNUSED = "accepted; a GPU's setting without effect here"
_COMING = "accepted; not applied yet, a value other than the default is warned about"
FLIP = EnumType(
    "GstNvVideoFlipMethod",
    {
        "none": 0,
        "counterclockwise": 1,
        "rotate-180": 2,
        "clockwise": 3,
        "horizontal-flip": 4,
        "upper-right-diagonal": 5,
        "vertical-flip": 6,
        "upper-left-diagonal": 7,
    },
)
_YUV = ("NV12", "I420", "YV12", "Y42B", "Y444")
_RGB = ("RGBA", "BGRA", "RGBx", "BGRx", "RGB", "BGR")
_GRAY = ("GRAY8",)
_PICTURE_FIELDS = ("format", "width", "height", "colorimetry", "chroma-site", HELD_FORMAT)


def _both_memories(formats: tuple[str, ...]) -> str:
    listed = f"format=(string){{ {', '.join(formats)} }}"
    return f"video/x-raw({NVMM}), {listed}; video/x-raw, {listed}"


def _is_nvmm(caps: Gst.Caps) -> bool:
    features = caps.get_features(0)
    return bool(features is not None and features.contains(NVMM))


class NvVideoConvert(Element, GstBase.BaseTransform):
    """Converts and scales; metadata is rescaled with the picture."""

    FACTORY = "nvvideoconvert"
    PROPERTIES = (
        Property("interpolation-method", INTERPOLATION, 6, "How pictures are scaled"),
        Property("src-crop", "string", "0:0:0:0", _COMING, accepted_only=True),
        Property("dest-crop", "string", "0:0:0:0", _COMING, accepted_only=True),
        Property("flip-method", FLIP, 0, _COMING, accepted_only=True),
        GPU_ID,
        memory_type(default=2),
        COMPUTE_HW_PROPERTY,
        Property("copy-hw", "uint", 1, _UNUSED, accepted_only=True),
        Property("output-buffers", "uint", 4, _UNUSED, minimum=1, accepted_only=True),
        Property("bl-output", "bool", False, _UNUSED, accepted_only=True),
        Property("contiguous-buffers", "bool", False, _UNUSED, accepted_only=True),
        Property("disable-passthrough", "bool", False, _UNUSED, accepted_only=True),
        Property("allow-odd-crop", "bool", False, _UNUSED, accepted_only=True),
        Property("silent", "bool", False, _UNUSED, accepted_only=True),
    )
    __gtype_name__ = "Gstnvvideoconvert"
    __gstmetadata__ = (
        "Penstock video converter",
        "Filter/Converter/Video/Scaler",
        "Converts and scales NVMM pictures, and moves them to and from system memory",
        "The Penstock authors",
    )
    __gsttemplates__ = (
        pad_template(
            "sink", Gst.PadDirection.SINK, Gst.PadPresence.ALWAYS, _both_memories(SOURCE_FORMATS)
        ),
        pad_template(
            "src", Gst.PadDirection.SRC, Gst.PadPresence.ALWAYS, _both_memories(TARGET_FORMATS)
        ),
    )
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self._in: PictureCaps | None = None
        self._out: PictureCaps | None = None
        self.set_qos_enabled(False)  # frames drop only where the user asked

    def ready(self) -> None:
        """Say what is not applied yet."""
        for name in ("src-crop", "dest-crop", "flip-method"):
            if self.setting(name) not in ("0:0:0:0", 0):
                post_warning(self, f"{name}={self.setting(name)} is not applied yet: ignored")

    # Negotiation

    def do_transform_caps(
        self, direction: Gst.PadDirection, caps: Gst.Caps, only: Gst.Caps | None
    ) -> Gst.Caps:
        """Any size, any format, either memory."""
        result = Gst.Caps.new_empty()
        for index in range(caps.get_size()):
            nvmm = caps.get_structure(index).copy()
            for name in _PICTURE_FIELDS:
                nvmm.remove_field(name)
            system = nvmm.copy()
            for name in ("batch-size", "num-surfaces-per-frame"):
                system.remove_field(name)
                if direction == Gst.PadDirection.SRC:
                    nvmm.remove_field(name)
            result.append_structure_full(nvmm, Gst.CapsFeatures.from_string(NVMM))
            result.append_structure(system)
        if only is None:
            return result
        return only.intersect_full(result, Gst.CapsIntersectMode.FIRST)

    def do_fixate_caps(
        self, _direction: Gst.PadDirection, caps: Gst.Caps, other: Gst.Caps
    ) -> Gst.Caps:
        """Keep memory, format, size and colours of the input wherever the other side allows."""
        given = PictureCaps.of(caps)
        chosen = max(range(other.get_size()), key=lambda n: _what_stays(given, caps, other, n))
        structure = other.get_structure(chosen).copy()
        features = other.get_features(chosen)
        is_nvmm = bool(features is not None and features.contains(NVMM))
        is_batch = caps.get_structure(0).has_field("batch-size")
        _choose_size(structure, given.size)
        _choose_format(structure, given.promised if is_batch or is_nvmm else given.held)
        made = structure.get_string("format")
        keeps_yuv = is_nvmm and is_yuv(given.held)  # under whatever label, RGBA too
        if not structure.has_field("colorimetry") and (keeps_yuv or is_yuv(made)):
            structure.set_value("colorimetry", colorimetry_text(given.colorimetry))
        fixed = Gst.Caps.new_empty()
        fixed.append_structure_full(structure, features.copy() if features else None)
        fixed = fixed.fixate()
        stays = not is_yuv(made) if is_batch else _may_keep_memory(given, PictureCaps.of(fixed))
        if is_nvmm and stays:
            fixed.set_value(HELD_FORMAT, given.held)
        return fixed

    def do_set_caps(self, given: Gst.Caps, wanted: Gst.Caps) -> bool:
        """Caps are agreed: choose how buffers are treated."""
        try:
            self._in, self._out = PictureCaps.of(given), PictureCaps.of(wanted)
        except BaseException as error:  # nothing may escape into C
            post_error(self, error)
            return False
        is_batch = given.get_structure(0).has_field("batch-size")
        if is_batch:
            same = (self._in.size, self._in.promised) == (self._out.size, self._out.promised)
            self.set_in_place(_is_nvmm(wanted))
            self.set_passthrough(_is_nvmm(wanted) and same)
        else:  # one frame's own memory: it may change its label, not its content
            same = self._in.held == self._out.held and _may_keep_memory(self._in, self._out)
            self.set_in_place(same)
            self.set_passthrough(same)
        return True

    # Buffers

    def do_transform_ip(self, buffer: Gst.Buffer) -> Gst.FlowReturn:
        """From NVMM to NVMM: record the promise, move the metadata."""
        try:
            batch = batch_of(buffer)
            if batch is not None and batch.surfaces is not None:
                for index, surface in enumerate(batch.surfaces):
                    batch.surfaces[index] = self._promise(surface)
                self._rescale(batch)
        except BaseException as error:  # nothing may escape into C
            post_error(self, error)
            return Gst.FlowReturn.ERROR
        return Gst.FlowReturn.OK

    def do_transform_size(
        self, _direction: Gst.PadDirection, _caps: Gst.Caps, _size: int, other: Gst.Caps
    ) -> tuple[bool, int]:
        """How much memory a picture of the other side needs."""
        return True, PictureCaps.of(other).layout.size_bytes

    def do_transform(self, given: Gst.Buffer, made: Gst.Buffer) -> Gst.FlowReturn:
        """Render into the allocated memory; the metadata goes along, without the pixels."""
        try:
            self._render(given, made)
        except BaseException as error:  # nothing may escape into C
            post_error(self, error)
            return Gst.FlowReturn.ERROR
        return Gst.FlowReturn.OK

    def _agreed(self) -> tuple[PictureCaps, PictureCaps]:
        if self._in is None or self._out is None:
            raise StreamError("a buffer came before its caps")
        return self._in, self._out

    def _promise(self, surface: Surface) -> Surface:
        _, wanted = self._agreed()
        if surface.size != wanted.size:
            surface = surface.scale(wanted.size, interpolation=self._interpolation())
        return surface if surface.format == wanted.promised else surface.convert(wanted.promised)

    def _interpolation(self) -> Any:
        return "nearest" if self.setting("interpolation-method") == 0 else "bilinear"

    def _rescale(self, batch: BatchMeta) -> None:
        given, wanted = self._agreed()
        if given.size != wanted.size:
            moved = Affine.fit((0, 0, *given.size), wanted.size)
            for frame in batch.frames:
                frame.rescale(moved, wanted.size)

    def _render(self, given: Gst.Buffer, made: Gst.Buffer) -> None:
        picture, wanted = self._agreed()
        held = surfaces(given, picture)
        if len(held) != 1:
            raise StreamError(
                f"a batch of {len(held)} frames cannot leave NVMM as one picture: put "
                "nvmultistreamtiler (one picture) or nvstreamdemux (one stream each) in front"
            )
        surface = held[0]
        if surface.size != wanted.size:
            surface = surface.scale(wanted.size, interpolation=self._interpolation())
        if is_yuv(wanted.promised) and surface.colorimetry != wanted.colorimetry:
            surface = surface.convert(wanted.promised, colorimetry=wanted.colorimetry)
        mapped = MappedBuffer(made, write=True)
        surface.render(wanted.promised, layout_of(made, wanted).planes(mapped.memory))
        facts = batch_of(made)  # GStreamer copied the metadata along, or shares it behind NVMM
        if facts is not None:
            if facts is batch_of(given) and picture.size != wanted.size:
                facts = facts.copy()
                attach(made, facts)
            facts.surfaces = None
            self._rescale(facts)


def _what_stays(
    given: PictureCaps, caps: Gst.Caps, other: Gst.Caps, index: int
) -> tuple[bool, bool, bool]:
    """What of the input one of the choices allows to keep, most important first."""
    features, structure = other.get_features(index), other.get_structure(index)
    width, height = given.size
    return (
        _is_nvmm(caps) == bool(features is not None and features.contains(NVMM)),
        structure.can_intersect(_picture_like(f"width={width}, height={height}")),
        structure.can_intersect(_picture_like(f"format={given.promised}")),
    )


def _picture_like(fields: str) -> Gst.Structure:
    return Gst.Structure.new_from_string(f"video/x-raw, {fields}")


def _may_keep_memory(given: PictureCaps, wanted: PictureCaps) -> bool:
    """Whether one frame's memory, under another label, is what is wanted."""
    return (given.size, given.colorimetry) == (wanted.size, wanted.colorimetry)


def _choose_size(structure: Gst.Structure, size: tuple[int, int]) -> None:
    """The input's size; where the other side fixes one dimension, keep the aspect ratio."""
    width, height = size
    has_width, wanted_width = structure.get_int("width")
    has_height, wanted_height = structure.get_int("height")
    if has_width and not has_height:
        height = _proportional(height, wanted_width / width)
    elif has_height and not has_width:
        width = _proportional(width, wanted_height / height)
    for name, number in (("width", width), ("height", height)):
        if structure.has_field(name):
            structure.fixate_field_nearest_int(name, number)
        else:
            structure.set_value(name, number)


def _proportional(length: int, factor: float) -> int:
    """Even lengths stay even, for the sake of chroma."""
    step = 2 if length % 2 == 0 else 1
    return max(step, round(length * factor / step) * step)


def _choose_format(structure: Gst.Structure, given: str) -> None:
    """The given format, or the one nearest to it that most elements understand."""
    orders = {"yuv": (*_YUV, *_RGB, *_GRAY), "rgb": (*_RGB, *_YUV, *_GRAY)}
    order = (given, *orders["yuv" if is_yuv(given) or given in _GRAY else "rgb"])
    allowed = structure.get_value("format")
    allowed = (allowed,) if isinstance(allowed, str) else tuple(allowed)
    structure.set_value("format", next(name for name in order if name in allowed))
