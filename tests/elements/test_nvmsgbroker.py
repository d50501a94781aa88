"""nvmsgbroker in real pipelines with real brokers: what arrives, what is counted, what is said."""

import json
from pathlib import Path

import pytest
import redis
from batches import visit
from cameras import Player
from colours import source

import pyds
from broker_servers import HOST, PASSWORD, Mosquitto, Redis, free_port
from penstock.brokers import LISTENERS, BrokerAddress, named_folder
from penstock.meta import Payload, UserMeta
from rtsp import RtspServer
from streams import Gst, error_text, finish

FRAMES = 6
COUNTERS = ("sent", "acknowledged", "spooled", "expired", "refused")
CONV = "payload-type=1 msg2p-newapi=1 frame-interval=1"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Redis(tmp_path_factory.mktemp("redis")) as found:
        yield found


@pytest.fixture(autouse=True)
def _spools_of_our_own(tmp_path, monkeypatch):
    monkeypatch.setenv("PENSTOCK_SPOOL", str(tmp_path / "spools"))


def chain(settings, *, put=None, sources=1, conv=CONV):
    """Frames through an nvmsgconv into one nvmsgbroker."""
    pipeline = Gst.parse_launch(
        f"nvstreammux name=mux batch-size={sources} width=320 height=240 "
        f"! nvmsgconv name=conv {conv} ! nvmsgbroker name=broker sync=false {settings} "
        + " ".join(source(n, frames=FRAMES) for n in range(sources))
    )
    if put is not None:
        visit(pipeline, "mux", put)
    return pipeline


def redis_at(port):
    return f'proto-lib=/opt/lib/libnvds_redis_proto.so conn-str="{HOST};{port}" topic=cars'


def entries(server, topic="cars"):
    """What a stream of Redis holds; it is empty afterwards."""
    with redis.Redis(HOST, server.port) as client:
        found = [fields for _, fields in client.xrange(topic)]
        client.delete(topic)
    return found


def played(pipeline):
    """The texts of warnings and infos while a pipeline plays to its end, and its counters."""
    said = []

    def hear(_bus, message):
        if message.type == Gst.MessageType.WARNING:
            said.append(message.parse_warning()[0].message)
        elif message.type == Gst.MessageType.INFO:
            said.append(message.parse_info()[0].message)
        return Gst.BusSyncReply.PASS

    pipeline.get_bus().set_sync_handler(hear)
    message = finish(pipeline)
    assert message.type == Gst.MessageType.EOS, error_text(message)
    return said, counters(pipeline)


def counters(pipeline):
    broker = pipeline.get_by_name("broker")
    return tuple(broker.get_property(f"messages-{name}") for name in COUNTERS)


def start_error(settings):
    pipeline = chain(settings)
    return error_text(finish(pipeline)).removeprefix("broker: ")


def test_the_messages_of_every_source_arrive_with_their_ids_in_order(server):
    ids = {}

    def look(batch):
        for frame in batch.frames:
            for payload in frame.user.of(Payload.META_TYPE):
                ids.setdefault(frame.source_id, []).append(payload.message_id.encode())

    pipeline = chain(redis_at(server.port), sources=3)
    visit(pipeline, "conv", look)
    said, counts = played(pipeline)
    found = entries(server)
    assert said == []
    assert counts == (3 * FRAMES, 3 * FRAMES, 0, 0, 0)
    assert len(found) == 3 * FRAMES
    for source_ids in ids.values():
        arrived = [fields[b"message-id"] for fields in found]
        assert [one for one in arrived if one in source_ids] == source_ids
    assert json.loads(found[0][b"metadata"])["version"] == "4.0"


def test_mosquitto_gets_the_same_under_the_topic_at_the_end_of_the_address(tmp_path):
    with Mosquitto(tmp_path / "server") as server:
        listener = LISTENERS.load("mqtt")(BrokerAddress(server.conn_str), ["lot/+"])
        listener.connect()
        settings = f'proto-lib=libnvds_mqtt_proto.so conn-str="{server.conn_str};lot/7"'
        _, counts = played(chain(settings))
        found = []
        while len(found) < FRAMES:
            found += listener.receive(5)
        listener.close()
    assert counts[:2] == (FRAMES, FRAMES)
    assert [json.loads(message.payload)["id"] for message in found] == [
        str(number) for number in range(FRAMES)
    ]
    assert {message.topic for message in found} == {"lot/7"}


def test_payloads_of_an_application_are_sent_as_they_are(server):
    """Attached by pyds, and by Penstock to the whole batch; only those of the component."""

    def put(batch):
        view = pyds.NvDsBatchMeta.cast(batch)
        frame = pyds.NvDsFrameMeta.cast(batch.frames[0])
        for component, text in ((3, "three"), (4, "four")):
            payload = pyds.alloc_nvds_payload()
            payload.componentId = component
            payload.payload, payload.payloadSize = text, len(text)
            user = pyds.nvds_acquire_user_meta_from_pool(view)
            user.user_meta_data = payload
            user.base_meta.meta_type = pyds.NvDsMetaType.NVDS_PAYLOAD_META
            pyds.nvds_add_user_meta_to_frame(frame, user)
        whole = Payload(b"whole \0 batch", component_id=3)
        batch.user.append(UserMeta(whole, meta_type=Payload.META_TYPE))

    pipeline = chain(f"{redis_at(server.port)} comp-id=3", put=put, conv="payload-type=1")
    _, counts = played(pipeline)
    found = entries(server)
    assert [fields[b"metadata"] for fields in found] == [b"three", b"whole \0 batch"] * FRAMES
    assert len({fields[b"message-id"] for fields in found}) == 2 * FRAMES
    assert counts == (2 * FRAMES, 2 * FRAMES, 0, 0, 0)


@pytest.mark.parametrize(
    ("attached", "wanted"),
    [
        (Payload(42), "a payload of bytes or str, got int"),
        ("text", "an NvDsPayload as user metadata of type NVDS_PAYLOAD_META, got str"),
    ],
)
def test_a_payload_that_cannot_be_sent_is_an_error_that_says_so(attached, wanted):
    def put(batch):
        batch.frames[0].user.append(UserMeta(attached, meta_type=Payload.META_TYPE))

    pipeline = chain(redis_at(1), put=put, conv="payload-type=1")
    assert error_text(finish(pipeline)) == f"broker: wanted {wanted}"


@pytest.mark.parametrize("text", ["京A·12345", "two\nlines", "x" * 70_000, "\ud800", "\0"])
def test_no_id_type_or_sensor_of_an_application_keeps_later_messages_waiting(text):
    """HTTP is the strictest: its headers are one line of ASCII."""

    def put(batch):
        for data in (Payload(b"1", message_id=text, content_type=text), Payload(b"2")):
            data.sensor_id = text[:99]
            batch.frames[0].user.append(UserMeta(data, meta_type=Payload.META_TYPE))

    url = f"http://{HOST}:{free_port()}/"
    listener = LISTENERS.load("http")(BrokerAddress(url), [])
    listener.connect()
    try:
        _, counts = played(chain(f"proto-lib=http conn-str={url}", put=put, conv="payload-type=1"))
        found = [message for _ in range(2 * FRAMES) for message in listener.receive(0.01)]
    finally:
        listener.close()
    assert [message.payload for message in found] == [b"1", b"2"] * FRAMES
    assert len({message.message_id for message in found[::2]}) == 1, "the same id stays the same"
    assert counts == (2 * FRAMES, 2 * FRAMES, 0, 0, 0)


def test_a_broker_that_is_away_stops_nothing_and_gets_everything_in_the_next_run(tmp_path):
    server = Redis(tmp_path / "server")
    said, counts = played(chain(redis_at(server.port)))
    assert said == [
        f"broker: redis: cannot connect to {HOST}:{server.port}: nothing listens there; messages "
        "wait in the spool",
        f"broker: {FRAMES} messages wait in the spool for the next run",
    ]
    assert counts[1:] == (0, FRAMES, 0, 0)
    with server:
        said, counts = played(chain(redis_at(server.port)))
        found = entries(server)
    assert (said, counts[1:]) == ([], (2 * FRAMES, 0, 0, 0))
    numbers = [json.loads(fields[b"metadata"])["id"] for fields in found]
    assert numbers == 2 * [str(number) for number in range(FRAMES)]


def test_a_broker_that_comes_back_is_told(tmp_path):
    server = Redis(tmp_path / "server")
    pipeline = chain(redis_at(server.port))
    said = []
    wanted = Gst.MessageType.WARNING | Gst.MessageType.INFO
    pipeline.set_state(Gst.State.PLAYING)
    try:
        bus = pipeline.get_bus()
        message = bus.timed_pop_filtered(20 * Gst.SECOND, wanted)
        said.append(message.parse_warning()[0].message)
        with server:
            message = bus.timed_pop_filtered(20 * Gst.SECOND, wanted)
            assert message.parse_info()[0].message == "broker: the broker takes messages again"
            pipeline.set_state(Gst.State.NULL)
            assert len(entries(server)) == FRAMES
    finally:
        pipeline.set_state(Gst.State.NULL)
    assert "nothing listens there" in said[0]


def test_an_element_can_be_started_again(server):
    pipeline = chain(redis_at(server.port))
    for _ in range(2):
        pipeline.get_by_name("source0").set_property("num-buffers", FRAMES)
        played(pipeline)
        assert len(entries(server)) == FRAMES


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ("", "proto-lib must name a broker, such as mqtt or libnvds_mqtt_proto.so, got nothing"),
        ("proto-lib=kafka", "conn-str or config must say where the broker is, got neither"),
        (
            'proto-lib=/lib/libnvds_reddis_proto.so conn-str="h;1"',
            "no broker is called 'reddis'; did you mean 'redis'? Known: amqp, azure, azure-edge, "
            "http, kafka, mqtt, nats, redis",
        ),
        (
            'proto-lib=redis conn-str="h;99999;cars"',
            "conn-str: wanted a port from 1 to 65535, got '99999'",
        ),
        (
            'proto-lib=mqtt conn-str="h;1;cars;secret"',
            "conn-str: wanted host;port or host;port;topic, got 4 parts between semicolons",
        ),
        (
            "proto-lib=redis config=/no/such.txt",
            "config: cannot read /no/such.txt: No such file or directory",
        ),
        (
            f'proto-lib=mqtt conn-str="h;1" topic={"x" * 70_000}',
            "topic: wanted at most 65535 bytes, got 70000, 'xxxxxxxxxxxxxxxxxxxx'…",
        ),
        (
            'proto-lib=redis conn-str="host;1" topic=cars sensor-list-file=/no/list.txt',
            "sensor-list-file: cannot read /no/list.txt: No such file or directory",
        ),
    ],
)
def test_settings_that_make_no_sense_are_errors_before_the_pipeline_plays(settings, wanted):
    assert start_error(settings) == wanted


def test_the_adapter_s_file_is_read_and_what_nobody_knows_in_it_is_warned_about(server, tmp_path):
    file = tmp_path / "cfg_redis.txt"
    lines = ["[message-broker]", f"hostname={HOST}", f"port={server.port}", "payloadkey=data"]
    file.write_text("\n".join([*lines, "streamsise=3"]))
    said, _ = played(chain(f"proto-lib=redis config={file} topic=cars"))
    assert said == [
        f"broker: {file}, line 5, [message-broker] streamsise: unknown key, ignored; did you mean "
        "streamsize?"
    ]
    assert [*entries(server)[0]] == [b"data", b"message-id"]


def test_a_wrong_password_is_one_warning_without_the_password(tmp_path):
    with Redis(tmp_path / "server", password=PASSWORD) as server:
        file = server.adapter_file(password="hunter2")
        said, counts = played(chain(f"{redis_at(server.port)} config={file}"))
    assert said[0] == (
        f"broker: redis: {HOST}:{server.port} refuses the login: correct the password in the "
        "adapter's file or in PASSWORD_REDIS; messages wait in the spool"
    )
    assert len(said) == 2
    assert counts[1:] == (0, FRAMES, 0, 0)


def test_messages_that_waited_because_of_a_wrong_password_go_when_it_is_corrected(tmp_path):
    with Redis(tmp_path / "server", password="correct") as server:
        for password in ("wrong", "correct"):
            address = f"redis://:{password}@{HOST}:{server.port}"
            _, counts = played(chain(f'proto-lib=redis conn-str="{address}" topic=cars'))
    assert counts[1:] == (2 * FRAMES, 0, 0, 0)


def test_a_spool_folder_in_use_is_an_error_that_names_it(tmp_path):
    lock = named_folder(tmp_path)
    said = start_error(f"{redis_at(1)} spool-dir={tmp_path}")
    lock.release()
    assert said.startswith(f"spool-dir: {tmp_path} is in use by another element of this process")


def test_without_a_folder_to_write_to_messages_wait_in_memory(server, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("PENSTOCK_SPOOL", str(tmp_path / "file"))
    said, counts = played(chain(redis_at(server.port)))
    assert said == [
        "broker: messages that wait are kept in memory only (Not a directory): set spool-dir to a "
        "folder that can be written"
    ]
    assert counts == (FRAMES, FRAMES, 0, 0, 0)
    assert len(entries(server)) == FRAMES
    settings = f"{redis_at(free_port())} flush-timeout=100"
    said, counts = played(chain(settings))
    assert said[-1] == f"broker: {FRAMES} messages waited in memory only and are lost"
    assert counts[2:] == (0, FRAMES, 0)


def test_buffers_without_a_batch_are_warned_about_once(server):
    pipeline = Gst.parse_launch(
        f"videotestsrc num-buffers=3 ! nvmsgbroker name=broker {redis_at(server.port)}"
    )
    said, counts = played(pipeline)
    assert said == [
        "broker: the buffers carry no batch, so there is nothing to send: nvstreammux and "
        "nvmsgconv must come before this element"
    ]
    assert counts == (0, 0, 0, 0, 0)


class Commanded(Player):
    """A camera whose pipeline listens for commands in a stream of Redis."""

    def __init__(self, uri, server, file, **properties):
        tail = (
            "mux.sink_0 nvstreammux name=mux batch-size=1 width=160 height=120 live-source=1 "
            f"! nvmsgbroker name=broker {redis_at(server.port)} subscribe-topics=orders "
            f"sensor-list-file={file} sync=false"
        )
        super().__init__(uri, tail=tail, **properties)
        self.messages = []

    def _hear(self, message):
        said = message and message.get_structure()
        if said is not None and said.get_name() == "nvmsgbroker-message":
            self.messages.append(said)
        super()._hear(message)


def test_a_message_starts_and_stops_the_recording_of_the_sensor_it_names(server, tmp_path):
    file = tmp_path / "sensors.txt"
    file.write_text("[sensor3]\nenable=1\nid=dock-7\n")
    start = {"command": "start-recording", "start": "2031-02-03T04:05:06.789Z"}
    orders = [
        {**start, "sensor": {"id": "dock-8"}},
        {**start, "sensor": {"id": "dock-7"}},
        {"command": "stop-recording", "sensor": {"id": "dock-7"}},
    ]
    options = {
        "source_id": 3, "smart_record": 1, "smart_rec_dir_path": str(tmp_path), "latency": 20,
        "select_rtp_protocol": 4,
    }  # fmt: skip
    with (
        RtspServer() as camera,
        Commanded(camera.url, server, file, **options) as player,
        redis.Redis(HOST, server.port) as client,
    ):
        player.until_frames(16)
        player.until(lambda: client.exists("orders"))
        client.xadd("orders", {"metadata": json.dumps(orders[0])})
        player.until(lambda: player.warnings)
        client.xadd("orders", {"metadata": json.dumps(orders[1])})
        player.until(lambda: player.source.get_property("smart-rec-status"))
        player.until_frames(20)  # a key frame among them
        client.xadd("orders", {"metadata": json.dumps(orders[2])})
        player.until(lambda: "smart-record-done" in player.names())
        said = player.said[-1]
    assert Path(tmp_path, said.get_string("filename")).stat().st_size > 500
    assert player.warnings == [
        f"broker: a message on 'orders' cannot be followed: no sensor is called 'dock-8' in {file}"
    ]
    assert [json.loads(message.get_string("payload")) for message in player.messages] == orders
    assert {message.get_string("topic") for message in player.messages} == {"orders"}
