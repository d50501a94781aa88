"""The proof that nothing is lost: a broker and a pipeline are killed while messages flow."""

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

SOURCES, NUMBERS = 4, 2500
TOPIC = "outage"
ENOUGH_S = 120
DOWN_S = 0.3
AHEAD = NUMBERS // 10  # how far a pipeline may go on while its broker, slow to start, is away
PLAYER = Path(__file__).with_name("outage_player.py")


class Witness:
    """Somebody else who sees what has arrived at a broker, in the order in which it did.

    Args:
        server: Runs, and will be killed and started again.
    """

    def __init__(self, server):
        self.server = server

    def start(self):
        """Called before the first message."""

    def payloads(self):
        """Every message so far, however often it arrived; the server runs."""
        raise NotImplementedError

    def stop(self):
        """Called at the end."""


class Player:
    """The pipeline in its process."""

    def __init__(self, folder, broker, *, first):
        self._accepted = Path(folder) / "accepted"
        self._accepted.unlink(missing_ok=True)
        self._allowed = Path(folder) / "allowed"
        self._allow(first)
        settings = {
            "broker": broker,
            "sources": SOURCES,
            "first": first,
            "end": NUMBERS,
            "accepted": str(self._accepted),
            "allowed": str(self._allowed),
        }
        self.process = subprocess.Popen(
            [sys.executable, PLAYER, json.dumps(settings)], stdout=subprocess.PIPE, text=True
        )

    @property
    def accepted(self):
        """How many numbers nvmsgbroker has accepted for certain."""
        try:
            return int(self._accepted.read_text() or 0)
        except FileNotFoundError:
            return 0

    def _allow(self, number):
        self._allowed.write_text(f"{number:9d}")

    def until(self, number):
        self._allow(number + AHEAD)
        end_s = time.monotonic() + ENOUGH_S
        while self.accepted < number:
            assert time.monotonic() < end_s, f"only {self.accepted} of {number} are accepted"
            assert self.process.poll() is None, "the pipeline has ended"
            time.sleep(0.005)

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def finish(self):
        """Wait for its end; returns how many messages it has left in the spool."""
        self._allow(NUMBERS + 1)
        text, _ = self.process.communicate(timeout=ENOUGH_S)
        assert self.process.returncode == 0
        return int(text)


def survive(server, witness, folder, **properties):
    """Kill a running server three times and the pipeline once; all that was accepted must arrive.

    Args:
        server: Runs.
        witness: A `Witness` of it, not started.
        folder: For the spool.
        properties: Of nvmsgbroker, `_` for `-`, beyond those that say where the server is.
    """
    broker = {
        "proto-lib": server.BROKER,
        "conn-str": server.conn_str,
        "topic": TOPIC,
        "spool-dir": str(folder / "spool"),
        "flush-timeout": 1000 * ENOUGH_S,
        **{name.replace("_", "-"): value for name, value in properties.items()},
    }
    players = [Player(folder, broker, first=0)]
    witness.start()
    try:
        players[0].until(NUMBERS * 15 // 100)
        outage(server, lambda: time.sleep(DOWN_S))
        players[0].until(NUMBERS * 40 // 100)
        outage(server, lambda: restart(players, folder, broker))
        players[-1].until(NUMBERS * 75 // 100)
        outage(server, lambda: time.sleep(DOWN_S))
        left = players[-1].finish()
        assert left == 0, f"{left} messages are left in the spool"
        check(all_payloads(witness))
    finally:
        for player in players:
            player.kill()
        witness.stop()


def outage(server, meanwhile):
    server.kill()
    meanwhile()
    server.start()


def restart(players, folder, broker):
    """Kill the pipeline while messages wait for a broker that is away, and play on."""
    time.sleep(DOWN_S)
    players[-1].kill()
    accepted = players[-1].accepted
    players.append(Player(folder, broker, first=accepted))
    players[-1].until(accepted + 1)


def all_payloads(witness):
    """What the witness has seen when nothing has come for a while."""
    seen, since_s = [], time.monotonic()
    while time.monotonic() - since_s < 1.0 and len(seen) < SOURCES * NUMBERS:
        now = witness.payloads()
        if len(now) > len(seen):
            since_s = time.monotonic()
        seen = now
        time.sleep(0.05)
    return seen


def check(payloads):
    """Every number of every source arrived, and in its order for the first time."""
    first = {source: [] for source in range(SOURCES)}
    known = set()
    for payload in payloads:
        source, number = map(int, payload.decode().split(";"))
        if (source, number) not in known:
            known.add((source, number))
            first[source].append(number)
    for source, numbers in first.items():
        missing = sorted(set(range(NUMBERS)) - set(numbers))
        assert not missing, f"source {source}: {len(missing)} are lost: {missing[:10]}"
        assert numbers == sorted(numbers), f"source {source}: not in order"


class Collector(Witness):
    """A witness whose messages come on a thread; subclasses call `add`."""

    def __init__(self, server):
        super().__init__(server)
        self._seen, self._lock = [], threading.Lock()

    def add(self, payload):
        with self._lock:
            self._seen.append(bytes(payload))

    def payloads(self):
        with self._lock:
            return list(self._seen)
