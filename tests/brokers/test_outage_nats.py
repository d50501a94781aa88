"""10,000 messages through a real pipeline while NATS and the pipeline are killed."""

import asyncio

import nats
from nats.js.api import DeliverPolicy
from outage import TOPIC, Witness, survive

from broker_servers import HOST
from nats_server import Nats


class NatsWitness(Witness):
    """Reads the stream from its beginning: it is on the disk."""

    def payloads(self):
        return asyncio.run(self._read())

    async def _read(self):
        client = await nats.connect(f"nats://{HOST}:{self.server.port}")
        stream = client.jetstream()
        count = (await stream.stream_info(TOPIC)).state.messages
        found = await stream.subscribe(
            TOPIC, ordered_consumer=True, deliver_policy=DeliverPolicy.ALL
        )
        payloads = [(await found.next_msg(timeout=10)).data for _ in range(count)]
        await client.close()
        return payloads


def test_nats_gets_every_message_over_three_crashes_and_one_of_the_pipeline(tmp_path):
    with Nats(tmp_path / "server") as server:
        survive(server, NatsWitness(server), tmp_path)
