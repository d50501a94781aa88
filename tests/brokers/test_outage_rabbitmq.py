"""10,000 messages through a real pipeline while RabbitMQ and the pipeline are killed."""

import contextlib

import pika
from outage import Witness, survive

from broker_servers import HOST
from rabbitmq_server import RabbitMq

QUEUE = "witness"


class RabbitMqWitness(Witness):
    """Reads the durable queue, which was there all the time, from its beginning."""

    def __init__(self, server):
        super().__init__(server)
        self._seen = []

    def payloads(self):
        with contextlib.closing(
            pika.BlockingConnection(pika.ConnectionParameters(HOST, self.server.port))
        ) as connection:
            channel = connection.channel()
            for method, _, payload in channel.consume(QUEUE, auto_ack=True, inactivity_timeout=1):
                if method is None:
                    break
                self._seen.append(payload)
        return list(self._seen)


def test_rabbitmq_gets_every_message_over_three_crashes_and_one_of_the_pipeline(tmp_path):
    with RabbitMq(tmp_path / "server") as server:
        config = server.adapter_file(queue=QUEUE)
        survive(server, RabbitMqWitness(server), tmp_path, config=str(config))
