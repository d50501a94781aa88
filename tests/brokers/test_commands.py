"""Messages that start and stop recordings, and what is wrong with them."""

import json
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.brokers import RecordCommand, record_command, source_of, topic_in, without_secrets
from penstock.config import MessagesConfig, Sensor
from penstock.errors import ConfigError

NOW = datetime(2031, 2, 3, 4, 5, 10, 900_000, tzinfo=timezone.utc)
START = {"command": "start-recording", "start": "2031-02-03T04:05:00.000Z", "sensor": {"id": "3"}}


def command(**changes):
    said = {key: value for key, value in {**START, **changes}.items() if value is not None}
    return record_command(json.dumps(said).encode(), now=NOW)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, RecordCommand("3", True, 10, 0)),
        ({"command": None}, RecordCommand("3", True, 10, 0)),
        ({"end": "2031-02-03T04:05:20.999Z"}, RecordCommand("3", True, 10, 20)),
        ({"end": "2031-02-03T04:04:00Z"}, RecordCommand("3", True, 10, 0)),
        ({"start": "2031-02-03T05:00:00.000Z"}, RecordCommand("3", True, 0, 0)),
        ({"start": " 2031-02-03T04:05:00 "}, RecordCommand("3", True, 10, 0)),
        ({"start": "0001-01-01T00:00:00Z"}, RecordCommand("3", True, 2**31 - 1, 0)),
        ({"end": "9999-12-31T23:59:59Z"}, RecordCommand("3", True, 10, 2**31 - 1)),
        ({"sensor": {"id": " dock-7 "}}, RecordCommand("dock-7", True, 10, 0)),
        ({"command": "stop-recording", "start": None}, RecordCommand("3", False)),
        ({"command": "make-coffee"}, None),
        ({"command": None, "start": None}, None),
    ],
)
def test_a_command_says_who_records_from_when_and_how_long(changes, expected):
    assert command(**changes) == expected


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"sensor": None}, "start-recording: wanted the name of a sensor in sensor.id, got None"),
        ({"sensor": {"id": " "}}, "wanted the name of a sensor in sensor.id, got ' '"),
        ({"sensor": ["3"]}, "wanted the name of a sensor in sensor.id, got None"),
        (
            {"start": None},
            "start-recording: wanted start as YYYY-MM-DDTHH:MM:SS.mmmZ, UTC, got None",
        ),
        ({"start": "yesterday"}, "wanted start as .*, got 'yesterday'"),
        ({"start": "2031-02-30T04:05:00Z"}, "wanted start as .*, got '2031-02-30T04:05:00Z'"),
        ({"end": 5}, "wanted end as .*, got 5"),
    ],
)
def test_a_command_that_cannot_be_followed_says_what_was_wanted(changes, wanted):
    with pytest.raises(ConfigError, match=wanted):
        command(**changes)


@given(st.binary() | st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(["command", "start", "end", "sensor", "id"]), inner
    ),
).map(lambda said: json.dumps(said).encode()))  # fmt: skip
def test_whatever_a_message_is_it_is_a_command_or_none_or_refused(payload):
    try:
        found = record_command(payload, now=NOW)
    except ConfigError:
        return
    assert found is None or found.before_s >= 0


def test_a_sensor_is_found_by_its_name_in_the_list_and_by_number_without_one():
    sensors = MessagesConfig(sensors={4: Sensor(id="dock-7")})
    assert source_of("dock-7", sensors) == 4
    assert source_of("12", None) == 12
    with pytest.raises(ConfigError, match="no sensor is called '4'"):
        source_of("4", sensors)
    with pytest.raises(ConfigError, match=r"wanted the number of a source .* got 'dock-7'"):
        source_of("dock-7", None)


@pytest.mark.parametrize(
    ("conn_str", "broker", "topic"),
    [
        ("host;9092;cars", "kafka", "cars"),
        ("host;9092", "kafka", "9092"),
        ("host;5672;user;password", "amqp", ""),
        ("HostName=h;DeviceId=d;SharedAccessKey=k", "azure", ""),
        ("nats://host:4222", "nats", ""),
        ("", "redis", ""),
    ],
)
def test_the_end_of_an_address_is_the_topic_unless_it_is_a_secret(conn_str, broker, topic):
    assert topic_in(conn_str, broker) == topic


@pytest.mark.parametrize(
    ("conn_str", "broker", "left"),
    [
        ("redis://ann:s;e:c@host:1", "redis", "redis://ann@host:1"),
        ("redis://:secret@host:1", "redis", "redis://@host:1"),
        ("nats://token@host:4222", "nats", "nats://@host:4222"),
        ("https://ann:secret@host/a:b@c", "http", "https://ann@host/a:b@c"),
        ("http://host/a:b@c", "http", "http://host/a:b@c"),
        ("host;5672;ann;secret", "amqp", "host;5672;ann"),
        ("host;1883;cars", "mqtt", "host;1883;cars"),
        ("HostName=h;SharedAccessKey=a=;DeviceId=d", "azure", "HostName=h;DeviceId=d"),
    ],
)
def test_an_address_can_be_told_without_its_secrets(conn_str, broker, left):
    assert without_secrets(conn_str, broker) == left
