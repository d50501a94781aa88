"""RTSP: camera URLs, and the element that opens them."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote

from penstock.errors import MissingExtraError
from penstock.gst.enums import EnumType
from penstock.gst.gi import Gst

PROTOCOLS = EnumType(
    "GstNvUriSrcRtpProtocol",
    {"rtp-auto": 0, "rtp-udp": 1, "rtp-udp-mcast": 2, "rtp-tcp": 4, "rtp-multi": 7},
)
"""What `select-rtp-protocol` takes: GStreamer's numbers, and 0 for all of them."""
_ALL = 7


@dataclass(frozen=True)
class Login:
    """A URL without its credentials, and these.

    Attributes:
        url: Fit to be shown.
        user: Empty where nothing is said.
        password: As `user`.
    """

    url: str
    user: str = ""
    password: str = ""

    @staticmethod
    def of(url: str) -> Login:
        """Take a URL apart; a password may contain `@`, `:` and escapes such as `%40`."""
        scheme, separator, rest = url.partition("://")
        host, slash, path = rest.partition("/")
        said, at, host = host.rpartition("@")
        if not separator or not at:
            return Login(url)
        user, _, password = said.partition(":")
        return Login(f"{scheme}://{host}{slash}{path}", unquote(user), unquote(password))

    def completed(self, user: str | None, password: str | None) -> Login:
        """With these credentials where the URL has none."""
        return self if self.user else Login(self.url, user or "", password or "")


@dataclass(frozen=True)
class RtspSettings:
    """How a camera is opened.

    Attributes:
        latency_ms: Of the jitter buffer.
        drop_on_latency: Whether it never holds more than that.
        protocols: Sum of 1 UDP, 2 UDP multicast, 4 TCP, tried in this order; 0: all.
        udp_buffer_bytes: Of the kernel, for each UDP socket.
        buffer_mode: `rtspsrc`'s number.
        patience_s: A camera that says nothing for so long counts as lost; 0: the defaults.
        audio: Whether its sound is asked for.
    """

    latency_ms: int = 100
    drop_on_latency: bool = True
    protocols: int = _ALL
    udp_buffer_bytes: int = 524_288
    buffer_mode: int = 3
    patience_s: float = 0.0
    audio: bool = False


def is_rtsp(uri: str) -> bool:
    """Whether a URI names an RTSP camera, over any transport."""
    return uri.lower().partition("://")[0] in ("rtsp", "rtsps", "rtspt", "rtspu", "rtsph")


def make_rtspsrc(login: Login, settings: RtspSettings) -> Gst.Element:
    """The element that opens a camera; it asks for what is wanted and nothing else.

    Raises:
        MissingExtraError: It is not installed.
    """
    element = Gst.ElementFactory.make("rtspsrc")
    if element is None:
        raise MissingExtraError(
            "RTSP needs GStreamer's rtspsrc, which is not installed: install "
            "gstreamer1.0-plugins-good (`penstock doctor` says how)"
        )
    for name, value in {
        "location": login.url,
        "user-id": login.user or None,
        "user-pw": login.password or None,
        "latency": settings.latency_ms,
        "drop-on-latency": settings.drop_on_latency,
        "protocols": settings.protocols or _ALL,
        "udp-buffer-size": min(settings.udp_buffer_bytes, 2**31 - 1),
        "buffer-mode": settings.buffer_mode,
    }.items():
        element.set_property(name, value)
    if settings.patience_s:
        # Half of it for UDP, so that TCP is tried before the camera counts as lost; a little less
        # of it for an answer, so that what is missing is said.
        element.set_property("timeout", int(settings.patience_s * 500_000))
        element.set_property("tcp-timeout", int(settings.patience_s * 900_000))
    media = ("video", "audio") if settings.audio else ("video",)
    element.connect("select-stream", _is_wanted, media)
    return element


def media_of(pad: Gst.Pad) -> str:
    """`"video"`, `"audio"` or another word, of a pad that `rtspsrc` has added."""
    caps = pad.get_current_caps() or pad.query_caps(None)
    return caps.get_structure(0).get_string("media") or ""


def _is_wanted(_element: Gst.Element, _number: int, caps: Gst.Caps, media: tuple[str, ...]) -> bool:
    return caps.get_structure(0).get_string("media") in media
