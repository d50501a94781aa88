"""Messages from the cloud that start and stop recordings."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from penstock.config import MessagesConfig
from penstock.errors import ConfigError

START, STOP = "start-recording", "stop-recording"
_LONGEST_S = 2**31 - 1
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?Z?")
_WANTED_TIME = "YYYY-MM-DDTHH:MM:SS.mmmZ, UTC"


@dataclass(frozen=True)
class RecordCommand:
    """What a message wants.

    Attributes:
        sensor: Name or number of a sensor.
        is_start: Whether to start; else to stop.
        before_s: Seconds wanted from before now.
        duration_s: Seconds wanted from now on; 0: until a stop, or the camera's default.
    """

    sensor: str
    is_start: bool
    before_s: int = 0
    duration_s: int = 0


def record_command(payload: bytes, *, now: datetime) -> RecordCommand | None:
    """The command that a message is; None where it is about something else.

    Args:
        payload: JSON, `{"command": "start-recording", "start": …, "end": …, "sensor": {"id": …}}`.
        now: With a time zone.

    Raises:
        ConfigError: It is one, and cannot be followed.
    """
    said = _object_in(payload)
    is_about_recording = "command" in said or ("start" in said and "sensor" in said)
    command = said.get("command", START)
    if not is_about_recording or command not in (START, STOP):
        return None
    sensor = said.get("sensor")
    name = sensor.get("id") if isinstance(sensor, Mapping) else None
    if not isinstance(name, str) or not name.strip():
        raise ConfigError(f"{command}: wanted the name of a sensor in sensor.id, got {name!r}")
    if command == STOP:
        return RecordCommand(name.strip(), is_start=False)
    start = _time(said, "start")
    end = _time(said, "end") if "end" in said else start
    return RecordCommand(
        name.strip(),
        is_start=True,
        before_s=_seconds(now - start),
        duration_s=_seconds(end - start),
    )


def source_of(sensor: str, sensors: MessagesConfig | None) -> int:
    """The number of the source that a sensor is.

    Args:
        sensor: Its name; without a list its number.
        sensors: The list of sensors, if there is one.

    Raises:
        ConfigError: There is none of that name, or it is no number.
    """
    if sensors is not None:
        for number, known in sensors.sensors.items():
            if known.id == sensor:
                return number
        raise ConfigError(f"no sensor is called {sensor!r} in {sensors.file}")
    if not (sensor.isascii() and sensor.isdecimal() and len(sensor) < 10):
        raise ConfigError(
            f"wanted the number of a source in sensor.id, got {sensor!r}; sensor-list-file names "
            "a file with [sensorN] groups that give names to numbers"
        )
    return int(sensor)


def _object_in(payload: bytes) -> Mapping[str, Any]:
    try:
        said = json.loads(payload)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _seconds(time: timedelta) -> int:
    """In whole seconds, as many as the property of an element can say."""
    return min(max(0, int(time.total_seconds())), _LONGEST_S)


def _time(said: Mapping[str, Any], key: str) -> datetime:
    text = said.get(key)
    match = _TIME.fullmatch(text.strip()) if isinstance(text, str) else None
    try:
        if match:
            return datetime.fromisoformat(match[1]).replace(tzinfo=timezone.utc)
    except ValueError:
        pass
    raise ConfigError(f"{START}: wanted {key} as {_WANTED_TIME}, got {text!r}")
