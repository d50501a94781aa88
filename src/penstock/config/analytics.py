"""The configuration of an nvdsanalytics element."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from penstock.config.analytics_keys import COMMON_KEYS, PROPERTY_KEYS
from penstock.config.analytics_shapes import ShapeKeys
from penstock.config.keyfile import YAML_SUFFIXES, KeyFile, entries
from penstock.config.keys import Key, did_you_mean, read_group, take_size, unknown_keys
from penstock.config.textfile import read_text
from penstock.config.value import Value, printable
from penstock.config.yamlfile import entries as yaml_entries
from penstock.errors import ConfigError

_PROPERTY = "property"
_STREAM_GROUP = re.compile(r"(.+)-stream-(.*)", re.DOTALL)
_STREAM = re.compile(r"[0-9]{1,6}")
_ASSUMED_SIZE = (1920, 1080)


class Grammar(NamedTuple):
    """What may stand in the groups of one kind of rule.

    Attributes:
        keys: Every key but those that name shapes and those that all kinds have.
        shapes: The keys that name shapes; `None` where there are none.
        most: How many shapes there may be.
    """

    keys: Mapping[str, Key]
    shapes: ShapeKeys | None = None
    most: int | None = None


@dataclass(frozen=True)
class RuleGroup:
    """One group `[<kind>-stream-<n>]` that is switched on.

    Attributes:
        kind: Which rule.
        stream: Source that it is about.
        where: File, line and group, for messages.
        shapes: Name → what the grammar's `ShapeKeys.read` made of it, pixels of the file.
        settings: The other keys, by the names that the grammar gives them; absent keys are absent.
        class_ids: Classes that it is about; empty: all.
    """

    kind: str
    stream: int
    where: str = field(compare=False)
    shapes: Mapping[str, Any]
    settings: Mapping[str, Any]
    class_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class AnalyticsConfig:
    """What one nvdsanalytics element is told by its file.

    Attributes:
        file: The file, as it was named by whoever opened it.
        enable: Whether anything is analysed.
        size: `(width, height)` of the frame that the shapes are meant for, pixels.
        osd_mode: 0: nothing is drawn, 1: shapes and names, 2: numbers too.
        font_size: Of what is written, points.
        count_window_ms: Counts of classes are the most frequent one within this time; 0: the
            frame's own.
        display_counts: Whether counts of classes are written on the frame.
        proof_file: Where every event is recorded; `None`: nowhere.
        groups: Those that are switched on, in the file's order.
        warnings: One sentence for each thing to tell the user, with file, line and key.
    """

    file: Path = field(compare=False)
    enable: bool = True
    size: tuple[int, int] = _ASSUMED_SIZE
    osd_mode: int = 2
    font_size: int = 12
    count_window_ms: int = 0
    display_counts: bool = False
    proof_file: Path | None = None
    groups: tuple[RuleGroup, ...] = ()
    warnings: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def read(cls, path: str | Path, *, grammars: Mapping[str, Grammar]) -> AnalyticsConfig:
        """Read a file: YAML if it is called `.yml` or `.yaml`, else a GLib key file.

        Args:
            path: The file.
            grammars: Kind of rule → what its groups may hold.

        Raises:
            ConfigError: With file, line, group and key, what was wanted and what was got.
        """
        key_file = KeyFile.read(path, where="config-file")
        _refuse_twins(key_file.file, grammars)
        values = key_file.groups.get(_PROPERTY, {}).values()
        settings = read_group(values, PROPERTY_KEYS)
        warnings = [*key_file.warnings, *unknown_keys(values, PROPERTY_KEYS, elsewhere={})]
        groups = [*_groups(key_file, grammars, warnings)]
        size = take_size(settings, "config")
        if not all(size):
            size = _ASSUMED_SIZE
            if any(group.shapes for group in groups):
                warnings.append(
                    f"{key_file.file}, [{_PROPERTY}]: config-width and config-height are missing; "
                    f"its points are taken to be for {size[0]}x{size[1]}"
                )
        settings = {name: value for name, value in settings.items() if value is not None}
        told = tuple(warnings)
        return cls(key_file.file, **settings, size=size, groups=tuple(groups), warnings=told)


def _groups(
    key_file: KeyFile, grammars: Mapping[str, Grammar], warnings: list[str]
) -> Iterable[RuleGroup]:
    lines: dict[tuple[str, int], int] = {}
    for name, line in key_file.group_lines.items():
        if name == _PROPERTY:
            continue
        found = _STREAM_GROUP.fullmatch(name)
        kind = found[1] if found else name
        if found is None or kind not in grammars:
            known = [f"{one}-stream-{found[2] if found else '0'}" for one in grammars]
            warnings.append(
                f"{key_file.file}, line {line}: unknown group [{printable(name)}], ignored"
                f"{did_you_mean(name, known)}"
            )
            continue
        if not _STREAM.fullmatch(found[2]):
            raise ConfigError(
                f"{key_file.file}, line {line}: [{printable(name)}] is about an unknown stream: "
                f"wanted [{kind}-stream-0], [{kind}-stream-1], …"
            )
        stream = int(found[2])
        if (kind, stream) in lines:
            raise ConfigError(
                f"{key_file.file}, line {line}: [{name}] is there twice, first on line "
                f"{lines[kind, stream]}; wanted one group for each stream"
            )
        lines[kind, stream] = line
        where = f"{key_file.file}, line {line}, [{name}]"
        group = _group(
            [*key_file.groups[name].values()],
            kind=kind,
            stream=stream,
            where=where,
            grammar=grammars[kind],
            warnings=warnings,
        )
        if group is not None:
            yield group


def _group(
    values: list[Value],
    *,
    kind: str,
    stream: int,
    where: str,
    grammar: Grammar,
    warnings: list[str],
) -> RuleGroup | None:
    """What a group says; `None` where it is switched off or names no shape, though it should."""
    prefix = grammar.shapes.prefix if grammar.shapes is not None else None
    named = [value for value in values if prefix is not None and value.key.startswith(prefix)]
    others = [value for value in values if value not in named]
    keys = {**COMMON_KEYS, **grammar.keys}
    settings = read_group(others, keys)
    warnings += unknown_keys(others, keys, elsewhere=dict.fromkeys(PROPERTY_KEYS, _PROPERTY))
    if not settings.pop("enable", True):
        return None
    if prefix is not None and not named:
        warnings.append(f"{where}: there is no {prefix}<name>=… in it, ignored")
        return None
    if grammar.most is not None and len(named) > grammar.most:
        raise ConfigError(f"{where}: wanted {grammar.most} {prefix}<name>=…, got {len(named)}")
    shapes = {} if grammar.shapes is None else dict(_shape(v, grammar.shapes) for v in named)
    classes = settings.pop("class_ids", ())
    return RuleGroup(
        kind, stream, where, shapes, settings, class_ids=() if -1 in classes else classes
    )


def _shape(value: Value, keys: ShapeKeys) -> tuple[str, Any]:
    name = value.key[len(keys.prefix) :]
    if not name:
        raise value.error(f"a name behind {keys.prefix}")
    return name, keys.read(value)


def _refuse_twins(file: Path, grammars: Mapping[str, Grammar]) -> None:
    """Two shapes of one name in a group: which of them is meant, nobody can know."""
    text, _ = read_text(file, where="config-file")
    parse = yaml_entries if file.suffix.lower() in YAML_SUFFIXES else entries
    lines: dict[tuple[str, str], int] = {}
    for group, key, setting, line in parse(text, file=file):
        found = _STREAM_GROUP.fullmatch(group)
        shapes = grammars[found[1]].shapes if found and found[1] in grammars else None
        if key is None or shapes is None or not key.startswith(shapes.prefix):
            continue
        if (group, key) in lines:
            twin = Value(setting, file, line, group, key)
            name = printable(key[len(shapes.prefix) :])
            raise ConfigError(
                f"{twin.where}: the name {name} is taken by line {lines[group, key]}; wanted "
                "another name for each shape of a group"
            )
        lines[group, key] = line
