"""The keys of nvmsgconv's file, one table for each kind of group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from penstock.config.keys import Key
from penstock.config.value import Value
from penstock.meta.events import Point

UNUSED_GROUP = "ds3d::datamap"
"""A group of DeepStream's for depth cameras and lidars, which are none of Penstock's."""


def _text(value: Value) -> str:
    return value.text


def _point(value: Value) -> Point:
    numbers = value.numbers()
    if len(numbers) != 3:
        raise value.error("three numbers a;b;c")
    return numbers[0], numbers[1], numbers[2]


_ENABLE = Key("whether the group counts", "group not used", "enable", Value.boolean)
_LOCATION = Key("`latitude;longitude;altitude`", "`0;0;0`", "location", _point)
_COORDINATE = Key("`x;y;z`", "`0;0;0`", "coordinate", _point)

SENSOR_KEYS: Final = {
    "enable": _ENABLE,
    "id": Key("name to the outside", "empty", "id", _text),
    "type": Key("kind, `Camera`", "empty", "type", _text),
    "description": Key("anything", "empty", "description", _text),
    "location": _LOCATION,
    "coordinate": _COORDINATE,
}
PLACE_KEYS: Final = {
    "enable": _ENABLE,
    "id": Key("name to the outside", "empty", "id", _text),
    "type": Key("kind, `garage`", "empty", "type", _text),
    "name": Key("name for people", "empty", "name", _text),
    "location": _LOCATION,
    "coordinate": _COORDINATE,
    "place-sub-field1": Key("id of the part: a spot, an aisle", "empty", "sub1", _text),
    "place-sub-field2": Key("its name, type or lane", "empty", "sub2", _text),
    "place-sub-field3": Key("its level", "empty", "sub3", _text),
}
MODULE_KEYS: Final = {
    "enable": _ENABLE,
    "id": Key("name to the outside", "empty", "id", _text),
    "description": Key("anything", "empty", "description", _text),
    "source": Key("what computes: the network", "empty", "source", _text),
    "version": Key("its version", "empty", "version", _text),
}
GROUP_KEYS: Final[Mapping[str, Mapping[str, Key]]] = {
    "sensor": SENSOR_KEYS,
    "place": PLACE_KEYS,
    "analytics": MODULE_KEYS,
}
