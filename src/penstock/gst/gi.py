"""GStreamer's namespaces, versions pinned and initialised once."""

from penstock.errors import MissingExtraError
from penstock.gst import arenas, unwinder

arenas.settle()
unwinder.settle()
try:
    import gi

    gi.require_version("Gst", "1.0")
    gi.require_version("GstBase", "1.0")
    gi.require_version("GstVideo", "1.0")
    from gi.repository import Gio, GLib, GObject, Gst, GstBase, GstVideo
except (ImportError, ValueError) as error:
    raise MissingExtraError(
        f"GStreamer's Python bindings are not usable ({error}); they come from the "
        "distribution, not from pip: run `penstock doctor` for the command"
    ) from error

if not type(Gst).__module__.startswith("gi.overrides"):
    raise MissingExtraError(
        "gst-python's overrides are missing, so elements written in Python cannot be registered: "
        "install python3-gst-1.0 and use a venv of the system's Python with "
        "--system-site-packages (`penstock doctor` says more)"
    )

Gst.init(None)

NVMM = "memory:NVMM"
"""The caps feature of buffers whose pixels are surfaces."""

__all__ = ["NVMM", "GLib", "GObject", "Gio", "Gst", "GstBase", "GstVideo"]
