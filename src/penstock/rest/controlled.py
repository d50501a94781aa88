"""What the REST interface asks of a pipeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from penstock.meta import SensorInfo


@dataclass(frozen=True)
class Setting:
    """A change of how something works.

    Attributes:
        token: Says what is changed, as answers do: `INFER_INTERVAL_UPDATE` for example.
        source_id: Of the source that it is about; None where it is about none.
        values: What to set, by the names of the request.
    """

    token: str
    source_id: int | None
    values: Mapping[str, Any]


class Controlled(Protocol):
    """What a pipeline offers; every method may be called from several threads at once."""

    def add_stream(self, sensor: SensorInfo) -> None:
        """Begin with one more source; whether it works out shows later.

        Raises:
            PenstockError: It cannot be taken; says why.
        """

    def remove_stream(self, sensor: SensorInfo) -> None:
        """Stop with the source of this id and URI.

        Raises:
            PenstockError: There is none.
        """

    def streams(self) -> Sequence[SensorInfo]:
        """The sources that are there, newest first."""

    def state(self) -> str:
        """`"null"`, `"ready"`, `"paused"` or `"playing"`."""

    def apply(self, setting: Setting) -> None:
        """Change how something works.

        Raises:
            PenstockError: There is nothing that could do so.
        """
