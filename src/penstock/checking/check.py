"""Look at scripts and configurations without running them."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from penstock import paths
from penstock.checking import bindings, configs, elements, imports
from penstock.checking.configs import NotAConfigError
from penstock.checking.finding import UNSUPPORTED, Finding
from penstock.checking.literals import Script
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
    """Look at scripts (`.py`) and configurations.

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
        if file.suffix == ".py" or (file.is_dir() and (file / "__main__.py").is_file()):
            path = file / "__main__.py" if file.is_dir() else file
            parts = _script(path, seen, provided=provided, explained=explained or {})
        else:
            parts = configs.find(file, seen)
        try:
            found |= dict.fromkeys(parts)
        except NotAConfigError as error:
            raise ConfigError(str(error)) from error
    order = {file: number for number, file in enumerate(one.file for one in reversed(found))}
    ranked = sorted(found, key=lambda one: (-order[one.file], one.line, one.kind, one.name))
    return Report(tuple(ranked))


def _script(
    path: Path, seen: set[Path], *, provided: Collection[str], explained: Mapping[str, str]
) -> Iterator[Finding]:
    try:
        script = Script.parse(path.read_bytes(), name=str(path))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    except SyntaxError as error:
        raise ConfigError(f"{path}, line {error.lineno}: wanted Python: {error.msg}") from error
    except ValueError as error:
        raise ConfigError(f"{path}: wanted Python: {error}") from error
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
        if not file.is_file():
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
            names = {str(text.value).replace("_", "-") for text in script.texts(call.args[0])}
            if len(call.args) > 1 and names & _NAMES_CONFIG:
                yield from (id(text) for text in script.texts(call.args[1]))


def _missing(at: Finding, file: Path) -> Finding:
    return Finding(at.file, at.line, at.kind, at.name, UNSUPPORTED, f"there is no file {file}")
