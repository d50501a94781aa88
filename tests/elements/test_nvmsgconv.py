"""nvmsgconv in real pipelines: what it attaches, and what it says about mistakes."""

import json

import jsonschema
import pytest
from batches import visit
from colours import source

import pyds
from penstock.gst import batch_of
from penstock.messages import schema
from penstock.messages.protobuf_schema import message_class
from penstock.meta import EncodedImage, EventMessage, ObjectMeta, Payload, UserMeta
from streams import Gst, error_text, finish

CONFIG = """\
[sensor0]
enable=1
id=dock-7
[place0]
enable=1
id=9
place-sub-field1=A1
[analytics0]
enable=1
id=m1
"""
FRAMES = 4


def chain(settings, *, put=None, frames=FRAMES, before="", behind="", sources=1):
    """Frames with one object each of `sources` sources through one nvmsgconv."""
    pipeline = Gst.parse_launch(
        f"nvstreammux name=mux batch-size={sources} width=320 height=240 {before} "
        f"! nvmsgconv name=conv {settings} {behind} ! fakesink name=end "
        + " ".join(source(n, frames=frames) for n in range(sources))
    )

    def add(batch):
        for frame in batch.frames:
            frame.add(ObjectMeta((10, 20, 30, 40), label="car", track_id=7))
            if put is not None:
                put(frame)

    visit(pipeline, "mux", add)
    return pipeline


def event(frame, **facts):
    facts = {"object_type": 1, "sensor_id": 0, "frame_num": frame.frame_num, **facts}
    data = EventMessage(**facts)
    frame.user.append(UserMeta(data, meta_type=9, copy_data=EventMessage.copy))


def payloads(pipeline, *, name="end"):
    """What brokers find on each frame, while a pipeline plays to its end."""
    found = []

    def look(batch):
        found.extend(frame.user.of(Payload.META_TYPE) for frame in batch.frames)

    visit(pipeline, name, look, pad="sink")
    message = finish(pipeline)
    assert message.type == Gst.MessageType.EOS, error_text(message)
    return found


def warnings(pipeline):
    """The texts of the warnings while a pipeline plays to its end, and its last message."""
    texts = []

    def hear(_bus, message):
        if message.type == Gst.MessageType.WARNING:
            texts.append(message.parse_warning()[0].message)
        return Gst.BusSyncReply.PASS

    pipeline.get_bus().set_sync_handler(hear)
    return texts, finish(pipeline)


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "config_msgconv.txt"
    path.write_text(CONFIG)
    return path


def test_events_of_an_unmodified_script_become_messages(config):
    """As in deepstream-test4: the memory is filled by pyds, in a probe."""
    pipeline = chain(f"config={config} comp-id=3")

    def probe(_pad, info):
        batch = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
        frame = pyds.NvDsFrameMeta.cast(batch.frame_meta_list.data)
        user = pyds.nvds_acquire_user_meta_from_pool(batch)
        message = pyds.alloc_nvds_event_msg_meta(user)
        message.bbox.left, message.bbox.width = 10.0, 30.0
        message.frameId, message.trackingId, message.confidence = frame.frame_num, 7, 0.5
        message.componentId = 3
        message.type = pyds.NvDsEventType.NVDS_EVENT_ENTRY
        message.objType = pyds.NvDsObjectType.NVDS_OBJECT_TYPE_PERSON
        person = pyds.NvDsPersonObject.cast(pyds.alloc_nvds_person_object())
        person.age, person.gender = 45, "mâle"
        message.extMsg, message.extMsgSize = person, 8
        message.ts = pyds.alloc_buffer(33)
        pyds.generate_ts_rfc3339(message.ts, 32)
        user.user_meta_data = message
        user.base_meta.meta_type = pyds.NvDsMetaType.NVDS_EVENT_MSG_META
        pyds.nvds_add_user_meta_to_frame(frame, user)
        return Gst.PadProbeReturn.OK

    pad = pipeline.get_by_name("conv").get_static_pad("sink")
    pad.add_probe(Gst.PadProbeType.BUFFER, probe)
    found = payloads(pipeline)
    assert [len(some) for some in found] == [1] * FRAMES
    for (payload,) in found:
        said = json.loads(payload.data)
        jsonschema.validate(said, schema("full"))
        assert said["object"]["person"]["gender"] == "mâle"
        assert said["object"]["bbox"]["bottomrightx"] == 40
        assert said["@timestamp"].endswith("Z")
        assert said["sensor"]["id"] == payload.sensor_id == "dock-7"
        assert list(said["place"]["entrance"]) == ["name", "lane", "level", "coordinate"]
        assert payload.component_id == 3
        assert payload.message_id == said["messageid"]


def test_a_probe_of_pyds_finds_the_payload(config):
    pipeline = chain(f"config={config}", put=event)
    seen = []

    def probe(_pad, info):
        batch = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
        frame = pyds.NvDsFrameMeta.cast(batch.frame_meta_list.data)
        users = frame.frame_user_meta_list
        while users is not None:
            user = pyds.NvDsUserMeta.cast(users.data)
            if user.base_meta.meta_type == pyds.NvDsMetaType.NVDS_PAYLOAD_META:
                payload = pyds.NvDsPayload.cast(user.user_meta_data)
                seen.append((json.loads(payload.payload)["mdsversion"], payload.payloadSize > 0))
            users = users.next
        return Gst.PadProbeReturn.OK

    pad = pipeline.get_by_name("end").get_static_pad("sink")
    pad.add_probe(Gst.PadProbeType.BUFFER, probe)
    assert finish(pipeline).type == Gst.MessageType.EOS
    assert seen == [("1.0", True)] * FRAMES


@pytest.mark.parametrize("behind", ["", "! nvvideoconvert ! video/x-raw,format=I420"])
def test_plain_metadata_becomes_messages_in_nvmm_and_behind_it(behind):
    settings = "payload-type=PAYLOAD_DEEPSTREAM_MINIMAL msg2p-newapi=true frame-interval=2"
    found = payloads(chain(settings, before=behind, sources=1))
    assert [len(some) for some in found] == [1, 0, 1, 0]
    said = json.loads(found[2][0].data)
    jsonschema.validate(said, schema("minimal"))
    assert (said["id"], said["objects"]) == ("2", ["7|10|20|40|60|car"])


def test_every_source_has_its_sensor(config):
    config.write_text("[sensor0]\nenable=1\nid=a\n[sensor1]\nenable=1\nid=b\n")
    settings = f"config={config} payload-type=2 msg2p-newapi=1 frame-interval=1"
    pipeline, seen = chain(settings, sources=2), set()

    def look(batch):
        for frame in batch.frames:
            (payload,) = frame.user.of(Payload)
            said = message_class("Frame").FromString(payload.data)
            seen.add((frame.source_id, payload.sensor_id, said.sensorId, said.objects[0].type))

    visit(pipeline, "end", look, pad="sink")
    assert finish(pipeline).type == Gst.MessageType.EOS
    assert seen == {(0, "a", "a", "car"), (1, "b", "b", "car")}


def test_branches_of_a_tee_have_messages_of_their_own(config):
    pipeline = chain(
        f"config={config} msg2p-newapi=1 frame-interval=1",
        before="! tee name=t t. ! queue ! fakesink name=other t. ! queue",
    )
    other = []
    visit(pipeline, "other", lambda b: other.append(b.frames[0].user.get(Payload)), pad="sink")
    assert [len(some) for some in payloads(pipeline)] == [1] * FRAMES
    assert other == [None] * FRAMES


def test_frames_without_events_are_silent_unless_they_shall_not_be():
    assert payloads(chain("payload-type=1")) == [[]] * FRAMES
    found = payloads(chain("payload-type=1 dummy-payload=true"))
    assert [json.loads(some[0].data)["objects"] for some in found] == [[]] * FRAMES


def test_a_function_of_a_python_file_makes_the_messages(tmp_path):
    own = tmp_path / "own.py"
    own.write_text(
        "def nvds_msg2p_generate_new(objects, context):\n"
        "    return [context.frame.frame_num.__str__(), objects[0].label]\n"
    )
    for kind in (0, 257):  # once an object
        settings = f"payload-type={kind} msg2p-lib={own} msg2p-newapi=1 frame-interval=3"
        found = payloads(chain(settings))
        assert [[p.data for p in some] for some in found] == [
            [b"0", b"car"],
            [],
            [],
            [b"3", b"car"],
        ]


@pytest.mark.parametrize(("kind", "answers"), [(256, [b"1", b"1"]), (1, [b"2"]), (2, [b"2"])])
def test_the_payload_type_says_how_often_a_function_is_asked(tmp_path, kind, answers):
    own = tmp_path / "own.py"
    own.write_text("def nvds_msg2p_generate(events, context):\n    return str(len(events))\n")

    def two(frame):
        event(frame)
        event(frame)

    found = payloads(chain(f"payload-type={kind} msg2p-lib={own}", put=two))
    assert [[p.data for p in some] for some in found] == [answers] * FRAMES


@pytest.mark.parametrize(("asked", "count"), [("false", None), ("true", 1)])
def test_encoded_pictures_are_sent_where_that_is_asked_for(asked, count):
    def encode(frame):
        frame.objects[0].user.append(UserMeta(EncodedImage(), meta_type=EncodedImage.META_TYPE))

    settings = f"payload-type=1 msg2p-newapi=1 frame-interval=9 send-images={asked}"
    said = json.loads(payloads(chain(settings, put=encode))[0][0].data)
    assert (len(said["customMessage"]) if "customMessage" in said else None) == count


def test_deepstreams_own_library_means_the_built_in_payloads(config):
    library = "/opt/nvidia/deepstream/deepstream/lib/libnvds_msgconv.so"
    found = payloads(chain(f"config={config} msg2p-lib={library}", put=event))
    assert [len(some) for some in found] == [1] * FRAMES


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("", "config must name a configuration file, got nothing"),
        ("config={tmp}/no.txt", "conv: config: cannot read {tmp}/no.txt: No such file"),
        ("payload-type=256", "msg2p-lib must name a Python file with a function nvds_msg2p_"),
        ("payload-type=257", "msg2p-lib must name a Python file with a function nvds_msg2p_"),
        ("payload-type=1 msg2p-lib={tmp}/no.py", "msg2p-lib: cannot read {tmp}/no.py"),
        ("payload-type=1 msg2p-lib=libmega.so", "msg2p-lib: wanted a Python file, 'libmega.so'"),
        (
            "payload-type=1 debug-payload-dir={tmp}/no",
            "debug-payload-dir: wanted a folder to write to, got {tmp}/no: No such file",
        ),
        (
            "payload-type=1 debug-payload-dir=/proc",
            "debug-payload-dir: wanted a folder to write to, got /proc: ",
        ),
    ],
)
def test_wrong_settings_are_one_error_before_anything_plays(tmp_path, settings, said):
    text = error_text(finish(chain(settings.format(tmp=tmp_path))))
    assert said.format(tmp=tmp_path) in text


def test_a_wrong_key_is_an_error_with_file_line_group_and_key(config):
    config.write_text("[sensor0]\nenable=1\nlocation=1;2\n")
    assert error_text(finish(chain(f"config={config}"))).endswith(
        f"{config}, line 3, [sensor0] location: wanted three numbers a;b;c, got '1;2'"
    )


def test_a_function_that_fails_is_an_error_that_names_it(tmp_path):
    own = tmp_path / "own.py"
    own.write_text("def nvds_msg2p_generate(events, context):\n    return events[1]\n")
    text = error_text(finish(chain(f"payload-type=257 msg2p-lib={own}", put=event)))
    assert text.endswith(
        f"{own}, line 2, in nvds_msg2p_generate: IndexError: list index out of range"
    )


def test_bad_metadata_is_told_as_far_as_it_can_be(config):
    def bad(frame):
        event(frame, box=(float("nan"), None, 1, 2), confidence=float("inf"), sensor_id=99)
        frame.objects[0].label = None
        frame.objects[0].rect.left = float("nan")

    for settings, name in (("", "full"), ("msg2p-newapi=1 frame-interval=1", "full-objects")):
        for (payload,) in payloads(chain(f"config={config} {settings}", put=bad)):
            said = json.loads(payload.data)
            jsonschema.validate(said, schema(name))
            assert said["object"]["bbox"]["topleftx"] is None


def test_settings_change_while_playing_and_mistakes_leave_them(config, tmp_path):
    pipeline = chain(f"config={config} msg2p-newapi=1 frame-interval=1", frames=20)
    element, sensors = pipeline.get_by_name("conv"), []
    gate = tmp_path / "gate.txt"
    gate.write_text("[sensor0]\nenable=1\nid=gate\n")

    def change(batch):
        number = batch.frames[0].frame_num
        if number in (5, 10):
            element.set_property("config", str(gate if number == 5 else tmp_path / "no.txt"))
        sensors.append(batch.frames[0].user[Payload].sensor_id)

    visit(pipeline, "conv", change)
    texts, last = warnings(pipeline)
    assert last.type == Gst.MessageType.EOS
    assert sensors == ["dock-7"] * 6 + ["gate"] * 14
    (text,) = texts
    assert "no.txt: No such file" in text


def test_mistakes_that_cost_no_message_are_warnings(config):
    config.write_text(CONFIG + "[sensor1]\nid=x\n")
    texts, last = warnings(chain(f"config={config}"))
    assert last.type == Gst.MessageType.EOS
    (text,) = texts
    assert "config_msgconv.txt, line 11, [sensor1]: not used, because it has no enable" in text
    pipeline = Gst.parse_launch("videotestsrc num-buffers=3 ! nvmsgconv payload-type=1 ! fakesink")
    (text,), last = warnings(pipeline)
    assert last.type == Gst.MessageType.EOS
    assert "the buffers carry no batch" in text


def test_every_message_is_in_a_file_where_that_is_asked_for(tmp_path):
    settings = f"payload-type=1 msg2p-newapi=1 frame-interval=2 debug-payload-dir={tmp_path}"
    found = payloads(chain(settings))
    files = sorted(tmp_path.glob("20*Z.txt"))
    assert files
    written = b"".join(file.read_bytes() for file in files)
    assert written == b"".join(p.data + b" \n" for some in found for p in some)


def test_a_message_that_cannot_be_written_there_is_sent_all_the_same(tmp_path):
    folder = tmp_path / "debug"
    folder.mkdir()
    pipeline = chain(
        f"payload-type=1 msg2p-newapi=1 frame-interval=1 debug-payload-dir={folder}",
        put=lambda _frame: folder.exists() and folder.rmdir(),
    )
    sent = []
    visit(pipeline, "end", lambda b: sent.append(b.frames[0].user[Payload]), pad="sink")
    texts, last = warnings(pipeline)
    assert last.type == Gst.MessageType.EOS
    assert len(sent) == FRAMES
    assert all("debug-payload-dir: a message could not be written" in text for text in texts)
    assert len(texts) == 1


def test_a_copy_of_the_buffer_shares_the_bytes(config):
    pipeline = chain(f"config={config} msg2p-newapi=1 frame-interval=1", frames=1)
    pairs = []

    def copied(_pad, info):
        buffer = info.get_buffer()
        pairs.append([batch_of(b).frames[0].user[Payload] for b in (buffer, buffer.copy_deep())])
        return Gst.PadProbeReturn.OK

    pad = pipeline.get_by_name("end").get_static_pad("sink")
    pad.add_probe(Gst.PadProbeType.BUFFER, copied)
    assert finish(pipeline).type == Gst.MessageType.EOS
    ((one, other),) = pairs
    assert one is not other
    assert one.data is other.data
    assert (one.message_id, one.sensor_id) == (other.message_id, other.sensor_id)
