"""GStreamer's namespaces, versions pinned and initialised once."""

import sys

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

NVMM = "memory:NVMM"
"""The caps feature of buffers whose pixels are surfaces."""

__all__ = ["NVMM", "GLib", "GObject", "Gio", "Gst", "GstBase", "GstVideo"]


def _initialise() -> None:
    """Let GStreamer start; where it scans in process, it loads our own plugin files here.

    They would find packages half imported, and the registry would remember that there are no
    elements. So they import them anew, and what they have imported stays.
    """
    half = {name: sys.modules.pop(name) for name in _IMPORTERS if name in sys.modules}
    Gst.init(None)
    for name, module in half.items():
        sys.modules.setdefault(name, module)


_IMPORTERS = ("penstock.gst", "penstock.elements")
"""What is half imported by now: `penstock.gst` imports this module first."""

_initialise()
