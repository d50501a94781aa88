"""The static part of messages: sensors, places and analytics modules by their number."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

from penstock import paths
from penstock.config.keyfile import KeyFile
from penstock.config.keys import did_you_mean, read_group, unknown_keys
from penstock.config.messages_keys import GROUP_KEYS, UNUSED_GROUP
from penstock.config.textfile import read_text
from penstock.config.value import printable
from penstock.errors import ConfigError
from penstock.meta.events import ORIGIN, Point

_GROUP = re.compile(r"(sensor|place|analytics)([0-9]{1,9})")
_CSV_COLUMNS = 7


@dataclass(frozen=True)
class Sensor:
    """A camera as messages describe it.

    Attributes:
        location: Latitude and longitude in degrees, altitude.
        coordinate: x, y, z in the coordinates of the place.
    """

    id: str = ""
    type: str = ""
    description: str = ""
    location: Point = ORIGIN
    coordinate: Point = ORIGIN


@dataclass(frozen=True)
class Place:
    """Where something happens, as messages describe it.

    Attributes:
        location: Latitude and longitude in degrees, altitude.
        coordinate: x, y, z of its part that `sub_fields` tell.
        sub_fields: Three texts; what they mean depends on the event.
    """

    id: str = ""
    name: str = ""
    type: str = ""
    location: Point = ORIGIN
    coordinate: Point = ORIGIN
    sub_fields: tuple[str, str, str] = ("", "", "")


@dataclass(frozen=True)
class AnalyticsModule:
    """What made an event, as messages describe it."""

    id: str = ""
    description: str = ""
    source: str = ""
    version: str = ""


@dataclass(frozen=True)
class MessagesConfig:
    """What an nvmsgconv element is told by its file.

    Attributes:
        file: As it was named by whoever opened it; `None` where there is none.
        sensors: Number → sensor. Events name them by number, plain metadata by the source's.
        places: Number → place.
        modules: Number → analytics module.
        warnings: One sentence for each thing to tell the user, with file, line and key.
    """

    file: Path | None = field(default=None, compare=False)
    sensors: Mapping[int, Sensor] = field(default_factory=dict)
    places: Mapping[int, Place] = field(default_factory=dict)
    modules: Mapping[int, AnalyticsModule] = field(default_factory=dict)
    warnings: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def read(cls, path: str | Path) -> MessagesConfig:
        """Read a file: CSV if it is called `.csv`, YAML if `.yml` or `.yaml`, else a key file.

        Raises:
            ConfigError: With file, line, group and key, what was wanted and what was got.
        """
        if Path(path).suffix.lower() == ".csv":
            return _of_csv(paths.found(path))
        return _of_groups(KeyFile.read(path, where="config"))


def _of_groups(key_file: KeyFile) -> MessagesConfig:
    warnings = list(key_file.warnings)
    found: dict[str, dict[int, Any]] = {kind: {} for kind in GROUP_KEYS}
    numbered: dict[tuple[str, int], str] = {}
    for group, values in key_file.groups.items():
        where = f"{key_file.file}, line {key_file.group_lines[group]}, [{printable(group)}]"
        named = _kind_and_number(group, where=where, warnings=warnings)
        if named is None:
            continue
        kind, number = named
        if named in numbered:
            raise ConfigError(
                f"{where}: wanted each number once, got {kind} {number} again after "
                f"[{numbered[named]}]"
            )
        numbered[named] = group
        settings = read_group(values.values(), GROUP_KEYS[kind])
        warnings += unknown_keys(values.values(), GROUP_KEYS[kind], elsewhere={})
        if "enable" not in settings:
            warnings.append(f"{where}: not used, because it has no enable; wanted enable=1")
        elif settings.pop("enable"):
            found[kind][number] = _made(kind, settings)
    return MessagesConfig(
        key_file.file, found["sensor"], found["place"], found["analytics"], tuple(warnings)
    )


def _kind_and_number(group: str, *, where: str, warnings: list[str]) -> tuple[str, int] | None:
    match = _GROUP.fullmatch(group)
    if match:
        return match[1], int(match[2])
    kind = next((kind for kind in GROUP_KEYS if group.startswith(kind)), None)
    if kind is not None:
        raise ConfigError(f"{where}: wanted a number after {kind!r}, as in [{kind}0]")
    if group != UNUSED_GROUP:
        hint = did_you_mean(group.rstrip("0123456789"), GROUP_KEYS)
        warnings.append(f"{where}: unknown group, ignored{hint}")
    return None


def _made(kind: str, settings: dict[str, Any]) -> Sensor | Place | AnalyticsModule:
    if kind == "sensor":
        return Sensor(**settings)
    if kind == "analytics":
        return AnalyticsModule(**settings)
    parts = (settings.pop("sub1", ""), settings.pop("sub2", ""), settings.pop("sub3", ""))
    return Place(**settings, sub_fields=parts)


def _of_csv(file: Path) -> MessagesConfig:
    """Columns by position: ignored, sensor id, description, ignored, three parts of the place."""
    text, warnings = read_text(file, where="config")
    sensors: dict[int, Sensor] = {}
    places: dict[int, Place] = {}
    modules: dict[int, AnalyticsModule] = {}
    for number, cells in enumerate(_rows(text, file=file)):
        sensors[number] = Sensor(id=cells[1], type="Camera", description=cells[2])
        places[number] = Place(
            id="Id",
            name="endeavor",
            type="building/garage",
            sub_fields=(cells[4], cells[5], cells[6]),
        )
        modules[number] = AnalyticsModule(version="1.0")
    return MessagesConfig(file, sensors, places, modules, warnings)


def _rows(text: str, *, file: Path) -> Iterator[list[str]]:
    reader = csv.reader(StringIO(text))
    try:
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise ConfigError(f"{file}, line {reader.line_num}: wanted CSV: {error}") from error
    for line, row in rows[1:]:
        if not row:
            continue
        cells = [cell.strip() for cell in row]
        if len(cells) < _CSV_COLUMNS:
            raise ConfigError(
                f"{file}, line {line}: wanted at least {_CSV_COLUMNS} columns (the 2nd "
                "is the sensor's id, the 3rd its description, the 5th to 7th are parts of the "
                f"place), got {len(cells)}"
            )
        yield cells
