"""Linked lists over Python lists."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from pyds.casters import instance, whole
from pyds.fields import UINT32, Field
from pyds.views import View, core_of, new, refuse_to_copy

_FIXED = "cannot be rewired: call the nvds_add_* and nvds_remove_* functions instead"


class GList:
    """A node of a linked list: `data`, `next`, `prev`.

    A node stays usable whatever happens to its list. Behind a removed one comes the first object
    that followed it and is still there; appended objects are seen.
    """

    __slots__ = ("_data", "_index", "_items", "_order", "_place")
    _items: list[Any]  # the list as it is now
    _index: int  # where `data` was in it when last looked up
    _order: Sequence[Any]  # the list at some moment when `data` was in it
    _place: int  # where `data` is in that
    _data: Any

    def __init__(self) -> None:
        self._items, self._index, self._order, self._place, self._data = [], 0, (), 0, None

    @classmethod
    def head(cls, items: list[Any]) -> GList | None:
        """The first node of a list; None for an empty one."""
        order = tuple(items)
        return _node(items, 0, order, 0) if order else None

    @property
    def data(self) -> Any:
        """The object; give it to the `cast` of its class."""
        return self._data

    @data.setter
    def data(self, value: object) -> None:
        if core_of(value) is not self._data:
            raise AttributeError(f"GList.data {_FIXED}")

    @property
    def next(self) -> GList | None:
        """The node behind this one, None at the end."""
        items, index, place = self._items, self._index, self._place + 1
        try:  # nothing was removed so far: the usual case, without a call
            if items[index] is self._data and items[index + 1] is self._order[place]:
                node = new(GList)
                node._items = items
                node._index = index + 1
                node._order = self._order
                node._place = place
                node._data = items[index + 1]
                return node
        except IndexError:
            pass
        return self._sibling(self._neighbour(1), place)

    @next.setter  # noqa: A003 - DeepStream's name
    def next(self, value: GList | None) -> None:
        if value != self.next:
            raise AttributeError(f"GList.next {_FIXED}")

    @property
    def prev(self) -> GList | None:
        """The node before this one, None at the beginning."""
        return self._sibling(self._neighbour(-1), self._place - 1)

    @prev.setter
    def prev(self, value: GList | None) -> None:
        if value != self.prev:
            raise AttributeError(f"GList.prev {_FIXED}")

    def _sibling(self, index: int, place: int) -> GList | None:
        items, order = self._items, self._order
        if not 0 <= index < len(items):
            return None
        if 0 <= place < len(order) and order[place] is items[index]:
            return _node(items, index, order, place)
        return _node(items, index, tuple(items), index)

    def _neighbour(self, step: int) -> int:
        """Index of the neighbour in the list as it is now; out of range where there is none."""
        items, index = self._items, self._index
        if index < len(items) and items[index] is self._data:
            return index + step
        for index, item in enumerate(items):
            if item is self._data:
                self._index = index
                return index + step
        place_of = {id(item): place for place, item in enumerate(self._order)}
        appended = len(self._order)  # place of what came later
        before = sum(place_of.get(id(item), appended) < self._place for item in items)
        return before if step > 0 else before - 1

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, GList):
            return NotImplemented
        return other._items is self._items and other._data is self._data

    def __hash__(self) -> int:
        return hash((id(self._items), id(self._data)))

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        refuse_to_copy(self)

    def __repr__(self) -> str:
        return f"<pyds.GList node of {self._data!r}>"


def _node(items: list[Any], index: int, order: Sequence[Any], place: int) -> GList:
    node = new(GList)
    node._items = items
    node._index = index
    node._order = order
    node._place = place
    node._data = order[place]
    return node


class Listed(Field):
    """A linked list: its first node, None when it is empty.

    Assigned None it is emptied; assigned one of its own nodes it begins there.

    Args:
        path: The attribute of the core object that holds the list.
        doc: One line.
        takes_others: Whether it may be assigned a node of another list, whose objects it then
            holds too.
    """

    reads = "GList | None"

    def __init__(self, path: str, doc: str, *, takes_others: bool = False) -> None:
        self.takes_others = takes_others
        super().__init__(path, doc)

    def _reader(self) -> Callable[[Any], GList | None]:
        items, head = self.core_attribute, GList.head
        return lambda view: head(items(view))

    def _write(self, view: View, value: object) -> None:
        node = None if value is None else instance(value, GList, self.label)
        items, found = self.core_attribute(view), []
        if node is not None and node._items is not items and not self.takes_others:
            raise AttributeError(
                f"{self.label} cannot be assigned another list: copy its objects, and add them "
                "with the nvds_add_* function"
            )
        while node is not None:
            found.append(node.data)
            node = node.next
        items[:] = found


class Counted(Field):
    """The length of a list. It counts by itself.

    Args:
        path: The attribute of the core object that holds the list.
        doc: One line.
        set_by_hand: Whether applications are expected to write it, before or after adding.
    """

    reads = "int"

    def __init__(self, path: str, doc: str, *, set_by_hand: bool = False) -> None:
        self.set_by_hand = set_by_hand
        super().__init__(path, doc)

    def _reader(self) -> Callable[[Any], int]:
        items = self.core_attribute
        return lambda view: len(items(view))

    def _write(self, view: View, value: object) -> None:
        number, length = whole(value, *UINT32, self.label), self.fget(view)  # type: ignore[misc]
        if number != length and not self.set_by_hand:
            warnings.warn(
                f"{self.label} counts its list, which has {length}: writing {number} does nothing; "
                "add or remove objects instead",
                RuntimeWarning,
                stacklevel=3,
            )
