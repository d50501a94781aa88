"""What is known about a key: its effect, its default, its state, and how it is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from penstock.config.value import Value

READ = "read"


@dataclass(frozen=True)
class Key:
    """One key of a configuration grammar.

    Attributes:
        effect: What it does, for the reference.
        default: What holds where it is absent, for the reference.
        setting: The setting it fills; empty where nothing reads it.
        read: Turns its text into that setting.
        status: `"read"`, or `"accepted, ignored because …"`.
    """

    effect: str
    default: str = "none"
    setting: str = ""
    read: Callable[[Value], Any] | None = None
    status: str = READ


def ignored(effect: str, because: str) -> Key:
    """A key that is known and does nothing here."""
    return Key(effect, default="—", status=f"accepted, ignored because {because}")


def read_group(values: Iterable[Value], table: Mapping[str, Key]) -> dict[str, Any]:
    """The settings that `values` give; unknown keys are skipped.

    Raises:
        ConfigError: A value cannot be read as its key demands.
    """
    found: dict[str, Any] = {}
    for value in values:
        key = table.get(value.key)
        if key is not None and key.read is not None:
            found[key.setting] = key.read(value)
    return found


def take_size(settings: dict[str, Any], end: str) -> tuple[int, int]:
    """Move `<end>_width` and `<end>_height` out of `settings`: `(width, height)`, 0 if absent."""
    return settings.pop(f"{end}_width", 0), settings.pop(f"{end}_height", 0)


def unknown_keys(
    values: Iterable[Value], table: Mapping[str, Key], *, elsewhere: Mapping[str, str]
) -> list[str]:
    """One warning for each value whose key is not in `table`.

    Args:
        values: The settings of one group.
        table: What is known in it.
        elsewhere: Key → the group where it would be known.
    """
    warnings = []
    for value in values:
        if value.key in table:
            continue
        hint = did_you_mean(value.key, table)
        if value.key in elsewhere:
            hint = f"; it belongs in [{elsewhere[value.key]}]"
        warnings.append(f"{value.where}: unknown key, ignored{hint}")
    return warnings


def reference(table: Mapping[str, Key]) -> str:
    """The table as Markdown, one row for each key."""
    rows = [
        f"| `{name}` | {key.effect} | {key.default} | {key.status} |" for name, key in table.items()
    ]
    return "\n".join(["| key | effect | default | status |", "| --- | --- | --- | --- |", *rows])


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`; did you mean batch-size?`, or nothing where no known name is close."""
    close = get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""
