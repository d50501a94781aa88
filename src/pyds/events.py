"""Events and settings for elements, which are named by their address: `hash(element)`."""

from __future__ import annotations

from typing import Any

from pyds.casters import described, text, whole
from pyds.fields import INT32, UINT32


def gst_element_send_nvevent_new_stream_reset(gst_element: int, source_id: int, /) -> bool:
    """Tell an element, and those behind it, that a source begins anew.

    Args:
        gst_element: The element's address, `hash(element)`.
        source_id: Index of the source.

    Returns:
        Whether it was taken.

    Raises:
        ValueError: Python holds no such element.
    """
    name = "gst_element_send_nvevent_new_stream_reset"
    element = _element(gst_element, name)
    number = whole(source_id, 0, INT32[1], f"pyds.{name}: source_id")
    from penstock.gst import nvevents

    return nvevents.send_stream_reset(element, number)


def gst_element_send_nvevent_interval_update(
    gst_element: int, stream_id: str, interval: int, /
) -> bool:
    """Change how many batches nvinfer skips between two inferences.

    Args:
        gst_element: The address of nvinfer, or of an element in front of it, `hash(element)`.
        stream_id: The stream it is for.
        interval: Batches to skip.

    Returns:
        Whether it was taken.

    Raises:
        ValueError: Python holds no such element.
    """
    name = "gst_element_send_nvevent_interval_update"
    element = _element(gst_element, name)
    stream = text(stream_id, f"pyds.{name}: stream_id")
    number = whole(interval, *UINT32, f"pyds.{name}: interval")
    from penstock.gst import nvevents

    return nvevents.send_interval_update(element, stream, number)


def configure_source_for_ntp_sync(src_elem: int) -> None:
    """Have a source bring its camera's clock along, for `frame_meta.ntp_timestamp`.

    Call it before the source plays, with `attach-sys-ts=0` at nvstreammux.

    Args:
        src_elem: The address of an rtspsrc, or of a bin that makes one, such as uridecodebin:
            `hash(element)`.

    Raises:
        ValueError: Python holds no such element.
    """
    element = _element(src_elem, "configure_source_for_ntp_sync")
    from penstock.gst import ntp

    ntp.configure(element)


def _element(address: object, function: str) -> Any:
    """The element at an address, or itself."""
    from penstock.gst import Gst
    from penstock.gst.lookup import element_at

    if isinstance(address, Gst.Element):
        return address
    if not isinstance(address, int):
        raise TypeError(
            f"pyds.{function} takes the address of an element, hash(element), "
            f"got {described(address)}"
        )
    element = element_at(address)
    if element is None:
        raise ValueError(
            f"pyds.{function}: no element lives at {address}: pass hash(element), and keep the "
            "element or its pipeline in a variable"
        )
    return element
