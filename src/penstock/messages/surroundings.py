"""What full messages say of the place, the sensor and the analytics module, as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from penstock.config import MessagesConfig, Place
from penstock.messages.json_text import written
from penstock.meta import EventMessage
from penstock.meta.events import Point

PARTS: Final[Mapping[str, tuple[str, str, str]]] = {
    "aisle": ("id", "name", "level"),
    "parkingSpot": ("id", "type", "level"),
    "entrance": ("name", "lane", "level"),
    "place-sub-field": ("id", "name", "level"),
}
"""The part of a place that a message is about → what the place's `sub_fields` mean then."""

_VEHICLE = 0


def part_of(event: EventMessage) -> str | None:
    """The part of its place that an event is about, if it is about one."""
    if event.event_type in (0, 1):  # entry, exit
        return "aisle" if event.object_type == _VEHICLE else "entrance"
    return {2: "aisle", 3: "aisle", 4: "parkingSpot", 5: "parkingSpot"}.get(event.event_type)


class Surroundings:
    """Texts that the configuration gives; each is written once.

    Args:
        config: Sensors, places and analytics modules.
    """

    def __init__(self, config: MessagesConfig) -> None:
        self._config = config
        self._places: dict[tuple[int, str | None], str] = {}
        self._sensors = {
            number: written(
                {
                    "id": sensor.id,
                    "type": sensor.type,
                    "description": sensor.description,
                    "location": _location(sensor.location),
                    "coordinate": _coordinate(sensor.coordinate),
                },
                level=1,
            )
            for number, sensor in config.sensors.items()
        }
        self._modules = {
            number: written(
                {
                    "id": module.id,
                    "description": module.description,
                    "source": module.source,
                    "version": module.version,
                },
                level=1,
            )
            for number, module in config.modules.items()
        }

    def place(self, number: int, part: str | None) -> str:
        """A place and the part of it that the message is about; `null` where it is unknown."""
        text = self._places.get((number, part))
        if text is None:
            place = self._config.places.get(number)
            if place is None:
                return "null"
            text = self._places[number, part] = written(_described(place, part), level=1)
        return text

    def sensor(self, number: int) -> str:
        """A sensor; `null` where it is unknown."""
        return self._sensors.get(number, "null")

    def module(self, number: int) -> str:
        """An analytics module; `null` where it is unknown."""
        return self._modules.get(number, "null")


def _described(place: Place, part: str | None) -> dict[str, Any]:
    described: dict[str, Any] = {
        "id": place.id,
        "name": place.name,
        "type": place.type,
        "location": _location(place.location),
    }
    if part is not None:
        sub_fields = dict(zip(PARTS[part], place.sub_fields, strict=True))
        described[part] = {**sub_fields, "coordinate": _coordinate(place.coordinate)}
    return described


def _location(point: Point) -> dict[str, float]:
    return dict(zip(("lat", "lon", "alt"), point, strict=True))


def _coordinate(point: Point) -> dict[str, float]:
    return dict(zip(("x", "y", "z"), point, strict=True))
