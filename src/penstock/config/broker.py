"""Adapter files of message brokers: the group `[message-broker]`, whose keys each adapter names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from penstock.config.keyfile import KeyFile
from penstock.config.keys import Key, read_group, unknown_keys
from penstock.config.value import Value
from penstock.errors import ConfigError

GROUP = "message-broker"


@dataclass(frozen=True)
class BrokerConfig:
    """What an adapter is told by its file.

    Attributes:
        file: As it was named by whoever opened it; `None` where there is none.
        values: Key → its value, which knows file and line.
        warnings: About the file as a whole, each with file and line.
    """

    file: Path | None = field(default=None, compare=False)
    values: Mapping[str, Value] = field(default_factory=dict)
    warnings: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def read(cls, path: str | Path) -> BrokerConfig:
        """Read a GLib key file, or YAML where it is called `.yml` or `.yaml`.

        Raises:
            ConfigError: It cannot be read, or has no `[message-broker]`.
        """
        key_file = KeyFile.read(path, where="config")
        if GROUP not in key_file.groups:
            found = ", ".join(f"[{name}]" for name in key_file.groups) or "no group at all"
            raise ConfigError(f"{path}: wanted a group [{GROUP}], got {found}")
        return cls(key_file.file, key_file.groups[GROUP], key_file.warnings)

    def settings(self, keys: Mapping[str, Key]) -> dict[str, Any]:
        """Setting → what the file says; settings of which it says nothing are absent.

        Args:
            keys: What the adapter knows.

        Raises:
            ConfigError: A value cannot be read as its key demands.
        """
        return read_group(self.values.values(), keys)

    def warnings_for(self, keys: Mapping[str, Key]) -> list[str]:
        """Everything to tell the user about the file, unknown keys among it.

        Args:
            keys: What the adapter knows.
        """
        return [*self.warnings, *unknown_keys(self.values.values(), keys, elsewhere={})]
