"""Give orders to a pipeline that takes them by REST."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from penstock.errors import StreamError
from penstock.meta import SensorInfo
from penstock.rest.address import RestAddress

_PATIENCE_S = 60.0
_SOURCES = "/api/v1/stream"


class RestClient:
    """Talks to `nvmultiurisrcbin` or `penstock detect --rest`, and to DeepStream's servers.

    Every method raises `StreamError` with the server's reason, or with why it does not answer.

    Args:
        address: Where it listens.
    """

    def __init__(self, address: RestAddress) -> None:
        self.address = address

    def add(self, sensor: SensorInfo) -> None:
        """Begin with a source."""
        self.ask(f"{_SOURCES}/add", _order(sensor, "camera_add"))

    def remove(self, sensor: SensorInfo) -> None:
        """Stop with the source of this id and URI."""
        self.ask(f"{_SOURCES}/remove", _order(sensor, "camera_remove"))

    def streams(self) -> list[SensorInfo]:
        """The sources that are there, newest first; the server keeps their URIs to itself."""
        found = self.ask(f"{_SOURCES}/get-stream-info")
        try:
            return [
                SensorInfo(one["source_id"], one["camera_id"], one["camera_name"], "")
                for one in found["stream-info"]["stream-info"]
            ]
        except (KeyError, TypeError):
            raise self._odd(found) from None

    def ask(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Send a request, with a body as POST; the answer's JSON."""
        data = None if body is None else json.dumps(body).encode()
        try:
            text = self._text(urllib.request.Request(f"http://{self.address}{path}", data))
        except (OSError, UnicodeError, http.client.InvalidURL) as error:
            reason = getattr(error, "reason", error)
            raise StreamError(f"nothing answers at {self.address}: {reason}") from None
        except http.client.HTTPException as error:
            raise self._odd(str(error)) from None
        try:
            said: dict[str, Any] = json.loads(text)
            code = int(said["status"].split()[1])  # DeepStream's status line is always 200
        except (ValueError, KeyError, TypeError, AttributeError, IndexError):
            raise self._odd(text[:100]) from None
        if code != 200:
            raise StreamError(f"{self.address}: {said.get('reason', code)}")
        return said

    @staticmethod
    def _text(request: urllib.request.Request) -> bytes:
        # Cameras and their pipelines are near: a proxy for the Internet does not know the way.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=_PATIENCE_S) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.read()

    def _odd(self, said: object) -> StreamError:
        return StreamError(f"what listens at {self.address} is no REST interface: it says {said!r}")


def _order(sensor: SensorInfo, change: str) -> dict[str, Any]:
    value = {
        "camera_id": sensor.sensor_id,
        "camera_name": sensor.sensor_name,
        "camera_url": sensor.uri,
        "change": change,
    }
    return {"key": "sensor", "value": value}
