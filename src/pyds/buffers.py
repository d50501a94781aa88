"""Metadata on GStreamer's buffers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from penstock.meta import BatchMeta
from pyds.casters import described, instance
from pyds.enums import GstNvDsMetaType
from pyds.gstmeta import NvDsMeta
from pyds.nvdsmeta import NvDsBatchMeta
from pyds.records import BufferMeta
from pyds.views import new


def gst_buffer_get_nvds_batch_meta(buffer: int) -> NvDsBatchMeta | None:
    """The metadata of a buffer.

    Args:
        buffer: Its C address: `hash(info.get_buffer())`.

    Returns:
        None where the buffer carries none, as before nvstreammux.

    Raises:
        TypeError: `buffer` is not an int.
        MissingExtraError: GStreamer's Python bindings are not installed.
    """
    if not isinstance(buffer, int):
        raise TypeError(
            "pyds.gst_buffer_get_nvds_batch_meta takes the address of a buffer, "
            f"hash(gst_buffer), got {described(buffer)}"
        )
    core = _lookup(buffer)
    if core is None:
        return None
    view = new(NvDsBatchMeta)
    view._core = core
    return view


def gst_buffer_add_nvds_meta(
    buffer: Any, meta_data: NvDsBatchMeta, user_data: Any, copy_func: Any, release_func: Any
) -> NvDsMeta:
    """Put a batch's metadata on a buffer, as nvstreammux does.

    Args:
        buffer: The `Gst.Buffer` itself, which nobody else holds yet. DeepStream's function takes
            a C pointer, which Python cannot give.
        meta_data: The batch's metadata.
        user_data: Kept in the result.
        copy_func: Not used: the metadata copies itself.
        release_func: Not used: the metadata releases itself.

    Raises:
        TypeError: `buffer` is an address, or `meta_data` is no batch's metadata.
        StreamError: Somebody else holds the buffer too.
    """
    name = "pyds.gst_buffer_add_nvds_meta"
    core = instance(meta_data, NvDsBatchMeta, f"{name}: meta_data")._core
    if isinstance(buffer, int):
        raise TypeError(f"{name} takes the Gst.Buffer itself, got {described(buffer)}")
    from penstock.gst import attach

    attach(buffer, core)
    kind = int(GstNvDsMetaType.NVDS_BATCH_GST_META)
    return NvDsMeta.cast(BufferMeta(data=core, user_data=user_data, meta_type=kind))


def batch_at(address: int) -> BatchMeta | None:
    """The core's metadata of the buffer at an address; None for any other address."""
    return _lookup(address)


def _first_lookup(address: int) -> BatchMeta | None:
    """Find the table of buffers, which needs GStreamer, and look there from now on."""
    global _lookup  # noqa: PLW0603 - importing at every buffer would cost more than the look-up
    from penstock.gst import batch_at

    _lookup = batch_at
    return batch_at(address)


_lookup: Callable[[int], BatchMeta | None] = _first_lookup
