"""Names that people type, and where the code behind each name lives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import entry_points
from typing import Generic, TypeVar

from penstock.errors import MissingExtraError, UnknownNameError

__all__ = ["Registry"]

T = TypeVar("T")


class Registry(Generic[T]):
    """A readable table of `name -> "module:Class"`, imported on first use.

    Args:
        kind: What the names mean, for messages: `"parser"`.
        table: The built-in names. Third parties add to it through the entry-point
            group `penstock.<kind>s` of their own distribution.
        extras: Name → the optional-dependency group that makes it importable.
    """

    def __init__(
        self, kind: str, table: Mapping[str, str], *, extras: Mapping[str, str] | None = None
    ) -> None:
        self.kind = kind
        self._table = dict(table)
        self._extras = dict(extras or {})

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({*self._table, *self._third_party()}))

    def __contains__(self, name: object) -> bool:
        return name in self._table or name in self._third_party()

    def load(self, name: str) -> type[T]:
        """Import and return the class registered as `name`.

        Raises:
            UnknownNameError: Nothing has that name; the message lists what does.
            MissingExtraError: Its dependency is absent, or broken; the message says how to get it,
                or what is wrong.
        """
        target = self._table.get(name) or self._third_party().get(name)
        if target is None:
            raise UnknownNameError(self._unknown(name))
        module, _, attribute = target.partition(":")
        try:
            found: type[T] = getattr(import_module(module), attribute)
        except ModuleNotFoundError as error:
            extra = self._extras.get(name)
            hint = f"pip install 'penstock[{extra}]'" if extra else f"pip install {error.name}"
            raise MissingExtraError(
                f"{self.kind} {name!r} needs the Python package {error.name!r}: {hint}"
            ) from error
        except (ImportError, AttributeError) as error:  # it is there, and broken
            raise MissingExtraError(
                f"{self.kind} {name!r} cannot be imported from {target}: {error}"
            ) from error
        return found

    def _unknown(self, name: str) -> str:
        known = list(self)
        close = get_close_matches(name, known, n=1)
        meant = f"; did you mean {close[0]!r}?" if close else "."
        return f"no {self.kind} is called {name!r}{meant} Known: {', '.join(known) or 'none'}"

    def _third_party(self) -> dict[str, str]:
        return {point.name: point.value for point in entry_points(group=f"penstock.{self.kind}s")}
