"""Base class of the elements that convert, scale, crop and turn pictures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from penstock.errors import ConfigError, StreamError
from penstock.geometry import Turn
from penstock.gst.buffers import is_sole
from penstock.gst.carrier import attach, batch_of
from penstock.gst.converter_caps import (
    both_memories,
    choose_format,
    choose_size,
    chroma_step,
    exchange_aspect,
    is_nvmm,
    may_keep_memory,
    what_stays,
)
from penstock.gst.converter_plan import INTERPOLATIONS, TURNS, Box, Plan, Rectangle, Size
from penstock.gst.element import Element, pad_template
from penstock.gst.formats import SOURCE_FORMATS, TARGET_FORMATS, is_yuv
from penstock.gst.gi import NVMM, Gst
from penstock.gst.lost_times import mend_lost_times
from penstock.gst.messages import post_error, post_warning
from penstock.gst.surfaces import (
    HELD_FORMAT,
    PictureCaps,
    colorimetry_text,
    render,
    surfaces,
)
from penstock.surface import REPACKED, Surface

_PICTURE_FIELDS = ("format", "width", "height", "colorimetry", "chroma-site", HELD_FORMAT)

Rectangles = tuple[Rectangle | None, Rectangle | None]


class VideoConverter(Element):
    """Any NVMM or raw picture in, any other out; metadata goes where the pixels go.

    A mixin in front of `GstBase.BaseTransform`. A subclass has the properties `flip-method` and
    `interpolation-method`, and says by `rectangles` what is cropped.
    """

    if TYPE_CHECKING:  # what GstBase.BaseTransform brings
        reconfigure_src: Any
        set_in_place: Any
        set_passthrough: Any
        set_qos_enabled: Any

    @staticmethod
    def templates() -> tuple[Gst.PadTemplate, Gst.PadTemplate]:
        """The value of `__gsttemplates__`."""
        always = Gst.PadPresence.ALWAYS
        return (
            pad_template("sink", Gst.PadDirection.SINK, always, both_memories(SOURCE_FORMATS)),
            pad_template("src", Gst.PadDirection.SRC, always, both_memories(TARGET_FORMATS)),
        )

    def __init__(self) -> None:
        super().__init__()
        self._in: PictureCaps | None = None
        self._out: PictureCaps | None = None
        self._agreed: tuple[Gst.Caps, Gst.Caps] | None = None
        self._used: Rectangles | None = None
        self._plan = Plan((0, 0), (0, 0))
        self._plans: dict[Size, Plan] = {}
        self.set_qos_enabled(False)  # frames drop only where the user asked

    def rectangles(self) -> Rectangles:
        """Which part of the input is shown, and where in the output; none: all of it."""
        raise NotImplementedError

    def ready(self) -> None:
        """Forget the stream before."""
        self._agreed = self._used = None

    def changed(self, name: str, value: Any) -> None:
        """Settings act on the next buffer."""
        self.reconfigure_src()

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
            if self._turn.swap:
                exchange_aspect(nvmm)
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
        size = self._turn.size(given.size)
        chosen = max(
            range(other.get_size()), key=lambda n: what_stays(given, caps, other, n, size=size)
        )
        structure = other.get_structure(chosen).copy()
        features = other.get_features(chosen)
        is_batch = caps.get_structure(0).has_field("batch-size")
        choose_size(structure, size)
        choose_format(structure, given.promised if is_batch or is_nvmm(features) else given.held)
        made = structure.get_string("format")
        keeps_yuv = is_nvmm(features) and is_yuv(given.held)  # under whatever label, RGBA too
        if not structure.has_field("colorimetry") and (keeps_yuv or is_yuv(made)):
            structure.set_value("colorimetry", colorimetry_text(given.colorimetry))
        fixed = Gst.Caps.new_empty()
        fixed.append_structure_full(structure, features.copy() if features else None)
        fixed = fixed.fixate()
        stays = not is_yuv(made) if is_batch else self._keeps_memory(given, PictureCaps.of(fixed))
        if is_nvmm(features) and stays:
            fixed.set_value(HELD_FORMAT, given.held)
        self._notice_new_settings(caps, fixed)
        return fixed

    def _notice_new_settings(self, given: Gst.Caps, wanted: Gst.Caps) -> None:
        """GStreamer does not call `set_caps` where only a property made it negotiate again."""
        if self._agreed and all(map(Gst.Caps.is_equal, self._agreed, (given, wanted))):
            self._prepare(given, wanted)

    def do_set_caps(self, given: Gst.Caps, wanted: Gst.Caps) -> bool:
        """Caps are agreed: choose how buffers are treated."""
        try:
            self._prepare(given, wanted)
            mend_lost_times(self)
        except BaseException as error:  # nothing may escape into C
            post_error(self, error)
            return False
        return True

    def _prepare(self, given: Gst.Caps, wanted: Gst.Caps) -> None:
        picture, made = PictureCaps.of(given), PictureCaps.of(wanted)
        self._plan = plan = self._planned(picture, made)
        self._plans = {picture.size: plan}
        self._in, self._out, self._agreed = picture, made, (given, wanted)
        if given.get_structure(0).has_field("batch-size"):
            stays_nvmm = is_nvmm(wanted.get_features(0))
            same = picture.promised == made.promised and plan.changes_nothing
            self.set_in_place(stays_nvmm)
            self.set_passthrough(stays_nvmm and same)
        else:  # one frame's own memory: it may change its label, not its content
            same = picture.held == made.held and self._keeps_memory(picture, made)
            self.set_in_place(same)
            self.set_passthrough(same)

    def _planned(self, given: PictureCaps, wanted: PictureCaps) -> Plan:
        asked = self.rectangles()
        try:
            source, target = self._parts(asked, (given, wanted))
        except ConfigError as error:
            if self._used is None or self._used == asked:
                raise
            post_warning(self, f"{error}; what was set before stays")
            asked = self._used
            source, target = self._parts(asked, (given, wanted))
        self._used = asked
        interpolation = INTERPOLATIONS[int(self.setting("interpolation-method"))]
        return Plan(given.size, wanted.size, source, self._turn, target, interpolation)

    def _parts(
        self, asked: Rectangles, pictures: tuple[PictureCaps, PictureCaps]
    ) -> list[Box | None]:
        parts: list[Box | None] = []
        for rectangle, picture in zip(asked, pictures, strict=True):
            part, remark = self._part(rectangle, picture.size, picture.promised)
            parts.append(part)
            if remark:
                post_warning(self, remark)
        return parts

    def _part(
        self, asked: Rectangle | None, size: Size, promised: str
    ) -> tuple[Box | None, str | None]:
        if asked is None:
            return None, None
        return asked.within(size, step=(1, 1) if self._may_be_odd else chroma_step(promised))

    def _plan_for(self, size: Size) -> Plan:
        """The new mux batches pictures of several sizes; caps say that of one."""
        plan = self._plans.get(size)
        if plan is None:
            picture, _ = self._pictures()
            asked, _ = self._used or (None, None)
            source, _ = self._part(asked, size, picture.promised)
            plan = self._plans[size] = replace(self._plan, given=size, source=source)
        return plan

    @property
    def _turn(self) -> Turn:
        return TURNS[int(self.setting("flip-method"))]

    @property
    def _may_be_odd(self) -> bool:
        return bool(self._settings.get("allow-odd-crop"))

    def _keeps_memory(self, given: PictureCaps, wanted: PictureCaps) -> bool:
        as_it_lies = self._turn.is_identity and self.rectangles() == (None, None)
        return as_it_lies and may_keep_memory(given, wanted)

    # Buffers

    def do_transform_ip(self, buffer: Gst.Buffer) -> Gst.FlowReturn:
        """From NVMM to NVMM: record the promise, move the metadata."""
        try:
            batch = batch_of(buffer)
            if batch is not None and batch.surfaces is not None:
                plans = [self._plan_for(surface.size) for surface in batch.surfaces]
                for index, plan in enumerate(plans):
                    batch.surfaces[index] = self._promise(batch.surfaces[index], plan)
                for frame in batch.frames:  # an application may add one without a picture
                    has_picture = frame.batch_id < len(plans)
                    (plans[frame.batch_id] if has_picture else self._plan).move(frame)
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

    def _pictures(self) -> tuple[PictureCaps, PictureCaps]:
        if self._in is None or self._out is None:
            raise StreamError("a buffer came before its caps")
        return self._in, self._out

    def _promise(self, surface: Surface, plan: Plan) -> Surface:
        _, wanted = self._pictures()
        surface = plan.show(surface)
        return surface if surface.format == wanted.promised else surface.convert(wanted.promised)

    def _render(self, given: Gst.Buffer, made: Gst.Buffer) -> None:
        picture, wanted = self._pictures()
        held = surfaces(given, picture)
        if len(held) != 1:
            raise StreamError(
                f"a batch of {len(held)} frames cannot leave NVMM as one picture: put "
                "nvmultistreamtiler (one picture) or nvstreamdemux (one stream each) in front"
            )
        plan = self._plan_for(held[0].size)
        surface = plan.show(held[0])
        if is_yuv(wanted.promised) and surface.colorimetry != wanted.colorimetry:
            made_as = REPACKED.get(wanted.promised, wanted.promised)
            surface = surface.convert(made_as, colorimetry=wanted.colorimetry)
        facts = batch_of(made)  # GStreamer copied the metadata along, or shares it behind NVMM
        if facts is not None and facts is not batch_of(given):
            facts.surfaces = None  # the copy holds the pixels too
        render(surface, made, wanted, is_last=is_sole(given))
        if facts is not None:
            if facts is batch_of(given) and plan.moves_boxes:
                facts = facts.copy()
                attach(made, facts)
            facts.surfaces = None
            for frame in facts.frames:
                plan.move(frame)
