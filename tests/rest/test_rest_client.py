"""What the client makes of whatever listens."""

import contextlib
import socket
import threading

import pytest

from penstock.errors import StreamError
from penstock.rest import RestAddress, RestClient, RestServer
from rest_orders import Paper
from rtsp import closed_port


@contextlib.contextmanager
def saying(answer):
    """Something that says the same to whoever connects; gives its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def talk():
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(answer)

        threading.Thread(target=talk, daemon=True).start()
        yield listener.getsockname()[1]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"SSH-2.0-OpenSSH\r\n", "SSH-2.0-OpenSSH"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}", "IncompleteRead"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n[1,2]", r"\[1,2\]"),
    ],
)
def test_what_is_no_rest_interface_is_said_to_be_none(answer, told):
    with saying(answer) as port:
        client = RestClient(RestAddress("127.0.0.1", port))
        with pytest.raises(StreamError, match=f"127.0.0.1:{port} is no REST interface: .*{told}"):
            client.streams()


@pytest.mark.parametrize("host", ["a..b", "a b", "x" * 70])
def test_a_host_that_cannot_be_is_said_not_to_answer(host):
    with pytest.raises(StreamError, match=f"nothing answers at {host}:9000: "):
        RestClient(RestAddress(host, 9000)).streams()


def test_a_proxy_for_the_internet_is_not_asked_for_a_pipeline(monkeypatch):
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port()}")
    server = RestServer(RestAddress("127.0.0.1", closed_port()), target=Paper())
    server.start()
    try:
        assert RestClient(server.address).streams() == []
    finally:
        server.stop()
