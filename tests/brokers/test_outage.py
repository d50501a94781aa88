"""10,000 messages through a real pipeline while the broker and the pipeline are killed.

The same proof for RabbitMQ and NATS stands in files of their own.
"""

import paho.mqtt.client as paho
import redis
from outage import TOPIC, Collector, Witness, survive

from broker_servers import HOST, Mosquitto, Redis


class RedisWitness(Witness):
    """Reads the stream from its beginning: it is on the disk."""

    def payloads(self):
        with redis.Redis(HOST, self.server.port) as client:
            return [fields[b"metadata"] for _, fields in client.xrange(TOPIC)]


class MqttWitness(Collector):
    """A subscriber with a session that the broker keeps; it connects again by itself."""

    def start(self):
        self._client = paho.Client(
            paho.CallbackAPIVersion.VERSION2, client_id="witness", clean_session=False
        )
        self._client.reconnect_delay_set(0.02, 0.1)
        self._client.on_connect = lambda client, *_: client.subscribe(TOPIC, qos=1)
        self._client.on_message = lambda _client, _user, message: self.add(message.payload)
        self._client.connect(HOST, self.server.port)
        self._client.loop_start()

    def stop(self):
        self._client.disconnect()
        self._client.loop_stop()


def test_redis_gets_every_message_over_three_crashes_and_one_of_the_pipeline(tmp_path):
    with Redis(tmp_path / "server") as server:
        survive(server, RedisWitness(server), tmp_path)


def test_mosquitto_gets_every_message_over_three_crashes_and_one_of_the_pipeline(tmp_path):
    with Mosquitto(tmp_path / "server") as server:
        survive(server, MqttWitness(server), tmp_path)
