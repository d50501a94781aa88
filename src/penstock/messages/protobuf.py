"""DeepStream's protobuf message: one for each frame, as `schemas/nv.proto` says."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from penstock.messages.base import PayloadSettings, sensor_of_event, sensor_of_frame, time_of_frame
from penstock.messages.kinds import DUMMY, KINDS, details_of, name_of
from penstock.messages.numbers import corners, cut, fixed, floats, real_or_none, unsigned
from penstock.messages.poses import is_flat, named, type_of
from penstock.messages.protobuf_schema import message_class
from penstock.messages.stamps import nanoseconds, new_id, now
from penstock.meta import EventExtras, EventMessage, FrameMeta, ObjectMeta, Payload, Pose, Standing
from penstock.meta.events import ORIGIN

_VERSION = "4.0"
_CONTENT = "application/x-protobuf"
_BOX = ("leftX", "topY", "rightX", "bottomY")
_LOCATION, _COORDINATE = ("lat", "lon", "alt"), ("x", "y", "z")


class ProtobufPayload:
    """Writes protobuf messages.

    Args:
        settings: What sensors are called.
    """

    def __init__(self, settings: PayloadSettings) -> None:
        self._config = settings.config
        self._message = message_class("Frame")

    def from_events(self, events: Sequence[EventMessage], frame: FrameMeta) -> list[Payload]:
        """One message about all events; see `PayloadWriter.from_events`."""
        if events:
            first = events[0]
            sensor = sensor_of_event(first, self._config)
            written = self._begin(first.frame_num, first.time, sensor)
        else:
            sensor = sensor_of_frame(frame, self._config)
            written = self._begin(frame.frame_num, time_of_frame(frame), sensor)
        for event in events:
            if event.object_type != DUMMY:
                _write_event(written.objects.add(), event)
        return [_payload(written, sensor)]

    def from_objects(self, frame: FrameMeta) -> list[Payload]:
        """One message about all objects; see `PayloadWriter.from_objects`."""
        sensor = sensor_of_frame(frame, self._config)
        written = self._begin(frame.frame_num, now(), sensor)
        for obj in frame.objects:
            _write_object(written.objects.add(), obj)
        return [_payload(written, sensor)]

    def _begin(self, number: int, time: str | None, sensor: str) -> Any:
        written = self._message(version=_VERSION, id=str(number), sensorId=_text(sensor))
        time_ns = nanoseconds(time)
        if time_ns is not None:
            written.timestamp.seconds, written.timestamp.nanos = divmod(time_ns, 1_000_000_000)
        return written


def _write_event(written: Any, event: EventMessage) -> None:
    written.id, written.type = unsigned(event.track_id), _text(name_of(event))
    written.confidence = _single(event.confidence)
    _write_numbers(written.bbox, _BOX, corners(event.box))
    for part, names, point in (
        (written.location, _LOCATION, event.location),
        (written.coordinate, _COORDINATE, event.coordinate),
    ):
        if point != ORIGIN:
            _write_numbers(part, names, floats(point))
    details, extras = details_of(event), event.extras or EventExtras()
    if details is not None:
        for name, attribute in KINDS[event.object_type].fields.items():
            value = getattr(details, attribute)
            written.info[name] = "" if value is None else _text(value)
    written.info["visibility"] = fixed(extras.visibility)
    if extras.standing is not None:
        written.info.update(_standing(extras.standing))
    if vector := floats(extras.embedding):
        written.embedding.vector.extend(vector)
    if extras.pose is not None and extras.pose.joints:
        _write_pose(written.pose, extras.pose)


def _write_object(written: Any, obj: ObjectMeta) -> None:
    written.id, written.type = unsigned(obj.track_id), _text(obj.label or "")
    written.confidence = _single(obj.confidence)
    _write_numbers(written.bbox, _BOX, corners(obj.ltwh))


def _write_numbers(written: Any, names: Sequence[str], numbers: Sequence[Any]) -> None:
    for name, number in zip(names, numbers, strict=False):
        setattr(written, name, _single(number))


def _write_pose(written: Any, pose: Pose) -> None:
    written.type = type_of(pose)
    for name, (x, y, z, confidence) in named(pose):
        numbers = (x, y, confidence) if is_flat(pose) else (x, y, z, confidence)
        written.keypoints.add(name=name, coordinates=map(_single, numbers))


def _standing(standing: Standing) -> dict[str, str]:
    return {
        "footLocation2D": ",".join(map(fixed, floats(standing.foot))),
        "footLocation3D": ",".join(map(fixed, floats(standing.ground))),
        "convexHull": ",".join(str(cut(value) or 0) for value in floats(standing.hull)),
    }


def _single(value: Any) -> float:
    number = real_or_none(value)
    return math.nan if number is None else number


def _text(value: object) -> str:
    """What protobuf accepts: text that UTF-8 can hold."""
    return str(value).encode(errors="replace").decode()


def _payload(written: Any, sensor: str) -> Payload:
    data = written.SerializeToString()
    return Payload(data, message_id=new_id(), sensor_id=sensor, content_type=_CONTENT)
