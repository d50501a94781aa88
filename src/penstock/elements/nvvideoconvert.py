"""`nvvideoconvert`: format and size, between NVMM pictures and between NVMM and system memory.

gst-launch-1.0 videotestsrc num-buffers=5 ! nvvideoconvert ! \
    video/x-raw(memory:NVMM),format=NV12 ! nvvideoconvert ! video/x-raw,format=RGBA ! fakesink

Between NVMM formats nothing is computed: the surface keeps what it holds and remembers what was
promised. Pixels move when they leave for system memory, in one step.
"""

from __future__ import annotations

from typing import Any

from penstock.errors import StreamError
from penstock.geometry import Affine
from penstock.gst import (
    HELD_FORMAT,
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
    batch_of,
    colorimetry_text,
    gproperties,
    is_yuv,
    layout_of,
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
MEMORY_TYPE = EnumType(
    "GstNvVidConvBufMemoryType",
    {
        "nvbuf-mem-default": 0,
        "nvbuf-mem-cuda-pinned": 1,
        "nvbuf-mem-cuda-device": 2,
        "nvbuf-mem-cuda-unified": 3,
        "nvbuf-mem-surface-array": 4,
    },
)
COMPUTE_HW = EnumType("GstNvVidConvComputeHWType", {"Default": 0, "GPU": 1, "VIC": 2})
INTERPOLATION = EnumType(
    "GstNvVidConvInterpolationMethod",
    {"Nearest": 0, "Bilinear": 1, "Algo-1": 2, "Algo-2": 3, "Algo-3": 4, "Algo-4": 5, "Default": 6},
)
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
        Property("gpu-id", "uint", 0, _UNUSED, accepted_only=True),
        Property("nvbuf-memory-type", MEMORY_TYPE, 2, _UNUSED, accepted_only=True),
        Property("compute-hw", COMPUTE_HW, 0, _UNUSED, accepted_only=True),
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
        """Any size, any format, either memory; the same memory is preferred."""
        result = Gst.Caps.new_empty()
        for index in range(caps.get_size()):
            nvmm = caps.get_structure(index).copy()
            for name in _PICTURE_FIELDS:
                nvmm.remove_field(name)
            system = nvmm.copy()
            for name in ("batch-size", "num-surfaces-per-frame"):
                (system if direction == Gst.PadDirection.SINK else nvmm).remove_field(name)
            features = caps.get_features(index)
            came_from_nvmm = features is not None and features.contains(NVMM)
            both = [(nvmm, Gst.CapsFeatures.from_string(NVMM)), (system, None)]
            for structure, feature in both if came_from_nvmm else reversed(both):
                result.append_structure_full(structure, feature)
        if only is None:
            return result
        return only.intersect_full(result, Gst.CapsIntersectMode.FIRST)

    def do_fixate_caps(
        self, _direction: Gst.PadDirection, caps: Gst.Caps, other: Gst.Caps
    ) -> Gst.Caps:
        """Keep format, size and colours of the input wherever the other side allows."""
        given = caps.get_structure(0)
        same_memory = [
            index for index in range(other.get_size()) if _same_memory(caps, other, index)
        ]
        chosen = same_memory[0] if same_memory else 0
        structure = other.get_structure(chosen).copy()
        for name in ("width", "height"):
            number = given.get_int(name)[1]
            if structure.has_field(name):
                structure.fixate_field_nearest_int(name, number)
            else:
                structure.set_value(name, number)
        structure.fixate_field_string("format", given.get_string("format"))
        fixed = Gst.Caps.new_empty()
        features = other.get_features(chosen)
        fixed.append_structure_full(structure, features.copy() if features else None)
        fixed = fixed.fixate()
        return _with_colorimetry(fixed, caps)

    def do_set_caps(self, given: Gst.Caps, wanted: Gst.Caps) -> bool:
        """Caps are agreed: choose how buffers are treated."""
        try:
            self._in, self._out = PictureCaps.of(given), PictureCaps.of(wanted)
        except StreamError as error:
            post_error(self, error)
            return False
        is_batch = given.get_structure(0).has_field("batch-size")
        same = (self._in.size, self._in.held) == (self._out.size, self._out.promised)
        if is_batch:
            self.set_in_place(_is_nvmm(wanted))
            self.set_passthrough(_is_nvmm(wanted) and same)
        else:  # one frame's own memory: it may change its label, not its content
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
        except Exception as error:  # nothing may escape into C
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
        except Exception as error:  # nothing may escape into C
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
        facts = batch_of(made)
        if facts is not None:  # GStreamer copied the metadata along
            facts.surfaces = None
            self._rescale(facts)


def _same_memory(caps: Gst.Caps, other: Gst.Caps, index: int) -> bool:
    features = other.get_features(index)
    return _is_nvmm(caps) == bool(features is not None and features.contains(NVMM))


def _with_colorimetry(fixed: Gst.Caps, given: Gst.Caps) -> Gst.Caps:
    """Say the input's colorimetry in YUV output caps that leave it open."""
    structure = fixed.get_structure(0).copy()
    if is_yuv(structure.get_string("format")) and not structure.has_field("colorimetry"):
        picture = PictureCaps.of(given)
        structure.set_value("colorimetry", colorimetry_text(picture.colorimetry))
    result = Gst.Caps.new_empty()
    features = fixed.get_features(0)
    result.append_structure_full(structure, features.copy() if features else None)
    return result
