"""What texts an expression of a script may be, as far as that can be seen without running it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

Scope = ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_DEEPEST = 8


@dataclass
class Script:
    """A parsed script with what is assigned where.

    Attributes:
        tree: The module.
        assigned: Name → what is assigned to it, anywhere in the script.
        functions: Name → the functions and methods that are called so.
        owners: Node → the function it stands in, for nodes that stand in one.
        loops: Name → the loops around it, the outermost first.
    """

    tree: ast.Module
    assigned: dict[str, list[ast.expr]] = field(default_factory=dict)
    functions: dict[str, list[ast.FunctionDef | ast.AsyncFunctionDef]] = field(default_factory=dict)
    owners: dict[ast.AST, ast.AST] = field(default_factory=dict)
    loops: dict[ast.Name, tuple[ast.For, ...]] = field(default_factory=dict)

    @classmethod
    def parse(cls, source: str | bytes, *, name: str) -> Script:
        """Parse it.

        Raises:
            SyntaxError: It is no Python.
            ValueError: It has zero bytes.
        """
        script = cls(ast.parse(source, name))
        script._note(script.tree, owner=None, loops=())
        return script

    def _note(self, node: ast.AST, *, owner: ast.AST | None, loops: tuple[ast.For, ...]) -> None:
        if isinstance(node, ast.For):
            loops = (*loops, node)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Name):
                self.loops[child] = loops
            if owner is not None:
                self.owners[child] = owner
            if isinstance(child, _FUNCTIONS):
                self.functions.setdefault(child.name, []).append(child)
            for target, value in assignments(child):
                self.assigned.setdefault(name_of(target), []).append(value)
            inner = child if isinstance(child, _FUNCTIONS) else owner
            self._note(child, owner=inner, loops=loops)

    def texts(self, node: ast.expr | None, *, depth: int = 0) -> Iterator[ast.Constant]:
        """The string constants that an expression may be."""
        if node is None or depth > _DEEPEST:
            return
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str):
                yield node
        elif isinstance(node, ast.IfExp):
            yield from self.texts(node.body, depth=depth + 1)
            yield from self.texts(node.orelse, depth=depth + 1)
        elif isinstance(node, ast.BoolOp):
            for value in node.values:
                yield from self.texts(value, depth=depth + 1)
        elif isinstance(node, ast.Name | ast.Attribute):
            for value in self._values(node):
                yield from self.texts(value, depth=depth + 1)

    def _values(self, node: ast.Name | ast.Attribute) -> list[ast.expr]:
        """What was assigned to it: by the loop around it, in its function, or anywhere."""
        name = name_of(node)
        for loop in reversed(self.loops.get(node, ()) if isinstance(node, ast.Name) else ()):
            if any(isinstance(one, ast.Name) and one.id == name for one in ast.walk(loop.target)):
                return [value for target, value in assignments(loop) if name_of(target) == name]
        anywhere = self.assigned.get(name, [])
        if isinstance(node, ast.Attribute):
            return anywhere
        owner = self.owners.get(node)
        return [one for one in anywhere if self.owners.get(one) is owner] or anywhere

    def is_parameter(self, node: ast.expr | None) -> bool:
        """Whether it is a parameter of the function around it: what callers say, is not seen."""
        owner = self.owners.get(node) if isinstance(node, ast.Name) else None
        if not isinstance(node, ast.Name) or not isinstance(owner, _FUNCTIONS):
            return False
        given = owner.args
        return node.id in {one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs)}

    def calls(self) -> Iterator[ast.Call]:
        """Every call."""
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.Call))


def assignments(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """The targets of an assignment, or a loop over a list that is written out, and their values."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield from _pairs(target, node.value)
    elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
        yield node.target, node.value
    elif isinstance(node, ast.For) and isinstance(node.iter, ast.Tuple | ast.List):
        for value in node.iter.elts:
            yield from _pairs(node.target, value)
    elif isinstance(node, ast.arguments):
        positional = [*node.posonlyargs, *node.args]
        for one, value in zip(reversed(positional), reversed(node.defaults), strict=False):
            yield ast.Name(one.arg), value


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    """`a, b = x, y` is two assignments."""
    sequence = (ast.Tuple, ast.List)
    if isinstance(target, sequence) and isinstance(value, sequence):
        if len(target.elts) == len(value.elts):
            for one, other in zip(target.elts, value.elts, strict=True):
                yield from _pairs(one, other)
    else:
        yield target, value


def name_of(node: ast.expr) -> str:
    """`streammux` or `self.streammux`; a subscript is named as what it is taken from."""
    if isinstance(node, ast.Subscript):
        return f"{name_of(node.value)}[]"
    return ast.unparse(node)


def dotted(node: ast.expr) -> str:
    """`Gst.ElementFactory.make` for such an attribute; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return ""


def argument(call: ast.Call, position: int, keyword: str) -> ast.expr | None:
    """An argument of a call, by its position or its name."""
    if position < len(call.args):
        return call.args[position]
    return next((word.value for word in call.keywords if word.arg == keyword), None)
