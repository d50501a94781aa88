"""What every kind of payload is given, and what it promises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from penstock.config import MessagesConfig
from penstock.messages.stamps import now, stamp
from penstock.meta import CustomMessage, EventMessage, FrameMeta, Payload
from penstock.registry import Registry

NO_SENSOR = "0"


@dataclass(frozen=True)
class PayloadSettings:
    """How payloads are made.

    Attributes:
        config: Sensors, places and analytics modules.
        images: Whether encoded pictures of frames and objects are sent too, in messages that are
            made of plain metadata.
        file: The Python file of the kind `custom`.
        per_frame: Whether the kind `custom` is asked once a frame, not once an object.
        new_api: Whether the kind `custom` will be asked about plain metadata.
    """

    config: MessagesConfig = field(default_factory=MessagesConfig)
    images: bool = False
    file: Path | None = None
    per_frame: bool = False
    new_api: bool = False


class PayloadWriter(Protocol):
    """Makes messages; nothing in the metadata makes it raise."""

    def __init__(self, settings: PayloadSettings) -> None: ...

    def from_events(self, events: Sequence[EventMessage], frame: FrameMeta) -> list[Payload]:
        """The messages about events of one frame.

        Args:
            events: In their order. Without any, payloads that tell of whole frames tell of an
                empty one, and others give nothing.
            frame: That they are attached to.

        Raises:
            ModelError: A function of the user's own failed.
        """
        ...

    def from_objects(self, frame: FrameMeta) -> list[Payload]:
        """The messages about the objects of one frame, from its plain metadata.

        Raises:
            ModelError: A function of the user's own failed.
        """
        ...


PAYLOADS: Registry[PayloadWriter] = Registry(
    "payload",
    {
        "full": "penstock.messages.full:FullPayload",
        "minimal": "penstock.messages.minimal:MinimalPayload",
        "protobuf": "penstock.messages.protobuf:ProtobufPayload",
        "custom": "penstock.messages.custom:CustomPayload",
    },
    extras={"protobuf": "protobuf"},
)


def sensor_of_event(event: EventMessage, config: MessagesConfig) -> str:
    """The sensor's name: the event's own, else the configuration's, else `0` without one."""
    if event.sensor is not None:
        return str(event.sensor)
    if config.file is None:
        return NO_SENSOR
    sensor = config.sensors.get(event.sensor_id)
    return "" if sensor is None else sensor.id


def sensor_of_frame(frame: FrameMeta, config: MessagesConfig) -> str:
    """The name that the configuration gives a source; `0` where it gives none."""
    sensor = config.sensors.get(frame.source_id)
    return NO_SENSOR if sensor is None else sensor.id


def time_of_frame(frame: FrameMeta) -> str:
    """When a frame was captured; the present time where nobody knows."""
    return stamp(frame.ntp_ns) if frame.ntp_ns else now()


def custom_texts(frame: FrameMeta) -> list[str]:
    """What applications attached to a frame for its messages, as `CustomMessage` or plainly."""
    if not frame.user:
        return []
    return [_text(data) for data in frame.user.of(CustomMessage.META_TYPE)]


def _text(data: object) -> str:
    if isinstance(data, CustomMessage):
        data = data.text
    if isinstance(data, bytes):
        return data.decode(errors="replace")
    return str(getattr(data, "message", data))
