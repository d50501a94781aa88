"""A real Mosquitto that is killed before it has saved what it has acknowledged."""

import errno
import signal
import threading
import time
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spool_making import LARGE, messages, spool
from test_delivery import Peer, Run, until

from broker_servers import HOST, Mosquitto
from penstock.brokers import BrokerAddress, Delivery, OutgoingMessage, PublishError, Spool
from penstock.brokers.delivery import BATCH
from penstock.brokers.mqtt import MqttBroker
from penstock.brokers.mqtt_recent import RecentlyAcknowledged
from penstock.brokers.retrying import BackOff
from penstock.brokers.spool_folder import FolderLock
from penstock.config import BrokerConfig

QUIET_S = 20


class Forgetful(Mosquitto):
    """Saves when it is told to, or as `autosave` says."""

    def __init__(self, folder, *, autosave="autosave_interval 0"):
        super().__init__(folder)
        self.autosave = autosave

    def command(self):
        words = super().command()
        settings = Path(words[-1])
        lines = [line for line in settings.read_text().splitlines() if "autosave" not in line]
        settings.write_text("\n".join([*lines, self.autosave]) + "\n")
        return words

    def save(self):
        database = self.folder / "mosquitto.db"
        database.unlink(missing_ok=True)
        self.process.send_signal(signal.SIGUSR1)
        until(database.exists)


class Session:
    """A subscriber whom the broker remembers, and for whom it keeps messages while away."""

    def __init__(self, server):
        self.server, self.seen, self.ready = server, [], threading.Event()

    def _client(self):
        client = paho.Client(
            paho.CallbackAPIVersion.VERSION2, client_id="witness", clean_session=False
        )
        client.on_connect = lambda client, *_: client.subscribe("cars", qos=1)
        client.on_subscribe = lambda *_: self.ready.set()
        client.on_message = lambda _client, _user, message: self.seen.append(message.payload)
        client.connect(HOST, self.server.port)
        client.loop_start()
        return client

    def begin(self):
        """From now on the broker keeps messages, also when it is killed."""
        client = self._client()
        assert self.ready.wait(20)
        client.disconnect()
        client.loop_stop()
        self.server.save()

    def payloads(self, count):
        """What the broker has kept: `count` messages, or what comes before a long silence."""
        client, seen, since_s = self._client(), 0, time.monotonic()
        while len(set(self.seen)) < count and time.monotonic() - since_s < QUIET_S:
            if len(self.seen) > seen:
                seen, since_s = len(self.seen), time.monotonic()
            time.sleep(0.01)
        client.disconnect()
        client.loop_stop()
        return self.seen


@pytest.fixture
def address(tmp_path):
    def made(server, **keys):
        lines = [f"{key.replace('_', '-')}={value}" for key, value in keys.items()]
        file = tmp_path / "adapter.txt"
        file.write_text("\n".join(["[message-broker]", *lines]) + "\n")
        return BrokerAddress(server.conn_str, BrokerConfig.read(file), "cars")

    return made


def delivery(address, some):
    found = Delivery(
        MqttBroker(address),
        some,
        on_trouble=print,
        on_recovery=print,
        back_off=BackOff(first_s=0.05, most_s=0.2),
    )
    found.start()
    return found


def numbered(start, end):
    return [OutgoingMessage(f"id{n}", n % 4, "cars", b"%d" % n) for n in range(start, end)]


def in_order(payloads):
    """The numbers in the order of their first arrival."""
    return [int(payload) for payload in dict.fromkeys(payloads)]


@pytest.mark.parametrize(
    "keys", [{"resend_last": 60}, {"resend_last": 60, "protocol_version": 5}, {"resend_last": 0}]
)
def test_what_a_broker_forgets_comes_again_unless_it_is_not_to(tmp_path, address, keys):
    with Forgetful(tmp_path / "server") as server:
        (session := Session(server)).begin()
        run = delivery(address(server, **keys), spool(tmp_path / "spool"))
        run.accept(numbered(0, 700))
        until(lambda: run.counts.acknowledged == 700)
        server.kill()
        run.accept(numbered(700, 705))
        server.start()
        until(lambda: run.counts.acknowledged == 705)
        run.stop(flush_s=20)
        forgotten = 0 if keys["resend_last"] else 700
        found = session.payloads(705 - forgotten)
    assert in_order(found) == list(range(forgotten, 705))
    assert len(run.spool) == run.counts.refused == 0
    assert run.counts.acknowledged == 705, "nobody is counted twice"
    assert run.counts.sent >= 705 + (0 if forgotten else 700)


def test_nobody_must_send_for_what_was_forgotten_to_come_again(tmp_path, address):
    with Forgetful(tmp_path / "server") as server:
        (session := Session(server)).begin()
        run = delivery(address(server), spool(tmp_path / "spool"))
        run.accept(numbered(0, 50))
        until(lambda: run.counts.acknowledged == 50)
        server.kill()
        until(lambda: len(run.spool) == 50)
        server.start()
        until(lambda: len(run.spool) == 0)
        run.stop(flush_s=20)
        assert in_order(session.payloads(50)) == list(range(50))


def test_a_pipeline_that_ends_while_the_broker_is_away_leaves_it_to_the_next_run(tmp_path, address):
    with Forgetful(tmp_path / "server") as server:
        (session := Session(server)).begin()
        run = delivery(address(server), spool(tmp_path / "spool"))
        run.accept(numbered(0, 50))
        until(lambda: run.counts.acknowledged == 50)
        server.kill()
        run.accept(numbered(50, 60))
        run.stop(flush_s=20)
        assert len(run.spool) == 60
        server.start()
        later = delivery(address(server), spool(tmp_path / "spool"))
        later.stop(flush_s=20)
        assert in_order(session.payloads(60)) == list(range(60))
    assert (later.counts.acknowledged, len(later.spool)) == (60, 0)


def test_nothing_comes_again_where_the_connection_holds_and_the_end_waits_for_nothing(
    tmp_path, address
):
    with Forgetful(tmp_path / "server") as server:
        (session := Session(server)).begin()
        run = delivery(address(server, resend_last=3600), spool(tmp_path / "spool"))
        run.accept(numbered(0, 300))
        run.stop(flush_s=20)
        assert (run.counts.sent, len(run.spool)) == (300, 0)
        assert len(session.payloads(300)) == 300


def test_a_broker_that_saves_now_and_then_loses_nothing_however_often_it_is_killed(
    tmp_path, address
):
    with Forgetful(tmp_path / "server", autosave="autosave_interval 1") as server:
        (session := Session(server)).begin()
        run = delivery(address(server), spool(tmp_path / "spool"))
        number, end_s = 0, time.monotonic() + 5
        while time.monotonic() < end_s:
            for _ in range(30):
                run.accept(numbered(number, number + 5))
                number += 5
                time.sleep(0.01)
            server.kill()
            time.sleep(0.1)
            server.start()
        run.stop(flush_s=20)
        found = session.payloads(number)
    assert in_order(found) == list(range(number))
    assert run.counts.acknowledged == number


class Crashing(Peer):
    """Ends its connections: `plan` says how much it forgets, and how much it has taken before."""

    def __init__(self, *plan):
        super().__init__()
        self.crashes, self.unsettled = list(plan), []

    def publish(self, batch):
        forgets, takes = self.crashes.pop(0) if self.crashes else (0, len(batch))
        self.arrived += batch[:takes]
        self.unsettled = self.arrived[max(0, len(self.arrived) - forgets) :]
        del self.arrived[len(self.arrived) - len(self.unsettled) :]
        if takes < len(batch):
            raise PublishError("peer: lost", acknowledged=takes)

    def take_unsettled(self):
        taken, self.unsettled = self.unsettled, []
        return taken


@settings(max_examples=40)
@given(st.data())
def test_however_often_a_broker_forgets_all_arrives_in_order_and_is_counted_once(
    tmp_path_factory, data
):
    plan = data.draw(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 5)), max_size=8))
    sent = messages(data.draw(st.integers(1, 30)))
    in_memory = data.draw(st.booleans())
    some = Spool(None, max_bytes=1 << 20) if in_memory else spool(tmp_path_factory.mktemp("spool"))
    run = Run(Crashing(*plan), some)
    for message in sent:
        run.delivery.accept([message])
    peer = run.delivery._broker
    until(lambda: {one.message_id for one in peer.arrived} >= {one.message_id for one in sent})
    run.stop()
    assert list(dict.fromkeys(peer.arrived)) == sent
    assert run.counts[1:] == (len(sent), 0)


def test_where_too_much_waits_to_be_moved_what_was_forgotten_comes_behind_it(tmp_path, monkeypatch):
    monkeypatch.setattr("penstock.brokers.delivery._MOVED", 3)
    some = spool(tmp_path)
    some.append(sent := messages(300))
    run = Run(Crashing((2, 256)), some)
    run.until_empty()
    run.stop()
    assert run.delivery._broker.arrived == [*sent[:254], *sent[256:], *sent[254:256]]
    assert run.counts == (256 + 46, 300, 0)


@pytest.mark.parametrize("in_memory", [False, True])
def test_what_is_moved_where_room_is_short_does_not_count_as_lost(tmp_path, in_memory):
    sent = messages(300, size=100)
    some = Spool(None, max_bytes=200_000) if in_memory else spool(tmp_path, max_bytes=80_000)
    some.append(sent)
    run = Run(Crashing((2, 4)), some)
    run.until_empty()
    run.stop()
    assert run.delivery._broker.arrived == sent
    assert (run.counts[1:], some.expired) == ((300, 0), 0)


def test_a_spool_that_cannot_be_read_just_then_loses_nothing(tmp_path):
    class Unreadable(Spool):
        def oldest(self, most, *, most_bytes):
            if most > BATCH:
                raise OSError(errno.EMFILE, "too many open files")
            return super().oldest(most, most_bytes=most_bytes)

    some = Unreadable(FolderLock(tmp_path), max_bytes=LARGE)
    some.append(sent := messages(9))
    run = Run(Crashing((2, 4)), some)
    run.until_empty()
    run.stop()
    assert run.delivery._broker.arrived == [*sent[:2], *sent[4:], *sent[2:4]]
    assert run.counts[1:] == (9, 0)


def test_an_adapter_that_fails_at_it_stops_nothing(tmp_path):
    peer = Peer()
    peer.take_unsettled = lambda: 1 / 0
    run = Run(peer, spool(tmp_path))
    run.delivery.accept(sent := messages(3))
    run.stop()
    assert peer.arrived == sent


def test_a_broker_that_dies_of_what_it_has_acknowledged_is_not_asked_without_a_pause(tmp_path):
    peer = Crashing(*[(3, 3)] * 40)
    some = spool(tmp_path)
    some.append(messages(3))
    run = Run(peer, some)
    until(lambda: not peer.crashes)
    run.stop()
    assert run.told == [
        "the connection was lost again before a new message was taken; messages wait in the spool"
    ]


@given(st.data())
def test_what_may_be_lost_is_all_that_was_not_saved_and_stays_in_its_order(data):
    """A broker that saves at most `late_s` after an acknowledgement, and dies at any time."""
    window_s = data.draw(st.sampled_from([0.5, 1.0, 3.0]))
    late_s = data.draw(st.floats(0, window_s))
    recent = RecentlyAcknowledged(window_s=window_s, blind_s=10)
    now_s, given_all, acknowledged_s = 0.0, [], []
    for _ in range(data.draw(st.integers(1, 20))):
        sent_s = now_s + data.draw(st.floats(0, 2))
        now_s = sent_s + data.draw(st.floats(0, 2))
        batch = messages(data.draw(st.integers(0, 3)))
        recent.add(batch, sent_s=sent_s, now_s=now_s)
        given_all += batch
        acknowledged_s += [data.draw(st.floats(sent_s, now_s)) for _ in batch]
    dead_s = max(acknowledged_s, default=0) + data.draw(st.floats(0, 5))
    noticed_s = max(now_s, dead_s + data.draw(st.floats(0, 10)))
    recent.connection_broke(noticed_s)
    recent.connection_broke(noticed_s + 100)
    taken = recent.take_unsettled()
    assert taken == given_all[len(given_all) - len(taken) :]
    unsaved = [at_s for at_s in acknowledged_s if at_s + late_s > dead_s]
    assert len(taken) >= len(unsaved)
    assert recent.take_unsettled() == []


def test_what_is_remembered_is_bounded_and_the_youngest_stay(monkeypatch):
    monkeypatch.setattr("penstock.brokers.mqtt_recent.MEMORY_BYTES", 10_000)
    recent = RecentlyAcknowledged(window_s=3600, blind_s=0)
    given_all = messages(40, size=300)
    recent.add(given_all, sent_s=0, now_s=1)
    recent.connection_broke(2)
    assert recent.take_unsettled() == given_all[-12:]
    recent.add(given_all, sent_s=0, now_s=1)
    recent.connection_broke(3602)
    assert recent.take_unsettled() == [], "an hour ago: it has been saved"
