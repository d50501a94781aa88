"""What is known about a group of deepstream-app's configuration, and the readers of its values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from penstock.config.keys import Key, ignored
from penstock.config.value import Value

GIVEN = "element:"
"""How the setting of a key begins whose value is given to the element; its property follows."""

_NUMBERED = re.compile(r"(.*?)([0-9]{1,6})")
_LARGEST_SIDE = 1 << 16


@dataclass(frozen=True)
class AppGrammar:
    """One kind of group.

    Attributes:
        effect: What it is about, for the reference.
        keys: All that is known in it.
        numbered: Whether there may be several, `[sink0]`, `[sink1]`, …
        switched: Whether it counts only with `enable=1`.
        counted: Keys that a class's number may follow, as in `bbox-border-color2`.
    """

    effect: str
    keys: Mapping[str, Key]
    numbered: bool = False
    switched: bool = True
    counted: tuple[str, ...] = ()

    def known_as(self, key: str) -> tuple[str, int | None]:
        """The key of the table that a key of a file is, and the number that follows it."""
        for name in self.counted:
            tail = key[len(name) :]
            if key.startswith(name) and tail.isdecimal():
                return name, int(tail)
        return key, None


def name_and_number(group: str) -> tuple[str, int]:
    """`sink2` is `("sink", 2)`; the number of `osd` is 0."""
    match = _NUMBERED.fullmatch(group)
    return (match[1], int(match[2])) if match else (group, 0)


def given(
    name: str, effect: str, read: Callable[[Value], Any], default: str = "the element's"
) -> Key:
    """A key whose value becomes the element's property `name`."""
    return Key(effect, default, f"{GIVEN}{name}", read)


def count(value: Value) -> int:
    """A whole number of 0 or more."""
    return value.integer(minimum=0)


def least_one(value: Value) -> int:
    """A whole number of 1 or more."""
    return value.integer(minimum=1)


def side(value: Value) -> int:
    """The side of a picture, pixels."""
    return value.integer(minimum=1, maximum=_LARGEST_SIDE)


def port(value: Value) -> int:
    """A port; 0 lets the system choose."""
    return value.integer(minimum=0, maximum=65535)


def text(value: Value) -> str:
    """Any text."""
    return value.text


def itself(value: Value) -> Value:
    """The value, for what is only known together with others."""
    return value


def path(value: Value) -> Path | None:
    """A path, relative to the file; nothing where there is no text."""
    return value.path() if value.text else None


def path_text(value: Value) -> str | None:
    """The same as a text, for a property."""
    return str(value.path()) if value.text else None


def library(value: Value) -> str:
    """A library: a bare name stays one, as the dynamic linker takes it; else a path."""
    return value.text if "/" not in value.text else str(value.path())


def files_or_names(value: Value) -> str:
    """Files `a.yml;b.yml`; what has no suffix and no folder, as `NvDCF`, stays a name."""
    items = [replace(value, text=item) for item in value.strings()]
    return ";".join(
        item.text if not re.search(r"[./]", item.text) else str(item.path()) for item in items
    )


def existing(value: Value) -> str:
    """The path of a file that is there, as a text."""
    return str(value.existing_file())


def class_ids(value: Value) -> str:
    """`0;2` as elements take it, `0:2`."""
    return ":".join(map(str, value.integers(minimum=-1)))


HARDWARE: Mapping[str, Key] = {
    "gpu-id": ignored("the GPU to use", "the pixels are not on a GPU"),
    "nvbuf-memory-type": ignored("kind of memory", "there is one kind here"),
    "cudadec-memtype": ignored("kind of memory of decoded frames", "there is one kind here"),
}
"""Keys that every group may have."""

ENABLE = Key("1: the group counts; nothing in it is looked at otherwise", "0", "enable", count)
"""The switch of most groups."""
