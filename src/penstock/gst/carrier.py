"""Carry a `BatchMeta` on a `Gst.Buffer`.

The batch travels in a custom `GstMeta` whose structure holds a `GValue` of PyGObject's own boxed
type: GStreamer then takes and drops the reference from any thread. When GStreamer copies the
buffer, so that two branches can differ, the metadata is copied deeply.
"""

from __future__ import annotations

import ctypes
import logging

from penstock.errors import StreamError
from penstock.gst import native
from penstock.gst.gi import Gst
from penstock.meta import BatchMeta

_log = logging.getLogger(__name__)

META_NAME = "NvDsBatchMeta"
_NAME, _FIELD = META_NAME.encode(), b"carrier"
_PY_OBJECT = native.g_type_from_name(b"PyObject")  # registered by PyGObject
_batch_at: dict[int, BatchMeta] = {}


class _Carrier:
    """What the buffer's meta holds; when it dies, the address is forgotten, and so are the pixels.

    Whoever keeps the metadata must not keep the pixels: the mux waits for them to come back.
    """

    __slots__ = ("address", "batch")

    def __init__(self, address: int, batch: BatchMeta) -> None:
        self.address, self.batch = address, batch

    def __del__(self, batch_at: dict[int, BatchMeta] = _batch_at) -> None:
        if batch_at.get(self.address) is self.batch:  # the address may be in use again
            del batch_at[self.address]
        if self.batch.surfaces is not None and self.batch not in batch_at.values():
            self.batch.surfaces = None


def attach(buffer: Gst.Buffer | int, batch: BatchMeta) -> None:
    """Put `batch` on a buffer that nobody else holds yet.

    Args:
        buffer: The buffer, or its C address.
        batch: Its metadata; replaces what the buffer carried before.

    Raises:
        StreamError: Somebody else holds the buffer too; C would ignore the metadata.
    """
    if not isinstance(buffer, int | Gst.Buffer):  # C would follow any address
        raise StreamError(f"wanted a buffer to attach metadata to, got {type(buffer).__name__}")
    address = hash(buffer)
    if not native.gst_mini_object_is_writable(address):
        raise StreamError(
            "metadata cannot be attached to a buffer that somebody else holds too, as in a probe: "
            "attach it before the buffer is pushed, or to a copy"
        )
    meta = native.gst_buffer_get_custom_meta(address, _NAME)
    if meta and _batch_at.get(address) is batch:
        return  # to replace it by itself would let go of its pixels
    meta = meta or native.gst_buffer_add_custom_meta(address, _NAME)
    value = native.GValue()
    at = ctypes.addressof(value)
    native.g_value_init(at, _PY_OBJECT)
    native.g_value_set_boxed(at, _Carrier(address, batch))
    native.gst_structure_set_value(native.gst_custom_meta_get_structure(meta), _FIELD, at)
    native.g_value_unset(at)
    _batch_at[address] = batch


def batch_of(buffer: Gst.Buffer) -> BatchMeta | None:
    """The batch a buffer carries, or none."""
    return batch_at(hash(buffer))


def metadata(buffer: Gst.Buffer) -> BatchMeta:
    """The batch a buffer carries, for probes: `penstock.metadata(info.get_buffer())`.

    Raises:
        TypeError: It is no buffer.
        StreamError: The buffer carries none.
    """
    if not isinstance(buffer, Gst.Buffer):
        raise TypeError(f"metadata takes a Gst.Buffer, got {buffer!r}: info.get_buffer() gives it")
    batch = _batch_at.get(hash(buffer))
    if batch is None:
        raise StreamError(
            "this buffer carries no metadata: put the probe behind nvstreammux, which makes it, "
            "and in front of elements that make new buffers without it, such as parsers and muxers"
        )
    return batch


def batch_at(address: int) -> BatchMeta | None:
    """The batch of the buffer at a C address; none for any other address, however wild."""
    return _batch_at.get(address)


def _transform(
    target: int, _meta: int, source: int, _kind: int, _data: int, _user_data: int
) -> int:
    """GStreamer copies metadata to a new buffer: `tee` branches, payloaders, encoders."""
    try:
        batch = batch_at(source)
        if batch is None:
            return 0
        # Behind NVMM nobody writes pixels any more, so the facts are shared.
        attach(target, batch if batch.surfaces is None else _copied(batch))
    except BaseException:  # nothing may escape into C
        _log.exception("the metadata of a buffer was not copied to another")
        return 0
    return 1


def _copied(batch: BatchMeta) -> BatchMeta:
    try:
        return batch.copy()
    except Exception:  # better two branches that see each other's changes than one without facts
        _log.exception("the metadata of a buffer is shared with a copy of it, not copied")
        return batch


_transform_function = native.TransformFunction(_transform)  # must outlive the registration
_no_tags = (ctypes.c_char_p * 1)(None)
native.gst_meta_register_custom(
    _NAME, ctypes.cast(_no_tags, native.Pointer), _transform_function, None, None
)
