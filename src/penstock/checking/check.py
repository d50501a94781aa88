"""Look at scripts and configurations without running them."""

from __future__ import annotations

import ast
import os
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from penstock import paths
from penstock.checking import bindings, configs, elements, imports
from penstock.checking.configs import NotAConfigError
from penstock.checking.finding import UNSUPPORTED, Finding
from penstock.checking.literals import Script, argument
from penstock.checking.notebooks import NOTEBOOK, Notebook
from penstock.errors import ConfigError

_NAMES_CONFIG = frozenset({"config-file-path", "config-file", "ll-config-file", "config"})


@dataclass(frozen=True)
class Report:
    """What was found.

    Attributes:
        findings: By file, in the order of the files, then by line.
    """

    findings: tuple[Finding, ...] = ()

    @property
    def counts(self) -> Counter[str]:
        """State → how many."""
        return Counter(finding.state for finding in self.findings)

    @property
    def works(self) -> bool:
        """Whether nothing is unsupported."""
        return not self.counts[UNSUPPORTED]


def check(
    files: Sequence[str | Path],
    *,
    provided: Collection[str] = (),
    explained: Mapping[str, str] | None = None,
) -> Report:
    """Look at scripts (`.py`), notebooks (`.ipynb`) and configurations.

    Configurations that a script names in its texts, and lie beside it, are looked at too, and those
    that a configuration names.

    Args:
        files: What to look at.
        provided: Modules that are there for scripts although they are not installed.
        explained: Module → why there is none.

    Raises:
        ConfigError: A file cannot be read, is no Python, or no configuration that is known here.
    """
    found: dict[Finding, None] = {}  # a set that keeps its order
    seen: set[Path] = set()
    for file in map(Path, files):
        main = file / "__main__.py"
        if file.suffix == NOTEBOOK:
            parts = _notebook(file, seen, provided=provided, explained=explained or {})
        elif file.suffix == ".py" or os.path.isfile(main):
            path = main if os.path.isdir(file) else file
            parts = _script(path, seen, provided=provided, explained=explained or {})
        else:
            parts = configs.find(file, seen)
        try:
            found |= dict.fromkeys(parts)
        except NotAConfigError as error:
            raise ConfigError(str(error)) from error
        except RecursionError:
            raise ConfigError(f"{file}: its expressions are too deep to be looked at") from None
    order = {file: number for number, file in enumerate(one.file for one in reversed(found))}
    ranked = sorted(
        found, key=lambda one: (-order[one.file], one.cell, one.line, one.kind, one.name)
    )
    return Report(tuple(ranked))


def _script(
    path: Path, seen: set[Path], *, provided: Collection[str], explained: Mapping[str, str]
) -> Iterator[Finding]:
    try:
        script = Script.parse(_read(path), name=str(path))
    except SyntaxError as error:
        raise ConfigError(f"{path}, line {error.lineno}: wanted Python: {error.msg}") from error
    except ValueError as error:
        raise ConfigError(f"{path}: wanted Python: {error}") from error
    yield from _parts(script, path, seen, provided=provided, explained=explained)


def _notebook(
    path: Path, seen: set[Path], *, provided: Collection[str], explained: Mapping[str, str]
) -> Iterator[Finding]:
    notebook = Notebook.read(_read(path), name=str(path))
    script = Script.parse(notebook.source, name=str(path))
    for one in _parts(script, path, seen, provided=provided, explained=explained):
        if one.file == path and one.line:
            cell, line = notebook.place(one.line)
            yield replace(one, cell=cell, line=line)
        else:
            yield one


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error


def _parts(
    script: Script,
    path: Path,
    seen: set[Path],
    *,
    provided: Collection[str],
    explained: Mapping[str, str],
) -> Iterator[Finding]:
    yield from imports.find(script, path, provided=provided, explained=explained)
    yield from elements.find(script, path)
    yield from bindings.find(script, path)
    yield from _named_configs(script, path, seen)


def _named_configs(script: Script, path: Path, seen: set[Path]) -> Iterator[Finding]:
    """Configurations whose names stand in the script."""
    wanted = set(_set_as_config(script))
    for node in ast.walk(script.tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            continue
        text = node.value
        if "\n" in text or Path(text).suffix.lower() not in configs.SUFFIXES:
            continue
        file = paths.found(path.parent / text)
        at = Finding(path, node.lineno, "config", text)
        if not os.path.isfile(file):
            if id(node) in wanted:
                yield _missing(at, file)
        elif id(node) in wanted:
            yield from configs.named(path.parent / text, at, seen)
        else:  # labels, output: not every text file is a configuration
            try:
                yield from configs.find(path.parent / text, seen)
            except NotAConfigError:
                continue


def _set_as_config(script: Script) -> Iterator[int]:
    """The texts that are given to a property that names a configuration."""
    for call in script.calls():
        if isinstance(call.func, ast.Attribute) and call.func.attr == "set_property":
            named = script.texts(argument(call, 0, "property_name"))
            if {str(text.value).replace("_", "-") for text in named} & _NAMES_CONFIG:
                yield from (id(text) for text in script.texts(argument(call, 1, "value")))


def _missing(at: Finding, file: Path) -> Finding:
    return Finding(at.file, at.line, at.kind, at.name, UNSUPPORTED, f"there is no file {file}")
