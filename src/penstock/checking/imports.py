"""Whether what a script imports is there."""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

from penstock.checking.finding import IGNORED, SUPPORTED, UNSUPPORTED, Finding
from penstock.checking.literals import Script, dotted

_CATCHES = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


def find(
    script: Script, path: Path, *, provided: Collection[str], explained: Mapping[str, str]
) -> Iterator[Finding]:
    """Every module that a script imports.

    Args:
        script: The script.
        path: Where it is; modules beside it, and in the folder above, are found.
        provided: Modules that `penstock run` has where the machine does not.
        explained: Module → why there is none.
    """
    folders = [path.resolve().parent, path.resolve().parent.parent]
    expected = _in_a_try(script)
    for node in ast.walk(script.tree):
        if isinstance(node, ast.Import):
            modules = [one.name for one in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules = [node.module]
        else:
            continue
        for module in modules:
            reason = _reason_against(module, folders, provided=provided, explained=explained)
            if reason and id(node) in expected:
                reason = f"the script goes on without it: {reason}"
                yield Finding(path, node.lineno, "import", module, IGNORED, reason)
            else:
                state = UNSUPPORTED if reason else SUPPORTED
                yield Finding(path, node.lineno, "import", module, state, reason)


def _in_a_try(script: Script) -> set[int]:
    """The imports without which the script goes on."""
    found: set[int] = set()
    for node in ast.walk(script.tree):
        if isinstance(node, ast.Try):
            going_on = [one for one in node.handlers if not _gives_up(one)]
            caught = {name for handler in going_on for name in _caught(handler)}
            if caught & _CATCHES:
                found |= {id(inner) for part in node.body for inner in ast.walk(part)}
    return found


def _gives_up(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    if isinstance(last, ast.Expr) and isinstance(last.value, ast.Call):
        return dotted(last.value.func).rpartition(".")[2] in ("exit", "_exit", "quit")
    return isinstance(last, ast.Raise)


def _caught(handler: ast.ExceptHandler) -> list[str]:
    if handler.type is None:
        return ["Exception"]
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return [ast.unparse(kind) for kind in kinds]


def _reason_against(
    module: str,
    folders: list[Path],
    *,
    provided: Collection[str],
    explained: Mapping[str, str],
) -> str:
    top = module.partition(".")[0]
    if top in sys.stdlib_module_names or any(_is_in(folder, top) for folder in folders):
        return ""
    if module in provided:
        return ""
    try:
        there = find_spec(top) is not None
    except (ImportError, ValueError):  # a module in sys.modules without a spec
        there = top in sys.modules
    if there and top not in provided:
        return ""
    if top in explained:
        return explained[top]
    if top in provided:
        return f"{top} is provided, but has no such part; copy the script's own beside it"
    return f"it is not installed: pip install {top}, or copy it beside the script"


def _is_in(folder: Path, module: str) -> bool:
    return (folder / f"{module}.py").is_file() or (folder / module).is_dir()
