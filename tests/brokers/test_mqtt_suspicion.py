"""A message over which a broker ends the connection is found, and no network costs another one.

The network is simulated, with a clock of its own: what takes hours takes no time.
"""

import random
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.brokers import OutgoingMessage, PublishError, RefusedMessageError
from penstock.brokers.mqtt_sender import Sender
from penstock.brokers.mqtt_suspicion import Suspicion

NEVER_S = 1e12
LARGE = 5000


class Network:
    """A connection to a broker that does not exist, as `Sender` sees it.

    Args:
        life_s: Gives how long the next connection holds.
        answer_s: From a message to its acknowledgement.
        ends_over: Tells of a message, and how often one came on this connection, whether the broker
            ends the connection over it.
        loses_answers: Whether some of the answers that are under way are lost with the connection.
        answers_first: Whether the broker acknowledges that message all the same.
        keeps: Whether it has taken it then.
    """

    def __init__(
        self,
        *,
        life_s,
        answer_s,
        ends_over=None,
        loses_answers=False,
        answers_first=False,
        keeps=False,
    ):
        self.life_s, self.answer_s, self.loses_answers = life_s, answer_s, loses_answers
        self.ends_over = ends_over or (lambda network, message: False)
        self.answers_first, self.keeps = answers_first, keeps
        self.now_s, self.arrived = 0.0, []
        self.client, self.ended, self.endpoint = None, "", "there:1883"
        self.keep_alive_s, self.changed, self.refused = 60, self, {}
        self.acknowledged, self._answers, self._number = set(), [], 0
        self.ended_s, self._chance = 0.0, random.Random(1)

    def connect(self):
        self.now_s += 2 * self.answer_s
        self.client, self.ended, self._answers = self, "", []
        self.begun_s = self.sent_s = self.now_s
        self.end_s, self.count, self.is_ending = self.now_s + self.life_s(), 0, False

    def send(self, message):
        self._number += 1
        if not self.ended and not self.is_ending and self.end_s > self.now_s:
            at_s = self.now_s + self.answer_s
            if self.ends_over(self, message):
                self.is_ending = True
                if self.loses_answers:
                    del self._answers[self._chance.randint(0, len(self._answers)) :]
                if self.answers_first and at_s < self.end_s:
                    self._answers.append((at_s, self._number))
                    self.arrived += [message] * self.keeps
                self.end_s = min(self.end_s, at_s + 0.001)
            elif at_s < self.end_s:
                self._answers.append((at_s, self._number))
                self.arrived.append(message)
            self.count += 1
            self.sent_s = self.now_s
        return self._number

    def wait(self, timeout_s):
        count = len(self.acknowledged)
        self.wait_for(lambda: len(self.acknowledged) > count, timeout_s)

    def wait_for(self, is_done, timeout_s):
        """Time goes on only here."""
        until_s = self.now_s + timeout_s
        while not is_done() and not self.ended:
            next_s = min(self._answers[0][0] if self._answers else NEVER_S, self.end_s)
            if next_s > until_s:
                self.now_s = until_s
                return
            self.now_s = max(self.now_s, next_s)
            if self._answers and next_s == self._answers[0][0] < self.end_s:
                self.acknowledged.add(self._answers.pop(0)[1])
            else:
                self.ended, self.ended_s = "gone", self.now_s

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def forget_answers(self):
        self.acknowledged.clear()

    def lost(self):
        return "lost"


class Play:
    """What `Delivery` does with a spool, without a thread."""

    def __init__(self, network, waiting, *, for_s, batch=20):
        self.network, self.waiting, self.refused = network, list(waiting), []
        self.told = set()
        self._sender = Sender(network, network.send, resend_s=3.0)
        self._back_off_s, self._known, self._has_got_on = 1.0, set(), False
        while network.now_s < for_s and (self.waiting or not self._is_all()):
            if network.client is None or network.ended:
                self._connect()
            self._publish(self.waiting[:batch])

    def _connect(self):
        if self.network.client is not None and not self._has_got_on:
            self.network.now_s += self._back_off_s
            self._back_off_s = min(30.0, 2 * self._back_off_s)
        self._sender.connect()
        self._has_got_on = False

    def _is_all(self):
        self.network.wait_for(lambda: False, 1.0)
        self._put_back()
        return not self.waiting

    def _publish(self, part):
        try:
            self._sender.publish(part)
            self._done(len(part))
        except RefusedMessageError as error:
            self._done(error.acknowledged)
            self.refused.append(self.waiting.pop(0))
            self.told.add(str(error))
        except PublishError as error:
            self._done(error.acknowledged)
            self.network.ended = self.network.ended or "closed"
            self.told.add(str(error))
        self._put_back()

    def _done(self, count):
        done = {message.message_id for message in self.waiting[:count]}
        del self.waiting[:count]
        if done - self._known:
            self._known |= done
            self._has_got_on, self._back_off_s = True, 1.0

    def _put_back(self):
        self.waiting = self._sender.take_unsettled() + self.waiting

    @property
    def first_arrivals(self):
        return list(dict.fromkeys(message.message_id for message in self.network.arrived))


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """The clock of the network that was made last."""
    known = SimpleNamespace(monotonic=lambda: known.network.now_s)
    monkeypatch.setattr("penstock.brokers.mqtt_sender.time", known)
    made = Network.__init__

    def make(self, **settings):
        made(self, **settings)
        known.network = self

    monkeypatch.setattr(Network, "__init__", make)


def messages(sizes, topic="cars"):
    return [OutgoingMessage(f"id{n}", 0, topic, b"x" * size) for n, size in enumerate(sizes)]


def too_large(_network, message):
    return len(message.payload) >= LARGE


@pytest.mark.parametrize("loses_answers", [False, True])
@pytest.mark.parametrize("place", [1, 7, 19, 20, 21])
def test_a_message_that_is_too_large_is_refused_and_the_others_arrive(place, loses_answers):
    sizes = [10] * 45
    sizes[place] = LARGE
    network = Network(
        life_s=lambda: NEVER_S, answer_s=0.02, ends_over=too_large, loses_answers=loses_answers
    )
    play = Play(network, sent := messages(sizes), for_s=3600)
    assert play.refused == [sent[place]]
    assert play.first_arrivals == [one.message_id for one in sent if one is not sent[place]]
    assert len(network.arrived) < 45 + 20 * 20, "not again and again"
    over = "lost over a message of 5000 bytes for 'cars'"
    assert play.told == {
        "lost",
        f"{over}: see that the broker takes packets of that size, and that this user may publish "
        "there",
        f"{over} each time, while others were taken",
    }
    assert 300 < network.now_s < 600


@pytest.mark.parametrize("answers_first", [False, True])
@pytest.mark.parametrize("places", [{1300}, {3, 900, 901, 2990}, {2999}])
def test_it_is_found_among_many_although_answers_to_others_are_lost(places, answers_first):
    network = Network(
        life_s=lambda: NEVER_S,
        answer_s=0.001,
        ends_over=too_large,
        loses_answers=True,
        answers_first=answers_first,
    )
    sent = messages([LARGE if n in places else 10 for n in range(3000)])
    play = Play(network, sent, for_s=3600, batch=256)
    assert play.refused == [sent[n] for n in sorted(places)]
    assert play.first_arrivals == [one.message_id for one in sent if one not in play.refused]
    assert network.now_s < 300 + 120 * len(places)
    assert len(network.arrived) < 3000 * (3 + 2 * len(places)), "not again and again"


@pytest.mark.parametrize("sizes", [[10, 10, LARGE, 10, 10], [10, LARGE], [LARGE], [LARGE] * 4])
def test_a_broker_that_acknowledges_what_it_ends_the_connection_over_stops_nobody_for_ever(sizes):
    """Mosquitto's `message_size_limit` does so to clients of MQTT 3.1.1, and drops the message."""
    network = Network(
        life_s=lambda: NEVER_S, answer_s=0.02, ends_over=too_large, answers_first=True
    )
    play = Play(network, sent := messages(sizes), for_s=7200)
    assert play.waiting == []
    assert play.refused == [one for one in sent if too_large(network, one)]
    assert play.first_arrivals == [one.message_id for one in sent if one not in play.refused]


@pytest.mark.parametrize("answers_first", [False, True])
def test_more_of_them_are_found_sooner_unless_a_larger_one_was_taken(answers_first):
    sizes = [10, LARGE, 10, LARGE, 10, LARGE + 1, 10]
    network = Network(
        life_s=lambda: NEVER_S, answer_s=0.02, ends_over=too_large, answers_first=answers_first
    )
    play = Play(network, sent := messages(sizes), for_s=3600)
    assert play.refused == [sent[1], sent[3], sent[5]]
    assert network.now_s < 600
    limit = [LARGE]
    network = Network(
        life_s=lambda: NEVER_S,
        answer_s=0.02,
        ends_over=lambda network, message: len(message.payload) == limit[0],
    )
    play = Play(network, messages([10, LARGE, LARGE + 1, 10, LARGE]), for_s=3600)
    assert len(play.refused) == 2
    assert network.now_s > 600


def test_a_larger_one_that_passes_later_is_not_lost():
    """A broker that is short of memory for four minutes, and ends connections over it."""
    network = Network(
        life_s=lambda: NEVER_S,
        answer_s=0.02,
        ends_over=lambda network, message: too_large(network, message) and network.now_s < 240,
    )
    play = Play(network, sent := messages([10, LARGE, 10]), for_s=3600)
    assert (play.refused, play.waiting) == ([], [])
    assert play.first_arrivals == [one.message_id for one in sent]


def test_who_may_not_publish_at_all_loses_nothing():
    network = Network(
        life_s=lambda: NEVER_S,
        answer_s=0.02,
        ends_over=lambda network, message: network.now_s < 40_000,
    )
    play = Play(network, sent := messages([10, LARGE, 20]), for_s=80_000)
    assert (play.refused, play.waiting) == ([], [])
    assert play.first_arrivals == [one.message_id for one in sent]


@pytest.mark.parametrize("bikes_first", [False, True])
def test_who_may_not_publish_to_a_topic_any_more_loses_nothing(bikes_first):
    network = Network(
        life_s=lambda: NEVER_S,
        answer_s=0.02,
        ends_over=lambda network, message: message.topic == "cars" and network.now_s > 0.05,
    )
    bikes = [OutgoingMessage(f"b{n}", 0, "bikes", b"x") for n in range(5)]
    sent = [*bikes * bikes_first, *messages([10] * 40), *bikes]
    play = Play(network, sent, for_s=20_000)
    assert play.refused == []
    assert play.waiting[-6:] == sent[-6:]


def test_a_connection_that_no_pause_may_interrupt_costs_no_message():
    lives_s = [0.05, 0.05, 0.05]
    network = Network(
        life_s=lambda: lives_s.pop() if lives_s else NEVER_S,
        answer_s=0.02,
        ends_over=lambda network, message: network.now_s - network.sent_s > 3,
    )
    play = Play(network, sent := messages([10] * 3), for_s=20_000)
    assert (play.refused, play.waiting) == ([], [])
    assert play.first_arrivals == [one.message_id for one in sent]


def test_a_message_is_not_guilty_where_no_other_was_taken():
    suspicion, [one] = Suspicion(), messages([10])
    suspicion.connected()
    suspicion.acknowledged(one, is_new=True)
    suspicion.ended(0.1)
    for now_s in range(0, 5000, 50):
        suspicion.connected()
        suspicion.trial(one)
        assert not suspicion.struck(one, answer_s=0.1, now_s=now_s, is_acknowledged=False)


def test_a_connection_that_ends_without_the_suspect_makes_the_count_begin_anew():
    suspicion, [other, suspect] = Suspicion(), messages([10, LARGE])
    suspicion.lost(suspect)
    verdicts = []
    for now_s in range(0, 2000, 100):
        suspicion.connected()
        suspicion.acknowledged(other, is_new=False)
        if suspicion.trial(suspect) is None:
            continue
        if now_s == 500:
            suspicion.unsteady()
        else:
            verdicts.append(
                suspicion.struck(suspect, answer_s=0, now_s=now_s, is_acknowledged=False)
            )
    assert verdicts.index(True) == 5 + 5, "five before, and the sixth after that"


def test_a_connection_that_ends_long_after_the_message_counts_for_nothing():
    suspicion, [other, suspect] = Suspicion(), messages([10, LARGE])
    suspicion.lost(suspect)
    for now_s in range(0, 5000, 50):
        suspicion.connected()
        suspicion.acknowledged(other, is_new=False)
        suspicion.trial(suspect)
        assert not suspicion.struck(suspect, answer_s=0.3, now_s=now_s, is_acknowledged=False)


def lives(kind, life_s, seed):
    """How long connections hold: by chance, each the same time, or nearly so."""
    chance = random.Random(seed)
    return {
        "chance": lambda: chance.expovariate(1 / life_s),
        "fixed": lambda: life_s,
        "nearly": lambda: life_s * chance.uniform(0.8, 1.2),
        "mostly short": lambda: life_s * (1 if chance.random() < 0.9 else 100),
    }[kind]


def idle_ends_it(after_s):
    return lambda network, message: network.now_s - network.sent_s > after_s


def fast_ends_it(pause_s):
    return lambda network, message: network.count and network.now_s - network.sent_s < pause_s


@settings(max_examples=300)
@given(
    kind=st.sampled_from(["chance", "fixed", "nearly", "mostly short"]),
    life_s=st.floats(0.05, 100),
    seed=st.integers(0, 10**6),
    answer_s=st.sampled_from([0.0005, 0.02, 0.15, 0.19, 0.4, 3.0]),
    ends_over=st.none()
    | st.builds(idle_ends_it, st.floats(0.5, 20))
    | st.builds(fast_ends_it, st.floats(0.1, 6)),
    loses_answers=st.booleans(),
    answers_first=st.booleans(),
)
def test_no_network_and_no_broker_that_restarts_costs_a_message(
    kind, life_s, seed, answer_s, ends_over, loses_answers, answers_first
):
    network = Network(
        life_s=lives(kind, life_s, seed),
        answer_s=answer_s,
        ends_over=ends_over,
        loses_answers=loses_answers,
        answers_first=answers_first,
        keeps=True,
    )
    sent = messages([10, 30, 20, LARGE] * 10)
    play = Play(network, sent, for_s=7200, batch=8)
    assert [one for one in play.refused if one not in network.arrived] == []
    kept = {message.message_id for message in play.waiting}
    assert [m.message_id for m in sent if m.message_id not in kept] == [
        one for one in play.first_arrivals if one not in kept
    ]


@settings(max_examples=60)
@given(
    seed=st.integers(0, 10**6),
    life_s=st.floats(100, 1000),
    answer_s=st.sampled_from([0.0005, 0.02, 0.15]),
    large=st.sets(st.integers(1, 39), max_size=3),
    loses_answers=st.booleans(),
)
def test_guilty_messages_are_found_where_connections_break_now_and_then(
    seed, life_s, answer_s, large, loses_answers
):
    sent = messages([LARGE if n in large else 10 for n in range(40)])
    network = Network(
        life_s=lives("chance", life_s, seed),
        answer_s=answer_s,
        ends_over=too_large,
        loses_answers=loses_answers,
    )
    play = Play(network, sent, for_s=4 * 3600)
    assert play.waiting == []
    assert play.refused == [one for one in sent if len(one.payload) == LARGE]
    assert play.first_arrivals == [one.message_id for one in sent if one not in play.refused]


def test_another_message_that_comes_again_for_a_trial_is_nothing_new(monkeypatch):
    """Else a suspect that cannot be convicted would be sent among others again."""
    told = []
    acknowledged = Suspicion.acknowledged

    def note(self, message, *, is_new):
        told.append((message.message_id, is_new))
        acknowledged(self, message, is_new=is_new)

    monkeypatch.setattr(Suspicion, "acknowledged", note)
    network = Network(life_s=lambda: NEVER_S, answer_s=0.02, ends_over=too_large)
    Play(network, messages([10, LARGE, 10]), for_s=3600)
    assert sum(is_new for _, is_new in told) == 2, "each once"
