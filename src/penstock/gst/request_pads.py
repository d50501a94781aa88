"""Request pads of elements written in Python, given out as C does it."""

from __future__ import annotations

from penstock.gst import native
from penstock.gst.gi import Gst

_EVERYTHING = 2  # GI_TRANSFER_EVERYTHING


def given_out(pad: Gst.Pad) -> Gst.Pad:
    """What `do_request_new_pad` returns: a pad that its element has.

    PyGObject adds a reference for whoever asked, and so does GStreamer: a pad would never be freed,
    nor what its functions hold.
    """
    if _IS_OWNED:
        native.g_object_unref(hash(pad))
    return pad


def _is_owned() -> bool:
    """Whether PyGObject adds one: to drop a reference that nobody has would crash."""
    methods = {method.get_name(): method for method in Gst.Element.__info__.get_vfuncs()}
    return bool(int(methods["request_new_pad"].get_caller_owns()) == _EVERYTHING)


_IS_OWNED = _is_owned()
