"""Messages that a function of the user's own makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from penstock.config import MessagesConfig
from penstock.errors import ConfigError, ModelError
from penstock.messages.base import PayloadSettings, sensor_of_event, sensor_of_frame
from penstock.messages.python_file import PythonFile
from penstock.messages.stamps import new_id
from penstock.meta import EventMessage, FrameMeta, ObjectMeta, Payload

OF_EVENTS, OF_OBJECTS = "nvds_msg2p_generate", "nvds_msg2p_generate_new"
_WHERE = "msg2p-lib"
_CONTENT = "application/octet-stream"
_WANTED = "str, bytes, None or a list of these"


@dataclass(frozen=True)
class CustomContext:
    """What a function is told beside events or objects.

    Attributes:
        frame: That the events or objects are of.
        config: Sensors, places and analytics modules by number.
    """

    frame: FrameMeta
    config: MessagesConfig


class CustomPayload:
    """Calls `nvds_msg2p_generate(events, context)` or `nvds_msg2p_generate_new(objects, context)`.

    The first makes messages of event messages, the second of plain objects; a file needs only the
    one that is asked for. A function returns one message as `str` or `bytes`, a list of them, or
    None.

    Args:
        settings: Names the file, and says whether a call is about a frame or about one object.

    Raises:
        ConfigError: No file is named, it cannot be read or run, or has no such function.
    """

    def __init__(self, settings: PayloadSettings) -> None:
        if settings.file is None:
            raise ConfigError(
                f"{_WHERE} must name a Python file with a function {OF_EVENTS} or {OF_OBJECTS}, "
                "got nothing"
            )
        self._per_frame = settings.per_frame
        self._config = settings.config
        self._file = settings.file
        file = PythonFile(settings.file, where=_WHERE)
        self._name = OF_OBJECTS if settings.new_api else OF_EVENTS
        function = file.function(self._name)
        if function is None:
            raise ConfigError(
                f"{_WHERE}: {file.file} has no function {self._name}, which "
                f"msg2p-newapi={str(settings.new_api).lower()} needs"
            )
        self._function = function

    def from_events(self, events: Sequence[EventMessage], frame: FrameMeta) -> list[Payload]:
        """What the function makes of events; see `PayloadWriter.from_events`."""
        payloads = []
        for some in [events] if self._per_frame else [[event] for event in events]:
            sensor = (
                sensor_of_event(some[0], self._config)
                if some
                else sensor_of_frame(frame, self._config)
            )
            payloads += self._call(list(some), frame, sensor)
        return payloads

    def from_objects(self, frame: FrameMeta) -> list[Payload]:
        """What the function makes of objects; see `PayloadWriter.from_objects`."""
        sensor, objects = sensor_of_frame(frame, self._config), list(frame.objects)
        groups = [objects] if self._per_frame else [[obj] for obj in objects]
        return [payload for some in groups for payload in self._call(some, frame, sensor)]

    def _call(
        self, some: list[EventMessage] | list[ObjectMeta], frame: FrameMeta, sensor: str
    ) -> list[Payload]:
        answer = self._function(some, CustomContext(frame, self._config))
        answers = answer if isinstance(answer, list) else [answer]
        return [
            Payload(self._bytes(one), message_id=new_id(), sensor_id=sensor, content_type=_CONTENT)
            for one in answers
            if one is not None
        ]

    def _bytes(self, answer: Any) -> bytes:
        if isinstance(answer, str):
            return answer.encode(errors="replace")
        if isinstance(answer, (bytes, bytearray, memoryview)):
            return bytes(answer)
        raise ModelError(
            f"{self._file}: {self._name} returned {type(answer).__name__}; expected {_WANTED}"
        )
