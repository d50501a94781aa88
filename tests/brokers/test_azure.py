"""Azure IoT Hub and IoT Edge, with a real Mosquitto under TLS in the hub's place.

It speaks the protocol, but checks no tokens: those are computed here anew.
"""

import base64
import hashlib
import hmac
import json
import socketserver
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, unquote

import pytest

from broker_servers import HOST, PASSWORD, Mosquitto, certificates
from penstock.brokers import BrokerAddress, OutgoingMessage, PublishError, RefusedMessageError
from penstock.brokers.azure import AzureBroker, AzureListener
from penstock.brokers.azure_edge import AzureEdgeBroker
from penstock.brokers.azure_hub import Identity
from penstock.brokers.mqtt import MqttBroker, MqttListener
from penstock.config import BrokerConfig
from penstock.errors import BrokerError, ConfigError

KEY = base64.b64encode(b"the device's key").decode()
EDGE = {
    "IOTEDGE_IOTHUBHOSTNAME": "hub.example",
    "IOTEDGE_DEVICEID": "gate",
    "IOTEDGE_MODULEID": "eyes",
    "IOTEDGE_MODULEGENERATIONID": "17",
}


class Hub(Mosquitto):
    """Clients need no certificate: tokens say who they are."""

    def command(self):
        words = super().command()
        settings = self.folder / "mosquitto.conf"
        text = settings.read_text().replace("require_certificate true", "log_type all")
        settings.write_text(text)
        return words

    def device(self, name="dev-1", key=KEY):
        return f"HostName={HOST}:{self.port};DeviceId={name};SharedAccessKey={key}"


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    authority = certificates(tmp_path_factory.mktemp("authority"))
    with Hub(tmp_path_factory.mktemp("hub"), tls=authority) as running:
        yield running


@pytest.fixture(autouse=True)
def _no_login_for_other_brokers(monkeypatch):
    monkeypatch.setenv("USER_MQTT", "somebody")
    monkeypatch.setenv("PASSWORD_MQTT", "else")


@pytest.fixture
def opened():
    made = []

    def connect(end):
        made.append(end)
        end.connect()
        return end

    yield connect
    for end in made:
        end.close()


def configured(tmp_path, **keys):
    file = tmp_path / "cfg_azure.txt"
    lines = [f"{key}={value}" for key, value in keys.items()]
    file.write_text("\n".join(["[message-broker]", *lines]))
    return BrokerConfig.read(file)


@pytest.fixture
def trusting(hub, tmp_path):
    def build(**keys):
        return configured(tmp_path, **{"tls-cafile": hub.tls.ca}, **keys)

    return build


@pytest.fixture
def cloud(hub, trusting, opened):
    """Sees everything that the hub gets."""
    address = BrokerAddress(f"mqtts://{HOST}:{hub.port}", trusting(), "devices")
    return opened(MqttListener(address, ["devices/#"]))


def messages(*payloads, kind="application/json"):
    return [OutgoingMessage(f"id-{n}", 0, "out", data, kind) for n, data in enumerate(payloads)]


def seen(listener, count):
    found, end_s = [], time.monotonic() + 10
    while len(found) < count and time.monotonic() < end_s:
        found += listener.receive(0.2)
    return found


def test_events_carry_id_type_and_the_properties_of_the_file(hub, trusting, cloud, opened):
    config = trusting(custom_msg_properties="site=Nørre;line=a/b;")
    broker = opened(AzureBroker(BrokerAddress(hub.device(), config)))
    broker.publish(messages(b"{}", b"[]"))
    first, second = seen(cloud, 2)
    assert (first.payload, second.payload) == (b"{}", b"[]")
    topic, _, bag = first.topic.rpartition("/")
    assert topic == "devices/dev-1/messages/events"
    assert {name: values[0] for name, values in parse_qs(bag).items()} == {
        "$.mid": "id-0",
        "$.ct": "application/json",
        "$.ce": "utf-8",
        "site": "Nørre",
        "line": "a/b",
    }


def test_who_logs_in_is_the_device_whatever_the_environment_says(hub, trusting, opened):
    opened(AzureBroker(BrokerAddress(hub.device("dev-7"), trusting())))
    assert (
        f"as dev-7 (p2, c1, k60, u'{HOST}/dev-7/?api-version=" in (hub.folder / "log").read_text()
    )


def test_a_token_is_signed_for_the_device_and_an_hour():
    login = Identity.of(f"HostName=h.net;DeviceId=d;SharedAccessKey={KEY}", where="x").login()
    assert login.user.startswith("h.net/d/?api-version=")
    kind, _, fields = login.password.partition(" ")
    token = dict(field.split("=", 1) for field in fields.split("&"))
    assert (kind, token["sr"]) == ("SharedAccessSignature", "h.net%2Fdevices%2Fd")
    assert 3500 < int(token["se"]) - time.time() <= 3601
    text = f"{token['sr']}\n{token['se']}".encode()
    wanted = base64.b64encode(hmac.digest(b"the device's key", text, hashlib.sha256)).decode()
    assert unquote(token["sig"]) == wanted
    assert KEY not in repr(login)


def test_messages_from_the_cloud_are_received(hub, trusting, opened):
    listener = opened(AzureListener(BrokerAddress(hub.device(), trusting()), []))
    topic = "devices/dev-1/messages/devicebound/%24.mid=m-1&%24.to=%2Fdevices%2Fdev-1"
    address = BrokerAddress(f"mqtts://{HOST}:{hub.port}", trusting(), topic)
    opened(MqttBroker(address)).publish([OutgoingMessage("", 0, topic, b"start")])
    [found] = seen(listener, 1)
    assert (found.payload, found.message_id) == (b"start", "m-1")
    assert found.topic == "devices/dev-1/messages/devicebound"


def test_a_message_that_is_too_large_for_a_hub_is_refused(hub, trusting, cloud, opened):
    broker = opened(AzureBroker(BrokerAddress(hub.device(), trusting())))
    with pytest.raises(RefusedMessageError, match="at most 262144 bytes, got 262145") as refused:
        broker.publish(messages(b"good", b"x" * 262_145, b"later"))
    assert refused.value.acknowledged == 1
    assert [one.payload for one in seen(cloud, 1)] == [b"good"]


# paho leaves the socket of a handshake that failed to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_refused_login_and_certificate_are_said_without_the_key(hub, trusting, tmp_path):
    with Hub(tmp_path / "locked", password=PASSWORD, tls=hub.tls) as locked:
        broker = AzureBroker(BrokerAddress(locked.device(), trusting()))
        with pytest.raises(BrokerError) as caught:
            broker.connect()
    said = str(caught.value)
    assert said.startswith(f"azure: {HOST}:{locked.port} as 'dev-1' refuses the login")
    assert "correct DeviceId and SharedAccessKey" in said
    assert KEY not in said
    stranger = AzureBroker(BrokerAddress(hub.device()))
    with pytest.raises(BrokerError, match=f"^azure: the certificate of {HOST}:{hub.port} is ref"):
        stranger.connect()


def test_a_connection_that_is_lost_says_so(tmp_path, hub, trusting):
    with Hub(tmp_path / "short", tls=hub.tls) as short:
        broker = AzureBroker(BrokerAddress(short.device(), trusting()))
        broker.connect()
    with pytest.raises(PublishError, match=f"^azure: the connection to {HOST}:{short.port} as"):
        broker.publish(messages(b"lost"))
    broker.close()


def test_a_certificate_stands_for_a_key(hub, trusting, opened):
    config = trusting(**{"tls-certfile": hub.tls.client, "tls-keyfile": hub.tls.client_key})
    text = f"HostName={HOST}:{hub.port};DeviceId=x509-1;x509=true"
    opened(AzureBroker(BrokerAddress(text, config))).publish(messages(b"1"))


@pytest.mark.parametrize(
    ("conn_str", "said"),
    [
        ("", "connection_str: wanted HostName=…;DeviceId=….*got none with HostName and DeviceId"),
        ("HostName=h", "conn-str: .* got none with DeviceId"),
        ("HostName=h;DeviceId=d", "conn-str: wanted a SharedAccessKey, or tls-certfile"),
        ("HostName=h;DeviceId=d;SharedAccessKey=%%", "wanted a SharedAccessKey in base64"),
    ],
)
def test_a_string_that_is_no_connection_string_is_an_error_at_once(conn_str, said):
    with pytest.raises(ConfigError, match=said):
        AzureBroker(BrokerAddress(conn_str))


def test_properties_that_are_too_many_or_none_say_file_and_line(tmp_path):
    for text, said in (("a=" + "b" * 600, "less than 512 bytes"), ("ab", "name=value;name=value")):
        config = configured(tmp_path, custom_msg_properties=text)
        with pytest.raises(ConfigError, match=f"line 2, .*custom_msg_properties: wanted .*{said}"):
            AzureBroker(BrokerAddress(f"HostName=h;DeviceId=d;SharedAccessKey={KEY}", config))


@contextmanager
def edge_runtime(socket, authority):
    """What a module sees of its runtime: it signs, and says whom to trust."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.answer({"certificate": authority.ca.read_text()})

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            text = base64.b64decode(body["data"])
            digest = hmac.digest(b"module key", text, hashlib.sha256)
            asked.append((self.path, body["keyId"], body["algo"], text.decode()))
            self.answer({"digest": base64.b64encode(digest).decode()})

        def answer(self, found):
            data = json.dumps(found).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def address_string(self):
            return "module"

        def log_message(self, *_about):
            pass

    with socketserver.ThreadingUnixStreamServer(str(socket), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield asked
        server.shutdown()


def test_a_module_logs_in_by_its_runtime_and_sends_to_an_output(
    hub, tmp_path, monkeypatch, cloud, opened
):
    for name, value in EDGE.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("IOTEDGE_GATEWAYHOSTNAME", f"{HOST}:{hub.port}")
    monkeypatch.setenv("IOTEDGE_WORKLOADURI", f"unix://{tmp_path}/w.sock")
    with edge_runtime(tmp_path / "w.sock", hub.tls) as asked:
        broker = opened(AzureEdgeBroker(BrokerAddress("", topic="alarms/all")))
        sent = OutgoingMessage("m", 0, "alarms/all", b"\1", "application/x-protobuf")
        broker.publish([sent])
    [(path, *how, text)] = asked
    assert path == "/modules/eyes/genid/17/sign?api-version=2019-01-30"
    assert how == ["primary", "HMACSHA256"]
    assert text.startswith("hub.example%2Fdevices%2Fgate%2Fmodules%2Feyes\n")
    [found] = seen(cloud, 1)
    topic, _, bag = found.topic.rpartition("/")
    assert topic == "devices/gate/modules/eyes/messages/events"
    assert {name: values[0] for name, values in parse_qs(bag).items()} == {
        "$.on": "alarms/all",
        "$.mid": "m",
        "$.ct": "application/x-protobuf",
    }
    assert (
        "as gate/eyes (p2, c1, k60, u'hub.example/gate/eyes/?api"
        in (hub.folder / "log").read_text()
    )


def test_what_a_module_misses_is_named(monkeypatch, tmp_path):
    for name in ("EdgeHubConnectionString", *EDGE):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigError, match="topic: wanted the name of the module's output"):
        AzureEdgeBroker(BrokerAddress(""))
    with pytest.raises(ConfigError, match="got none with IOTEDGE_IOTHUBHOSTNAME, IOTEDGE_GATEW"):
        AzureEdgeBroker(BrokerAddress("", topic="out"))
    for name, value in EDGE.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("IOTEDGE_GATEWAYHOSTNAME", "gateway")
    monkeypatch.setenv("IOTEDGE_WORKLOADURI", f"unix://{tmp_path}/none.sock")
    with pytest.raises(BrokerError, match=r"the IoT Edge runtime at unix://.* does not do trust-b"):
        AzureEdgeBroker(BrokerAddress("", topic="out")).connect()


def test_a_simulator_gives_a_connection_string(hub, monkeypatch, cloud, opened):
    monkeypatch.setenv("EdgeHubConnectionString", f"{hub.device()};ModuleId=eyes")
    monkeypatch.setenv("EdgeModuleCACertificateFile", str(hub.tls.ca))
    opened(AzureEdgeBroker(BrokerAddress("", topic="out"))).publish(messages(b"1"))
    [found] = seen(cloud, 1)
    assert found.topic.startswith("devices/dev-1/modules/eyes/messages/events/%24.on=out&")
