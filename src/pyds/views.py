"""The mechanism: a C struct is a thin view that wraps one core object.

A view holds nothing but its core object, so views are made afresh whenever they are needed, two
views of one object are equal, and what is written through one is seen by all, and by Penstock's
elements. The members are declared by the descriptors of `pyds.fields`, `pyds.embedded` and
`pyds.lists`.
"""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar

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
    _coming: ClassVar[frozenset[str]] = frozenset()  # members that Penstock does not have yet

    def __init_subclass__(
        cls, *, of: type | tuple[type, ...] = (), coming: tuple[str, ...] = (), **kwargs: Any
    ) -> None:
        super().__init_subclass__(**kwargs)
        if of:
            cls._kinds = of if isinstance(of, tuple) else (of,)
            cls._kind = cls._kinds[0]
        cls._coming = cls._coming | frozenset(coming)
        members = vars(cls).values()
        own = {name: None for member in members for name in getattr(member, "state", ())}
        cls._state = (*cls._state, *own)

    def __init__(self) -> None:
        self._core = type(self)._kinds[0]()

    @classmethod
    def cast(cls: type[V], data: object) -> V:
        """See `data` as this struct: the `.data` of a list, or such a struct itself.

        Raises:
            TypeError: It is something else, or None.
        """
        if type(data) is cls._kind:
            view = new(cls)
            view._core = data
            return view
        if isinstance(data, cls):
            return data
        if isinstance(data, cls._kinds):
            view = new(cls)
            view._core = data
            return view
        raise TypeError(_refusal(cls, data))

    def _copy_into(self, core: Any) -> None:
        """Write this struct's values into another core object: C's assignment."""
        source = self._core
        for name in self._state:
            setattr(core, name, getattr(source, name))

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other._core is self._core

    def __hash__(self) -> int:
        return hash(id(self._core))

    def __repr__(self) -> str:
        return f"<pyds.{type(self).__name__} of {self._core!r}>"

    def __getattr__(self, name: str) -> Any:
        # Runs only when nothing has that name, so it costs the existing members nothing.
        kind = type(self).__name__
        if name in type(self)._coming:
            raise AttributeError(f"pyds.{kind}.{name} is not part of Penstock yet")
        raise AttributeError(f"pyds.{kind} has no member {name!r}")


class TupleView(View):
    """A struct that the core keeps as an immutable tuple of floats on its owner.

    So the view is bound to the owner and the name of the attribute; one that the application
    makes owns a `Cell`.
    """

    __slots__ = ("_name",)
    _name: str
    _zero: ClassVar[tuple[float, ...]] = (0.0, 0.0, 0.0, 0.0)

    def __init__(self) -> None:
        self._core = Cell(self._zero)
        self._name = "values"

    @property
    def _values(self) -> tuple[float, ...]:
        values: tuple[float, ...] = getattr(self._core, self._name)
        return values

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


def _refusal(cls: type[View], data: object) -> str:
    call = f"pyds.{cls.__name__}.cast"
    if data is None:
        return f"{call}(None): there is no object; check the list or field for None first"
    if isinstance(data, int):
        return f"{call} of an address is not part of Penstock yet: pass the .data of a list"
    if hasattr(data, "data") and hasattr(data, "next"):
        return f"{call} takes the .data of a list node, got the node itself: write .data behind it"
    return f"{call} takes the .data of a list of such objects, got {described(data)}"
