# ruff: noqa: N815 - the names are DeepStream's
"""A struct of the application's own, as DeepStream's guide to bindings adds one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from penstock.meta.referable import Referable
from pyds.attaching import argument
from pyds.fields import CharPointer, Whole
from pyds.nvdsmeta import NvDsUserMeta
from pyds.views import View


@dataclass(slots=True, eq=False)
class CustomData(Referable):
    """A number, a text and another number."""

    number: int = 0
    message: str | None = None
    sample: int = 0

    def copy(self) -> CustomData:
        """An independent copy."""
        return replace(self)


class CustomDataStruct(View, of=CustomData):
    """A number, a text and another number, for `user_meta_data`."""

    __slots__ = ()

    structId = Whole("number", "A number.")
    message = CharPointer("message", "A text; reads as an address.")
    sampleInt = Whole("sample", "Another number.")


def alloc_custom_struct(user_meta: NvDsUserMeta, /) -> CustomDataStruct:
    """A new `CustomDataStruct`; the attachment will copy it with the metadata.

    Assign it to `user_meta.user_meta_data`, and say what it is in `user_meta.base_meta.meta_type`.
    """
    core = argument(user_meta, NvDsUserMeta, "alloc_custom_struct", "user_meta")
    core.copy_data = copy_of
    return CustomDataStruct()


def copy_of(data: Any) -> Any:
    """A deep copy of the data of an attachment that copies its own struct."""
    return data.copy() if hasattr(data, "copy") else data
