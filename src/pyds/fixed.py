"""Members that cannot be assigned."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyds.fields import Field
from pyds.views import View


class ReadOnly(Field):
    """A member that only reads.

    Args:
        inner: What it is.
    """

    writes = ""

    def __init__(self, inner: Field) -> None:
        self.inner = inner
        self.is_part = inner.is_part
        self.copy_core = inner.copy_core  # type: ignore[method-assign]
        super().__init__(inner.path, inner.__doc__ or "")

    @property
    def reads(self) -> str:  # type: ignore[override]
        """As what it is."""
        return self.inner.reads

    @property
    def state(self) -> tuple[str, ...]:
        """As of what it is."""
        return self.inner.state

    def _reader(self) -> Callable[[Any], Any]:
        reader = self.inner.fget
        assert reader is not None
        return reader

    def _write(self, view: View, value: object) -> None:
        raise AttributeError(f"{self.label} is read-only")


class Derived(ReadOnly):
    """A member that follows from others."""

    @property
    def state(self) -> tuple[str, ...]:
        """Nothing: it follows."""
        return ()
