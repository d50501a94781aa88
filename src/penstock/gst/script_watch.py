"""Look after an application that drives GStreamer by itself, without changing it.

PyGObject applications start a pipeline, or what they add to one, by `set_state` or
`sync_state_with_parent`. There each pipeline is met before it runs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

from penstock import paths
from penstock.gst.gi import GObject, Gst
from penstock.gst.lookup import elements_in

_FILE_PROPERTIES = ("location", "uri", "suburi")
_EOS_PATIENCE_S = 5.0


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
        put_stand_ins(element)
        top = element
        while (parent := top.get_parent()) is not None:
            top = parent
        with self._meeting:
            bus = top.get_bus()
            if bus is None or hash(top) in self._met:
                return
            self._met[hash(top)] = top.weak_ref(self._forget, hash(top))
        bus.enable_sync_message_emission()
        bus.connect("sync-message::error", self._note)

    def _forget(self, address: int) -> None:
        self._met.pop(address, None)

    def _note(self, _bus: Gst.Bus, message: Gst.Message) -> None:
        source = message.src.get_name() if message.src is not None else "?"
        self.errors.append(f"{source}: {message.parse_error()[0].message}")


def put_stand_ins(element: Gst.Element) -> None:
    """Have sources read what stands in for a file of DeepStream's own tree that is not there."""
    for part in [element, *(elements_in(element) if isinstance(element, Gst.Bin) else ())]:
        for name in _FILE_PROPERTIES:
            described = part.find_property(name)
            if described is None or not described.flags & GObject.ParamFlags.READABLE:
                continue
            if name == "location" and part.get_static_pad("src") is None:
                continue  # a sink's: to be written
            value = part.get_property(name)
            if isinstance(value, str) and (instead := stand_in(value)) != value:
                part.set_property(name, instead)


def stand_in(value: str) -> str:
    """A path or file:// URI as it is, or what stands in for it."""
    if not value.startswith("file://"):
        return value if "://" in value else _unless_same(value, value, "")
    return _unless_same(value, unquote(urlsplit(value).path), "file://")


def _unless_same(value: str, path: str, scheme: str) -> str:
    found = str(paths.found(path))
    return value if found == path else scheme + found
