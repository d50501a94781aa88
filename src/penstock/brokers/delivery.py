"""From a spool to a broker: a thread that sends, waits and tries again."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from penstock.brokers.base import Broker, OutgoingMessage, PublishError, RefusedMessageError
from penstock.brokers.retrying import BackOff, Troubles
from penstock.brokers.spool import Spool, Waiting
from penstock.errors import BrokerError, PenstockError

BATCH = 256
BATCH_BYTES = 4 << 20
SYNC_S = 1.0
_MOVED = 64 * BATCH  # messages, so that who brings new ones waits for less than a second
_MOVED_BYTES = 16 << 20
_PATIENCE_S = 12.0  # a call of a broker that has begun may take that long


@dataclass
class DeliveryCounts:
    """What happened to messages.

    Attributes:
        sent: Handed to the broker, once for every try.
        acknowledged: Taken by the broker; once, though it may have forgotten them since.
        refused: Never to be taken by the broker, and dropped.
    """

    sent: int = 0
    acknowledged: int = 0
    refused: int = 0


class Delivery:
    """Sends what a spool holds, in its order, until the broker has acknowledged it.

    A broker that is away is tried again after 1 s, then 2 s, up to 30 s. A message that it refuses
    for ever is counted, told, and skipped. What it may have forgotten although it had acknowledged
    it waits again, in front of the rest; behind it where too much waits to be moved at once.

    Attributes:
        spool: Closed by the thread, as is the broker.
        counts: What happened so far.

    Args:
        broker: Where to.
        spool: Where messages wait.
        on_trouble: Is told each problem once, on the thread.
        on_recovery: Is told, on the thread, when the broker takes messages again.
        pause_s: Between one batch and the next, seconds.
        back_off: How soon a broker is tried again.
    """

    def __init__(
        self,
        broker: Broker,
        spool: Spool,
        *,
        on_trouble: Callable[[str], None],
        on_recovery: Callable[[str], None],
        pause_s: float = 0.0,
        back_off: BackOff | None = None,
    ) -> None:
        self.spool, self.counts = spool, DeliveryCounts()
        self._broker = broker
        self._connection = Troubles(on_trouble, on_recovery)
        self._disk = Troubles(on_trouble, on_recovery)
        self._losses = Troubles(on_trouble, on_recovery)
        self._pause_s = pause_s
        self._back_off = back_off or BackOff()
        self._is_connected = self._has_published = self._gives_up = False
        self._has_idled = self._is_fruitless = False
        self._tended_s = 0.0
        self._repeated = 0  # messages in the spool that were acknowledged before
        self._order = threading.Lock()  # who has it puts messages into the spool
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._deadline_s = 0.0
        self._thread = threading.Thread(target=self._run, name="broker delivery", daemon=True)

    def start(self) -> None:
        """Begin to connect and to send."""
        self._thread.start()

    def accept(self, messages: Iterable[OutgoingMessage]) -> None:
        """Have messages sent; they are in the spool when this returns, which is at once."""
        with self._order:
            self.spool.append(messages)
        self._wake.set()

    def stop(self, *, flush_s: float) -> None:
        """Send what still waits, for a limited time; the spool keeps the rest for the next run.

        Where the broker is away and everything is on disk, nothing is waited for.

        Args:
            flush_s: How long, seconds; a call of the broker that has begun is waited for.
        """
        self._deadline_s = time.monotonic() + flush_s
        self._stopping.set()
        self._wake.set()
        self._thread.join(flush_s + _PATIENCE_S)

    def _run(self) -> None:
        try:
            while not self._is_finished():
                self._step()
        finally:
            with contextlib.suppress(Exception):
                self._broker.close()
            lost = self.spool.close()
            if lost:
                self._losses.add(f"{lost} messages waited in memory only and are lost")

    def _is_finished(self) -> bool:
        self._put_back()
        if not self._stopping.is_set():
            return False
        is_late = time.monotonic() >= self._deadline_s
        return is_late or self._gives_up or len(self.spool) == 0

    def _step(self) -> None:
        try:
            self._tend()
            if self._is_fruitless:
                raise BrokerError("the connection was lost again before a new message was taken")
            waiting = self.spool.oldest(BATCH, most_bytes=BATCH_BYTES)
            if self._is_connected and not waiting:
                if self._has_idled:
                    self._works()
                self._has_idled = not self._wake.wait(SYNC_S)
                self._wake.clear()
                return
            self._has_idled = False
            if not self._is_connected:
                self._broker.connect()
                self._is_connected, self._has_published = True, False
            if waiting:
                self._publish(waiting)
        except Exception as error:  # a mistake of an adapter must not end the thread
            self._failed(error)
            return
        if self._has_published or not waiting:
            self._works()
        if self._pause_s:
            self._stopping.wait(self._pause_s)

    def _works(self) -> None:
        self._back_off.reset()
        self._connection.end("the broker takes messages again")

    def _publish(self, waiting: Sequence[Waiting]) -> None:
        self.counts.sent += len(waiting)
        try:
            self._broker.publish([one.message for one in waiting])
        except PublishError as error:
            taken = error.acknowledged
            self._acknowledged(waiting[:taken])
            if not isinstance(error, RefusedMessageError):
                raise
            self.counts.refused += self.spool.done(waiting[taken : taken + 1])
            self.counts.sent -= len(waiting) - taken - 1
            self._losses.add(f"{error}; the message is dropped")
            self._has_published = True
        else:
            self._acknowledged(waiting)

    def _acknowledged(self, waiting: Sequence[Waiting]) -> None:
        """What the broker takes once more is no sign that it takes what comes behind that."""
        done = self.spool.done(waiting)
        repeated = min(len(waiting), self._repeated)
        self._repeated -= repeated
        self.counts.acknowledged += max(0, done - repeated)
        self._has_published |= len(waiting) > repeated

    def _put_back(self) -> None:
        """What the broker may have forgotten waits again: first, where not too much waits."""
        unsettled = self._unsettled()
        if not unsettled:
            return
        with self._order:
            moved = self._movable()
            self.spool.append([*unsettled, *(one.message for one in moved)])
            # Where room was short, some of those were dropped, but not their copies.
            self.spool.expired -= len(moved) - self.spool.done(moved)
        self._repeated += len(unsettled)
        self._is_connected = False
        self._is_fruitless = not self._has_published

    def _movable(self) -> Sequence[Waiting]:
        """All that waits; nothing where that is too much, or cannot be read just now."""
        with contextlib.suppress(OSError):
            waiting = self.spool.oldest(_MOVED, most_bytes=_MOVED_BYTES)
            if len(waiting) == len(self.spool):
                return waiting
        return ()

    def _unsettled(self) -> Sequence[OutgoingMessage]:
        take = getattr(self._broker, "take_unsettled", None)
        with contextlib.suppress(Exception):  # a mistake of an adapter must not end the thread
            return take() if take is not None else ()
        return ()

    def _failed(self, error: Exception) -> None:
        self._put_back()
        had_published, self._has_published = self._has_published, False
        self._is_connected = self._is_fruitless = False
        if had_published:
            return  # a connection that was lost, perhaps long ago: the next one tells more
        text = (
            str(error) if isinstance(error, PenstockError) else f"{type(error).__name__}: {error}"
        )
        self._connection.add(f"{text}; messages wait in the spool")
        wait_s = self._back_off.next_s()
        if not self._stopping.is_set():
            self._rest(wait_s)
        elif self.spool.is_kept:
            self._gives_up = True
        else:
            time.sleep(max(0.0, min(wait_s, self._deadline_s - time.monotonic())))

    def _rest(self, wait_s: float) -> None:
        """Wait, keeping the spool in order, until it is time or somebody stops."""
        until_s = time.monotonic() + wait_s
        while (left_s := until_s - time.monotonic()) > 0:
            if self._stopping.wait(min(left_s, SYNC_S)):
                return
            self._tend()

    def _tend(self) -> None:
        now_s = time.monotonic()
        if now_s - self._tended_s < SYNC_S:
            return
        self._tended_s = now_s
        self.spool.tend()
        if self.spool.loss:
            self._losses.add(self.spool.loss)
        if self.spool.trouble:
            self._disk.add(self.spool.trouble)
        else:
            self._disk.end("messages that wait are on the disk again")
