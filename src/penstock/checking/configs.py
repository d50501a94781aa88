"""What a configuration file says, and what becomes of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from penstock import paths
from penstock.checking import prototexts
from penstock.checking.finding import IGNORED, SUPPORTED, UNSUPPORTED, Finding
from penstock.checking.grammars import APP, Grammar, grammar_of
from penstock.checking.prototexts import key_finding
from penstock.config import KeyFile, Value, read_text
from penstock.config.app_keys import GROUPS
from penstock.config.app_reading import is_off
from penstock.config.infer_rules import FOREIGN_MODELS
from penstock.config.keys import did_you_mean
from penstock.config.tracker_rules import read_key_file
from penstock.errors import ConfigError, PenstockError

SUFFIXES = frozenset({".txt", ".yml", ".yaml", ".cfg", ".ini", ".conf", ".pbtxt"})
"""How names of configuration files end."""

_MODELS = frozenset({"onnx-file", "onnxFile"})
_CONFIGS = frozenset(
    {"config-file", "config-file-path", "ll-config-file", "msg-conv-config", "msg-broker-config"}
)


class NotAConfigError(PenstockError):
    """A file is no configuration that anything here reads."""


def find(path: Path, seen: set[Path]) -> Iterator[Finding]:
    """Every key of a file, and of the files that it names.

    Args:
        path: The file.
        seen: Files that were looked at already; grows.

    Raises:
        NotAConfigError: It is none.
        ConfigError: It cannot be read.
    """
    real = Path(os.path.realpath(paths.found(path)))
    if real in seen:
        return
    if prototexts.is_prototext(real):
        seen.add(real)
        yield from prototexts.find(path)
        return
    key_file, grammar = _recognised(path)
    seen.add(real)
    yield Finding(path, 0, "config", grammar.name, SUPPORTED)
    for group, values in key_file.groups.items():
        if grammar is APP and is_off(values):
            continue
        line = key_file.group_lines.get(group, 0)
        if grammar.table(group) is None:
            hint = did_you_mean(group, GROUPS) if grammar is APP else ""
            yield Finding(path, line, "key", f"[{group}]", UNSUPPORTED, f"unknown group{hint}")
            continue
        for value in values.values():
            yield from _value(grammar, value, path, seen)
    yield from _trial(grammar, path)


def _recognised(path: Path) -> tuple[KeyFile, Grammar]:
    try:
        text, _ = read_text(paths.found(path), where="configuration file")
        key_file = read_key_file(path) if text.startswith("%YAML") else KeyFile.read(path)
    except ConfigError as error:
        raise NotAConfigError(str(error)) from error
    grammar = grammar_of(key_file.groups)
    if grammar is None:
        raise NotAConfigError(f"{path}: its groups belong to no grammar that is known here")
    return key_file, grammar


def _value(grammar: Grammar, value: Value, path: Path, seen: set[Path]) -> Iterator[Finding]:
    """What becomes of one setting, and of the file it names."""
    name = f"[{value.group}] {value.key}"
    key = grammar.key(value.group, value.key)
    if grammar.idle and value.group in grammar.idle:
        yield Finding(path, value.line, "key", name, IGNORED, grammar.idle[value.group])
    elif key is None:
        hint = did_you_mean(value.key, grammar.table(value.group) or ())
        yield Finding(path, value.line, "key", name, UNSUPPORTED, f"unknown key{hint}")
    elif value.key in _MODELS:
        yield _model(value, path)
    elif value.key in FOREIGN_MODELS and (onnx := _stand_in(value)):
        yield Finding(path, value.line, "model", value.text, SUPPORTED, f"{onnx} stands in for it")
    else:
        yield key_finding(path, value.line, name, key)
    if key is not None and value.key in _CONFIGS:
        for text in value.strings():
            if "." in text or "/" in text:  # else it is a tracker's name
                file = replace(value, text=text).path()
                yield from named(file, Finding(path, value.line, "config", text), seen)


def named(file: Path, at: Finding, seen: set[Path]) -> Iterator[Finding]:
    """What is in a file that a setting names; `at` says where and how."""
    try:
        yield from find(file, seen)
    except PenstockError as error:
        yield replace(at, state=UNSUPPORTED, reason=str(error))


def _model(value: Value, path: Path) -> Finding:
    file = paths.found(value.path())
    if os.path.isfile(file):
        return Finding(path, value.line, "model", value.text, SUPPORTED)
    reason = f"there is no file {file}"
    return Finding(path, value.line, "model", value.text, UNSUPPORTED, reason)


def _stand_in(value: Value) -> Path | None:
    """The ONNX network that is read in place of a model of another format."""
    return paths.onnx_of(value.path()) if value.text else None


def _trial(grammar: Grammar, path: Path) -> Iterator[Finding]:
    """What the element would say to the file as a whole."""
    if grammar.read is None:
        return
    try:
        grammar.read(path)
    except PenstockError as error:
        yield Finding(path, 0, "config", grammar.name, UNSUPPORTED, str(error))
