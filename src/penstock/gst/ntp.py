"""The clock of a camera: when a frame was captured, as RTCP tells it."""

from __future__ import annotations

from penstock.gst.gi import Gst
from penstock.gst.lookup import elements_in

_FACTORY = "rtspsrc"
_ATTACH = "add-reference-timestamp-meta"  # since GStreamer 1.22
_NTP = Gst.Caps.from_string("timestamp/x-ntp")
_1900_TO_1970_NS = 2_208_988_800 * Gst.SECOND


def configure(element: Gst.Element) -> None:
    """Have an rtspsrc, or every one inside a bin now and later, stamp its buffers.

    Where GStreamer is older than 1.22 there is nothing that could be switched on.
    """
    _stamp(element)
    if isinstance(element, Gst.Bin):
        element.connect("deep-element-added", _on_deep_element_added)
        for child in elements_in(element):
            _stamp(child)


def ntp_ns_of(buffer: Gst.Buffer) -> int:
    """When a frame was captured, nanoseconds since 1970; 0 where nothing says so."""
    stamp = buffer.get_reference_timestamp_meta(_NTP)
    return 0 if stamp is None else max(0, int(stamp.timestamp) - _1900_TO_1970_NS)


def _on_deep_element_added(_bin: Gst.Bin, _parent: Gst.Bin, element: Gst.Element) -> None:
    _stamp(element)


def _stamp(element: Gst.Element) -> None:
    factory = element.get_factory()
    if factory is not None and factory.get_name() == _FACTORY and element.find_property(_ATTACH):
        element.set_property(_ATTACH, True)
