"""Metadata on buffers that are not batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyds.fields import Field, VoidPointer, Whole
from pyds.records import BufferMeta
from pyds.views import View


class _NoGstMeta(Field):
    def _reader(self) -> Callable[[Any], Any]:
        return _refuse_gst_meta


def _refuse_gst_meta(view: View) -> Any:
    raise TypeError("NvDsMeta.meta is a GstMeta of C, which Python cannot read")


class NvDsMeta(View, of=BufferMeta):
    """Metadata on a buffer that is not a batch's."""

    __slots__ = ()

    meta = _NoGstMeta("", "A GstMeta of C: reading it raises TypeError.")
    meta_data = VoidPointer("data", "Anything.")
    user_data = VoidPointer("user_data", "Anything.")
    meta_type = Whole("meta_type", "One of `GstNvDsMetaType`.")
