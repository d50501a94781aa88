"""Texts of nvtracker's properties: how the sources are split, and which classes are tracked."""

from __future__ import annotations

import re

from penstock.errors import ConfigError

_LISTS = re.compile(r"\s*\d+(\s*,\s*\d+)*(\s*;\s*\d+(\s*,\s*\d+)*)*\s*;?\s*")
_COUNTS = re.compile(r"\s*\d+(\s*:\s*\d+)*\s*")
_CLASS_IDS = re.compile(r"\s*(-?\d+\s*[:;,]\s*)*(-?\d+\s*)?")


class SubBatches:
    """Which sub-batch a source belongs to.

    Args:
        text: `0,1;2,3` lists the sources of each; `2:2` says how many each takes, in the order in
            which they come; empty: one for all.

    Attributes:
        count: Number of sub-batches.

    Raises:
        ConfigError: It is neither, or names a source twice.
    """

    def __init__(self, text: str | None) -> None:
        text = (text or "").strip().strip("{}")
        self._numbers: dict[int, int] = {}
        self._room: list[int] = []
        self.count = 1
        if not text:
            return
        if ":" in text and _COUNTS.fullmatch(text):
            self._room = [int(size) for size in text.split(":")]
            self.count = len(self._room)
        elif _LISTS.fullmatch(text):
            self._read_lists(text)
        else:
            raise ConfigError(
                f"sub-batches: wanted sources as 0,1;2,3 or sizes as 2:2, got {text!r}"
            )

    def _read_lists(self, text: str) -> None:
        lists = [part for part in text.split(";") if part.strip()]
        self.count = len(lists)
        for number, sources in enumerate(lists):
            for source in map(int, sources.split(",")):
                if source in self._numbers:
                    raise ConfigError(f"sub-batches: source {source} is named twice in {text!r}")
                self._numbers[source] = number

    def number_of(self, source: int) -> int:
        """The sub-batch of a source; what fits nowhere goes to the last."""
        if source not in self._numbers:
            free = [number for number, room in enumerate(self._room) if room > 0]
            self._numbers[source] = number = free[0] if free else self.count - 1
            if free:
                self._room[number] -= 1
        return self._numbers[source]

    def forget(self, source: int) -> None:
        """A source is gone: its place in a counted sub-batch is free."""
        if self._room and source in self._numbers:
            self._room[self._numbers.pop(source)] += 1


def class_ids(text: str | None, name: str) -> frozenset[int] | None:
    """The classes of `0:2`, `0;2` or `0,2`; `None`, all, where there are none or -1 is among them.

    Raises:
        ConfigError: It is no such list; the message begins with `name`.
    """
    text = text or ""
    if not _CLASS_IDS.fullmatch(text):
        raise ConfigError(f"{name}: wanted class ids separated by ':' or ';', got {text!r}")
    found = frozenset(int(number) for number in re.findall(r"-?\d+", text))
    return None if not found or -1 in found else found
