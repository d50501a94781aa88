"""DeepStream's own events: numbers that PyGObject cannot make, but can hand over.

An element reads them in its event function: `source_event_of(event)`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from penstock.gst import native
from penstock.gst.gi import GObject, Gst

_NAMED_SOURCE = "source-id"
_FLAGS = Gst.EventTypeFlags
_SERIALIZED = int(_FLAGS.DOWNSTREAM | _FLAGS.SERIALIZED)
_STICKY = _SERIALIZED | int(_FLAGS.STICKY | _FLAGS.STICKY_MULTI)
PAD_ADDED = 400 << Gst.EVENT_NUM_SHIFT | _STICKY
"""Type of the event that says: frames of this source may come from now on."""
PAD_DELETED = 401 << Gst.EVENT_NUM_SHIFT | _STICKY
"""Type of the event that says: no more frames of this source come, its pad is gone."""
STREAM_EOS = 402 << Gst.EVENT_NUM_SHIFT | _STICKY
"""Type of the event that says: this source's last frame has passed."""
STREAM_SEGMENT = 403 << Gst.EVENT_NUM_SHIFT | _STICKY
"""Type of the event that brings the segment of this source's next frames."""
STREAM_RESET = 404 << Gst.EVENT_NUM_SHIFT | _STICKY
"""Type of the event that says: this source begins anew."""
_ABOUT_A_SOURCE = {
    PAD_ADDED: "nv-pad-added",
    PAD_DELETED: "nv-pad-deleted",
    STREAM_EOS: "nv-stream-eos",
    STREAM_SEGMENT: "nv-stream-segment",
    STREAM_RESET: "nv-stream-reset",
}
INFER_INTERVAL_UPDATE = 407 << Gst.EVENT_NUM_SHIFT | _SERIALIZED
"""Type of the event that changes how many batches nvinfer skips."""
_UPDATES = {
    number << Gst.EVENT_NUM_SHIFT | _SERIALIZED: name
    for number, name in {
        406: "nv-roi-update",
        407: "nv-infer-interval-update",
        408: "nv-osd-process-mode-update",
        409: "nv-analytics-reload_config-update",
        410: "nv-tracker-config-update",
        503: "nv-enc-bitrate-update",
        504: "nv-enc-force-idr",
        505: "nv-enc-force-intra",
        506: "nv-enc-iframeinterval-update",
    }.items()
}
_SIGNED = ("force",)


def send_stream_reset(element: Gst.Element, source_id: int) -> bool:
    """Send "this source begins anew" through an element; whether somebody took it."""
    return _send(element, STREAM_RESET, _about(STREAM_RESET, source_id))


def push_stream_reset(pad: Gst.Pad, source_id: int) -> bool:
    """Push "this source begins anew" on a source pad; whether somebody took it."""
    return push_source_event(pad, STREAM_RESET, source_id)


def stream_reset_of(event: Gst.Event) -> int | None:
    """The source that begins anew; None for any other event."""
    kind, source_id = source_event_of(event) or (None, None)
    return source_id if kind == STREAM_RESET else None


def push_source_event(
    pad: Gst.Pad,
    kind: int,
    source_id: int,
    *,
    segment: Gst.Segment | None = None,
    framerate: tuple[int, int] | None = None,
) -> bool:
    """Push an event about one source on a source pad; whether somebody took it.

    Args:
        pad: Where to push.
        kind: `PAD_ADDED`, `PAD_DELETED`, `STREAM_EOS`, `STREAM_SEGMENT` or `STREAM_RESET`.
        source_id: Index of the source.
        segment: With `STREAM_SEGMENT`.
        framerate: `(numerator, denominator)` of the source; with `STREAM_SEGMENT`.
    """
    structure = _about(kind, source_id)
    if segment is not None:
        structure.set_value("segment", segment)
    if framerate is not None:
        structure.set_value("framerate", Gst.Fraction(*framerate))
    return bool(native.gst_pad_push_event(hash(pad), _event(kind, structure)))


def name_of(kind: int) -> str | None:
    """What DeepStream calls a type of event, such as `nv-pad-added`; None for any other."""
    return _ABOUT_A_SOURCE.get(kind) or _UPDATES.get(kind)


def source_event_of(event: Gst.Event) -> tuple[int, int] | None:
    """What an event says (`PAD_ADDED` and so on) and of which source; None for any other event."""
    kind = int(event.type)
    if kind not in _ABOUT_A_SOURCE:
        return None
    known, source_id = event.get_structure().get_uint(_NAMED_SOURCE)
    return (kind, int(source_id)) if known else None


def send_interval_update(element: Gst.Element, stream_id: str, interval: int) -> bool:
    """Send a new interval for nvinfer through an element; whether somebody took it."""
    structure = Gst.Structure.new_empty("nv-infer-interval-update")
    structure.set_value("stream_id", stream_id)
    structure.set_value("interval", GObject.Value(GObject.TYPE_UINT, interval))
    return _send(element, INFER_INTERVAL_UPDATE, structure)


def interval_update_of(event: Gst.Event) -> tuple[str, int] | None:
    """Stream id and interval, in batches skipped; None for any other event."""
    if int(event.type) != INFER_INTERVAL_UPDATE:
        return None
    structure = event.get_structure()
    known, interval = structure.get_uint("interval")
    return (structure.get_string("stream_id") or "", int(interval)) if known else None


def push_update(pad: Gst.Pad, name: str, values: Mapping[str, Any]) -> bool:
    """Push an event that changes how an element behind works; whether somebody took it.

    Args:
        pad: A source pad, on its streaming thread.
        name: One of DeepStream's, such as `nv-enc-bitrate-update`.
        values: Its fields: texts, numbers, and for `nv-roi-update` a list `roi`, whose entries
            become `roi_id_0`, `left_0` and so on.
    """
    kind = next(kind for kind, known in _UPDATES.items() if known == name)
    structure = Gst.Structure.new_empty(name)
    for field, value in _flat(values).items():
        is_text = isinstance(value, str)
        number = GObject.TYPE_INT if field in _SIGNED else GObject.TYPE_UINT
        structure.set_value(field, value if is_text else GObject.Value(number, int(value)))
    return bool(native.gst_pad_push_event(hash(pad), _event(kind, structure)))


def update_of(event: Gst.Event) -> tuple[str, dict[str, Any]] | None:
    """Name and fields of an event that changes how elements work; None for any other event."""
    structure = event.get_structure() if int(event.type) in _UPDATES else None
    if structure is None or structure.get_name() != _UPDATES[int(event.type)]:
        return None
    fields = map(structure.nth_field_name, range(structure.n_fields()))
    return structure.get_name(), {field: structure.get_value(field) for field in fields}


def _flat(values: Mapping[str, Any]) -> dict[str, Any]:
    flat = {name: value for name, value in values.items() if name != "roi"}
    regions: Sequence[Mapping[str, Any]] = values.get("roi", ())
    for index, region in enumerate(regions):
        flat.update({f"{name}_{index}": value for name, value in region.items()})
    return flat


def _about(kind: int, source_id: int) -> Gst.Structure:
    # A pad keeps one sticky event of each name: the number keeps those of all sources.
    structure = Gst.Structure.new_empty(f"{_ABOUT_A_SOURCE[kind]}-{source_id}")
    structure.set_value(_NAMED_SOURCE, GObject.Value(GObject.TYPE_UINT, source_id))
    return structure


def _send(element: Gst.Element, kind: int, structure: Gst.Structure) -> bool:
    return bool(native.gst_element_send_event(hash(element), _event(kind, structure)))


def _event(kind: int, structure: Gst.Structure) -> int:
    """The address of a new event, whose reference the caller must give away."""
    address: int = native.gst_event_new_custom(kind, native.gst_structure_copy(hash(structure)))
    return address
