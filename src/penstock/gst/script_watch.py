"""Look after an application that drives GStreamer by itself, without changing it.

PyGObject applications start a pipeline, or what they add to one, by `set_state` or
`sync_state_with_parent`. There each pipeline is met before it runs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from penstock.gst.gi import Gst


class ScriptWatch:
    """What came of an application's pipelines.

    Attributes:
        errors: Each ERROR message of any bus, `element: text`, whether the application read it or
            not.
    """

    def __init__(self) -> None:
        self.errors: list[str] = []
        self._met: dict[int, Callable[[], Gst.Element | None]] = {}
        self._meeting = threading.Lock()

    def install(self) -> None:
        """From now on, meet every pipeline of this process."""
        for name in ("set_state", "sync_state_with_parent"):
            setattr(Gst.Element, name, self._meeting_first(getattr(Gst.Element, name)))

    def send_eos(self) -> bool:
        """Send EOS into everything that plays; whether something does."""
        playing = []
        for reference in list(self._met.values()):
            top = reference()
            if top is not None and top.get_state(0)[1] >= Gst.State.PAUSED:
                playing.append(top)
        for top in playing:  # a paused source would only answer when it plays again
            top.call_async(lambda element: element.send_event(Gst.Event.new_eos()))
        return bool(playing)

    def _meeting_first(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def change_state(element: Gst.Element, *state: Any) -> Any:
            if state != (Gst.State.NULL,):
                self._meet(element)
            return original(element, *state)

        change_state.__name__ = getattr(original, "__name__", "change_state")
        return change_state

    def _meet(self, element: Gst.Element) -> None:
        top = element
        while (parent := top.get_parent()) is not None:
            top = parent
        with self._meeting:
            bus, known = top.get_bus(), self._met.get(hash(top))
            if bus is None or (known is not None and known() is not None):
                return
            # Without a callback: PyGObject would call it while an exception passes, and lose that.
            self._met[hash(top)] = top.weak_ref()
        bus.enable_sync_message_emission()
        bus.connect("sync-message::error", self._note)

    def _note(self, _bus: Gst.Bus, message: Gst.Message) -> None:
        source = message.src.get_name() if message.src is not None else "?"
        self.errors.append(f"{source}: {message.parse_error()[0].message}")
