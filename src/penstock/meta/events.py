"""What is reported to the outside: events, what they are about, and finished messages.

Nothing in a pipeline makes events by itself: an application attaches an `EventMessage` to the
frame, a message converter turns it into a `Payload`, a broker sends that.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

from penstock.meta.event_parts import EventExtras
from penstock.meta.objects import NO_BOX, Box
from penstock.meta.referable import Referable

Point: TypeAlias = tuple[float, float, float]
ORIGIN: Point = (0.0, 0.0, 0.0)


@dataclass(slots=True, eq=False)
class Vehicle(Referable):
    """A vehicle. Texts are `None` where unknown.

    Attributes:
        outline: Polygons around it: each flat, `(2 * points,)`, frame pixels.
    """

    kind: str | None = None
    make: str | None = None
    model: str | None = None
    color: str | None = None
    region: str | None = None
    license: str | None = None
    outline: list[Any] = field(default_factory=list)

    def copy(self) -> Vehicle:
        """An independent copy."""
        return Vehicle(
            self.kind, self.make, self.model, self.color, self.region, self.license,
            list(self.outline),
        )  # fmt: skip


@dataclass(slots=True, eq=False)
class Person(Referable):
    """A person. Texts are `None` where unknown.

    Attributes:
        age: Years.
        outline: Polygons around them: each flat, `(2 * points,)`, frame pixels.
    """

    gender: str | None = None
    hair: str | None = None
    cap: str | None = None
    apparel: str | None = None
    age: int = 0
    outline: list[Any] = field(default_factory=list)

    def copy(self) -> Person:
        """An independent copy."""
        return Person(self.gender, self.hair, self.cap, self.apparel, self.age, list(self.outline))


@dataclass(slots=True, eq=False)
class Face(Referable):
    """A face. Texts are `None` where unknown.

    Attributes:
        age: Years.
        outline: Polygons around it: each flat, `(2 * points,)`, frame pixels.
    """

    gender: str | None = None
    hair: str | None = None
    cap: str | None = None
    glasses: str | None = None
    facial_hair: str | None = None
    name: str | None = None
    eye_color: str | None = None
    age: int = 0
    outline: list[Any] = field(default_factory=list)

    def copy(self) -> Face:
        """An independent copy."""
        return Face(
            self.gender, self.hair, self.cap, self.glasses, self.facial_hair, self.name,
            self.eye_color, self.age, list(self.outline),
        )  # fmt: skip


@dataclass(slots=True, eq=False)
class Signature(Referable):
    """What an object looks like to a network.

    Attributes:
        values: `(D,)` float64.
    """

    values: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))

    def copy(self) -> Signature:
        """An independent copy."""
        return Signature(self.values.copy())

    def __repr__(self) -> str:
        return f"<Signature of {len(self.values)}>"


@dataclass(slots=True, eq=False)
class EventMessage(Referable):
    """One event; attached to the frame.

    Attributes:
        event_type: What happened, DeepStream's number: 0 entry, 1 exit, 2 moving, 3 stopped,
            4 empty, 5 parked, 6 reset, 257 custom.
        object_type: What `details` is, DeepStream's number: 0 vehicle, 1 person, 2 face, 3 bag,
            4 bicycle, 5 road sign, 6 to 8 the first three with outlines, 10 nothing, 11 and 12
            product, 257 custom, 258 unknown.
        box: The object's, ltwh, frame pixels.
        location: Latitude and longitude in degrees, altitude.
        coordinate: x, y, z in the coordinates of the place.
        signature: What the object looks like to a network.
        class_id: Index into the detector's labels.
        sensor_id: Number of the sensor in the converter's configuration; the next two likewise.
        component_id: The converters that shall take it: those of this `comp-id`, and of 0.
        frame_num: Of its source.
        confidence: 0 to 1.
        track_id: The tracker's id.
        written_at: RFC 3339 time, or an object whose `str` gives it when asked; see `time`.
        object_id: The object's name to the outside.
        sensor: The sensor's name to the outside, where the configuration has none.
        other: Anything else.
        video: Path of a recording.
        details: A `Vehicle`, `Person`, `Face` or `Product`, or what a converter of your own takes.
        extras: A pose, an embedding, where it stands on the ground; `None`: nothing of these.
    """

    META_TYPE: ClassVar[int] = 9

    event_type: int = 0
    object_type: int = 0
    box: Box = NO_BOX
    location: Point = ORIGIN
    coordinate: Point = ORIGIN
    signature: Signature = field(default_factory=Signature)
    class_id: int = 0
    sensor_id: int = 0
    module_id: int = 0
    place_id: int = 0
    component_id: int = 0
    frame_num: int = 0
    confidence: float = 0.0
    track_id: int = 0
    written_at: object = None
    object_id: str | None = None
    sensor: str | None = None
    other: str | None = None
    video: str | None = None
    details: Any = None
    extras: EventExtras | None = None

    @property
    def time(self) -> str | None:
        """When it happened: RFC 3339 text, UTC."""
        return None if self.written_at is None else str(self.written_at)

    def copy(self) -> EventMessage:
        """A deep copy."""
        details = self.details.copy() if hasattr(self.details, "copy") else self.details
        signature = self.signature.copy()
        return replace(self, signature=signature, written_at=self.time, details=details)


@dataclass(slots=True, eq=False)
class Payload(Referable):
    """A finished message; attached to the frame.

    What a message broker sends: every attachment of type `META_TYPE` of a frame, in their order,
    that is for its component. The frame's `source_id` says in whose order it belongs.

    Attributes:
        data: The bytes to send.
        component_id: The brokers that shall send it: those of this `comp-id`, and of 0.
        message_id: A UUID that no other message has, for consumers that drop what comes twice;
            empty where an application made the payload.
        sensor_id: The sensor's name, as the message tells it, to choose a partition by; may be
            empty.
        content_type: What `data` is, a media type.
    """

    META_TYPE: ClassVar[int] = 8

    data: Any = b""
    component_id: int = 0
    message_id: str = ""
    sensor_id: str = ""
    content_type: str = "application/json"

    def copy(self) -> Payload:
        """A copy that shares the bytes."""
        return replace(self)

    def __repr__(self) -> str:
        size = f"{len(self.data)} bytes" if isinstance(self.data, bytes) else repr(self.data)
        return f"<Payload {size}, component {self.component_id}>"
