"""librdkafka's own mock cluster in a process of its own, behind a relay that tests may cut.

Its log is in memory, so it is never killed: what fails is the network before it. Clients must not
go around the relay, so the relay writes its own port over the cluster's where answers tell it.
"""

import contextlib
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


class KafkaCluster:
    """One broker at `127.0.0.1:port`; topics are made when somebody names them."""

    BROKER = "kafka"

    def __init__(self):
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

    def kill(self):
        """End every connection, and refuse new ones."""
        with self._lock:
            self._is_up = False
            ends, self._open = self._open, []
        for end in ends:
            _shut(end)

    def start(self):
        """Let connections through again."""
        with self._lock:
            self._is_up = True

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

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._door.accept()
                with self._lock:
                    is_up = self._is_up
                    server = socket.create_connection((HOST, self._target)) if is_up else None
                    self._open += [client, server] if is_up else []
                if server is None:
                    client.close()
                    continue
                for work in (self._ask, self._answer):
                    threading.Thread(target=work, args=(client, server), daemon=True).start()

    def _ask(self, client, server):
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                server.sendall(data)
        _shut(client, server)

    def _answer(self, client, server):
        """Whole answers only: an address is never cut in two."""
        known, own = (HOST.encode() + struct.pack(">i", n) for n in (self._target, self.port))
        with contextlib.suppress(OSError, EOFError):
            while True:
                head = _exactly(server, 4)
                body = _exactly(server, struct.unpack(">i", head)[0])
                client.sendall(head + body.replace(known, own))
        _shut(client, server)


def _exactly(source, count):
    data = bytearray()
    while len(data) < count:
        part = source.recv(count - len(data))
        if not part:
            raise EOFError
        data += part
    return bytes(data)


def _shut(*ends):
    for end in ends:
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()
