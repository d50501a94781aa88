"""Webhooks: what is posted, what each answer means, logins and certificates."""

import http.client
import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from broker_servers import HOST, certificates, free_port
from penstock.brokers import BrokerAddress, OutgoingMessage, PublishError, RefusedMessageError
from penstock.brokers.http import HttpBroker, HttpListener
from penstock.config import BrokerConfig
from penstock.errors import BrokerError, ConfigError


@pytest.fixture(autouse=True)
def _nothing_in_the_environment(monkeypatch):
    for name in ("USER_HTTP", "PASSWORD_HTTP", "TOKEN_HTTP"):
        monkeypatch.delenv(name, raising=False)


@contextmanager
def webhook(*statuses):
    """A server that answers these one after another, then 200; gives its URL and what it got."""
    answers, seen = iter(statuses), []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            seen.append((self.path, dict(self.headers), body))
            self.send_response(next(answers, 200))
            self.send_header("Content-Length", "0")
            self.send_header("Location", "https://elsewhere/?secret")
            self.end_headers()

        def log_message(self, *_about):
            pass

    server = ThreadingHTTPServer((HOST, 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://{HOST}:{server.server_port}/hook?x=1", seen
    server.shutdown()
    server.server_close()


def configured(tmp_path, **keys):
    file = tmp_path / "cfg_http.txt"
    lines = [f"{key.replace('_', '-')}={value}" for key, value in keys.items()]
    file.write_text("\n".join(["[message-broker]", *lines]))
    return BrokerConfig.read(file)


@pytest.fixture
def connected():
    made = []

    def connect(url, config=None):
        made.append(HttpBroker(BrokerAddress(url, config or BrokerConfig())))
        made[-1].connect()
        return made[-1]

    yield connect
    for broker in made:
        broker.close()


def messages(*payloads, topic="yard/Töpic", key="dock\r\n7"):
    return [OutgoingMessage(f"id-{n}", 0, topic, data, key=key) for n, data in enumerate(payloads)]


def test_each_message_is_a_post_with_its_id_topic_and_key(connected):
    with webhook(204) as (url, seen):
        broker = connected(url)
        broker.publish(messages(b"{}", b"\0\xff"))
    paths, headers, bodies = zip(*seen, strict=True)
    assert paths == ("/hook?x=1", "/hook?x=1")
    assert bodies == (b"{}", b"\0\xff")
    assert [found["Idempotency-Key"] for found in headers] == ["id-0", "id-1"]
    assert {found["Content-Type"] for found in headers} == {"application/json"}
    assert {found["Penstock-Topic"] for found in headers} == {"yard/T%C3%B6pic"}
    assert {found["Penstock-Key"] for found in headers} == {"dock%0D%0A7"}


@pytest.mark.parametrize("status", [400, 409, 410, 413, 415, 422])
def test_an_answer_about_the_message_refuses_it_for_ever(connected, status):
    with webhook(200, status) as (url, seen):
        broker = connected(url)
        with pytest.raises(RefusedMessageError, match=f"/hook answers {status}") as caught:
            broker.publish(messages(b"1", b"2", b"3"))
        assert caught.value.acknowledged == 1
        broker.publish(messages(b"3"))
    assert [body for _, _, body in seen] == [b"1", b"2", b"3"]


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (401, "correct username and password, or bearer-token"),
        (403, "correct username and password, or bearer-token"),
        (404, "correct the path in conn-str"),
        (408, ""),
        (429, ""),
        (500, "Internal Server Error"),
        (503, "Service Unavailable"),
        (307, "use the address it moved to, https://elsewhere/$"),
    ],
)
def test_any_other_answer_keeps_the_message_and_says_what_to_do(connected, status, advice):
    with webhook(status) as (url, _):
        broker = connected(url)
        with pytest.raises(PublishError, match=f"answers {status}.*{advice}") as caught:
            broker.publish(messages(b"1"))
        assert not isinstance(caught.value, RefusedMessageError)
        assert caught.value.acknowledged == 0
        broker.publish(messages(b"1"))


def test_logins_come_from_the_address_the_file_or_the_environment(connected, tmp_path, monkeypatch):
    with webhook() as (url, seen):
        at_user = url.replace("://", "://ann:s%C3%A9cret@")
        token = configured(tmp_path, bearer_token="t0ken")
        for where, config in ((at_user, None), (url, token)):
            connected(where, config).publish(messages(b""))
        monkeypatch.setenv("USER_HTTP", "env")
        monkeypatch.setenv("PASSWORD_HTTP", "pw")
        connected(at_user).publish(messages(b""))
    assert [headers["Authorization"] for _, headers, _ in seen] == [
        "Basic YW5uOnPDqWNyZXQ=",
        "Bearer t0ken",
        "Basic ZW52OnB3",
    ]


def test_the_listener_receives_what_the_broker_posts_to_its_path(connected):
    url = f"http://{HOST}:{free_port()}/events"
    listener = HttpListener(BrokerAddress(url), [])
    listener.connect()
    try:
        broker = connected(url)
        broker.publish(messages(b"1", b"2"))
        found = listener.receive(5.0)
        assert [(m.payload, m.topic, m.key, m.message_id) for m in found] == [
            (b"1", "yard/Töpic", "dock\r\n7", "id-0"),
            (b"2", "yard/Töpic", "dock\r\n7", "id-1"),
        ]
        elsewhere = connected(url.replace("/events", "/other"))
        with pytest.raises(PublishError, match="404"):
            elsewhere.publish(messages(b"3"))
        assert listener.receive(0.05) == []
        chunked = http.client.HTTPConnection(url.split("/")[2], timeout=5)
        chunked.request("POST", "/events", iter([b"4"]), encode_chunked=True)
        assert chunked.getresponse().status == 411
        chunked.close()
    finally:
        listener.close()
    with pytest.raises(BrokerError, match="nothing listens there"):
        connected(url)


def test_a_message_whose_sender_goes_away_in_its_middle_is_not_received():
    """The whole one comes later with the same id: who drops repeats must not know that id yet."""
    port = free_port()
    listener = HttpListener(BrokerAddress(f"http://{HOST}:{port}/"), [])
    listener.connect()
    try:
        with socket.create_connection((HOST, port), timeout=5) as client:
            client.sendall(b'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{"half":')
            client.shutdown(socket.SHUT_WR)
            assert client.recv(99) == b""
        assert listener.receive(0.05) == []
    finally:
        listener.close()


def test_a_port_that_is_taken_is_said():
    with webhook() as (url, _), pytest.raises(BrokerError, match=r"cannot listen at .* in use"):
        HttpListener(BrokerAddress(url), []).connect()


def test_certificates_are_shown_and_checked_on_both_sides(connected, tmp_path):
    authority = certificates(tmp_path / "authority")
    url = f"https://{HOST}:{free_port()}/"
    of_server = configured(
        tmp_path,
        tls_cafile=authority.ca,
        tls_certfile=authority.server,
        tls_keyfile=authority.server_key,
    )
    listener = HttpListener(BrokerAddress(url, of_server), [])
    listener.connect()
    try:
        with pytest.raises(BrokerError, match=f"the certificate of {HOST}:.* is refused"):
            connected(url)
        of_client = configured(
            tmp_path,
            tls_cafile=authority.ca,
            tls_certfile=authority.client,
            tls_keyfile=authority.client_key,
        )
        connected(url, of_client).publish(messages(b"psst"))
        assert [one.payload for one in listener.receive(5.0)] == [b"psst"]
        nobody = connected(url, configured(tmp_path, tls_cafile=authority.ca))
        with pytest.raises(PublishError, match=HOST):
            nobody.publish(messages(b"psst"))
    finally:
        listener.close()


@pytest.mark.parametrize("conn_str", ["", "host;80", "ftp://h/x", "http://", "http://h:70000/"])
def test_an_address_that_is_no_url_is_an_error_at_once(conn_str):
    with pytest.raises(ConfigError, match=r"conn-str: wanted http://host:port/path"):
        HttpBroker(BrokerAddress(conn_str))


def test_who_speaks_something_else_is_said(connected, tmp_path):
    with webhook() as (url, _), pytest.raises(BrokerError, match="no TLS connection to"):
        connected(url.replace("http:", "https:"))
