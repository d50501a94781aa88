"""10,000 messages through a real pipeline while Kafka is cut off and the pipeline is killed.

The cluster is librdkafka's mock, whose log is in memory: it is the network that fails, also for
somebody who reads all the time.
"""

import contextlib
import threading

from confluent_kafka import Consumer, TopicPartition
from outage import TOPIC, Collector, survive

from broker_servers import HOST
from kafka_cluster import KafkaCluster


class KafkaWitness(Collector):
    """Reads all the time, through the network that fails."""

    def start(self):
        self._is_over = threading.Event()
        self._consumer = Consumer(
            {
                "bootstrap.servers": f"{HOST}:{self.server.port}",
                "group.id": "witness",
                "allow.auto.create.topics": True,
                "fetch.error.backoff.ms": 20,
                "reconnect.backoff.max.ms": 200,
                "log_level": 0,
            }
        )
        partitions = self._consumer.list_topics(TOPIC, timeout=20).topics[TOPIC].partitions
        self._consumer.assign([TopicPartition(TOPIC, number, 0) for number in partitions])
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def stop(self):
        self._is_over.set()
        self._thread.join()

    def _read(self):
        with contextlib.closing(self._consumer):
            while not self._is_over.is_set():
                for message in self._consumer.consume(1000, 0.1):
                    if message.error() is None:
                        self.add(message.value())


def test_kafka_gets_every_message_over_three_cuts_and_a_crash_of_the_pipeline(tmp_path):
    with KafkaCluster() as cluster:
        survive(cluster, KafkaWitness(cluster), tmp_path)
