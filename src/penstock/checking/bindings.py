"""Whether names of pyds are there, by its type stub, which is made from it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from penstock.checking.finding import SUPPORTED, UNSUPPORTED, Finding
from penstock.checking.literals import Script, assignments, name_of
from penstock.config.keys import did_you_mean

_CAST = "cast"
_Place = tuple[int, int]


class Bindings:
    """The module as its stub describes it.

    Attributes:
        names: Everything at its top.
        members: Class → its members, each with the class that it is, or an empty text.
        results: Function → the class that it returns, or an empty text.
    """

    def __init__(self, tree: ast.Module) -> None:
        self.names: set[str] = set()
        self.members: dict[str, dict[str, str]] = {}
        self.results: dict[str, str] = {}
        bases: dict[str, list[str]] = {}
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                self.names.add(node.name)
                self.members[node.name] = dict(_members(node))
                bases[node.name] = [ast.unparse(base) for base in node.bases]
            elif isinstance(node, ast.FunctionDef):
                self.names.add(node.name)
                self.results[node.name] = _class_in(node.returns)
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                self.names.add(node.target.id)
        for name, above in bases.items():
            for base in above:
                self.members[name] = {**self.members.get(base, {}), **self.members[name]}

    @classmethod
    @cache
    def read(cls) -> Bindings:
        """Of the installed pyds, without importing it."""
        spec = find_spec("pyds")
        if spec is None or spec.origin is None:
            return cls(ast.Module([], []))
        stub = Path(spec.origin).with_suffix(".pyi")
        return cls(ast.parse(stub.read_text() if stub.is_file() else ""))

    def lacks(self, owner: str, name: str) -> bool:
        """Whether a class is known and has no such member; every Python object has `__x__`."""
        return owner in self.members and name not in self.members[owner] and name[:2] != "__"


def find(script: Script, path: Path) -> Iterator[Finding]:
    """Every name of pyds that a script uses, members of what it casts too."""
    bindings = Bindings.read()
    modules, names = _imported(script)
    for name, statement in names.values():
        yield _top(bindings, name, path, statement.lineno)
    types = _Types(script, bindings, modules, {own: name for own, (name, _) in names.items()})
    seen = set()
    for node in ast.walk(script.tree):
        if not isinstance(node, ast.Attribute):
            continue
        if isinstance(node.value, ast.Name) and node.value.id in modules:
            found = _top(bindings, node.attr, path, node.lineno)
        elif owner := types.of(node.value) or types.named(node.value):
            found = _member(bindings, owner, node.attr, path, node.lineno)
        else:
            continue
        if found not in seen:
            seen.add(found)
            yield found


class _Types:
    """Which class of pyds an expression is an object of."""

    def __init__(
        self, script: Script, bindings: Bindings, modules: set[str], names: dict[str, str]
    ) -> None:
        self._script, self._bindings = script, bindings
        self._modules, self._names = modules, names
        self._held: dict[tuple[int, str], dict[_Place, str]] = {}
        for _ in range(3):  # of what was found in the rounds before
            for node in ast.walk(script.tree):
                for target, value in assignments(node):
                    if not isinstance(value, ast.Constant):  # None says only that it is not there
                        held = self._held.setdefault((self._function(node), name_of(target)), {})
                        held[_end(value)] = self.of(value)

    def named(self, node: ast.expr) -> str:
        """The class that an expression is itself, as `pyds.NvDsMetaType`."""
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            return node.attr if node.value.id in self._modules else ""
        if isinstance(node, ast.Name):
            return self._names.get(node.id, "")
        return ""

    def of(self, node: ast.expr) -> str:
        """The class that an expression is an object of, or an empty text."""
        if isinstance(node, ast.Call):
            return self._result(node.func)
        if isinstance(node, ast.Attribute) and (owner := self.of(node.value)):
            return self._bindings.members.get(owner, {}).get(node.attr, "")
        if isinstance(node, ast.Name | ast.Attribute):
            name = name_of(node)
            held = self._held.get((self._function(node), name)) or self._held.get((0, name), {})
            above = [place for place in held if place <= (node.lineno, node.col_offset)]
            return held[max(above or held)] if held else ""  # below it: a loop's round before
        return ""

    def _function(self, node: ast.AST) -> int:
        owner = self._script.owners.get(node)
        return 0 if owner is None else id(owner)

    def _result(self, function: ast.expr) -> str:
        if isinstance(function, ast.Attribute) and function.attr == _CAST:
            return self.named(function.value)
        name = self.named(function)
        return name if name in self._bindings.members else self._bindings.results.get(name, "")


def _end(node: ast.expr) -> _Place:
    return (node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)


def _imported(script: Script) -> tuple[set[str], dict[str, tuple[str, ast.ImportFrom]]]:
    """What the script calls the module, and names that it imports from it."""
    modules: set[str] = set()
    names: dict[str, tuple[str, ast.ImportFrom]] = {}
    for node in ast.walk(script.tree):
        if isinstance(node, ast.Import):
            modules |= {one.asname or one.name for one in node.names if one.name == "pyds"}
        elif isinstance(node, ast.ImportFrom) and node.module == "pyds" and not node.level:
            for one in node.names:
                names[one.asname or one.name] = (one.name, node)
    names.pop("*", None)
    return modules, names


def _top(bindings: Bindings, name: str, path: Path, line: int) -> Finding:
    if name in bindings.names or name[:2] == "__":
        return Finding(path, line, "pyds", f"pyds.{name}", SUPPORTED)
    reason = f"pyds has no such name{did_you_mean(name, bindings.names)}"
    return Finding(path, line, "pyds", f"pyds.{name}", UNSUPPORTED, reason)


def _member(bindings: Bindings, owner: str, name: str, path: Path, line: int) -> Finding:
    shown = f"pyds.{owner}.{name}"
    if not bindings.lacks(owner, name):
        return Finding(path, line, "pyds", shown, SUPPORTED)
    reason = f"{owner} has no such member{did_you_mean(name, bindings.members[owner])}"
    return Finding(path, line, "pyds", shown, UNSUPPORTED, reason)


def _members(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for part in node.body:
        if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
            yield part.target.id, _class_in(part.annotation)
        elif isinstance(part, ast.Assign):
            for target in part.targets:
                if isinstance(target, ast.Name):
                    yield target.id, ""
        elif isinstance(part, ast.FunctionDef):
            is_property = any(ast.unparse(one) == "property" for one in part.decorator_list)
            yield part.name, _class_in(part.returns) if is_property else ""


def _class_in(annotation: ast.expr | None) -> str:
    """`NvDsBatchMeta` of `NvDsBatchMeta | None`."""
    if isinstance(annotation, ast.BinOp):
        return _class_in(annotation.left)
    return annotation.id if isinstance(annotation, ast.Name) else ""
