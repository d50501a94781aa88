"""The paths: what each takes, and whom it asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from penstock.errors import PenstockError
from penstock.meta import SensorInfo
from penstock.rest import reading
from penstock.rest.answers import Answer, answer, failed, stream_info
from penstock.rest.controlled import Controlled, Setting
from penstock.rest.reading import RequestError, read_object, read_values

_UINT = reading.whole(0, 2**32 - 1)
_STREAM = "stream_id"
_NO_NUMBER = -1
_ROI_COUNT, _ROI = "roi_count", "roi"

SETTINGS: Mapping[str, tuple[str, Mapping[str, reading.Reader]]] = {
    "roi/update": ("ROI", {_ROI_COUNT: reading.whole(1, 1024), _ROI: reading.regions}),
    "dec/drop-frame-interval": (
        "DROP_FRAME_INTERVAL", {"drop_frame_interval": reading.whole(0, 30)},
    ),
    "dec/skip-frames": ("SKIP_FRAMES", {"skip_frames": reading.whole(0, 2)}),
    "dec/low-latency-mode": ("LOW_LATENCY_MODE", {"low_latency_mode": reading.switch}),
    "enc/bitrate": ("BITRATE", {"bitrate": _UINT}),
    "enc/force-idr": ("FORCE_IDR", {"force_idr": reading.switch}),
    "enc/force-intra": ("FORCE_INTRA", {"force_intra": reading.switch}),
    "enc/iframe-interval": ("IFRAME_INTERVAL", {"iframeinterval": reading.whole(0, 256)}),
    "infer/set-interval": ("INFER_INTERVAL", {"interval": reading.whole(0, 32)}),
    "inferserver/set-interval": (
        "INFERSERVER_INTERVAL", {"interval": reading.whole(0, 2**31 - 1)},
    ),
    "nvtracker/config-path": ("NVTRACKER_CONFIG", {"config_path": reading.filled}),
    "conv/srccrop": ("SRC_CROP", {"src_crop": reading.crop}),
    "conv/destcrop": ("DEST_CROP", {"dest_crop": reading.crop}),
    "conv/flip-method": ("FLIP_METHOD", {"flip_method": reading.whole(0, 7)}),
    "conv/interpolation-method": (
        "INTERPOLATION_METHOD", {"interpolation_method": reading.whole(0, 6)},
    ),
    "osd/process-mode": ("PROCESS_MODE", {"process_mode": reading.whole(-(2**31), 2**31 - 1)}),
}  # fmt: skip
"""Settings about a source: path behind `/api/v1/` → begin of the token, and readers."""
SETTINGS_OF_ALL: Mapping[str, tuple[str, Mapping[str, reading.Reader]]] = {
    "mux/batched-push-timeout": (
        "BATCHED_PUSH_TIMEOUT", {"batched_push_timeout": reading.whole(-1, 2**31 - 1)},
    ),
    "mux/max-latency": ("MAX_LATENCY", {"max_latency": _UINT}),
    "analytics/reload-config": ("RELOAD_CONFIG", {"config_file_path": reading.text}),
}  # fmt: skip
"""Settings about no source in particular."""
_HEALTH = {
    "/api/v1/health/get-dsready-state": ("GET_READY_INFO", "health_info", "ds-ready"),
    "/ready": ("GET_READY_INFO", "ready_info", "ds-ready"),
    "/live": ("GET_LIVE_INFO", "live_info", "ds-liveness"),
    "/startup": ("GET_STARTUP_INFO", "startup_info", "ds-startup"),
}
_NOT_HERE = {
    "/api/v1/metrics": ("GET", "GET_METRICS_INFO"),
    "/api/v1/generate_text_embeddings": ("POST", "GENERATE_TEXT_EMBEDDINGS"),
    "/api/v1/generate_image_embeddings": ("POST", "GENERATE_IMAGE_EMBEDDINGS"),
}
_ADD, _REMOVE = "STREAM_ADD", "STREAM_REMOVE"


class Route(NamedTuple):
    """What a path answers to.

    Attributes:
        method: `"GET"`, `"POST"`, or `"*"` for both.
        token: How the reason of a failure begins.
        ask: Does what is asked, given the body.
    """

    method: str
    token: str
    ask: Callable[[Controlled, bytes], Answer]


def respond(target: Controlled, method: str, path: str, body: bytes) -> Answer:
    """Answer a request; never raises."""
    route = ROUTES.get(path)
    if route is None:
        return answer(404, f"there is no {path[:200]}")
    if route.method not in (method, "*"):
        why = f"{path} takes {route.method}, not {method}"
        return answer(405, why, headers={"Allow": route.method})
    try:
        return route.ask(target, body)
    except RequestError as error:
        return failed(error.status, route.token, str(error))
    except PenstockError as error:
        return failed(500, route.token, str(error))
    except Exception as error:  # a server outlives its mistakes
        return failed(500, route.token, f"{type(error).__name__}: {error}")


def _change_stream(target: Controlled, body: bytes) -> Answer:
    """What `change` says is done, whichever of the two paths it came by."""
    root = read_object(body)
    given = root.get("value", root.get("event"))
    if not isinstance(given, dict) or not given:
        raise RequestError('wanted {"value": {"camera_id", "camera_url", "change", ...}}')
    change = reading.text("change", given.get("change", ""))
    adds = "add" in change or "streaming" in change
    if not adds and "remove" not in change:
        return answer(400, f"change: wanted camera_add or camera_remove, got {change[:60]!r}")
    token = _ADD if adds else _REMOVE
    try:
        sensor = SensorInfo(
            _NO_NUMBER,
            reading.filled("camera_id", given.get("camera_id", "")),
            reading.text("camera_name", given.get("camera_name") or ""),
            reading.filled("camera_url", given.get("camera_url", "")),
        )
    except RequestError as error:
        return failed(400, token, str(error))
    try:
        (target.add_stream if adds else target.remove_stream)(sensor)
    except PenstockError as error:
        return failed(500, token, str(error))
    return answer(200, f"{token}_SUCCESS")


def _setting(
    token: str, readers: Mapping[str, reading.Reader], *, of_source: bool
) -> Callable[[Controlled, bytes], Answer]:
    def ask(target: Controlled, body: bytes) -> Answer:
        source = {_STREAM: reading.source_number} if of_source else {}
        values = read_values(reading.parameters(read_object(body)), {**source, **readers})
        if _ROI in values and len(values[_ROI]) != values[_ROI_COUNT]:
            raise RequestError(
                f"roi_count is {values[_ROI_COUNT]}, but roi has {len(values[_ROI])} entries"
            )
        target.apply(Setting(token, values.pop(_STREAM, None), values))
        return answer(200, f"{token}_SUCCESS")

    return ask


def _quit(target: Controlled, body: bytes) -> Answer:
    readers = {"app_quit": reading.switch}
    values = read_values(reading.parameters(read_object(body)), readers)
    target.apply(Setting("QUIT", None, values))
    return answer(200, "NA")


def _list_streams(target: Controlled, _body: bytes) -> Answer:
    reason = "GET_LIVE_STREAM_INFO_SUCCESS"
    return answer(200, reason, stream_info=stream_info(target.streams()))


def _health(token: str, outer: str, inner: str) -> Callable[[Controlled, bytes], Answer]:
    wanted = ("playing",) if inner == "ds-liveness" else ("paused", "playing")

    def ask(target: Controlled, _body: bytes) -> Answer:
        found = {inner: "YES" if target.state() in wanted else "NO"}
        return answer(200, f"{token}_SUCCESS", **{outer: found})

    return ask


def _not_here(token: str) -> Callable[[Controlled, bytes], Answer]:
    def ask(_target: Controlled, _body: bytes) -> Answer:
        return failed(501, token, "Penstock has nothing that could do this")

    return ask


def _version(_target: Controlled, _body: bytes) -> Answer:
    return Answer(200, {"version": "Penstock - REST API Version v1"})


def _metadata(_target: Controlled, _body: bytes) -> Answer:
    license_info = {"name": "Apache-2.0", "path": "LICENSE", "url": ""}
    about: dict[str, Any] = {"version": "1.0.0", "sub-version": "", "licenseInfo": license_info}
    return Answer(200, about)


def _all_routes() -> dict[str, Route]:
    routes = {
        "/api/v1/stream/add": Route("POST", _ADD, _change_stream),
        "/api/v1/stream/remove": Route("POST", _REMOVE, _change_stream),
        "/api/v1/stream/get-stream-info": Route("GET", "GET_LIVE_STREAM_INFO", _list_streams),
        "/api/v1/app/quit": Route("POST", "QUIT", _quit),
        "/api/v1/metadata": Route("GET", "GET_METADATA_INFO", _metadata),
        "/version": Route("*", "GET_VERSION", _version),
    }
    for table, of_source in ((SETTINGS, True), (SETTINGS_OF_ALL, False)):
        for path, (begin, readers) in table.items():
            token = f"{begin}_UPDATE"
            ask = _setting(token, readers, of_source=of_source)
            routes[f"/api/v1/{path}"] = Route("POST", token, ask)
    for path, names in _HEALTH.items():
        route = Route("GET", names[0], _health(*names))
        routes[path] = route
        if not path.startswith("/api/"):
            routes[f"/api/v1{path}"] = route
    for path, (method, token) in _NOT_HERE.items():
        routes[path] = Route(method, token, _not_here(token))
    return routes


ROUTES: Mapping[str, Route] = _all_routes()
"""Every path there is."""
