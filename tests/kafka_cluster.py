"""librdkafka's own mock cluster in a process of its own, behind a relay that tests may cut.

Its log is in memory, so it is never killed: what fails is the network before it. Clients must not
go around the relay, so the relay writes its own port over the cluster's where answers tell it.
"""

import contextlib
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

from confluent_kafka import Consumer, TopicPartition

from broker_servers import HOST

_CLUSTER = """
import sys
from confluent_kafka import Producer
cluster = Producer({"test.mock.num.brokers": 1, "bootstrap.servers": "none", "log_level": 0})
print(cluster.list_topics(timeout=20).brokers[1].port, flush=True)
sys.stdin.read()
"""


PRODUCE, METADATA = 0, 3


class KafkaCluster:
    """One broker at `127.0.0.1:port`.

    Attributes:
        makes_topics: Whether there is a topic as soon as somebody sends to it.
        refusal: Answers for messages, from the request's size in bytes to an error's number; 0 for
            none.
    """

    BROKER = "kafka"

    def __init__(self):
        self.makes_topics, self.refusal = True, lambda _size: 0
        self._process = subprocess.Popen(
            [sys.executable, "-c", _CLUSTER], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._target = int(self._process.stdout.readline())
        self._door = socket.create_server((HOST, 0))
        self.port = self._door.getsockname()[1]
        self._open, self._lock, self._is_up = [], threading.Lock(), True
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def conn_str(self):
        return f"{HOST};{self.port}"

    def options(self):
        """What librdkafka must be told to be let in, beside the address."""
        return {}

    def kill(self):
        """End every connection, and refuse new ones."""
        with self._lock:
            self._is_up = False
            ends, self._open = self._open, []
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def start(self):
        """Let connections through again."""
        with self._lock:
            self._is_up = True

    @contextlib.contextmanager
    def silence(self):
        """It takes connections, and answers nothing."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def read(self, topic, count):
        """The first so many messages of a topic, without a group, which takes seconds to join."""
        consumer = Consumer(
            {
                "bootstrap.servers": f"{HOST}:{self.port}",
                "group.id": "nobody",
                "allow.auto.create.topics": True,
                "fetch.error.backoff.ms": 20,
                "reconnect.backoff.max.ms": 200,
                "log_level": 0,
                **self.options(),
            }
        )
        with contextlib.closing(consumer):
            partitions = consumer.list_topics(topic, timeout=20).topics[topic].partitions
            consumer.assign([TopicPartition(topic, number, 0) for number in partitions])
            found, end_s = [], time.monotonic() + 30
            while len(found) < count and time.monotonic() < end_s:
                found += consumer.consume(1000, 0.1)
        return [message for message in found if message.error() is None]

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.kill()
        self._door.close()
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(20)

    def let_in(self, client, server):
        """What somebody who knocks speaks through from now on; `OSError`, `EOFError`: not at all.

        A subclass may ask who it is first.
        """
        return client

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._door.accept()
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._attend, args=(client,), daemon=True).start()

    def _attend(self, client):
        with contextlib.suppress(OSError, EOFError), contextlib.ExitStack() as ends:
            ends.enter_context(self._known(client))
            server = ends.enter_context(self._known(socket.create_connection((HOST, self._target))))
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client = ends.enter_context(self._known(self.let_in(client, server)))
            self._relay(client, server)

    def _known(self, end):
        """Have `kill` end this, too."""
        with self._lock:
            if not self._is_up:
                end.close()
                raise EOFError
            self._open.append(end)
        return end

    def _relay(self, client, server):
        """On one thread, because an encrypted socket must not be read and written at once."""
        known, own = (HOST.encode() + struct.pack(">i", n) for n in (self._target, self.port))
        while True:
            readable, _, _ = select.select([client, server], [], [])
            if client in readable:
                self._ask(client, server, packet(client))
            if server in readable:
                client.sendall(framed(packet(server).replace(known, own)))

    def _ask(self, client, server, request):
        key, version = struct.unpack_from(">2h", request)
        if key == PRODUCE and (error := self.refusal(len(request))):
            assert version == 10
            client.sendall(framed(_refused(request, error)))
            return
        if key == METADATA and not self.makes_topics:
            assert version == 13
            request = request[:-3] + b"\0" + request[-2:]
        server.sendall(framed(request))


def _refused(request, error):
    """The answer to a request that brings messages for one partition."""
    correlation, name = struct.unpack_from(">ih", request, 4)
    body = request[10 + name + 1 + 1 + 6 + 1 :]  # tags, transaction, acks and timeout, topics
    topic = body[: body[0]]
    partition = body[body[0] + 1 :][:4]
    return (
        struct.pack(">ib", correlation, 0)
        + b"\x02"
        + topic
        + b"\x02"
        + partition
        + struct.pack(">h3q", error, -1, -1, -1)
        + b"\x01\0\0\0"  # no single records, no text
        + b"\0\0\0\0\0"
    )


def packet(source):
    """One request or answer; `EOFError` where the socket ends before."""
    return exactly(source, *struct.unpack(">i", exactly(source, 4)))


def framed(data):
    """A request or answer with its length before it."""
    return struct.pack(">i", len(data)) + data


def exactly(source, count):
    """So many bytes of a socket; `EOFError` where it ends before."""
    data = bytearray()
    while len(data) < count:
        part = source.recv(count - len(data))
        if not part:
            raise EOFError
        data += part
    return bytes(data)
