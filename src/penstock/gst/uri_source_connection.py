"""One try at a source: the elements that open it and decode it, thrown away together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from penstock.errors import MissingExtraError
from penstock.gst.callbacks import weak
from penstock.gst.element import nvmm_caps
from penstock.gst.gi import NVMM, Gst
from penstock.gst.rtsp import Login, RtspSettings, make_rtspsrc, media_of

_DECODER = "nvv4l2decoder"
_BEHIND, _CAUGHT_UP = 4, 40
"""Parts of the most encoded frames that may wait."""
_ANY = 200
"""How many count as the most where any number may wait."""
OWN_BUSINESS = (
    Gst.MessageType.ASYNC_START
    | Gst.MessageType.ASYNC_DONE
    | Gst.MessageType.PROGRESS
    | Gst.MessageType.STATE_CHANGED
    | Gst.MessageType.STREAM_STATUS
    | Gst.MessageType.TAG
    | Gst.MessageType.DURATION_CHANGED
)
"""Messages of each connection anew: on a bus that nobody reads they would keep them all."""


@dataclass(frozen=True)
class ConnectionSettings:
    """What every try at a source has in common.

    Attributes:
        uri: What to open.
        login: For a camera over RTSP: where, and as whom; else None.
        rtsp: How such a camera is opened.
        audio: Whether sound is decoded.
        decoder: Properties of the video decoder.
        most_waiting: Encoded frames of a camera that wait for the decoder.
        leaky: `queue`'s number: what goes when more come.
    """

    uri: str
    login: Login | None = None
    rtsp: RtspSettings = field(default_factory=RtspSettings)
    audio: bool = False
    decoder: dict[str, Any] = field(default_factory=dict)
    most_waiting: int = 200
    leaky: int = 0

    @property
    def url(self) -> str:
        """The URI as it may be shown."""
        return self.uri if self.login is None else self.login.url


class Connection:
    """The elements of one try, in `bin`.

    Args:
        settings: What to open, and how.
        on_media: Called with this connection, `"video"` or `"audio"`, and a decoded pad; on a
            streaming thread.
        on_encoded: Called with the pad through which encoded video of a camera comes.

    Attributes:
        bin: Not yet in a pipeline, in state NULL; None once it is closed.
        is_dead: Set when it is given up: nothing of it counts any more.
        open_pads: Decoded pads whose end has not come.
        has_frames: Whether one has come.
        refusal: Why the camera's certificate was refused, if it was.
        packets_lost: RTP packets of a camera that never came; it stays once it is closed.

    Raises:
        ConfigError: A file of certificates cannot be read.
        MissingExtraError: GStreamer lacks an element.
    """

    def __init__(
        self,
        settings: ConnectionSettings,
        *,
        on_media: Callable[[Connection, str, Gst.Pad], None],
        on_encoded: Callable[[Gst.Pad], None],
    ) -> None:
        self._settings, self._on_media, self._on_encoded = settings, on_media, on_encoded
        self.is_dead, self.has_frames = False, False
        self.open_pads: set[str] = set()
        self._waiting: Gst.Element | None = None
        self._is_behind = False
        self.refusal: str | None = None
        self._jitter_buffers: list[Gst.Element] = []
        self._packets_lost = 0
        self.bin: Any = Gst.Bin.new(None)
        self.bin.connect("deep-element-added", weak(self._on_element, otherwise=None))
        if settings.login is not None:
            source = make_rtspsrc(
                settings.login, settings.rtsp, on_refusal=weak(self._on_refusal, otherwise=None)
            )
            source.connect("pad-added", weak(self._on_rtp, otherwise=None))
        else:
            source = _made("uridecodebin")
            source.set_property("uri", settings.uri)
            source.connect("autoplug-continue", _is_decoded, settings.audio)
            source.connect("pad-added", weak(self._on_decoded, otherwise=None))
        self.bin.add(source)

    @property
    def packets_lost(self) -> int:
        """RTP packets of a camera that never came, or too late."""
        if self._jitter_buffers:
            stats = [buffer.get_property("stats") for buffer in list(self._jitter_buffers)]
            self._packets_lost = sum(int(one.get_value("num-lost") or 0) for one in stats)
        return self._packets_lost

    @property
    def frames_waiting(self) -> int:
        """Encoded frames that the decoder has not yet taken."""
        if self._waiting is None:
            return 0
        return int(self._waiting.get_property("current-level-buffers"))

    def is_behind(self) -> bool:
        """Whether so many encoded frames wait that it should catch up; asked once a frame."""
        most = self._settings.most_waiting or _ANY
        self._is_behind = self.frames_waiting > most // (_CAUGHT_UP if self._is_behind else _BEHIND)
        return self._is_behind

    def owns(self, thing: Gst.Object | None) -> bool:
        """Whether an element or pad is part of it."""
        own = self.bin
        return (
            own is not None and thing is not None and (thing == own or thing.has_as_ancestor(own))
        )

    def set_state(self, state: Gst.State) -> Gst.StateChangeReturn:
        """Bring its elements to a state; nothing happens once it is closed."""
        own = self.bin
        return Gst.StateChangeReturn.SUCCESS if own is None else own.set_state(state)

    def close(self) -> None:
        """Stop it and take it out of its bin; may wait for its streaming threads."""
        self.is_dead = True
        own = self.bin
        if own is not None:
            self._packets_lost = self.packets_lost
            self._jitter_buffers.clear()
            own.set_state(Gst.State.NULL)
            parent = own.get_parent()
            if parent is not None:
                parent.remove(own)
            self.bin = None  # its pads' probes hold this object: neither would ever be freed

    def _on_element(self, _bin: Gst.Bin, _parent: Gst.Bin, element: Gst.Element) -> None:
        factory = element.get_factory()
        name = "" if factory is None else factory.get_name()
        if name == "rtpjitterbuffer":
            self._jitter_buffers.append(element)
        elif name == _DECODER:
            for setting, value in self._settings.decoder.items():
                element.set_property(setting, value)

    def _on_refusal(self, reason: str) -> None:
        self.refusal = reason

    def _on_rtp(self, _element: Gst.Element, pad: Gst.Pad) -> None:
        if media_of(pad) == "video":
            parse = _made("parsebin")
            parse.connect("pad-added", weak(self._on_parsed, otherwise=None))
            self._chain(pad, parse)
        else:
            decode = _made("decodebin")
            decode.connect("pad-added", weak(self._on_decoded, otherwise=None))
            self._chain(pad, decode)

    def _on_parsed(self, _element: Gst.Element, pad: Gst.Pad) -> None:
        if self._waiting is not None:
            return  # a camera has one picture
        self._waiting = queue = _made("queue")
        for name, value in {
            "max-size-buffers": self._settings.most_waiting,
            "max-size-bytes": 0,
            "max-size-time": 0,
            "leaky": self._settings.leaky,
        }.items():
            queue.set_property(name, value)
        self._on_encoded(queue.get_static_pad("sink"))
        last = self._chain(pad, queue, _made(_DECODER))
        self._show("video", last.get_static_pad("src"))

    def _on_decoded(self, _element: Gst.Element, pad: Gst.Pad) -> None:
        caps = pad.get_current_caps() or pad.query_caps(None)
        media = caps.get_structure(0).get_name().partition("/")[0]
        if media == "audio" and self._settings.audio:
            self._show(media, pad)
        elif media == "video":
            features = caps.get_features(0)
            if features is None or not features.contains(NVMM):
                label = _made("capsfilter")
                label.set_property("caps", Gst.Caps.from_string(nvmm_caps("NV12")))
                last = self._chain(pad, _made("videoconvert"), _made("nvvideoconvert"), label)
                pad = last.get_static_pad("src")
            self._show(media, pad)

    def _show(self, media: str, pad: Gst.Pad) -> None:
        if media in self.open_pads:
            return  # of several pictures, the first
        ghost = Gst.GhostPad.new(media, pad)
        ghost.set_active(True)
        self.open_pads.add(media)
        self.bin.add_pad(ghost)
        self._on_media(self, media, ghost)

    def _chain(self, pad: Gst.Pad, *elements: Gst.Element) -> Gst.Element:
        """Add elements behind a pad, last first so that no data meets a stopped one."""
        for element in elements:
            self.bin.add(element)
        for before, after in pairwise(elements):
            before.link(after)
        for element in reversed(elements):
            element.sync_state_with_parent()
        pad.link(elements[0].get_static_pad("sink"))
        return elements[-1]


def _made(name: str) -> Gst.Element:
    element = Gst.ElementFactory.make(name)
    if element is None:
        raise MissingExtraError(
            f"GStreamer's {name} is not installed: `penstock doctor` says what to install"
        )
    return element


def _is_decoded(_element: Gst.Element, _pad: Gst.Pad, caps: Gst.Caps, audio: bool) -> bool:
    """Whether to go on with a stream; what is left as it is comes out and is not used."""
    kind = caps.get_structure(0).get_name()
    unwanted = ("text/", "subpicture/", "application/x-subtitle", *(() if audio else ("audio/",)))
    return not kind.startswith(unwanted)
