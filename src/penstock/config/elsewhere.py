"""Networks that somebody else runs."""

from __future__ import annotations

from typing import Any, Protocol


class ModelElsewhere(Protocol):
    """A network that this process does not run itself; `str` of it names it in messages."""

    @property
    def name(self) -> str:
        """The model's name."""
        ...

    def open(self) -> Any:
        """A backend that has it run.

        Raises:
            ModelError: It cannot be reached.
        """
        ...
