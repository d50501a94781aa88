"""Which elements a script makes, and which of its variables hold them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import islice

from penstock.checking.literals import Script, argument, assignments, dotted, name_of

_MAKERS = ("ElementFactory.make", "ElementFactory.make_with_properties", "ElementFactory.find")
_LAUNCHERS = ("parse_launch", "parse_bin_from_description", "parse_launch_full")
_ROUNDS = 3
_MOST_DESCRIPTIONS = 1000  # that one call may get: alternatives multiply
UNSEEN = "\1"
"""Stands for a part of a description that only a run would show."""
# Caps (video/x-raw,format=I420) and pads of named elements (mux.sink_0) are no factories.
_NO_FACTORY = re.compile(r"[\w-]+\.[\w]*|[\w-]+/\S*")
_WORD = re.compile(rf"[A-Za-z{UNSEEN}][\w{UNSEEN}-]*")
_SETTING = re.compile(rf"([A-Za-z{UNSEEN}][\w:{UNSEEN}-]*)\s*=\s*(\"[^\"]*\"|'[^']*'|\S+)")
_PLACE = re.compile(r"\{\w*[^{}]*\}|%\(\w+\)\w|%\w")


class Factories:
    """Variables → names of factories, followed through wrappers and arguments.

    Attributes:
        made: Each name with the node where it stands; a name may come more than once.
    """

    def __init__(self, script: Script) -> None:
        self._script = script
        self._held: dict[tuple[int, str], set[str]] = {}
        self._wrappers = dict(_wrappers(script))
        self._named = _named(script)
        self.made: list[tuple[str, ast.AST]] = []
        for call in script.calls():
            for text in self._names_in(call):
                self.made.append((str(text.value), text))
        for _ in range(_ROUNDS):
            self._assign()
            self._pass_on()

    def of(self, node: ast.expr) -> set[str]:
        """What an expression may hold; empty where that cannot be seen."""
        if isinstance(node, ast.Call):
            if dotted(node.func).endswith(".get_by_name"):
                names = self._script.texts(argument(node, 0, "name"))
                return set().union(*(self._named.get(str(one.value), set()) for one in names))
            return {str(text.value) for text in self._names_in(node)}
        name, owner = name_of(node), self._script.owners.get(node)
        while owner is not None:
            if (found := self._held.get((id(owner), name))) is not None:
                return found
            owner = self._script.owners.get(owner)
        return self._held.get((0, name), set())

    def _names_in(self, call: ast.Call) -> Iterator[ast.Constant]:
        name = dotted(call.func)
        others = self._script.assigned.get(name, ())  # make = Gst.ElementFactory.make
        if any(one.endswith(_MAKERS) for one in (name, *map(dotted, others))):
            yield from self._script.texts(argument(call, 0, "factoryname"))
            return
        wrapper = self._wrappers.get(name.rpartition(".")[2])
        if wrapper is not None:
            position, keyword, is_method = wrapper
            bound = is_method and isinstance(call.func, ast.Attribute)
            yield from self._script.texts(argument(call, position - bound, keyword))

    def _assign(self) -> None:
        for node in ast.walk(self._script.tree):
            for target, value in assignments(node):
                found = (
                    self.of(value)
                    if not isinstance(value, ast.IfExp)
                    else (self.of(value.body) | self.of(value.orelse))
                )
                if found:
                    self._hold(target, found, owner=self._script.owners.get(node))
        for call in self._script.calls():  # lists of elements
            if isinstance(call.func, ast.Attribute) and call.func.attr == "append" and call.args:
                held = self._held.setdefault((0, f"{name_of(call.func.value)}[]"), set())
                held.update(self.of(call.args[0]))

    def _hold(self, target: ast.expr, found: set[str], *, owner: ast.AST | None) -> None:
        name = name_of(target)
        # self.x, x[i] and module variables are seen everywhere.
        local = owner is not None and isinstance(target, ast.Name)
        self._held.setdefault((id(owner) if local else 0, name), set()).update(found)
        if local:
            for node in ast.walk(owner):  # type: ignore[arg-type]
                if isinstance(node, ast.Global) and name in node.names:
                    self._held.setdefault((0, name), set()).update(found)

    def _pass_on(self) -> None:
        """Parameters hold what calls of the script's own functions hand over."""
        for call in self._script.calls():
            name = dotted(call.func).rpartition(".")[2]
            for function in self._script.functions.get(name, ()):
                names = [one.arg for one in (*function.args.posonlyargs, *function.args.args)]
                if names[:1] == ["self"] and isinstance(call.func, ast.Attribute):
                    names = names[1:]
                given = [*zip(names, call.args, strict=False)]
                given += [(word.arg, word.value) for word in call.keywords if word.arg]
                for parameter, value in given:
                    if not isinstance(value, ast.Starred) and (found := self.of(value)):
                        held = self._held.setdefault((id(function), parameter), set())
                        held.update(found)


def _named(script: Script) -> dict[str, set[str]]:
    """Names of elements in descriptions → their factories."""
    named: dict[str, set[str]] = {}
    for factory, settings, _ in (*launched(script), *filled_in(script)):
        if name := settings.get("name", "").strip("\"'"):
            named.setdefault(name, set()).add(factory)
    return named


def launched(script: Script) -> Iterator[tuple[str, dict[str, str], ast.AST]]:
    """Elements in the descriptions of `Gst.parse_launch`: factory, properties, node."""
    for call in script.calls():
        if dotted(call.func).endswith(_LAUNCHERS):
            node = argument(call, 0, "pipeline_description")
            for text in islice(_descriptions(script, node), _MOST_DESCRIPTIONS):
                for factory, settings in stages(text):
                    yield factory, settings, call


def filled_in(script: Script) -> Iterator[tuple[str, dict[str, str], ast.AST]]:
    """The same of texts that are put into the places of descriptions.

    Not all of them name elements: a folder may be put in, too.
    """
    for call in script.calls():
        if dotted(call.func).endswith(_LAUNCHERS):
            for part in _fillings(script, argument(call, 0, "pipeline_description")):
                for text in script.texts(part):
                    for factory, settings in stages(str(text.value)):
                        yield factory, settings, call


def _fillings(script: Script, node: ast.expr | None) -> Iterator[ast.expr]:
    if isinstance(node, ast.JoinedStr):
        yield from (one.value for one in node.values if isinstance(one, ast.FormattedValue))
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr == "format":
            yield from (*node.args, *(word.value for word in node.keywords))
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        yield from node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
    elif isinstance(node, ast.Name):
        for value in script.assigned.get(node.id, []):
            if not isinstance(value, ast.Name):
                yield from _fillings(script, value)


def stages(description: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The elements of a description with what is set on each, as far as they can be seen."""
    for part in description.split("!"):
        words = [*_WORD.finditer(_SETTING.sub(_blank, _NO_FACTORY.sub(_blank, part)))]
        for number, found in enumerate(words):
            end = words[number + 1].start() if number + 1 < len(words) else len(part)
            if UNSEEN not in found[0]:
                settings = dict(_SETTING.findall(part[found.end() : end]))
                yield found[0], {n: value for n, value in settings.items() if UNSEEN not in n}


def _blank(found: re.Match[str]) -> str:
    return "\0" * len(found[0])


def _descriptions(
    script: Script, node: ast.expr | None, *, within: frozenset[str] = frozenset()
) -> Iterator[str]:
    """The texts that an expression may be; `within` are the names whose values it is part of."""
    if isinstance(node, ast.JoinedStr):
        yield "".join(
            str(part.value) if isinstance(part, ast.Constant) else UNSEEN for part in node.values
        )
    elif isinstance(node, ast.BinOp):
        is_sum = isinstance(node.op, ast.Add)
        rights = [*_descriptions(script, node.right, within=within)] if is_sum else [""]
        for left in _descriptions(script, node.left, within=within):
            filled = _PLACE.sub(UNSEEN, left) if isinstance(node.op, ast.Mod) else left
            yield from (filled + right for right in rights)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr == "format":
            for text in _descriptions(script, node.func.value, within=within):
                yield _PLACE.sub(UNSEEN, text)
    elif isinstance(node, ast.Name):
        # In `text = text + more` the name stands for what it held before: for what is no sum.
        plain = (ast.Constant, ast.JoinedStr) if node.id in within else ast.expr
        for value in script.assigned.get(node.id, []):
            if isinstance(value, plain) and not isinstance(value, ast.Name):
                yield from _descriptions(script, value, within=within | {node.id})
    else:
        yield from (str(text.value) for text in script.texts(node))


def _wrappers(script: Script) -> Iterator[tuple[str, tuple[int, str, bool]]]:
    """The script's functions that make an element of one of their parameters."""
    for name, functions in script.functions.items():
        for function in functions:
            names = [one.arg for one in (*function.args.posonlyargs, *function.args.args)]
            for call in ast.walk(function):
                if not isinstance(call, ast.Call) or not dotted(call.func).endswith(_MAKERS):
                    continue
                made = argument(call, 0, "factoryname")
                if isinstance(made, ast.Name) and made.id in names:
                    yield name, (names.index(made.id), made.id, names[:1] == ["self"])
