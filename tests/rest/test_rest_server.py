"""The HTTP server, by real clients."""

import contextlib
import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from penstock.errors import StreamError
from penstock.rest import RestAddress, RestServer
from penstock.rest.reading import MOST_BYTES
from rest_orders import Paper, ask, stream
from rtsp import closed_port

ADD, INFO = "/api/v1/stream/add", "/api/v1/stream/get-stream-info"


@contextlib.contextmanager
def serving(target=None):
    server = RestServer(RestAddress("127.0.0.1", closed_port()), target=target or Paper())
    server.start()
    try:
        yield server.address.port
    finally:
        server.stop()


@pytest.fixture
def port():
    with serving() as number:
        yield number


def talk(port, data, *, shut=True):
    """Send bytes and read to the end."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(data)
        if shut:
            connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65_536), b""))


def test_orders_come_over_http(port):
    assert ask(port, ADD, stream("camera_add"))[0] == 200
    status, listed = ask(port, f"{INFO}?again=1")
    assert (status, listed["stream-info"]["stream-count"]) == (200, 1)


def test_the_status_line_says_what_the_body_says(port):
    for body, expected in ((stream("camera_add"), 200), (stream("camera_add"), 500), ({}, 400)):
        status, said = ask(port, ADD, body)
        assert status == expected
        assert said["status"].startswith(f"HTTP/1.1 {expected} ")


def test_headers_say_what_comes_and_that_the_connection_ends(port):
    head, _, body = talk(port, b"GET /version HTTP/1.1\r\nHost: x\r\n\r\n").partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"Content-Type: application/json" in head
    assert f"Content-Length: {len(body)}".encode() in head
    assert b"Connection: close" in head
    assert json.loads(body)["version"].startswith("Penstock")


def test_a_body_that_is_too_long_is_refused_even_while_it_is_sent(port):
    status, said = ask(port, ADD, raw=b" " * (MOST_BYTES + 1))
    assert (status, said["reason"]) == (
        413, f"a body has at most {MOST_BYTES} bytes, this one has {MOST_BYTES + 1}",
    )  # fmt: skip
    assert ask(port, INFO)[0] == 200


@pytest.mark.parametrize(
    ("request_text", "status"),
    [
        (b"POST /api/v1/stream/add HTTP/1.1\r\n\r\n", b"411"),
        (
            b"POST /api/v1/stream/add HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            b"411",
        ),
        (b"POST /api/v1/stream/add HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"400"),
        (b"POST /api/v1/stream/add HTTP/1.1\r\nContent-Length: -5\r\n\r\n", b"400"),
        (b"POST /api/v1/stream/add HTTP/1.1\r\nContent-Length: 50\r\n\r\n{}", b"400"),
        (b"POST /api/v1/stream/add HTTP/1.1\r\nContent-Length: " + b"9" * 40 + b"\r\n\r\n", b"413"),
        (b"BREW /api/v1/stream/add HTTP/1.1\r\n\r\n", b"501"),
        (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", b"414"),
        (b"nonsense\r\n\r\n", b"400"),
        (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", b"400"),
        (b"DELETE /api/v1/stream/add HTTP/1.1\r\n\r\n", b"405"),
        (b"GET /nothing HTTP/1.1\r\n\r\n", b"404"),
        (b"GET http://[ HTTP/1.1\r\n\r\n", b"404"),
    ],
)
def test_what_is_no_proper_request_is_answered_in_json_too(port, request_text, status, capfd):
    head, _, body = talk(port, request_text).partition(b"\r\n\r\n")
    assert head.split()[1] == status
    assert json.loads(body)["reason"]
    assert capfd.readouterr().err == ""
    assert ask(port, INFO)[0] == 200


def test_head_has_no_body(port):
    assert talk(port, b"HEAD /version HTTP/1.1\r\n\r\n").endswith(b"\r\n\r\n")


def test_a_web_page_gives_no_orders_but_may_ask():
    target = Paper()
    body = json.dumps(stream("camera_add")).encode()
    page = b"Origin: http://somewhere.example\r\n"
    with serving(target) as port:
        post = b"POST " + ADD.encode() + b" HTTP/1.1\r\n" + page
        answer = talk(port, post + b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        assert answer.startswith(b"HTTP/1.1 403 Forbidden\r\n")
        assert b"web pages give no orders here" in answer
        assert talk(port, b"GET /live HTTP/1.1\r\n" + page + b"\r\n").split()[1] == b"200"
    assert target.there == []


def test_a_client_that_sends_bit_by_bit_is_not_heard_for_ever(monkeypatch):
    monkeypatch.setattr("penstock.rest.server._WHOLE_S", 0.5)
    with serving() as port, socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(b"POST /api/v1/stream/add HTTP/1.1\r\nContent-Length: 60000\r\n\r\n")
        stopped = threading.Event()

        def drip():
            with contextlib.suppress(OSError):  # until it is hung up on
                while not stopped.wait(0.05):
                    client.sendall(b" ")

        threading.Thread(target=drip).start()
        try:
            assert client.recv(65_536).startswith(b"HTTP/1.1 400 ")
        finally:
            stopped.set()


def test_many_clients_at_once_are_all_answered():
    target = Paper()
    with serving(target) as port, ThreadPoolExecutor(16) as pool:
        bodies = [stream("camera_add", sensor_id=f"cam-{n}") for n in range(60)]
        found = list(pool.map(lambda body: ask(port, ADD, body)[0], bodies))
    assert found == [200] * 60
    assert len(target.there) == 60


def test_clients_beyond_the_limit_are_hung_up_on_and_the_others_are_answered(port):
    with contextlib.ExitStack() as stack:
        for _ in range(40):  # they connect and say nothing
            client = socket.create_connection(("127.0.0.1", port), timeout=30)
            stack.enter_context(client)
        assert talk(port, b"GET /version HTTP/1.1\r\n\r\n", shut=False) == b""
    while ask_or_none(port) is None:  # as soon as they have gone
        pass


def ask_or_none(port):
    try:
        return ask(port, INFO)
    except OSError:
        return None


def test_stopping_ends_idle_connections_threads_and_the_port():
    before = set(threading.enumerate())
    with serving() as port:
        idle = socket.create_connection(("127.0.0.1", port), timeout=30)
        ask(port, INFO)
    assert set(threading.enumerate()) == before
    with idle:
        assert idle.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)


def test_a_server_starts_again_at_its_port_at_once():
    server = RestServer(RestAddress("localhost", closed_port()), target=Paper())
    for _ in range(3):
        server.start()
        assert ask(server.address.port, INFO)[0] == 200
        server.stop()
    server.stop()


def test_a_request_may_stop_its_own_server():
    class Stopping(Paper):
        def apply(self, setting):
            server.stop()

    server = RestServer(RestAddress("127.0.0.1", closed_port()), target=Stopping())
    server.start()
    status, _ = ask(server.address.port, "/api/v1/app/quit", {"stream": {"app_quit": True}})
    assert status == 200


def test_a_port_that_is_taken_is_named():
    with serving() as port:
        server = RestServer(RestAddress("127.0.0.1", port), target=Paper())
        with pytest.raises(StreamError, match=f"cannot listen at 127.0.0.1:{port}: .*in use"):
            server.start()


def test_it_listens_at_its_own_address_only():
    with serving() as port, pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", port), timeout=5)
