"""How a decoder's system memory becomes NVMM: by another label on the same bytes."""

from __future__ import annotations

from collections.abc import Callable

from penstock.gst.element import nvmm_caps, pad_template, raw_caps
from penstock.gst.formats import SOURCE_FORMATS
from penstock.gst.gi import NVMM, Gst, GstBase
from penstock.gst.surfaces import HELD_FORMAT

_RAW = raw_caps(*SOURCE_FORMATS)


class NvmmLabel(GstBase.BaseTransform):
    """Renames raw caps to NVMM caps; buffers pass untouched.

    Attributes:
        promised: For the format that is held, or None while it is not known: the formats that may
            be promised, most wanted first.
        may_stay_raw: Whether the label may be left off where the next element wants raw caps.
    """

    __gstmetadata__ = ("NVMM label", "Filter", "Declares system memory as NVMM", "Penstock")
    __gsttemplates__ = (
        pad_template("sink", Gst.PadDirection.SINK, Gst.PadPresence.ALWAYS, _RAW),
        pad_template(
            "src",
            Gst.PadDirection.SRC,
            Gst.PadPresence.ALWAYS,
            f"{nvmm_caps(*SOURCE_FORMATS)}; {_RAW}",
        ),
    )

    def __init__(self) -> None:
        super().__init__()
        self.promised: Callable[[str | None], tuple[str, ...]] = lambda _held: ("NV12",)
        self.may_stay_raw = False
        self.set_in_place(True)
        self.set_passthrough(True)
        self.set_qos_enabled(False)

    def do_transform_caps(
        self, direction: Gst.PadDirection, caps: Gst.Caps, only: Gst.Caps | None
    ) -> Gst.Caps:
        """Raw `format=I420` becomes NVMM `format=NV12, held-format=I420`."""
        result, raw = Gst.Caps.new_empty(), Gst.Caps.new_empty()
        for index in range(caps.get_size()):
            structure = caps.get_structure(index).copy()
            features = caps.get_features(index)
            is_nvmm = features is not None and features.contains(NVMM)
            if self.may_stay_raw and not is_nvmm:
                raw.append_structure(structure.copy())
            if direction == Gst.PadDirection.SINK:
                self._append_labelled(result, structure)
            elif is_nvmm:
                for field in ("format", HELD_FORMAT):
                    structure.remove_field(field)
                result.append_structure(structure)
        result.append(raw)
        if only is None:
            return result
        return only.intersect_full(result, Gst.CapsIntersectMode.FIRST)

    def _append_labelled(self, result: Gst.Caps, structure: Gst.Structure) -> None:
        held = structure.get_string("format")
        for promised in self.promised(held):
            labelled = structure.copy()
            labelled.set_value("format", promised)
            if held is not None:
                labelled.set_value(HELD_FORMAT, held)
            result.append_structure_full(labelled, Gst.CapsFeatures.from_string(NVMM))


def ignore_qos(src: Gst.GhostPad) -> None:
    """Let no QOS event into a bin around a decoder, through its pad `src`.

    Decoders skip frames on them, libav's even with qos=false: only the user may ask.
    """
    src.set_event_function_full(_without_qos)


def _without_qos(pad: Gst.Pad, parent: Gst.Object, event: Gst.Event) -> bool:
    return event.type == Gst.EventType.QOS or bool(pad.event_default(parent, event))
