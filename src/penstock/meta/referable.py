"""Weak references to classes with slots."""


class Referable:
    """Base of small metadata classes that others may refer to weakly.

    Slots alone rule that out, and `dataclass(weakref_slot=True)` is Python 3.11's.
    """

    __slots__ = ("__weakref__",)
