"""GStreamer's RTSP server, which a machine may lack: only who serves imports this."""

import ctypes

from penstock.errors import MissingExtraError

try:
    import gi

    gi.require_version("GstRtsp", "1.0")
    gi.require_version("GstRtspServer", "1.0")
    from gi.repository import Gio, GstRtsp, GstRtspServer
except (ImportError, ValueError) as error:
    raise MissingExtraError(
        f"RTSP output needs GStreamer's RTSP server, which is not usable ({error}): "
        "install gir1.2-gst-rtsp-server-1.0 (`penstock doctor` says how)"
    ) from error

_library = ctypes.CDLL("libgstrtspserver-1.0.so.0")


def offer(auth: GstRtspServer.RTSPAuth, *methods: GstRtsp.RTSPAuthMethod) -> None:
    """Offer several methods of authentication.

    They are bits, but described as an enum, of which PyGObject passes one.
    """
    bits = sum(int(method) for method in methods)
    _library.gst_rtsp_auth_set_supported_methods(ctypes.c_void_p(hash(auth)), ctypes.c_int(bits))


__all__ = ["Gio", "GstRtsp", "GstRtspServer", "offer"]
