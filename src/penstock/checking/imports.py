"""Whether what a script imports is there."""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

from penstock.checking.finding import SUPPORTED, UNSUPPORTED, Finding
from penstock.checking.literals import Script


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
    for node in ast.walk(script.tree):
        if isinstance(node, ast.Import):
            modules = [one.name for one in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules = [node.module]
        else:
            continue
        for module in modules:
            reason = _reason_against(module, folders, provided=provided, explained=explained)
            state = UNSUPPORTED if reason else SUPPORTED
            yield Finding(path, node.lineno, "import", module, state, reason)


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
