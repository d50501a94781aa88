"""A pipeline on paper, and requests about it."""

import json
import urllib.error
import urllib.request

from penstock.errors import StreamError


class Paper:
    """Takes every order and remembers it.

    Attributes:
        there: Its sources.
        settings: What was applied, in order.
    """

    def __init__(self, state="playing"):
        self.there, self.settings = [], []
        self._state = state

    def add_stream(self, sensor):
        if any(one.sensor_id == sensor.sensor_id for one in self.there):
            raise StreamError(f"camera_id {sensor.sensor_id!r} is there already")
        self.there.insert(0, sensor)

    def remove_stream(self, sensor):
        if sensor not in self.there:
            raise StreamError(f"no source has the camera_id {sensor.sensor_id!r}")
        self.there.remove(sensor)

    def streams(self):
        return self.there

    def state(self):
        return self._state

    def apply(self, setting):
        if setting.source_id == 99:
            raise StreamError("there is no source 99")
        self.settings.append(setting)


def stream(change, *, sensor_id="dock-7", uri="file:///dock.mp4", name="Dock 7", **more):
    """The body that adds or removes a source."""
    value = {"camera_id": sensor_id, "camera_name": name, "camera_url": uri, "change": change}
    headers = {"source": "ops", "created_at": "2031-02-03T04:05:06.000Z"}
    return {"key": "sensor", "value": {**value, **more}, "headers": headers}


def ask(port, path, body=None, *, method=None, raw=None):
    """Status and JSON of an answer; `raw` is sent as it is."""
    data = raw if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)
