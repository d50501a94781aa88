"""What building messages costs an object, in microseconds; wanted below 25.

Usage: python benchmarks/messages.py

Frames of 25 objects of one source, with a configuration: a call of the converter, attaching the
payloads and letting them go. Each figure is the best and the median of many rounds.
"""

from __future__ import annotations

import statistics
import time
from pathlib import Path

from penstock.config import AnalyticsModule, MessagesConfig, Place, Sensor
from penstock.messages import PAYLOADS, Converter, PayloadSettings
from penstock.meta import (
    ClassifierMeta,
    EventMessage,
    FrameMeta,
    LabelInfo,
    ObjectMeta,
    Payload,
    UserMeta,
    Vehicle,
)

OBJECTS, ROUNDS, WANTED_US = 25, 400, 25.0
CONFIG = MessagesConfig(
    file=Path("config_msgconv.txt"),
    sensors={0: Sensor("dock-7", "Camera", "Dock")},
    places={0: Place("9", "Depot", "yard")},
    modules={0: AnalyticsModule("m1", "counter", "demo", "1.0")},
)


def made_frame() -> FrameMeta:
    """A frame with objects, answers of a classifier, and an event about each object."""
    frame = FrameMeta(0, size=(1920, 1080))
    for number in range(OBJECTS):
        box = (100.25 + number, 50.5, 120.0, 80.75)
        obj = ObjectMeta(box, label="car", confidence=0.87, track_id=number)
        obj.classifiers.append(ClassifierMeta(2, [LabelInfo("red")], "color"))
        frame.add(obj)
        event = EventMessage(
            event_type=2,
            box=box,
            location=(48.5, 9.25, 300.0),
            coordinate=(1.5, 2.5, 0.0),
            track_id=number,
            confidence=0.87,
            written_at="2031-02-03T04:05:06.789Z",
            details=Vehicle("van", "Acme", "Z3", "red", "NV", "AB12"),
        )
        frame.user.append(UserMeta(event, meta_type=EventMessage.META_TYPE))
    return frame


def cost_us(kind: str, *, new_api: bool) -> tuple[float, float]:
    """Best and median time an object."""
    writer = PAYLOADS.load(kind)(PayloadSettings(config=CONFIG))
    converter, frame, spent = Converter(writer, new_api=new_api), made_frame(), []
    for _ in range(ROUNDS):
        begun = time.perf_counter_ns()
        attached = [
            UserMeta(payload, meta_type=Payload.META_TYPE, copy_data=Payload.copy)
            for payload in converter.convert(frame)
        ]
        spent.append((time.perf_counter_ns() - begun) / 1e3 / OBJECTS)
        del attached
    return min(spent), statistics.median(spent)


def main() -> None:
    """Print the table; fail where a median is above what is wanted."""
    slow = []
    print(f"{OBJECTS} objects a frame, µs an object: best, median; wanted below {WANTED_US:.0f}")
    for kind in ("full", "minimal", "protobuf"):
        for new_api in (False, True):
            best, median = cost_us(kind, new_api=new_api)
            name = f"{kind}, {'plain objects' if new_api else 'events'}"
            print(f"{name:24} {best:6.2f} {median:6.2f}")
            if median > WANTED_US:
                slow.append(name)
    if slow:
        raise SystemExit(f"too slow: {', '.join(slow)}")


if __name__ == "__main__":
    main()
