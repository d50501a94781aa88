"""What a source is called outside the pipeline."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SensorInfo:
    """A source as whoever added it knows it.

    Attributes:
        source_id: Its number in the metadata; -1 where it has none yet.
        sensor_id: Unique among the sources that are there at the same time.
        sensor_name: May be empty.
        uri: What was opened.
    """

    source_id: int
    sensor_id: str
    sensor_name: str
    uri: str
