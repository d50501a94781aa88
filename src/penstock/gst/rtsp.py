"""RTSP: camera URLs, and the element that opens them."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from penstock.errors import ConfigError, MissingExtraError
from penstock.gst.enums import EnumType
from penstock.gst.gi import Gio, GLib, Gst

PROTOCOLS = EnumType(
    "GstNvUriSrcRtpProtocol",
    {"rtp-auto": 0, "rtp-udp": 1, "rtp-udp-mcast": 2, "rtp-tcp": 4, "rtp-multi": 7},
)
"""What `select-rtp-protocol` takes: GStreamer's numbers, and 0 for all of them."""
_TCP, _ALL = 4, 7
_WRONG = {
    Gio.TlsCertificateFlags.UNKNOWN_CA: "nobody whom this system trusts has signed it",
    Gio.TlsCertificateFlags.BAD_IDENTITY: "it is for another host",
    Gio.TlsCertificateFlags.NOT_ACTIVATED: "it is not valid yet",
    Gio.TlsCertificateFlags.EXPIRED: "it has expired",
    Gio.TlsCertificateFlags.REVOKED: "it was revoked",
}


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
        tls_ca_file: PEM file of the certificates that a camera's must come from; none: those that
            this system trusts.
        tls_check: Whether a camera's certificate must be one of these at all.
    """

    latency_ms: int = 100
    drop_on_latency: bool = True
    protocols: int = _ALL
    udp_buffer_bytes: int = 524_288
    buffer_mode: int = 3
    patience_s: float = 0.0
    audio: bool = False
    tls_ca_file: str | None = None
    tls_check: bool = True


def is_rtsp(uri: str) -> bool:
    """Whether a URI names an RTSP camera, over any transport."""
    return uri.lower().partition("://")[0] in ("rtsp", "rtsps", "rtspt", "rtspu", "rtsph")


def make_rtspsrc(
    login: Login, settings: RtspSettings, *, on_refusal: Callable[[str], None]
) -> Gst.Element:
    """The element that opens a camera; it asks for what is wanted and nothing else.

    Args:
        login: Where, and as whom.
        settings: How.
        on_refusal: Called with the reason when the camera's certificate is refused.

    Raises:
        ConfigError: `tls_ca_file` cannot be read.
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
        "protocols": _protocols(login, settings),
        "udp-buffer-size": min(settings.udp_buffer_bytes, 2**31 - 1),
        "buffer-mode": settings.buffer_mode,
    }.items():
        element.set_property(name, value)
    if settings.patience_s:
        # Half of it for UDP, so that TCP is tried before the camera counts as lost; a little less
        # of it for an answer, so that what is missing is said.
        element.set_property("timeout", int(settings.patience_s * 500_000))
        element.set_property("tcp-timeout", int(settings.patience_s * 900_000))
    if settings.tls_ca_file:
        element.set_property("tls-database", _certificates(settings.tls_ca_file))
    element.connect("accept-certificate", _accepts, settings.tls_check, on_refusal)
    media = ("video", "audio") if settings.audio else ("video",)
    element.connect("select-stream", _is_wanted, media)
    return element


def _protocols(login: Login, settings: RtspSettings) -> int:
    """Where anything will do, pictures of a secure camera come over its secure connection."""
    is_any = settings.protocols in (0, _ALL)
    if is_any and login.url.lower().startswith("rtsps:"):
        return _TCP
    return settings.protocols or _ALL


def _certificates(file: str) -> Gio.TlsDatabase:
    try:
        return Gio.TlsFileDatabase.new(os.path.abspath(file))
    except GLib.Error as error:
        raise ConfigError(
            f"tls-ca-file: wanted a PEM file of certificates, got {file}: {error.message}"
        ) from error


def _accepts(
    _element: Gst.Element,
    _connection: Any,
    _certificate: Gio.TlsCertificate,
    errors: Gio.TlsCertificateFlags,
    check: bool,
    on_refusal: Callable[[str], None],
) -> bool:
    """Asked only about a certificate with which something is wrong."""
    if check:
        wrong = ", ".join(text for flag, text in _WRONG.items() if errors & flag)
        on_refusal(
            f"its certificate is refused: {wrong or 'it is not valid'}; name one to be trusted "
            "with tls-ca-file, or do without the check with tls-check=false"
        )
    return not check


def media_of(pad: Gst.Pad) -> str:
    """`"video"`, `"audio"` or another word, of a pad that `rtspsrc` has added."""
    caps = pad.get_current_caps() or pad.query_caps(None)
    return caps.get_structure(0).get_string("media") or ""


def _is_wanted(_element: Gst.Element, _number: int, caps: Gst.Caps, media: tuple[str, ...]) -> bool:
    return caps.get_structure(0).get_string("media") in media
