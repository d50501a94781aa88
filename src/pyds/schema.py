# ruff: noqa: N815 - the names are DeepStream's
"""Events and what they are about, as C structs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from penstock.meta import EventMessage, Face, Payload, Person, Signature, Vehicle
from pyds.casters import described
from pyds.embedded import Embedded, EmbeddedTuple, Part
from pyds.enums import NvDsEventType, NvDsObjectType
from pyds.fields import (
    CharPointer,
    Enumerated,
    Field,
    Float,
    PlainString,
    Reference,
    Unsigned,
    Unsigned64,
    VoidPointer,
    Whole,
)
from pyds.lists import Counted, Listed
from pyds.pointed import FirstNumber
from pyds.records import Event
from pyds.strings import Address
from pyds.views import TupleView, View


class NvDsRect(TupleView):
    """A box, frame pixels."""

    __slots__ = ()

    top = Part(1, "Top edge, frame pixels.")
    left = Part(0, "Left edge, frame pixels.")
    width = Part(2, "Width, pixels.")
    height = Part(3, "Height, pixels.")


class NvDsGeoLocation(TupleView):
    """A place on earth."""

    __slots__ = ()
    _zero = (0.0, 0.0, 0.0)

    lat = Part(0, "Latitude, degrees.")
    lon = Part(1, "Longitude, degrees.")
    alt = Part(2, "Altitude.")


class NvDsCoordinate(TupleView):
    """A point in the coordinates of a place."""

    __slots__ = ()
    _zero = (0.0, 0.0, 0.0)

    x = Part(0, "First coordinate.")
    y = Part(1, "Second coordinate.")
    z = Part(2, "Third coordinate.")


class NvDsObjectSignature(View, of=Signature):
    """What an object looks like to a network."""

    __slots__ = ()

    signature = FirstNumber("values", "The first number; takes all of them.", dtype=np.float64)
    size = Counted("values", "How many numbers.", set_by_hand=True)


class NvDsVehicleObject(View, of=Vehicle):
    """A vehicle; its texts read as addresses."""

    __slots__ = ()

    type = CharPointer("kind", "Kind of vehicle.")
    make = CharPointer("make", "Who made it.")
    model = CharPointer("model", "Model.")
    color = CharPointer("color", "Colour.")
    region = CharPointer("region", "Region of the license.")
    license = CharPointer("license", "Number plate.")


class NvDsPersonObject(View, of=Person):
    """A person; the texts read as addresses."""

    __slots__ = ()

    gender = CharPointer("gender", "Gender.")
    hair = CharPointer("hair", "Hair.")
    cap = CharPointer("cap", "Cap.")
    apparel = CharPointer("apparel", "Clothes.")
    age = Unsigned("age", "Age, years.")


class NvDsFaceObject(View, of=Face):
    """A face; its texts read as addresses."""

    __slots__ = ()

    gender = CharPointer("gender", "Gender.")
    hair = CharPointer("hair", "Hair.")
    cap = CharPointer("cap", "Cap.")
    glasses = CharPointer("glasses", "Glasses.")
    facialhair = CharPointer("facial_hair", "Facial hair.")
    name = CharPointer("name", "Name.")
    eyecolor = CharPointer("eye_color", "Colour of the eyes.")
    age = Unsigned("age", "Age, years.")


class _Outline(Listed):
    def __init__(self) -> None:
        super().__init__("outline", "Polygons around it, frame pixels.", takes_others=True)


class NvDsVehicleObjectExt(View, of=Vehicle):
    """A vehicle with its outline."""

    __slots__ = ()

    type = PlainString("kind", "Kind of vehicle.")
    make = PlainString("make", "Who made it.")
    model = PlainString("model", "Model.")
    color = PlainString("color", "Colour.")
    region = PlainString("region", "Region of the license.")
    license = PlainString("license", "Number plate.")
    mask = _Outline()


class NvDsPersonObjectExt(View, of=Person):
    """A person with an outline."""

    __slots__ = ()

    gender = PlainString("gender", "Gender.")
    hair = PlainString("hair", "Hair.")
    cap = PlainString("cap", "Cap.")
    apparel = PlainString("apparel", "Clothes.")
    age = Unsigned("age", "Age, years.")
    mask = _Outline()


class NvDsFaceObjectWithExt(View, of=Face):
    """A face with its outline."""

    __slots__ = ()

    gender = PlainString("gender", "Gender.")
    hair = PlainString("hair", "Hair.")
    cap = PlainString("cap", "Cap.")
    glasses = PlainString("glasses", "Glasses.")
    facialhair = PlainString("facial_hair", "Facial hair.")
    name = PlainString("name", "Name.")
    eyecolor = PlainString("eye_color", "Colour of the eyes.")
    age = Unsigned("age", "Age, years.")
    mask = _Outline()


class _TextAt:
    """What will stand at an address when somebody asks: scripts fill the memory later."""

    __slots__ = ("address",)

    def __init__(self, address: Address) -> None:
        self.address = address

    def __str__(self) -> str:
        return self.address.text or ""


class _Timestamp(Field):
    """A `char *` that takes the address of a buffer, as `alloc_buffer` gave it."""

    reads = "int"

    def __init__(self) -> None:
        super().__init__("written_at", "When: address of an RFC 3339 text.")

    def _reader(self) -> Callable[[Any], int]:
        def read(view: View) -> int:
            written = view._core.written_at
            return written.address if isinstance(written, _TextAt) else Address.of(written)

        return read

    def _write(self, view: View, value: object) -> None:
        if isinstance(value, Address):
            view._core.written_at = _TextAt(value)
        elif isinstance(value, int) and not isinstance(value, bool) and value == 0:
            view._core.written_at = None
        else:
            raise TypeError(
                f"{self.label} takes the address of a buffer, got {described(value)}: "
                "write ts = pyds.alloc_buffer(33), then pyds.generate_ts_rfc3339(ts, 32)"
            )


class _DetailsSize(Unsigned):
    """More than 0 where there are details; writing it does nothing."""

    def _reader(self) -> Callable[[Any], int]:
        details = self.core_attribute

        def read(view: View) -> int:
            core = details(view)
            return 0 if core is None else core.__sizeof__()

        return read

    @property
    def state(self) -> tuple[str, ...]:
        """Nothing: it follows the details."""
        return ()

    def _write(self, view: View, value: object) -> None:
        self.check(value)


class NvDsEventMsgMeta(View, of=EventMessage):
    """One event; nvmsgconv makes a message of it."""

    __slots__ = ()

    type = Enumerated("event_type", "What happened.", kind=NvDsEventType, stored=int)
    objType = Enumerated("object_type", "What it is about.", kind=NvDsObjectType, stored=int)
    bbox = EmbeddedTuple("box", "The object's box, frame pixels.", kind=NvDsRect)
    location = EmbeddedTuple("location", "Where on earth.", kind=NvDsGeoLocation)
    coordinate = EmbeddedTuple("coordinate", "Where in the place.", kind=NvDsCoordinate)
    objSignature = Embedded("signature", "How the object looks.", kind=NvDsObjectSignature)
    objClassId = Whole("class_id", "Index into the detector's labels.")
    sensorId = Whole("sensor_id", "Number of the sensor in nvmsgconv's configuration.")
    moduleId = Whole("module_id", "Number of the analytics module there.")
    placeId = Whole("place_id", "Number of the place there.")
    componentId = Whole("component_id", "The `comp-id` of its nvmsgconv; one of 0 takes all.")
    frameId = Whole("frame_num", "Frame of its source.")
    confidence = Float("confidence", "Confidence, 0 to 1.")
    trackingId = Unsigned64("track_id", "The tracker's id.")
    ts = _Timestamp()
    objectId = CharPointer("object_id", "The object's name to the outside.")
    sensorStr = CharPointer("sensor", "The sensor's name to the outside.")
    otherAttrs = CharPointer("other", "Anything else.")
    videoPath = CharPointer("video", "Path of a recording.")
    extMsg = VoidPointer("details", "A vehicle, person or face object.")
    extMsgSize = _DetailsSize("details", "More than 0 where there is an `extMsg`; counts itself.")


class NvDsEvent(View, of=Event):
    """An event and its message."""

    __slots__ = ()

    eventType = Enumerated("event_type", "What happened.", kind=NvDsEventType, stored=int)
    metadata = Reference("message", "Its message.", kind=lambda: NvDsEventMsgMeta, writable=True)


class _PayloadSize(Unsigned):
    def _reader(self) -> Callable[[Any], int]:
        data = self.core_attribute
        return lambda view: len(data(view)) if hasattr(data(view), "__len__") else 0

    @property
    def state(self) -> tuple[str, ...]:
        """Nothing: it follows the bytes."""
        return ()

    def _write(self, view: View, value: object) -> None:
        self.check(value)


class NvDsPayload(View, of=Payload):
    """A finished message."""

    __slots__ = ()

    payload = VoidPointer("data", "Its bytes.")
    payloadSize = _PayloadSize("data", "How many bytes; counts itself.")
    componentId = Unsigned("component_id", "The `comp-id` of the nvmsgbroker to send it.")
