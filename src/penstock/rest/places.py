"""The numbers that sources get."""

from __future__ import annotations

from collections.abc import Collection

from penstock.errors import StreamError
from penstock.meta import SensorInfo


class Places:
    """Hands out numbers from 0 on; they rise before they are used again.

    So what still arrives of a source that went is not taken for one that came.
    """

    def __init__(self) -> None:
        self._next = 0

    def take(self, sensor: SensorInfo, *, there: Collection[SensorInfo], most: int) -> int:
        """A number for one more source.

        Args:
            sensor: Whom it is for.
            there: Those that have one.
            most: How many there may be.

        Raises:
            StreamError: There are enough, or its id is taken.
        """
        if any(one.sensor_id == sensor.sensor_id for one in there):
            raise StreamError(f"camera_id {sensor.sensor_id!r} is there already")
        if len(there) >= most:
            raise StreamError(f"{len(there)} sources are there, and no more than {most} can be")
        taken = {one.source_id for one in there}
        rising = ((self._next + step) % most for step in range(most))
        number = next(number for number in rising if number not in taken)
        self._next = (number + 1) % most
        return number


def find(sensor: SensorInfo, there: Collection[SensorInfo]) -> SensorInfo:
    """The one of `there` with the id and the URI of `sensor`.

    Raises:
        StreamError: There is none; says what there is.
    """
    found = next((one for one in there if one.sensor_id == sensor.sensor_id), None)
    if found is None:
        names = ", ".join(repr(one.sensor_id) for one in there) or "none"
        raise StreamError(f"no source has the camera_id {sensor.sensor_id!r}; there: {names}")
    if found.uri != sensor.uri:
        raise StreamError(f"camera_id {sensor.sensor_id!r} is there with another camera_url")
    return found
