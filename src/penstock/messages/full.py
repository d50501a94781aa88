"""DeepStream's full message: JSON, one for each event or object."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from penstock.messages.base import (
    PayloadSettings,
    custom_texts,
    sensor_of_event,
    sensor_of_frame,
)
from penstock.messages.full_event import object_text
from penstock.messages.full_object import plain_object_text
from penstock.messages.json_text import encoded, quoted, written
from penstock.messages.pictures import image_texts
from penstock.messages.stamps import new_id, now
from penstock.messages.surroundings import Surroundings, part_of
from penstock.meta import EventMessage, FrameMeta, ObjectMeta, Payload

_ANY_PART = "place-sub-field"
_EVENTS: Final = {
    number: f',\n    "type" : "{name}"'
    for number, name in enumerate(
        ("entry", "exit", "moving", "stopped", "empty", "parked", "reset")
    )
}
_NO_EVENT = ',\n    "type" : ""'


class FullPayload:
    """Writes full messages.

    Args:
        settings: What they tell of sensors and places.
    """

    def __init__(self, settings: PayloadSettings) -> None:
        self._config = settings.config
        self._images = settings.images
        self._around = Surroundings(settings.config)

    def from_events(self, events: Sequence[EventMessage], frame: FrameMeta) -> list[Payload]:
        """One message for each event; see `PayloadWriter.from_events`."""
        return [self._of_event(event) for event in events]

    def from_objects(self, frame: FrameMeta) -> list[Payload]:
        """One message for each object; see `PayloadWriter.from_objects`."""
        time, texts = now(), custom_texts(frame)
        if self._images:
            texts += image_texts([frame.user], time=time)
        return [self._of_object(obj, frame, time, texts) for obj in frame.objects]

    def _of_event(self, event: EventMessage) -> Payload:
        around, video = self._around, event.video
        message_id = new_id()
        text = _document(
            message_id,
            quoted(event.time),
            place=around.place(event.place_id, part_of(event)),
            sensor=around.sensor(event.sensor_id),
            module=around.module(event.module_id),
            about=object_text(event),
            event=_EVENTS.get(event.event_type, ""),
            video='""' if video is None else quoted(video),
        )
        return _payload(text, message_id, sensor_of_event(event, self._config))

    def _of_object(
        self, obj: ObjectMeta, frame: FrameMeta, time: str, texts: Sequence[str]
    ) -> Payload:
        around, number = self._around, frame.source_id
        if self._images:
            texts = [*texts, *image_texts([obj.user], time=time)]
        message_id = new_id()
        text = _document(
            message_id,
            quoted(time),
            place=around.place(number, _ANY_PART),
            sensor=around.sensor(number),
            module=around.module(number),
            about=plain_object_text(obj),
            event=_NO_EVENT,
            video='""',
            more=f',\n  "customMessage" : {written(texts, level=1)}' if texts else "",
        )
        return _payload(text, message_id, sensor_of_frame(frame, self._config))


def _document(  # noqa: PLR0913 - the members of the document
    message_id: str,
    time: str,
    *,
    place: str,
    sensor: str,
    module: str,
    about: str,
    event: str,
    video: str,
    more: str = "",
) -> str:
    return (
        f'{{\n  "messageid" : "{message_id}",\n  "mdsversion" : "1.0",\n'
        f'  "@timestamp" : {time},\n  "place" : {place},\n  "sensor" : {sensor},\n'
        f'  "analyticsModule" : {module},\n  "object" : {about},\n'
        f'  "event" : {{\n    "id" : "{new_id()}"{event}\n  }},\n  "videoPath" : {video}{more}\n}}'
    )


def _payload(text: str, message_id: str, sensor: str) -> Payload:
    return Payload(encoded(text), message_id=message_id, sensor_id=sensor)
