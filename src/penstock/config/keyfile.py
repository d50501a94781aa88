"""GLib key files, and their YAML form, as groups of settings that know where they stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from penstock import paths
from penstock.config import yamlfile
from penstock.config.textfile import read_text
from penstock.config.value import Entry, Value, shown
from penstock.errors import ConfigError

YAML_SUFFIXES = frozenset({".yml", ".yaml"})
# GLib strips ASCII blanks only; str.strip() would take more.
BLANKS = " \t\r\f\v"


@dataclass(frozen=True)
class KeyFile:
    """The content of one file.

    Attributes:
        file: As it was named by whoever opened it, or what stands in for it.
        groups: Group → key → value, in the file's order. A group that appears twice is one.
        group_lines: Group → the line it first appears on.
        warnings: About encoding and keys that are set twice, each with file and line.
    """

    file: Path
    groups: Mapping[str, Mapping[str, Value]]
    group_lines: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @classmethod
    def read(cls, path: str | Path, *, where: str = "configuration file") -> KeyFile:
        """Read `path`: YAML if it is called `.yml` or `.yaml`, else a GLib key file.

        UTF-8 with or without byte-order mark, UTF-16, or Latin-1 with a warning; any line ends.
        Of a key that is set twice the last counts, with a warning.

        Args:
            path: The file.
            where: Which setting named it, for the message when it cannot be read.

        Raises:
            ConfigError: The file cannot be read or does not follow the grammar.
        """
        file = paths.found(path)
        text, warnings = read_text(file, where=where)
        parse = yamlfile.entries if file.suffix.lower() in YAML_SUFFIXES else entries
        return cls._collect(parse(text, file=file), file=file, warnings=warnings)

    def get(self, group: str, key: str) -> Value | None:
        """The value of `key` in `group`, or `None`."""
        return self.groups.get(group, {}).get(key)

    @classmethod
    def _collect(cls, found: Iterable[Entry], *, file: Path, warnings: tuple[str, ...]) -> KeyFile:
        groups: dict[str, dict[str, Value]] = {}
        lines: dict[str, int] = {}
        told = list(warnings)
        for group, key, text, line in found:
            settings = groups.setdefault(group, {})
            lines.setdefault(group, line)
            if key is None:
                continue
            value = Value(text, file, line, group, key)
            if key in settings:
                told.append(f"{value.where}: set before on line {settings[key].line}; this counts")
            settings[key] = value
        return cls(file, groups, lines, tuple(told))


def entries(text: str, *, file: Path) -> Iterator[Entry]:
    """The groups and settings of a GLib key file, in its order.

    Args:
        text: The file's content.
        file: Its name, for messages.

    Raises:
        ConfigError: A line is no `[group]`, `key=value`, `# comment` or empty.
    """
    group: str | None = None
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.strip(BLANKS)
        if not line or line.startswith("#"):
            continue
        if (name := _group_name(line)) is not None:
            group = name
            yield Entry(group, None, "", number)
            continue
        key, equals, setting = line.partition("=")
        key = key.rstrip(BLANKS)
        if group is None or not equals or not key:
            raise ConfigError(f"{file}, line {number}: {_complaint(line, group=group)}")
        yield Entry(group, key, setting.lstrip(BLANKS), number)


def _group_name(line: str) -> str | None:
    name = line[1:-1]
    is_group = line.startswith("[") and line.endswith("]") and name and not set(name) & {"[", "]"}
    return name if is_group else None


def _complaint(line: str, *, group: str | None) -> str:
    if line.startswith((";", "//")):
        return f"wanted key=value or [group], got {shown(line)}; comments start with #"
    if group is None and "=" in line and not line.startswith("["):
        return f"wanted a [group] before the first key, got {shown(line)}"
    if line.partition("#")[0].rstrip(BLANKS).endswith(":") or ": " in line:
        return f"wanted key=value or [group], got {shown(line)}; YAML files end in .yml or .yaml"
    return f"wanted key=value, [group] or # comment, got {shown(line)}"
