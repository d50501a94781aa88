"""What the server says back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from penstock.meta import SensorInfo


@dataclass(frozen=True)
class Answer:
    """An HTTP answer.

    Attributes:
        status: Its number, also in the body.
        body: Everything in the body.
        headers: Beyond the usual ones.
    """

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        """The body as DeepStream writes it: sorted keys, tabs, ASCII."""
        made = json.dumps(
            self.body, indent="\t", separators=(",", " : "), sort_keys=True, ensure_ascii=True
        )
        return made.encode()


def answer(
    status: int, reason: str, *, headers: Mapping[str, str] | None = None, **more: Any
) -> Answer:
    """An answer whose body says status and reason, and `more` with dashes for underscores."""
    said = {name.replace("_", "-"): value for name, value in more.items()}
    line = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"
    return Answer(status, {"reason": reason, "status": line, **said}, headers or {})


def failed(status: int, token: str, why: str) -> Answer:
    """An answer that says what failed and why."""
    return answer(status, f"{token}_FAIL, {why}")


def stream_info(streams: Sequence[SensorInfo]) -> dict[str, Any]:
    """The sources, as `get-stream-info` lists them."""
    rows = [
        {"camera_id": one.sensor_id, "camera_name": one.sensor_name, "source_id": one.source_id}
        for one in streams
    ]
    return {"stream-count": len(rows), "stream-info": rows}
