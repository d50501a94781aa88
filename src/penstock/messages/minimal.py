"""DeepStream's minimal message: JSON, one for each frame, a line of text for each object."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.messages.base import (
    PayloadSettings,
    custom_texts,
    sensor_of_event,
    sensor_of_frame,
    time_of_frame,
)
from penstock.messages.extras import other_tails, pose_tail
from penstock.messages.json_text import encoded, items, quoted
from penstock.messages.kinds import DUMMY, KINDS, OUTLINED, PERSON, details_of, name_of
from penstock.messages.numbers import corners, outline_of, short, unsigned
from penstock.messages.pictures import image_texts
from penstock.messages.stamps import new_id, now
from penstock.meta import EventMessage, FrameMeta, ObjectMeta, Payload

_NO_ATTRIBUTES = "|#||||||"  # the six of a vehicle, whatever the object is


class MinimalPayload:
    """Writes minimal messages.

    Args:
        settings: What sensors are called.
    """

    def __init__(self, settings: PayloadSettings) -> None:
        self._config = settings.config
        self._images = settings.images

    def from_events(self, events: Sequence[EventMessage], frame: FrameMeta) -> list[Payload]:
        """One message about all events; see `PayloadWriter.from_events`."""
        if events:
            first = events[0]
            number, time = first.frame_num, first.time
            sensor = sensor_of_event(first, self._config)
        else:
            number, time = frame.frame_num, time_of_frame(frame)
            sensor = sensor_of_frame(frame, self._config)
        masks = [text for event in events if (text := _mask(event))]
        more = f',\n  "masks" : {_strings(masks)}' if masks else ""
        return [_payload(number, time, sensor, [event_text(event) for event in events], more)]

    def from_objects(self, frame: FrameMeta) -> list[Payload]:
        """One message about all objects; see `PayloadWriter.from_objects`."""
        time, texts = now(), custom_texts(frame)
        if self._images:
            attached = [frame.user, *(obj.user for obj in frame.objects)]
            texts += image_texts(attached, time=time)
        more = f',\n  "customMessage" : {_strings(texts)}' if texts else ""
        sensor = sensor_of_frame(frame, self._config)
        objects = [plain_text(obj) for obj in frame.objects]
        return [_payload(frame.frame_num, time, sensor, objects, more)]


def event_text(event: EventMessage) -> str:
    """`id|left|top|right|bottom|Type|#|attributes|confidence`; edges in frame pixels."""
    tails = "" if event.extras is None else other_tails(event.extras)
    if event.object_type == DUMMY:
        return tails
    edges = "|".join(map(short, corners(event.box)))
    return (
        f"{unsigned(event.track_id)}|{edges}|{name_of(event)}{_attributes(event)}"
        f"|{short(event.confidence)}{tails}"
    )


def plain_text(obj: ObjectMeta) -> str:
    """`id|left|top|right|bottom|label`, and with classifiers `|#|answer|…|confidence`."""
    edges = "|".join(map(short, corners(obj.ltwh)))
    text = f"{unsigned(obj.track_id)}|{edges}|{obj.label or ''}"
    if not obj.classifiers:
        return text
    answers = "".join(
        f"|{info.label or ''}" for answer in obj.classifiers for info in answer.labels
    )
    return f"{text}|#{answers}|{short(obj.confidence)}"


def _attributes(event: EventMessage) -> str:
    if event.details is None:
        return _NO_ATTRIBUTES
    details = details_of(event)
    if details is None:
        return ""
    values = (getattr(details, name) if name else None for name in KINDS[event.object_type].short)
    text = "|#|" + "|".join("" if value is None else str(value) for value in values)
    extras = event.extras
    if event.object_type == PERSON and extras is not None:
        text += pose_tail(extras.pose)
    return text


def _mask(event: EventMessage) -> str:
    """`id|number of polygons|x|y|…|#|x|y|…`, frame pixels; empty without an outline."""
    polygons = outline_of(details_of(event)) if event.object_type in OUTLINED else []
    if not polygons:
        return ""
    outline = "|#|".join("|".join(map(short, polygon)) for polygon in polygons)
    return f"{unsigned(event.track_id)}|{len(polygons)}|{outline}"


def _strings(texts: Sequence[str]) -> str:
    return items(map(quoted, texts), 1)


def _payload(
    number: int, time: str | None, sensor: str, objects: Sequence[str], more: str
) -> Payload:
    text = (
        f'{{\n  "version" : "4.0",\n  "id" : {quoted(str(number))},\n'
        f'  "@timestamp" : {quoted(time)},\n'
        f'  "sensorId" : {quoted(sensor)},\n  "objects" : {_strings(objects)}{more}\n}}'
    )
    return Payload(encoded(text), message_id=new_id(), sensor_id=sensor)
