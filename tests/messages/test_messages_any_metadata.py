"""Whatever stands in the metadata, messages are valid and follow their schema."""

import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from message_making import CONFIG, NO_CONFIG, events, frames, texts, writer

from penstock.messages import schema
from penstock.messages.schema import SCHEMAS
from penstock.meta import CustomMessage, FrameMeta, UserMeta

CHECKS = {name: jsonschema.Draft202012Validator(schema(name)) for name in SCHEMAS}
configs = st.sampled_from([CONFIG, NO_CONFIG])


def refuse(text):
    raise ValueError(f"{text} is no JSON")


def checked(payload, name):
    """What a message says, if it is strict JSON in UTF-8 that follows its schema."""

    def once(pairs):
        keys = [key for key, _ in pairs]
        assert len(set(keys)) == len(keys), f"a key stands twice: {keys}"
        return dict(pairs)

    found = json.loads(payload.data.decode(), parse_constant=refuse, object_pairs_hook=once)
    CHECKS[name].validate(found)
    return found


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schemas_are_schemas_that_allow_nothing_unknown(name):
    CHECKS[name].check_schema(schema(name))
    assert schema(name)["additionalProperties"] is False


@given(st.lists(events, max_size=3), configs)
def test_messages_about_any_events(some, config):
    frame = FrameMeta(1)
    for payload in writer("full", config=config).from_events(some, frame):
        assert checked(payload, "full")["messageid"] == payload.message_id
    (payload,) = writer("minimal", config=config).from_events(some, frame)
    found = checked(payload, "minimal")
    assert len(found["objects"]) == len(some)
    assert found["sensorId"] == payload.sensor_id.encode(errors="replace").decode()
    assert len(writer("protobuf", config=config).from_events(some, frame)) == 1


@given(frames(), st.lists(texts, max_size=2), configs)
def test_messages_about_any_objects(frame, said, config):
    for text in said:
        frame.user.append(UserMeta(CustomMessage(text), meta_type=CustomMessage.META_TYPE))
    payloads = writer("full", config=config).from_objects(frame)
    assert len(payloads) == len(frame.objects)
    for payload in payloads:
        found = checked(payload, "full-objects")
        assert len(found.get("customMessage", [])) == len(said)
    (payload,) = writer("minimal", config=config).from_objects(frame)
    assert len(checked(payload, "minimal")["objects"]) == len(frame.objects)
    assert len(writer("protobuf", config=config).from_objects(frame)) == 1
