"""Where metadata objects come from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyds.enums import NvDsMetaType
from pyds.extras import extras_of
from pyds.fields import Enumerated, Field, Unsigned
from pyds.lists import Counted, Listed
from pyds.records import Pool
from pyds.views import View


class NvDsMetaPool(View, of=Pool):
    """Where metadata objects of one kind come from. It never runs out, and counts nothing."""

    __slots__ = ()

    meta_type = Enumerated("meta_type", "What it holds.", kind=NvDsMetaType, stored=int)
    max_elements_in_pool = Unsigned("largest", "0: there is no limit.")
    element_size = Unsigned("element_bytes", "0: unknown.")
    num_empty_elements = Counted("empty", "0: objects are made when asked for.", set_by_hand=True)
    num_full_elements = Counted("full", "0: objects in use are not counted.", set_by_hand=True)
    empty_list = Listed("empty", "None.")
    full_list = Listed("full", "None.")


class PoolOf(Field):
    """A batch's pool of one kind.

    Args:
        meta_type: The kind.
        what: Its objects, for the description.
    """

    def __init__(self, meta_type: NvDsMetaType, what: str) -> None:
        self.meta_type = meta_type
        self.reads = "NvDsMetaPool"
        super().__init__("", f"Where {what} come from.")

    def _reader(self) -> Callable[[Any], NvDsMetaPool]:
        kind = self.meta_type

        def read(view: View) -> NvDsMetaPool:
            pools = extras_of(view._core).setdefault("pools", {})
            return NvDsMetaPool._over(pools.setdefault(kind, Pool(int(kind))))

        return read

    def _write(self, view: View, value: object) -> None:
        if value != self.fget(view):  # type: ignore[misc]
            super()._write(view, value)
