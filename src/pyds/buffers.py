"""From a GStreamer buffer to its metadata."""

from __future__ import annotations

from collections.abc import Callable

from penstock.meta import BatchMeta
from pyds.casters import described
from pyds.nvdsmeta import NvDsBatchMeta
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


def _first_lookup(address: int) -> BatchMeta | None:
    """Find the table of buffers, which needs GStreamer, and look there from now on."""
    global _lookup  # noqa: PLW0603 - importing at every buffer would cost more than the look-up
    from penstock.gst import batch_at

    _lookup = batch_at
    return batch_at(address)


_lookup: Callable[[int], BatchMeta | None] = _first_lookup
