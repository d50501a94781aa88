"""The delivery thread: in order, again until it is acknowledged, and one word about it."""

import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spool_making import LARGE, held, messages, spool

from penstock.brokers import Delivery, PublishError, RefusedMessageError, Spool
from penstock.brokers.retrying import BackOff, Troubles
from penstock.errors import BrokerError

WAIT_S = 20


class Peer:
    """A broker at the other end of no network: it answers as the test has planned.

    `plan` holds an exception or None for each connect and publish that comes; then all is well.
    """

    KEYS = {}  # noqa: RUF012

    def __init__(self, *plan):
        self.plan, self.arrived, self.connects = list(plan), [], 0
        self.is_away = False

    def connect(self):
        self.connects += 1
        self._answer()

    def publish(self, batch):
        try:
            self._answer()
        except PublishError as error:
            self.arrived += batch[: error.acknowledged]
            raise
        self.arrived += batch

    def _answer(self):
        if self.is_away:
            raise BrokerError("peer: nothing listens there")
        problem = self.plan.pop(0) if self.plan else None
        if problem is not None:
            raise problem

    def close(self):
        pass


class Run:
    """A delivery to a peer, and what was told."""

    def __init__(self, peer, some):
        self.told, self.over = [], []
        self.delivery = Delivery(
            peer,
            some,
            on_trouble=self.told.append,
            on_recovery=self.over.append,
            back_off=BackOff(first_s=0.01, most_s=0.02),
        )
        self.delivery.start()

    def until_empty(self):
        until(lambda: len(self.delivery.spool) == 0)

    def stop(self, flush_s=WAIT_S):
        self.delivery.stop(flush_s=flush_s)

    @property
    def counts(self):
        found = self.delivery.counts
        return found.sent, found.acknowledged, found.refused


def until(condition):
    end_s = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < end_s
        time.sleep(0.002)


def test_messages_arrive_in_their_order_and_are_counted(tmp_path):
    peer, sent = Peer(), messages(1000)
    run = Run(peer, spool(tmp_path))
    for message in sent:
        run.delivery.accept([message])
    run.stop()
    assert peer.arrived == sent
    assert run.counts == (1000, 1000, 0)
    assert (run.told, run.over, peer.connects) == ([], [], 1)
    assert list(tmp_path.glob("*.log")) == []


def test_what_was_not_acknowledged_comes_again_from_there_on(tmp_path):
    peer, sent = Peer(None, PublishError("peer: lost", acknowledged=2)), messages(5)
    some = spool(tmp_path)
    some.append(sent)
    run = Run(peer, some)
    run.stop()
    assert peer.arrived == sent
    assert run.counts == (5 + 3, 5, 0)
    assert peer.connects == 2, "a new connection after an error"


def test_a_problem_is_told_once_and_its_end_too(tmp_path):
    away = [BrokerError(f"peer: attempt {n} failed") for n in range(5)]
    peer, sent = Peer(*away, BrokerError("peer: wrong password"), *away), messages(3)
    run = Run(peer, spool(tmp_path))
    run.delivery.accept(sent)
    run.until_empty()
    run.stop()
    assert peer.arrived == sent
    assert run.told == [
        "peer: attempt 0 failed; messages wait in the spool",
        "peer: wrong password; messages wait in the spool",
    ]
    assert run.over == ["the broker takes messages again"]


def test_a_connection_that_was_lost_long_ago_is_made_anew_without_a_word(tmp_path):
    peer = Peer()
    run = Run(peer, spool(tmp_path))
    run.delivery.accept(messages(1))
    run.until_empty()
    peer.plan = [PublishError("peer: lost")]
    run.delivery.accept(messages(1))
    run.until_empty()
    run.stop()
    assert (run.told, len(peer.arrived), peer.connects) == ([], 2, 2)


def test_a_peer_that_lets_in_and_takes_nothing_is_told_once(tmp_path):
    problems = [None, PublishError("peer: not authorized")] * 6
    run = Run(Peer(*problems), spool(tmp_path))
    run.delivery.accept(messages(1))
    run.until_empty()
    run.stop()
    assert run.told == ["peer: not authorized; messages wait in the spool"]


def test_a_message_that_is_refused_is_skipped_counted_and_told_once(tmp_path):
    def refusal(acknowledged):
        return RefusedMessageError("peer: 70000 bytes are too many", acknowledged=acknowledged)

    peer, sent = Peer(None, refusal(1), refusal(0), refusal(2)), messages(6)
    some = spool(tmp_path)
    some.append(sent)
    run = Run(peer, some)
    run.stop()
    assert peer.arrived == [sent[0], sent[3], sent[4]]
    assert run.counts == (6, 3, 3)
    assert run.told == ["peer: 70000 bytes are too many; the message is dropped"]
    assert peer.connects == 1, "a refusal is no reason to connect anew"


def test_a_mistake_of_an_adapter_is_told_and_survived(tmp_path):
    peer, sent = Peer(None, KeyError("oops")), messages(1)
    run = Run(peer, spool(tmp_path))
    run.delivery.accept(sent)
    run.until_empty()
    run.stop()
    assert peer.arrived == sent
    assert run.told == ["KeyError: 'oops'; messages wait in the spool"]


def test_stopping_does_not_wait_for_a_broker_that_is_away_and_the_next_run_sends(tmp_path):
    peer, sent = Peer(), messages(3)
    peer.is_away = True
    run = Run(peer, spool(tmp_path))
    run.delivery.accept(sent)
    until(lambda: run.told)
    run.stop(flush_s=3600)
    assert len(run.delivery.spool) == 3
    later = Peer()
    Run(later, spool(tmp_path)).stop()
    assert later.arrived == sent


def test_stopping_waits_for_a_broker_that_is_away_where_messages_would_be_lost():
    peer, sent = Peer(), messages(3)
    peer.is_away = True
    run = Run(peer, Spool(None, max_bytes=LARGE))
    run.delivery.accept(sent)
    back = threading.Timer(0.2, setattr, (peer, "is_away", False))
    back.start()
    run.stop()
    assert peer.arrived == sent
    assert run.delivery.spool.expired == 0


def test_what_was_in_memory_only_at_the_end_is_counted_and_told():
    peer = Peer()
    peer.is_away = True
    run = Run(peer, Spool(None, max_bytes=LARGE))
    run.delivery.accept(messages(3))
    run.stop(flush_s=0.05)
    assert run.told[-1] == "3 messages waited in memory only and are lost"
    assert run.delivery.spool.expired == 3


@settings(max_examples=25)
@given(st.data())
def test_whatever_fails_every_message_arrives_and_first_arrivals_are_in_order(
    tmp_path_factory, data
):
    plan = data.draw(
        st.lists(
            st.none()
            | st.builds(BrokerError, st.just("peer: away"))
            | st.builds(PublishError, st.just("peer: lost"), acknowledged=st.integers(0, 3)),
            max_size=12,
        )
    )
    sent = messages(data.draw(st.integers(1, 20)))
    some = spool(tmp_path_factory.mktemp("spool"))
    peer = Peer(*plan)
    run = Run(peer, some)
    for message in sent:
        run.delivery.accept([message])
    run.until_empty()
    run.stop()
    assert list(dict.fromkeys(message.message_id for message in peer.arrived)) == [
        message.message_id for message in sent
    ]
    assert run.counts[1] == len(sent)
    assert len(some) == 0


@given(st.floats(0.01, 10), st.integers(1, 100))
def test_waiting_times_double_up_to_the_longest(first_s, factor):
    back_off = BackOff(first_s=first_s, most_s=first_s * factor)
    for wanted_s in [first_s * min(2**n, factor) for n in range(10)]:
        assert wanted_s / 2 <= back_off.next_s() <= wanted_s
    back_off.reset()
    assert back_off.next_s() <= first_s


def test_problems_that_differ_in_numbers_are_one_and_there_is_an_end_to_telling():
    told, over = [], []
    troubles = Troubles(told.append, over.append)
    troubles.end("fine")
    for number in range(5):
        troubles.add(f"lost after {number} bytes")
    assert (told, over) == (["lost after 0 bytes"], [])
    troubles.end("fine")
    troubles.add("lost after 9 bytes")
    assert (len(told), over) == (2, ["fine"])
    for letter in range(1000):
        troubles.add("x" * letter)
    assert len(told) < 50


@pytest.mark.parametrize("count", [1, 257])
def test_a_spool_of_an_earlier_run_is_emptied_without_a_new_message(tmp_path, count):
    some = spool(tmp_path)
    some.append(sent := messages(count))
    some.close()
    again = spool(tmp_path)
    assert held(again) == sent
    peer = Peer()
    run = Run(peer, again)
    run.until_empty()
    run.stop()
    assert peer.arrived == sent
