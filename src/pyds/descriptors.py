"""Numbers of the metadata types that go by a name of their own.

The core names such a type by its descriptor; an application of pyds compares a number. Numbers are
given out in the order of asking and hold for one process, as DeepStream's do.
"""

from __future__ import annotations

import threading

from pyds.casters import text
from pyds.enums import NvDsMetaType

_FIRST = int(NvDsMetaType.NVDS_START_USER_META)
_number_of: dict[str, int] = {}
_name_of: dict[int, str] = {}
_lock = threading.Lock()


def nvds_get_user_meta_type(meta_descriptor: str) -> int:
    """The number of a descriptor such as `"VENDOR.PRODUCT.USER_META"`.

    Raises:
        TypeError: Not a str.
    """
    return number_of(text(meta_descriptor, "pyds.nvds_get_user_meta_type: meta_descriptor"))


def number_of(meta_type: int | str) -> int:
    """The number that stands for what the core calls a metadata type."""
    if isinstance(meta_type, int):
        return meta_type
    number = _number_of.get(meta_type)
    if number is None:
        with _lock:
            number = _number_of.setdefault(meta_type, _FIRST + 1 + len(_number_of))
            _name_of[number] = meta_type
    return number


def stored(number: int) -> int | str:
    """What the core keeps for a number: the descriptor's name if it came from one."""
    return _name_of.get(number, int(number))
