"""Reads a low-level tracker YAML: which tracker it means and what it sets."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from penstock import paths
from penstock.config import yamlfile
from penstock.config.keyfile import KeyFile
from penstock.config.keys import did_you_mean, read_group, unknown_keys
from penstock.config.textfile import read_text
from penstock.config.tracker_keys import FILLS_ANOTHER, MODULES, WITHOUT_EFFECT
from penstock.config.value import printable

# OpenCV, which reads these files in DeepStream, writes a header that no YAML library takes.
_HEADER = re.compile(r"\A(\s*)%YAML[^\n]*(\n---[^\n]*)?")


@dataclass
class TrackerSettings:
    """What a file says.

    Attributes:
        named: The tracker, where `trackerType` names it.
        settings: Arguments of `TrackerConfig.replace`.
        warnings: One sentence for each thing to tell the user.
    """

    named: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def read_settings(path: str | Path) -> TrackerSettings:
    """Read a file.

    Raises:
        ConfigError: With file, line and key, what was wanted and what was got.
    """
    key_file = read_key_file(path)
    found = TrackerSettings(warnings=(*key_file.warnings, *_unknown_sections(key_file)))
    for module, (section, table) in MODULES.items():
        values = key_file.groups.get(module, {}).values()
        elsewhere = {key: other for other, (_, keys) in MODULES.items() for key in keys}
        found.warnings += tuple(unknown_keys(values, table, elsewhere=elsewhere))
        for name, value in read_group(values, table).items():
            if name == "tracker":
                found.named = value
            elif not section:
                found.settings[name] = value
            else:
                place = FILLS_ANOTHER.get(name, section)
                found.settings.setdefault(place, {})[name] = value
    return found


def read_key_file(path: str | Path) -> KeyFile:
    """The groups of a file, whatever header it begins with.

    Raises:
        ConfigError: It cannot be read or is no YAML.
    """
    file = paths.found(path)
    text, warnings = read_text(file, where="ll-config-file")
    body = _HEADER.sub(lambda found: "\n" * found[0].count("\n"), text)
    return KeyFile._collect(yamlfile.entries(body, file=file), file=file, warnings=warnings)


def _unknown_sections(key_file: KeyFile) -> list[str]:
    told = []
    for section, line in key_file.group_lines.items():
        if section in WITHOUT_EFFECT:
            because = WITHOUT_EFFECT[section]
            told.append(f"{key_file.file}, line {line}: {section} has no effect here: {because}")
        elif section not in MODULES:
            hint = did_you_mean(section, MODULES)
            told.append(
                f"{key_file.file}, line {line}: unknown section {printable(section)}, ignored{hint}"
            )
    return told
