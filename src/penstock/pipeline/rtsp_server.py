"""Serves what a pipeline encodes to any number of RTSP clients."""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import replace
from types import TracebackType

from penstock.errors import ConfigError
from penstock.gst import GLib, Gst
from penstock.gst.rtsp_server import Gio, GstRtsp, GstRtspServer, offer
from penstock.pipeline.rtsp_address import RtspAddress
from penstock.pipeline.rtsp_certificate import make_certificate
from penstock.pipeline.rtsp_stream import RtspStream

_ROLE = "watcher"
_CLEAN_S = 2
_PATIENCE_S = 5.0
_GOODBYE_S = 0.2
_UDP_BUFFER_BYTES = 524288


class RtspServer:
    """One port, any number of paths; a context manager that serves until it is left.

    Everything happens on threads of its own, so a client, however slow, holds up nobody. Clients
    choose between RTP over UDP and over the RTSP connection; a secure server does the latter only.

    Args:
        address: Where to serve, and to whom; its path is `publish`'s default.
        certificate: For a secure address; by default one is made, which no client can check.

    Attributes:
        address: With the port that it really has.

    Raises:
        ConfigError: The port is taken, the host is not this machine's, or there is no TLS here.
    """

    def __init__(self, address: RtspAddress, *, certificate: Gio.TlsCertificate = None) -> None:
        self._streams: list[RtspStream] = []
        self._context = GLib.MainContext.new()
        self._loop = GLib.MainLoop.new(self._context, False)
        self._thread = threading.Thread(target=self._loop.run, name="rtsp", daemon=True)
        self._server = GstRtspServer.RTSPServer.new()
        self._server.set_address(address.host)
        self._server.set_service(str(address.port))
        self._server.connect("client-connected", self._on_client)
        self._guard(address, certificate)
        self._sources = [self._listen(address), GLib.timeout_source_new_seconds(_CLEAN_S)]
        self._sources[1].set_callback(self._clean)
        for source in self._sources:
            source.attach(self._context)
        self.address = replace(address, port=int(self._server.get_bound_port()))

    def _guard(self, address: RtspAddress, certificate: Gio.TlsCertificate) -> None:
        """Ask for the password; encrypt."""
        if address.user is None and not address.secure:
            return
        auth = GstRtspServer.RTSPAuth.new()
        if address.secure:
            auth.set_tls_certificate(certificate or make_certificate())
        token = GstRtspServer.RTSPToken.new()
        token.set_string(GstRtspServer.RTSP_TOKEN_MEDIA_FACTORY_ROLE, _ROLE)
        if address.user is None:
            auth.set_default_token(token)
        else:
            user, password = address.user, address.password
            offer(auth, GstRtsp.RTSPAuthMethod.DIGEST, GstRtsp.RTSPAuthMethod.BASIC)
            auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
            auth.add_digest(user, password, token)
        self._server.set_auth(auth)

    def _listen(self, address: RtspAddress) -> GLib.Source:
        try:
            return self._server.create_source(None)
        except GLib.Error as error:
            host, port = address.host, address.port
            if error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.ADDRESS_IN_USE):
                said = f"port {port} is taken by another program; give another, or 0 for any"
            else:
                said = f"cannot be served at {host}, port {port}: {error.message}"
            raise ConfigError(f"output {address}: {said}") from None

    def publish(
        self,
        sink: Gst.Element,
        *,
        valve: Gst.Element | None = None,
        path: str | None = None,
        codec: str = "h264",
    ) -> RtspStream:
        """Serve what reaches a sink: an H.264 byte-stream of whole pictures.

        Args:
            sink: A sink in a playing pipeline, without `sync` and `async`: pictures come in their
                own time.
            valve: Closed while nobody watches, so that nothing needs to be drawn and encoded.
            path: Begins with a slash; the address's by default.
            codec: What reaches it if not `"h264"`: `"h265"`.
        """
        stream = RtspStream(sink, valve=valve, codec=codec)
        factory = stream.factory
        permissions = GstRtspServer.RTSPPermissions.new()
        for allowed in ("access", "construct"):
            permissions.add_permission_for_role(_ROLE, f"media.factory.{allowed}", True)
        factory.set_permissions(permissions)
        factory.set_buffer_size(_UDP_BUFFER_BYTES)
        if self.address.secure:  # RTP over UDP would go unencrypted
            factory.set_protocols(GstRtsp.RTSPLowerTrans.TCP)
        self._server.get_mount_points().add_factory(path or self.address.path, factory)
        self._streams.append(stream)
        return stream

    def _on_client(self, _server: object, client: GstRtspServer.RTSPClient) -> None:
        client.connect("play-request", self._on_play)
        # Else the system joins small packets, and a picture's last waits for 40 ms now and then.
        wire = client.get_connection().get_write_socket()
        wire.set_option(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _on_play(self, _client: object, _context: object) -> None:
        """Who joins sees pictures from the next key frame on."""
        for stream in self._streams:
            stream.request_key_frame()

    def _clean(self, _data: object = None) -> bool:
        """Forget the sessions of clients that went away without a word."""
        self._server.get_session_pool().cleanup()
        return True

    def __enter__(self) -> RtspServer:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for stream in self._streams:
            stream.end()
        if any(stream.watched for stream in self._streams):
            time.sleep(_GOODBYE_S)  # the last pictures and RTCP's BYE are on their way
        for source in self._sources:
            source.destroy()
        for client in self._server.client_filter(None):
            client.close()
        give_up = time.monotonic() + _PATIENCE_S
        while any(stream.watched for stream in self._streams) and time.monotonic() < give_up:
            time.sleep(0.01)
        self._loop.quit()
        self._thread.join(_PATIENCE_S)
