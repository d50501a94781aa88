"""`nvdsmetamux`: join what several branches found out about the same frames.

gst-launch-1.0 videotestsrc num-buffers=5 ! nvvideoconvert ! mux.sink_0 \
    nvstreammux name=mux batch-size=1 width=640 height=360 ! tee name=t \
    t. ! queue ! nvinfer config-file-path=config_infer.txt ! join.sink_0 \
    t. ! queue ! nvinfer config-file-path=config_infer_2.txt ! join.sink_1 \
    nvdsmetamux name=join active-pad=sink_0 ! nvdsosd ! fakesink
"""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import Any

from penstock.batching import Branch, Joiner
from penstock.config import MetaMuxConfig
from penstock.errors import ConfigError
from penstock.gst import (
    Element,
    Gst,
    Property,
    attach,
    batch_in,
    batch_of,
    given_out,
    gproperties,
    new_buffer,
    pad_template,
    post_error,
    post_warning,
    push,
    weak,
)
from penstock.gst.buffers import is_sole
from penstock.meta import BatchMeta

_PATIENCE_S = 5.0
_MOST_AHEAD = 32
_FLUSHING = Gst.FlowReturn.FLUSHING
_TURNS = (Gst.EventType.EOS, Gst.EventType.STREAM_START, Gst.EventType.FLUSH_STOP)


class NvDsMetaMux(Element, Gst.Element):
    """Passes the buffers of one pad on; the others only give their metadata."""

    FACTORY = "nvdsmetamux"
    PROPERTIES = (
        Property("active-pad", "string", None, "The pad whose buffers pass; the file's, or sink_0"),
        Property(
            "pts-tolerance",
            "int64",
            60_000,
            "Frames no farther apart belong together, microseconds; wins over the file",
        ),
        Property("config-file", "string", None, "Which models count for which sources"),
    )
    __gtype_name__ = "Gstnvdsmetamux"
    __gstmetadata__ = (
        "Penstock metadata mux",
        "Generic/Metadata",
        "Joins what several branches found out",
        "The Penstock authors",
    )
    __gsttemplates__ = (
        pad_template("sink_%u", Gst.PadDirection.SINK, Gst.PadPresence.REQUEST, "ANY"),
        pad_template("src", Gst.PadDirection.SRC, Gst.PadPresence.ALWAYS, "ANY"),
    )
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self._config = MetaMuxConfig()
        self._heard = threading.Condition()  # guards everything below
        self._joiner = Joiner(tolerance_ns=0)
        self._running = False
        self._is_over = False  # the active branch has ended: nobody will ask for more
        self._active = ""
        self._flushing: set[str] = set()
        self._src = Gst.Pad.new_from_template(self.get_pad_template("src"), "src")
        self._src.set_event_function_full(weak(self._src_event, otherwise=False))
        self._src.set_query_function_full(weak(self._src_query, otherwise=False))
        self.add_pad(self._src)

    # Settings

    def changed(self, name: str, value: Any) -> None:
        """The file is read when it is named; all settings hold from the next start on."""
        if name == "config-file":
            self._config = MetaMuxConfig.read(value) if value else MetaMuxConfig()
            if "pts-tolerance" not in self.explicit:
                self._settings["pts-tolerance"] = self._config.tolerance_us

    def ready(self) -> None:
        """The pad whose buffers pass must be there."""
        active = self.setting("active-pad") or self._config.active_pad
        pads = [pad.get_name() for pad in self.sinkpads]
        if pads and active not in pads:
            raise ConfigError(f"active-pad={active}: no such pad, there are {', '.join(pads)}")
        for text in self._config.warnings:
            post_warning(self, text)
        with self._heard:
            self._active = active
            self._joiner = Joiner(
                tolerance_ns=self.setting("pts-tolerance") * 1000, sources=self._config.sources
            )
            self._joiner.branches.update((pad, Branch()) for pad in pads if pad != active)

    def do_change_state(self, transition: Gst.StateChange) -> Gst.StateChangeReturn:
        """Let whoever waits go when the element stops."""
        if transition == Gst.StateChange.READY_TO_PAUSED:
            with self._heard:
                self._running, self._is_over = True, False
                self._flushing.clear()
                for pad in self._joiner.branches:
                    self._joiner.branches[pad] = Branch()
        elif transition == Gst.StateChange.PAUSED_TO_READY:
            with self._heard:
                self._running = False
                self._heard.notify_all()
        return super().do_change_state(transition)

    # Pads

    def do_request_new_pad(
        self, template: Gst.PadTemplate, name: str | None, _caps: Gst.Caps | None
    ) -> Gst.Pad | None:
        """An application asks for `sink_N`, or for any sink."""
        taken = {pad.get_name() for pad in self.sinkpads}
        free = (f"sink_{n}" for n in range(len(taken) + 1))
        name = name or next(one for one in free if one not in taken)
        if name in taken:
            self.log.error(self, f"pad {name} was requested before")
            return None
        pad = Gst.Pad.new_from_template(template, name)
        pad.set_chain_function_full(partial(weak(self._chain, otherwise=_FLUSHING), name=name))
        pad.set_event_function_full(partial(weak(self._event, otherwise=False), name=name))
        pad.set_query_function_full(partial(weak(self._query, otherwise=False), name=name))
        with self._heard:
            self._flushing.discard(name)
            if self._active and name != self._active:
                self._joiner.branches[name] = Branch()
        pad.set_active(True)
        self.add_pad(pad)
        return given_out(pad)

    def do_release_pad(self, pad: Gst.Pad) -> None:
        """An application gives a pad back."""
        if vars(self):  # else C disposes of the element, and Python has done so already
            with self._heard:
                self._joiner.branches.pop(pad.get_name(), None)
                self._flushing.add(pad.get_name())  # its thread may wait: it holds the pad's lock
                self._heard.notify_all()
        pad.set_active(False)
        self.remove_pad(pad)

    def _event(self, pad: Gst.Pad, _parent: Gst.Object, event: Gst.Event, name: str) -> bool:
        with self._heard:
            if event.type == Gst.EventType.FLUSH_START:
                self._flushing.add(name)
            elif event.type == Gst.EventType.FLUSH_STOP:
                self._flushing.discard(name)
            branch = self._joiner.branches.get(name)
            if name == self._active and event.type in _TURNS:
                self._is_over = event.type == Gst.EventType.EOS
            elif branch is not None and event.type == Gst.EventType.EOS:
                branch.ended = True
            elif branch is not None and event.type == Gst.EventType.FLUSH_STOP:
                self._joiner.branches[name] = Branch()
            self._heard.notify_all()
        return branch is not None or bool(self._src.push_event(event))

    def _query(self, pad: Gst.Pad, parent: Gst.Object, query: Gst.Query, name: str) -> bool:
        """What the active branch may bring is what the next element takes; others bring facts."""
        if name == (self._active or self.setting("active-pad") or self._config.active_pad):
            if query.type == Gst.QueryType.CAPS:
                return bool(pad.proxy_query_caps(query))
            if query.type == Gst.QueryType.ACCEPT_CAPS:
                return bool(pad.proxy_query_accept_caps(query))
        return bool(pad.query_default(parent, query))

    def _src_event(self, _pad: Gst.Pad, _parent: Gst.Object, event: Gst.Event) -> bool:
        active = self.get_static_pad(self._active)
        return active is not None and bool(active.push_event(event))

    def _src_query(self, pad: Gst.Pad, parent: Gst.Object, query: Gst.Query) -> bool:
        active = self.get_static_pad(self._active)
        if query.type == Gst.QueryType.CAPS and active is not None:
            query.set_caps_result(active.peer_query_caps(query.parse_caps()))
            return True
        return bool(pad.query_default(parent, query))

    # Batches

    def _chain(
        self, _pad: Gst.Pad, _parent: Gst.Object, buffer: Gst.Buffer, name: str
    ) -> Gst.FlowReturn:
        try:
            if name != self._active:
                return self._hear(buffer, name)
            if not self._config.enable:
                return self._src.push(buffer)
            # A new buffer: this one stays Python's, and whoever writes behind would have to copy.
            batch = batch_in(buffer) if is_sole(buffer) else batch_in(buffer).copy()
            if not self._complete(batch, buffer.pts, name):
                return _FLUSHING
            address = new_buffer(pts_ns=_known(buffer.pts), duration_ns=_known(buffer.duration))
            attach(address, batch)
            del batch
            return push(self._src, address)
        except BaseException as error:  # nothing may escape into C
            post_error(self, error)
            return Gst.FlowReturn.ERROR

    def _hear(self, buffer: Gst.Buffer, name: str) -> Gst.FlowReturn:
        """Keep what a branch knows; its pictures are free as soon as this returns."""
        batch = batch_of(buffer)
        with self._heard:
            while batch is not None and self._is_ahead(name) and self._may_wait(name):
                self._heard.wait(_PATIENCE_S)
            branch = self._joiner.branches.get(name)
            if batch is None or branch is None or self._is_over:
                return Gst.FlowReturn.OK
            if not self._may_wait(name):
                return _FLUSHING
            branch.hear(batch.frames, buffer.pts)
            self._heard.notify_all()
        return Gst.FlowReturn.OK

    def _complete(self, batch: BatchMeta, time_ns: int, name: str) -> bool:
        """Wait for the other branches, and join; false when stopping."""
        until_s = time.monotonic() + _PATIENCE_S
        with self._heard:
            while behind := self._joiner.behind(batch, time_ns):
                if not self._may_wait(name):
                    return False
                left_s = until_s - time.monotonic()
                if left_s <= 0:
                    self._go_without(behind)
                    break
                self._heard.wait(left_s)
            if not self._may_wait(name):
                return False
            self._joiner.join(batch, time_ns)
            self._heard.notify_all()
        return True

    def _is_ahead(self, name: str) -> bool:
        branch = self._joiner.branches.get(name)
        return branch is not None and len(branch.ahead) >= _MOST_AHEAD and not self._is_over

    def _may_wait(self, name: str) -> bool:
        return self._running and name not in self._flushing

    def _go_without(self, pads: list[str]) -> None:
        for pad in pads:
            self._joiner.branches[pad].ended = True  # until it delivers again
        post_warning(
            self,
            f"nothing came on {', '.join(pads)} for {_PATIENCE_S:.0f} s: batches leave without it",
        )


def _known(time_ns: int) -> int:
    return -1 if time_ns == Gst.CLOCK_TIME_NONE else time_ns
