"""Passwords and certificates of Redis and Mosquitto: what is right works, what is wrong is said."""

import pytest

from broker_servers import HOST, PASSWORD, USER, Mosquitto, Redis, certificates
from penstock.brokers import BROKERS, LISTENERS, BrokerAddress, OutgoingMessage
from penstock.config import BrokerConfig
from penstock.errors import BrokerError, ConfigError

KINDS = {"redis": Redis, "mqtt": Mosquitto}
LOGINS = {
    "redis": {"PASSWORD_REDIS": PASSWORD},
    "mqtt": {"USER_MQTT": USER, "PASSWORD_MQTT": PASSWORD},
}


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module", params=KINDS)
def locked(request, tmp_path_factory):
    """A server that wants a password."""
    folder = tmp_path_factory.mktemp("locked")
    with KINDS[request.param](folder, password=PASSWORD) as server:
        yield server


@pytest.fixture(scope="module", params=KINDS)
def encrypted(request, tmp_path_factory, authority):
    """A server that speaks TLS and wants a certificate."""
    with KINDS[request.param](tmp_path_factory.mktemp("encrypted"), tls=authority) as server:
        yield server


@pytest.fixture(autouse=True)
def _nothing_in_the_environment(monkeypatch):
    for name in ("PASSWORD_REDIS", "USER_MQTT", "PASSWORD_MQTT"):
        monkeypatch.delenv(name, raising=False)


def address(server, conn_str=None, *, host=HOST, **keys):
    file = server.folder / "said.txt"
    lines = [f"{key.replace('_', '-')}={value}" for key, value in keys.items()]
    file.write_text("\n".join(["[message-broker]", *lines]))
    text = f"{host};{server.port}" if conn_str is None else conn_str
    return BrokerAddress(text, BrokerConfig.read(file), "secret")


def sends(server, where):
    """Whether a message gets through, from the broker's adapter to its listener."""
    listener = LISTENERS.load(server.BROKER)(where, ["secret"])
    broker = BROKERS.load(server.BROKER)(where)
    try:
        listener.connect()
        broker.connect()
        broker.publish([OutgoingMessage("id", 0, "secret", b"psst")])
        found = listener.receive(10)
    finally:
        broker.close()
        listener.close()
    return [message.payload for message in found] == [b"psst"]


def refusal(server, where):
    with pytest.raises(BrokerError) as caught:
        BROKERS.load(server.BROKER)(where).connect()
    return str(caught.value)


def test_a_password_from_the_file_the_environment_or_the_address_works(locked, monkeypatch):
    assert sends(
        locked, address(locked, username=USER * (locked.BROKER == "mqtt"), password=PASSWORD)
    )
    text = f"{locked.BROKER}://{USER if locked.BROKER == 'mqtt' else ''}:s3cret%3Bwith%20semicolon"
    assert sends(locked, address(locked, f"{text}@{HOST}:{locked.port}"))
    for name, value in LOGINS[locked.BROKER].items():
        monkeypatch.setenv(name, value)
    assert sends(locked, address(locked))
    assert sends(locked, address(locked, password="wrong")), "the environment wins"


@pytest.mark.parametrize("password", ["", "hunter2"])
def test_a_wrong_password_is_said_with_host_and_port_and_without_the_password(locked, password):
    keys = {"username": USER} if locked.BROKER == "mqtt" else {}
    said = refusal(locked, address(locked, password=password, **keys))
    user = " as user 'camera'" if keys else ""
    start = f"{locked.BROKER}: {HOST}:{locked.port}{user} refuses the login: correct "
    assert said.startswith(start)
    assert f"PASSWORD_{locked.BROKER.upper()}" in said
    assert "hunter2" not in said


def test_a_certificate_of_an_authority_that_is_trusted_works(encrypted, authority):
    files = {
        "tls_cafile": authority.ca,
        "tls_certfile": authority.client,
        "tls_keyfile": authority.client_key,
    }
    assert sends(encrypted, address(encrypted, enable_tls=1, **files))
    scheme = {"redis": "rediss", "mqtt": "mqtts"}[encrypted.BROKER]
    assert sends(encrypted, address(encrypted, f"{scheme}://localhost:{encrypted.port}", **files))


def test_a_certificate_of_a_stranger_is_refused_and_said(encrypted, tmp_path):
    stranger = certificates(tmp_path)
    said = refusal(encrypted, address(encrypted, enable_tls=1, tls_cafile=stranger.ca))
    start = f"{encrypted.BROKER}: the certificate of {HOST}:{encrypted.port} is refused ("
    assert said.startswith(start)
    assert said.endswith(
        "): name its authority's file in tls-cafile, and the host as the certificate does"
    )


def test_a_certificate_for_another_host_is_refused_and_said(encrypted, authority):
    alias = "127.1"  # leads to 127.0.0.1, which is what the certificate says
    where = address(encrypted, host=alias, enable_tls=1, tls_cafile=authority.ca)
    assert "is refused (Hostname mismatch" in refusal(encrypted, where)


def test_a_client_without_a_certificate_or_without_tls_hears_why(encrypted, authority):
    bare = refusal(encrypted, address(encrypted, enable_tls=1, tls_cafile=authority.ca))
    plain = refusal(encrypted, address(encrypted))
    for said in (bare, plain):
        assert f"{HOST}:{encrypted.port}" in said
        assert "tls-certfile" in said or "was lost" in said


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        ({"tls-cafile": "missing.pem"}, "line 3, [message-broker] tls-cafile: wanted a file"),
        ({"tls-capath": "x" * 5000}, "line 3, [message-broker] tls-capath: wanted a folder, got"),
        ({"tls-certfile": "said.txt"}, "tls-certfile and tls-keyfile: wanted both or none"),
        ({"enable-tls": "perhaps"}, "line 3, [message-broker] enable-tls: wanted 1 (true) or 0"),
    ],
)
def test_settings_that_cannot_be_meant_say_file_line_and_key(name, keys, wanted, tmp_path):
    file = tmp_path / "said.txt"
    lines = [f"{key}={value}" for key, value in keys.items()]
    file.write_text("\n".join(["# TLS", "[message-broker]", *lines]))
    with pytest.raises(ConfigError) as caught:
        BROKERS.load(name)(BrokerAddress("host;1", BrokerConfig.read(file), "topic"))
    assert wanted in str(caught.value)
