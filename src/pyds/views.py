"""The mechanism: a C struct is a thin view that wraps one core object.

A view holds nothing but its core object, so views are made afresh whenever they are needed, two
views of one object are equal, and what is written through one is seen by all, and by Penstock's
elements. The members are declared by the descriptors of `pyds.fields`, `pyds.embedded` and
`pyds.lists`.
"""

from __future__ import annotations

import difflib
from typing import Any, ClassVar, NoReturn, TypeVar

from pyds import live
from pyds.casters import described

V = TypeVar("V", bound="View")

new = object.__new__
"""Makes a view without running its constructor: `view = new(cls); view._core = core`."""


class View:
    """Base of every struct of pyds.

    A subclass names the core classes that it shows: `class NvOSD_RectParams(View, of=Rect)`.
    The first of them is what its constructor makes. Every subclass declares `__slots__`.
    """

    __slots__ = ("_core",)
    _core: Any
    _kinds: ClassVar[tuple[type, ...]] = ()
    _kind: ClassVar[type | None] = None
    _state: ClassVar[tuple[str, ...]] = ()  # attributes of the core that assignment copies
    _parts: ClassVar[tuple[Any, ...]] = ()  # members that copy themselves

    def __init_subclass__(cls, *, of: type | tuple[type, ...] = (), **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if of:
            cls._kinds = of if isinstance(of, tuple) else (of,)
            cls._kind = cls._kinds[0]
        members = vars(cls).values()
        own = {name: None for member in members for name in getattr(member, "state", ())}
        cls._state = (*cls._state, *own)
        cls._parts = (*cls._parts, *(m for m in members if getattr(m, "is_part", False)))

    def __init__(self) -> None:
        self._core = type(self)._kinds[0]()

    @classmethod
    def cast(cls: type[V], data: object) -> V:
        """See `data` as this struct.

        Args:
            data: The `.data` of a list or what a `void *` field holds; such a struct itself; its
                address, as `get_ptr` or `hash` gave it.

        Raises:
            TypeError: It is something else, or None.
            ValueError: A number that is the address of nothing known, or of something that is
                gone.
        """
        if type(data) is cls._kind:
            view = new(cls)
            view._core = data
            return view
        if isinstance(data, cls):
            return data
        if isinstance(data, cls._kinds):
            return cls._over(data)
        return cls._found(data)

    @classmethod
    def _over(cls: type[V], core: object) -> V:
        view = new(cls)
        view._core = core
        return view

    @classmethod
    def _found(cls: type[V], data: object) -> V:
        """What an address leads to, or a capsule with one."""
        address = live.address_in(data)
        data = data if address is None else address
        if not isinstance(data, int) or isinstance(data, bool) or not data:
            raise TypeError(_refusal(cls, data))
        target = live.find(data)
        if target is None:
            raise ValueError(
                f"pyds.{cls.__name__}.cast: no struct of pyds lives at {int(data)}, or it is gone: "
                "pass the .data of a list, or an address as get_ptr gave it"
            )
        return cls.cast(target)

    def _copy_into(self, core: Any) -> None:
        """Write this struct's values into another core object: C's assignment."""
        source = self._core
        for name in self._state:
            setattr(core, name, getattr(source, name))
        for part in self._parts:
            part.copy_core(source, core)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other._core is self._core

    def __hash__(self) -> int:
        return live.number_of(self._core)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        refuse_to_copy(self)

    def __repr__(self) -> str:
        return f"<pyds.{type(self).__name__} of {self._core!r}>"

    def __getattr__(self, name: str) -> Any:
        # Runs only when nothing has that name, so it costs the existing members nothing.
        members = [member for member in dir(type(self)) if not member.startswith("_")]
        close = difflib.get_close_matches(name, members, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise AttributeError(f"pyds.{type(self).__name__} has no member {name!r}{hint}")


class TupleView(View):
    """A struct that the core keeps as an immutable tuple of floats on its owner.

    So the view is bound to the owner and the name of the attribute; one that the application
    makes owns a `Cell`.
    """

    __slots__ = ("__weakref__", "_name")
    _name: str
    _zero: ClassVar[tuple[float, ...]] = (0.0, 0.0, 0.0, 0.0)

    def __init__(self) -> None:
        self._core = Cell(self._zero)
        self._name = "values"

    @property
    def _values(self) -> tuple[float, ...]:
        values: tuple[float, ...] = getattr(self._core, self._name)
        return values

    def _copy_into(self, core: Any) -> None:
        setattr(core, "values" if isinstance(core, Cell) else self._name, self._values)

    def _set_values(self, values: tuple[float, ...]) -> None:
        setattr(self._core, self._name, values)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other._core is self._core and other._name == self._name

    def __hash__(self) -> int:
        return hash((id(self._core), self._name))

    def __repr__(self) -> str:
        return f"<pyds.{type(self).__name__} {self._values}>"


class Cell:
    """The values of a tuple struct that belongs to nothing yet."""

    __slots__ = ("values",)

    def __init__(self, values: tuple[float, ...]) -> None:
        self.values = values


def core_of(value: object) -> Any:
    """What a `void *` holds when it is given this value: the core object of a view."""
    return value if isinstance(value, TupleView) or not isinstance(value, View) else value._core


def refuse_to_copy(view: object) -> NoReturn:
    """What `copy.copy`, `copy.deepcopy` and `pickle` are answered: a copy would be in no list."""
    raise TypeError(
        f"a pyds.{type(view).__name__} cannot be copied or pickled, it is a view of what the "
        "pipeline holds: take the values out of it"
    )


def _refusal(cls: type[View], data: object) -> str:
    call = f"pyds.{cls.__name__}.cast"
    if data is None or (isinstance(data, int) and not data):
        return f"{call}({data}): there is no object; check the list or field for None first"
    if hasattr(data, "data") and hasattr(data, "next"):
        return f"{call} takes the .data of a list node, got the node itself: write .data behind it"
    return f"{call} takes the .data of a list of such objects, got {described(data)}"
