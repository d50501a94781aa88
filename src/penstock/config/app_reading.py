"""Turn the groups of a deepstream-app file into settings."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from io import StringIO
from typing import Any

from penstock.config.app_grammar import GIVEN, AppGrammar, name_and_number
from penstock.config.app_keys import GROUPS
from penstock.config.app_sink_keys import TO_BROKER, TO_CONVERTER
from penstock.config.keyfile import KeyFile
from penstock.config.keys import did_you_mean, read_group, unknown_keys
from penstock.config.textfile import read_text
from penstock.config.value import Value, printable
from penstock.errors import ConfigError

_SOURCE, _TABLE = "source", "csv-file-path"
_PARTS = {"properties": GIVEN, "converter": TO_CONVERTER, "broker": TO_BROKER}


def read_groups(key_file: KeyFile, warnings: list[str]) -> dict[str, list[dict[str, Any]]]:
    """Name in `GROUPS` → settings of each such group by its number, `where` and `number` too.

    A group that is switched off is not looked at.

    Raises:
        ConfigError: With file, line and key, what was wanted and what was got.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for group, values in all_groups(key_file, warnings).items():
        line = key_file.group_lines.get(group, 1)
        where = f"{key_file.file}, line {line}, [{printable(group)}]"
        name, number = kind_of(group)
        grammar = GROUPS.get(name)
        if grammar is None and is_off(values):
            continue
        if grammar is None:
            known = [one + "0" if known.numbered else one for one, known in GROUPS.items()]
            warnings.append(f"{where}: unknown group, ignored{did_you_mean(group, known)}")
        elif _counts(grammar, values, where=where, warnings=warnings):
            settings = _settings(grammar, [*values.values()], warnings)
            found.setdefault(name, []).append({**settings, "where": where, "number": number})
    for groups in found.values():
        groups.sort(key=lambda settings: int(settings["number"]))
    return found


def kind_of(group: str) -> tuple[str, int]:
    """The name in `GROUPS` that a group of a file goes by, and its number."""
    name, number = name_and_number(group)
    if group in GROUPS or name not in GROUPS or not GROUPS[name].numbered:
        return group, 0
    return name, number


def all_groups(key_file: KeyFile, warnings: list[str]) -> dict[str, Mapping[str, Value]]:
    """The file's groups, and those of the table that `source: csv-file-path` names in YAML.

    The table's first row names keys of `[sourceN]`; each other row is a source.

    Raises:
        ConfigError: The table cannot be read.
    """
    groups = dict(key_file.groups)
    named = groups.get(_SOURCE, {}).get(_TABLE)
    if named is None:
        return groups
    others = (value for key, value in groups.pop(_SOURCE).items() if key != _TABLE)
    warnings += [f"{value.where}: not used beside {_TABLE}" for value in others]
    path = named.existing_file()
    text, told = read_text(path, where=named.where)
    warnings += told
    rows = csv.reader(StringIO(text))
    header = [cell.strip() for cell in next(rows, [])]
    for number, row in enumerate(filter(None, rows)):
        group, line = f"{_SOURCE}{number}", rows.line_num
        if group in groups:
            raise ConfigError(f"{path}, line {line}: [{group}] is in {key_file.file} already")
        groups[group] = {
            key: Value(cell.strip(), path, line, group, key)
            for key, cell in zip(header, row, strict=False)
            if cell.strip()
        }
    return groups


def is_off(values: Mapping[str, Value]) -> bool:
    """Whether a group says `enable=0`."""
    return "enable" in values and values["enable"].text == "0"


def _counts(
    grammar: AppGrammar, values: Mapping[str, Value], *, where: str, warnings: list[str]
) -> bool:
    if not grammar.switched:
        return True
    if "enable" not in values:
        warnings.append(f"{where}: not used, because it has no enable; wanted enable=1")
        return False
    read = grammar.keys["enable"].read
    assert read is not None
    return bool(read(values["enable"]))


def _settings(grammar: AppGrammar, values: list[Value], warnings: list[str]) -> dict[str, Any]:
    counted = [value for value in values if grammar.known_as(value.key)[0] in grammar.counted]
    plain = [value for value in values if value not in counted]
    warnings += unknown_keys(plain, grammar.keys, elsewhere={})
    found = read_group(plain, grammar.keys)
    found.pop("enable", None)
    settings = {name: value for name, value in found.items() if ":" not in name}
    for part, prefix in _PARTS.items():
        inner = {
            name[len(prefix) :]: value
            for name, value in found.items()
            if name.startswith(prefix) and value is not None
        }
        if inner:
            settings[part] = inner
    for value in counted:
        name, number = grammar.known_as(value.key)
        key = grammar.keys[name]
        assert key.read is not None
        of_class = settings.setdefault(f"{key.setting}s", {})
        of_class[-1 if number is None else number] = key.read(value)
    return settings
