"""The kinds of objects that events are about, and what each says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from penstock.meta import EventMessage, Face, Person, Product, Vehicle

PERSON, DUMMY, UNKNOWN = 1, 10, 258
AGE = "age"
"""The one attribute that is a number."""


@dataclass(frozen=True)
class Kind:
    """What details of one class say.

    Attributes:
        key: Its name in messages.
        details: The class of `EventMessage.details`.
        fields: Name in messages → attribute, in the order of full messages.
        short: The attributes in the order of minimal messages; `""`: a field that stays empty.
        has_confidence: Whether full messages tell the confidence.
    """

    key: str
    details: type
    fields: Mapping[str, str]
    short: tuple[str, ...]
    has_confidence: bool = True


_VEHICLE = Kind(
    "vehicle",
    Vehicle,
    {
        "type": "kind",
        "make": "make",
        "model": "model",
        "color": "color",
        "licenseState": "region",
        "license": "license",
    },
    ("kind", "make", "model", "color", "license", "region"),
)
_PERSON = Kind(
    "person",
    Person,
    {AGE: "age", "gender": "gender", "hair": "hair", "cap": "cap", "apparel": "apparel"},
    ("gender", "age", "hair", "cap", "apparel"),
)
_FACE = Kind(
    "face",
    Face,
    {
        AGE: "age",
        "gender": "gender",
        "hair": "hair",
        "cap": "cap",
        "glasses": "glasses",
        "facialhair": "facial_hair",
        "name": "name",
        "eyecolor": "eye_color",
    },
    ("gender", "age", "hair", "cap", "glasses", "facial_hair", "name", "", "eye_color"),
)
_PRODUCT = Kind(
    "product",
    Product,
    {"brand": "brand", "type": "kind", "shape": "shape"},
    ("brand", "kind", "shape"),
    has_confidence=False,
)

KINDS: Final[Mapping[int, Kind]] = {
    0: _VEHICLE,
    1: _PERSON,
    2: _FACE,
    6: _VEHICLE,
    7: _PERSON,
    8: _FACE,
    11: _PRODUCT,
    12: _PRODUCT,
}
"""`EventMessage.object_type` → kind. Bags, bicycles, road signs and the like say nothing."""

OUTLINED: Final = frozenset({6, 7, 8})
"""Numbers of the kinds whose outline is sent."""

NAMES: Final[Mapping[int, str]] = {
    0: "Vehicle",
    1: "Person",
    2: "Face",
    3: "Bag",
    4: "Bicycle",
    5: "RoadSign",
    11: "Product",
    257: "Custom",
}
"""`EventMessage.object_type` → its name in minimal messages; `Unknown` for all others."""


def details_of(event: EventMessage) -> Any:
    """The details that fit the event's kind of object; None without, and where they do not fit."""
    kind = KINDS.get(event.object_type)
    return event.details if kind is not None and isinstance(event.details, kind.details) else None


def name_of(event: EventMessage) -> str:
    """What minimal messages call the object."""
    if event.object_type == UNKNOWN and event.object_id is not None:
        return str(event.object_id)
    return NAMES.get(event.object_type, "Unknown")
