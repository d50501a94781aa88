"""Messages that a Python function makes, which frames become messages, and what goes wrong."""

import sys

import pytest
from message_making import van, writer

from penstock.errors import ConfigError, MissingExtraError, ModelError, UnknownNameError
from penstock.messages import PAYLOADS, Converter, PayloadSettings
from penstock.meta import EventMessage, FrameMeta, ObjectMeta, UserMeta

EVENTS = "nvds_msg2p_generate"
OBJECTS = "nvds_msg2p_generate_new"


@pytest.fixture
def made(tmp_path):
    """Make a writer of a file's text."""

    def made(text, **settings):
        file = tmp_path / "own.py"
        file.write_text(text)
        return writer("custom", file=file, **settings)

    return made


def frame_with(*events, objects=0, number=0):
    frame = FrameMeta(0, frame_num=number)
    for event in events:
        frame.user.append(UserMeta(event, meta_type=EventMessage.META_TYPE))
    for n in range(objects):
        frame.add(ObjectMeta((n, 0, 1, 1), label="car"))
    return frame


def data(payloads):
    return [payload.data for payload in payloads]


def test_a_function_is_asked_for_each_event_or_once_a_frame(made):
    text = f"def {EVENTS}(events, context):\n    return str([e.track_id for e in events])\n"
    events = [van(track_id=1), van(track_id=2)]
    frame = frame_with(*events)
    assert data(made(text).from_events(events, frame)) == [b"[1]", b"[2]"]
    payloads = made(text, per_frame=True).from_events(events, frame)
    assert data(payloads) == [b"[1, 2]"]
    assert payloads[0].sensor_id == "dock-7"
    assert payloads[0].message_id
    assert data(made(text, per_frame=True).from_events([], frame)) == [b"[]"]


def test_it_may_return_text_bytes_several_or_nothing(made):
    answers = made(
        f"def {OBJECTS}(objects, context):\n"
        "    name = context.config.sensors[context.frame.source_id].id\n"
        "    left = objects[0].ltwh[0]\n"
        "    return [name + '\\ud800', b'\\x00', None] if left else None\n",
        new_api=True,
    )
    assert data(answers.from_objects(frame_with(objects=2))) == [b"dock-7?", b"\0"]


def test_what_it_raises_and_wrong_answers_name_file_line_and_function(made, tmp_path):
    own = made(f"def {EVENTS}(events, context):\n    return events[0].nothing\n")
    with pytest.raises(ModelError, match=rf"own\.py, line 2, in {EVENTS}: AttributeError: .*nothi"):
        own.from_events([van()], frame_with())
    own = made(f"import sys\ndef {EVENTS}(events, context):\n    sys.exit('enough')\n")
    with pytest.raises(ModelError, match=r"own\.py, line 3, .*: SystemExit: enough"):
        own.from_events([van()], frame_with())
    own = made(f"def {EVENTS}(events, context):\n    return 7\n")
    with pytest.raises(ModelError, match="returned int; expected str, bytes, None or a list"):
        own.from_events([van()], frame_with())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def x(:\n", r"msg2p-lib: .*own\.py, line 1: SyntaxError: "),
        ("\n1/0\n", r"own\.py, line 2: ZeroDivisionError"),
        (f"def {OBJECTS}(o, c): ...\n", f"no function {EVENTS}, which msg2p-newapi=false needs"),
    ],
)
def test_a_file_that_cannot_serve_is_refused(made, text, said):
    with pytest.raises(ConfigError, match=said):
        made(text)


def test_no_file_and_a_missing_file_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="msg2p-lib must name a Python file with a function"):
        writer("custom")
    with pytest.raises(ConfigError, match=r"cannot read .*no\.py: No such file"):
        writer("custom", file=tmp_path / "no.py")


def converter(kind="minimal", **settings):
    return Converter(writer(kind), **settings)


def test_a_frame_without_events_is_silent_unless_it_shall_not_be():
    assert converter().convert(frame_with()) == []
    assert len(converter(empty_frames=True).convert(frame_with())) == 1
    assert converter("full", empty_frames=True).convert(frame_with()) == []


def test_events_count_once_a_frame_or_each():
    frame = frame_with(van(), van())
    assert [len(converter(kind).convert(frame)) for kind in ("minimal", "full", "protobuf")] == [
        1,
        2,
        1,
    ]


def test_only_events_for_its_component_count_and_messages_carry_it():
    frame = frame_with(van(component_id=1), van(component_id=2), van())
    payloads = converter("full", component_id=2).convert(frame)
    assert [payload.component_id for payload in payloads] == [2]
    assert [payload.component_id for payload in converter("full").convert(frame)] == [0] * 3


def test_plain_metadata_is_told_every_so_many_frames():
    makes = converter(new_api=True, frame_interval=30)
    told = [n for n in range(70) if makes.convert(frame_with(objects=1, number=n))]
    assert told == [0, 30, 60]
    both = frame_with(van(), objects=2)
    assert len(converter("full", new_api=True).convert(both)) == 2
    assert len(converter(new_api=True).convert(frame_with())) == 1


def test_a_payload_that_nobody_knows_and_one_whose_package_is_missing_say_so(monkeypatch):
    with pytest.raises(UnknownNameError, match="no payload is called 'minimum'; did you mean 'min"):
        PAYLOADS.load("minimum")
    for name in ("penstock.messages.protobuf", "penstock.messages.protobuf_schema"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "google.protobuf", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'penstock\[protobuf\]'"):
        PAYLOADS.load("protobuf")


@pytest.mark.parametrize("kind", sorted({"full", "minimal", "protobuf"}))
def test_every_built_in_payload_is_made_without_a_configuration(kind):
    made = PAYLOADS.load(kind)(PayloadSettings())
    assert made.from_events([van()], frame_with())[0].sensor_id in {"", "0"}
