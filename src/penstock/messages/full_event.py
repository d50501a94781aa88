"""The member `object` of a full message about an event."""

from __future__ import annotations

from typing import Any, Final

from penstock.messages.extras import members_of
from penstock.messages.json_text import quoted, real, whole, written
from penstock.messages.kinds import AGE, KINDS, OUTLINED, UNKNOWN, Kind, details_of
from penstock.messages.numbers import corners, floats, outline_of, unsigned
from penstock.meta import EventExtras, EventMessage

LEVEL: Final = 2
"""How deep the object's own members stand."""

RESERVED: Final = frozenset(
    {
        "id", "speed", "direction", "orientation", "bbox", "maskoutline", "signature", "location",
        "coordinate", "pose", "embedding", "SV3DT",
    }
)  # fmt: skip
"""What a label must not be called, being the name of another member."""


def object_text(event: EventMessage) -> str:
    """What an event is about, as JSON.

    The box is in whole frame pixels, cut towards 0.
    """
    return (
        f'{{\n    "id" : "{unsigned(event.track_id)}",\n    "speed" : 0.0,\n'
        f'    "direction" : 0.0,\n    "orientation" : 0.0,\n{_about(event)}'
        f'    "bbox" : {box_text(event.box)},\n{_outline(event)}{_signature(event)}'
        f'    "location" : {_LOCATION % _point(event.location)},\n'
        f'    "coordinate" : {_COORDINATE % _point(event.coordinate)},\n'
        f"{_extras(event.extras)}\n  }}"
    )


def box_text(ltwh: Any) -> str:
    """A box in ltwh, pixels, as its corners."""
    left, top, right, bottom = corners(ltwh)
    return (
        f'{{\n      "topleftx" : {whole(left)},\n      "toplefty" : {whole(top)},\n'
        f'      "bottomrightx" : {whole(right)},\n      "bottomrighty" : {whole(bottom)}\n    }}'
    )


def free_key(label: str, taken: frozenset[str]) -> str:
    """A label as a key; with `_` behind it where that key is taken."""
    return f"{label}_" if label in taken else label


def _template(kind: Kind) -> str:
    names = [*kind.fields, "confidence"] if kind.has_confidence else kind.fields
    rows = ",\n".join(f'      "{name}" : %s' for name in names)
    return f'    "{kind.key}" : {{\n{rows}\n    }},\n'


def _blank(kind: Kind) -> str:
    values = ["0" if name == AGE else '""' for name in kind.fields]
    return _template(kind) % (*values, *(["1.0"] if kind.has_confidence else []))


_LOCATION: Final = '{\n      "lat" : %s,\n      "lon" : %s,\n      "alt" : %s\n    }'
_COORDINATE: Final = '{\n      "x" : %s,\n      "y" : %s,\n      "z" : %s\n    }'
_TEMPLATES: Final = {number: _template(kind) for number, kind in KINDS.items()}
_BLANKS: Final = {number: _blank(kind) for number, kind in KINDS.items()}


def _about(event: EventMessage) -> str:
    kind = KINDS.get(event.object_type)
    if kind is None:
        if event.object_type != UNKNOWN or event.object_id is None:
            return ""
        return f"    {quoted(free_key(str(event.object_id), RESERVED))} : {{  }},\n"
    details = details_of(event)
    if details is None:
        return _BLANKS[event.object_type]
    texts = [
        whole(details.age) if name == AGE else quoted(getattr(details, attribute))
        for name, attribute in kind.fields.items()
    ]
    if kind.has_confidence:
        texts.append(real(event.confidence))
    return _TEMPLATES[event.object_type] % tuple(texts)


def _outline(event: EventMessage) -> str:
    if event.object_type not in OUTLINED:
        return ""
    polygons = outline_of(details_of(event))
    return f'    "maskoutline" : {written(polygons, level=LEVEL)},\n' if polygons else ""


def _signature(event: EventMessage) -> str:
    values = floats(event.signature.values) if event.signature is not None else []
    return f'    "signature" : {written(values, level=LEVEL)},\n' if values else ""


def _point(point: Any) -> tuple[str, str, str]:
    try:
        first, second, third = point
    except (TypeError, ValueError):
        return "null", "null", "null"
    return real(first), real(second), real(third)


def _extras(extras: EventExtras | None) -> str:
    if extras is None:
        return '    "pose" : {  }'
    members = members_of(extras).items()
    return ",\n".join(f'    "{key}" : {written(value, level=LEVEL)}' for key, value in members)
