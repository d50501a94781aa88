"""What every request is answered, without HTTP and without a pipeline."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.errors import ConfigError
from penstock.rest import RestAddress
from penstock.rest.routes import ROUTES, SETTINGS, SETTINGS_OF_ALL, respond
from rest_orders import Paper, stream

PAGE = Path(__file__).parents[2] / "docs" / "rest.md"
ADD, REMOVE = "/api/v1/stream/add", "/api/v1/stream/remove"
INFO = "/api/v1/stream/get-stream-info"
INTERVAL = "/api/v1/infer/set-interval"


def post(target, path, body):
    said = respond(target, "POST", path, body if isinstance(body, bytes) else as_json(body))
    return said.status, said.body["reason"]


def as_json(body):
    return json.dumps(body).encode()


def test_a_source_is_added_listed_and_removed():
    target = Paper()
    assert post(target, ADD, stream("camera_add")) == (200, "STREAM_ADD_SUCCESS")
    listed = respond(target, "GET", INFO, b"").body
    assert listed == {
        "reason": "GET_LIVE_STREAM_INFO_SUCCESS",
        "status": "HTTP/1.1 200 OK",
        "stream-info": {
            "stream-count": 1,
            "stream-info": [{"camera_id": "dock-7", "camera_name": "Dock 7", "source_id": -1}],
        },
    }
    assert post(target, REMOVE, stream("camera_remove")) == (200, "STREAM_REMOVE_SUCCESS")
    assert target.there == []


def test_change_decides_and_not_the_path():
    target = Paper()
    assert post(target, REMOVE, stream("camera_streaming")) == (200, "STREAM_ADD_SUCCESS")
    assert post(target, ADD, stream("camera_remove")) == (200, "STREAM_REMOVE_SUCCESS")


def test_the_older_name_event_is_taken_for_value():
    body = stream("camera_add")
    body["event"] = body.pop("value")
    assert post(Paper(), ADD, body) == (200, "STREAM_ADD_SUCCESS")


def test_what_the_pipeline_refuses_is_answered_with_500_and_its_reason():
    target = Paper()
    post(target, ADD, stream("camera_add"))
    status, reason = post(target, ADD, stream("camera_add"))
    assert (status, reason) == (500, "STREAM_ADD_FAIL, camera_id 'dock-7' is there already")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (stream("camera_add", sensor_id=""),
         "STREAM_ADD_FAIL, camera_id: wanted a string that is not empty"),
        (stream("camera_remove", uri=""), "STREAM_REMOVE_FAIL, camera_url: wanted a string"),
        (stream("camera_turn"), "change: wanted camera_add or camera_remove, got 'camera_turn'"),
        ({"key": "sensor"}, "STREAM_ADD_FAIL, wanted {\"value\""),
        ([], "STREAM_ADD_FAIL, wanted a JSON object, got []"),
        (b"{", "STREAM_ADD_FAIL, the body is not JSON: "),
        (b"\xff", "STREAM_ADD_FAIL, the body is not UTF-8"),
        (b"[" * 50_000, "STREAM_ADD_FAIL, the JSON is nested more than 16 deep"),
        (b'{"value": {"change": "add", "camera_id": "\\ud800"}}',
         "STREAM_ADD_FAIL, camera_id: wanted text without NUL"),
        (b'{"value": {"change": NaN}}', "STREAM_ADD_FAIL, NaN is no JSON number"),
        (b"1" * 5000, "STREAM_ADD_FAIL, the body is not JSON: "),
    ],
)  # fmt: skip
def test_a_body_that_says_nothing_useful_is_answered_with_400_and_what_was_wanted(body, reason):
    target = Paper()
    status, said = post(target, ADD, body)
    assert status == 400
    assert said.startswith(reason)
    assert target.there == []


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"stream": {"stream_id": "1", "interval": 33}}, "interval: wanted a number from 0 to 32"),
        (
            {"stream": {"stream_id": "1", "interval": "3"}},
            'interval: wanted a number from 0 to 32, got "3"',
        ),
        ({"stream": {"stream_id": "x", "interval": 3}}, "stream_id: wanted the decimal number"),
        ({"stream": {"stream_id": "", "interval": 3}}, "stream_id: wanted the decimal number"),
        ({"stream": {"stream_id": "1"}}, "interval is missing; wanted stream_id, interval"),
        ({"stream_id": "1", "interval": 3}, "wanted one object around the parameters"),
        ({}, "wanted one object around the parameters"),
    ],
)
def test_a_setting_that_cannot_be_understood_is_answered_with_400(given, reason):
    target = Paper()
    status, said = post(target, INTERVAL, given)
    assert status == 400
    assert said.startswith(f"INFER_INTERVAL_UPDATE_FAIL, {reason}")
    assert target.settings == []


def test_a_setting_reaches_the_pipeline_with_its_source():
    target = Paper()
    body = {"stream": {"stream_id": "3", "interval": 4}}
    assert post(target, INTERVAL, body) == (200, "INFER_INTERVAL_UPDATE_SUCCESS")
    (setting,) = target.settings
    assert (setting.token, setting.source_id) == ("INFER_INTERVAL_UPDATE", 3)
    assert setting.values == {"interval": 4}


def test_a_source_that_is_not_there_is_answered_with_500():
    said = post(Paper(), INTERVAL, {"stream": {"stream_id": 99, "interval": 4}})
    assert said == (500, "INFER_INTERVAL_UPDATE_FAIL, there is no source 99")


def test_regions_are_counted():
    area = {"roi_id": "a", "left": 1, "top": 2, "width": 3, "height": 4}
    body = {"stream": {"stream_id": "0", "roi_count": 2, "roi": [area]}}
    status, said = post(Paper(), "/api/v1/roi/update", body)
    assert (status, said) == (400, "ROI_UPDATE_FAIL, roi_count is 2, but roi has 1 entries")


@pytest.mark.parametrize(
    ("state", "ready", "live"),
    [
        ("null", "NO", "NO"),
        ("ready", "NO", "NO"),
        ("paused", "YES", "NO"),
        ("playing", "YES", "YES"),
    ],
)
def test_health_says_how_far_the_pipeline_is(state, ready, live):
    target = Paper(state)
    for path in ("/ready", "/api/v1/ready"):
        assert respond(target, "GET", path, b"").body["ready-info"] == {"ds-ready": ready}
    found = respond(target, "GET", "/api/v1/health/get-dsready-state", b"").body
    assert found["health-info"] == {"ds-ready": ready}
    assert respond(target, "GET", "/live", b"").body["live-info"] == {"ds-liveness": live}
    assert respond(target, "GET", "/startup", b"").body["startup-info"] == {"ds-startup": ready}


def test_what_nothing_can_do_is_answered_with_501():
    said = respond(Paper(), "GET", "/api/v1/metrics", b"")
    assert said.status == 501
    assert said.body["reason"].startswith("GET_METRICS_INFO_FAIL, ")


def test_unknown_paths_and_wrong_methods_are_told_apart():
    assert respond(Paper(), "GET", "/api/v1/stream", b"").status == 404
    assert respond(Paper(), "POST", f"{ADD}/more", b"{}").status == 404
    wrong = respond(Paper(), "GET", ADD, b"")
    assert (wrong.status, wrong.headers) == (405, {"Allow": "POST"})


def test_answers_are_sorted_ascii_json():
    target = Paper()
    post(target, ADD, stream("camera_add", name="Tor Süd"))
    text = respond(target, "GET", INFO, b"").encoded().decode("ascii")
    assert text.index('"reason" : ') < text.index('"status" : ') < text.index('"stream-info" : ')
    assert "S\\u00fcd" in text


@given(st.sampled_from(sorted(ROUTES)), st.sampled_from(["GET", "POST", "PUT"]), st.binary())
def test_any_bytes_are_answered(path, method, body):
    said = respond(Paper(), method, path, body)
    assert said.status in (200, 400, 405, 501)
    json.loads(said.encoded())


def test_a_string_that_does_not_end_is_gone_through_once():
    # Were it looked for again behind each of its quotes, 64 KB of them would stop all else for 7 s.
    status, reason = post(Paper(), ADD, b'"' + b'\\"' * 9 + b"[" * 30)
    assert (status, "Unterminated string" in reason) == (400, True)


_KEYS = st.sampled_from(
    ["value", "camera_id", "camera_url", "change", "stream_id", "roi", "roi_count", "interval",
     "bitrate", "src_crop", "force_idr", "left", "app_quit"]
)  # fmt: skip
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(st.sampled_from(sorted(ROUTES)), st.dictionaries(_KEYS, _JSON, max_size=3))
def test_any_json_is_answered(path, body):
    method = "GET" if ROUTES[path].method == "GET" else "POST"
    assert respond(Paper(), method, path, as_json({"stream": body})).status in (200, 400, 501)


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [("9000", "localhost", 9000), ("127.0.0.1:80", "127.0.0.1", 80), ("[::1]:9000", "::1", 9000)],
)
def test_an_address_is_a_port_or_a_host_and_a_port(text, host, port):
    assert RestAddress.parse(text) == RestAddress(host, port)


def test_port_0_is_no_server():
    assert RestAddress.parse("0") is None


@pytest.mark.parametrize(
    "text", ["", "x", "70000", "-1", ":9000", "localhost:", "9000:x", "9" * 5000]
)
def test_anything_else_is_no_address(text):
    with pytest.raises(ConfigError, match="port: wanted a number from 1 to 65535"):
        RestAddress.parse(text)


def test_the_page_lists_every_path():
    listed = set(re.findall(r"^\| `(?:GET|POST|any) (\S+)`", PAGE.read_text(), re.MULTILINE))
    assert listed == set(ROUTES)
    for path, (_, readers) in {**SETTINGS, **SETTINGS_OF_ALL}.items():
        row = next(r for r in PAGE.read_text().splitlines() if f"/api/v1/{path}`" in r)
        assert all(f"`{name}`" in row for name in readers)
