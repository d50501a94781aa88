"""From a broker to whoever listens: a thread that connects, receives and tries again."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable

from penstock.brokers.base import TIMEOUT_S, IncomingMessage, Listener
from penstock.brokers.retrying import BackOff, Troubles
from penstock.errors import PenstockError

_WAIT_S = 0.5


class Reception:
    """Receives until it is stopped; a broker that is away is tried again, as by `Delivery`.

    Args:
        listener: Where from; closed by the thread.
        on_message: Is given what arrives, in its order, on the thread.
        on_trouble: Is told each problem once, on the thread.
        on_recovery: Is told, on the thread, when messages can arrive again.
        back_off: How soon a broker is tried again.
    """

    def __init__(
        self,
        listener: Listener,
        *,
        on_message: Callable[[IncomingMessage], None],
        on_trouble: Callable[[str], None],
        on_recovery: Callable[[str], None],
        back_off: BackOff | None = None,
    ) -> None:
        self._listener, self._on_message = listener, on_message
        self._troubles = Troubles(on_trouble, on_recovery)
        self._back_off = back_off or BackOff()
        self._is_connected = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="broker reception", daemon=True)

    def start(self) -> None:
        """Begin to connect and to receive."""
        self._thread.start()

    def stop(self) -> None:
        """End; a call of the listener that has begun is waited for."""
        self._stopping.set()
        self._thread.join(_WAIT_S + TIMEOUT_S)

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._step()
        finally:
            with contextlib.suppress(Exception):
                self._listener.close()

    def _step(self) -> None:
        try:
            if not self._is_connected:
                self._listener.connect()
                self._is_connected = True
            for message in self._listener.receive(_WAIT_S):
                self._on_message(message)
        except Exception as error:  # a mistake of an adapter must not end the thread
            self._is_connected = False
            is_told = isinstance(error, PenstockError)
            text = str(error) if is_told else f"{type(error).__name__}: {error}"
            self._troubles.add(f"{text}; no messages are received")
            self._stopping.wait(self._back_off.next_s())
            return
        self._back_off.reset()
        self._troubles.end("messages are received again")
