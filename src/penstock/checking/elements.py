"""Whether elements and their properties are there."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import penstock
from penstock.checking.factories import Factories, filled_in, launched
from penstock.checking.finding import IGNORED, SUPPORTED, UNSUPPORTED, Finding
from penstock.checking.literals import Script, argument, dotted, name_of
from penstock.config.keys import did_you_mean
from penstock.elements import TABLE, load
from penstock.gst import Gst

_FOREIGN = ("GstRtspServer.", "GstRtsp.", "GLib.", "GObject.", "Gio.", "Gst.Pipeline", "Gst.Caps")
_SETTERS = ("set_property", "get_property")
_OF_DECODEBIN = ("nvv4l2decoder", "rtspsrc", "nvurisrcbin", "uridecodebin", "decodebin")


def find(script: Script, path: Path) -> Iterator[Finding]:
    """Every element that a script makes and every property that it names."""
    penstock.init()
    factories = Factories(script)
    own = set(_registered(script))
    used = set()
    for factory, node in factories.made:
        used.add(factory)
        yield _element(factory, path, _line(node), own)
    fillings = (one for one in filled_in(script) if _made(one[0]) is not None)
    for factory, settings, node in (*launched(script), *fillings):
        used.add(factory)
        yield _element(factory, path, _line(node), own)
        for name in settings if _made(factory) is not None else ():
            yield _property({factory}, name, path, _line(node), used)
    for target, name, node in _settings(script):
        held = factories.of(target)
        known = {factory for factory in held if _made(factory) is not None}
        if known or not (held or _is_foreign(script, target)):
            yield _property(known, name, path, _line(node), used)


def _settings(script: Script) -> Iterator[tuple[ast.expr, str, ast.AST]]:
    """`x.set_property("name", …)` and `x.props.name`."""
    for node in ast.walk(script.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name = argument(node, 0, "property_name")
            if node.func.attr in _SETTERS and not script.is_parameter(name):
                for text in script.texts(name):
                    yield node.func.value, str(text.value), node
            elif node.func.attr == "set_properties":
                for word in node.keywords:
                    if word.arg is not None:
                        yield node.func.value, word.arg, node
        elif isinstance(node, ast.Attribute):
            inner = node.value
            if isinstance(inner, ast.Attribute) and inner.attr == "props":
                yield inner.value, node.attr, node


def _is_foreign(script: Script, target: ast.expr) -> bool:
    """Whether an object is no element: an RTSP server, a main loop."""
    values = script.assigned.get(name_of(target), [])
    makers = [dotted(one.func) for one in values if isinstance(one, ast.Call)]
    return any(maker.startswith(_FOREIGN) for maker in makers)


def _registered(script: Script) -> Iterator[str]:
    """Elements of the script's own: `Gst.Element.register(None, "name", …)`."""
    for node in ast.walk(script.tree):
        if isinstance(node, ast.Call) and dotted(node.func) == "Gst.Element.register":
            yield from (str(text.value) for text in script.texts(argument(node, 1, "name")))


def _element(factory: str, path: Path, line: int, own: set[str]) -> Finding:
    if factory in own or _made(factory) is not None:
        return Finding(path, line, "element", factory)
    reason = f"there is no such element{did_you_mean(factory, TABLE)}"
    return Finding(path, line, "element", factory, UNSUPPORTED, reason)


def _property(
    factories: Iterable[str], name: str, path: Path, line: int, used: set[str]
) -> Finding:
    """What becomes of a property; where its element is not known, of any that could have it."""
    if known := sorted(factories):
        shown = f"{'|'.join(known)}.{name}"
        having = [factory for factory in known if has_property(factory, name)]
        if not having:
            reason = f"{known[0]} has no such property{_close(known[0], name)}"
            return Finding(path, line, "property", shown, UNSUPPORTED, reason)
        unused = [reason for factory in having if (reason := why_ignored(factory, name))]
        if len(unused) == len(having):
            return Finding(path, line, "property", shown, IGNORED, unused[0])
        lacking = ", ".join(factory for factory in known if factory not in having)
        reason = f"{lacking} has no such property, if it is that" if lacking else ""
        return Finding(path, line, "property", shown, SUPPORTED, reason)
    candidates = [*sorted(used), *_OF_DECODEBIN, *TABLE]
    owner = next((one for one in candidates if _made(one) and has_property(one, name)), None)
    if owner is None:
        reason = "which element it is set on cannot be seen, and none here has it"
        return Finding(path, line, "property", name, UNSUPPORTED, reason)
    return Finding(path, line, "property", name, SUPPORTED, f"as of {owner}")


@cache
def _made(factory: str) -> Gst.Element | None:
    """An element to ask; nothing is opened by it."""
    return Gst.ElementFactory.make(factory, None) if Gst.ElementFactory.find(factory) else None


def has_property(factory: str, name: str) -> bool:
    """Whether an element has a property; `child::name` of what it makes itself is believed."""
    element = _made(factory)
    return "::" in name or (element is not None and element.find_property(name) is not None)


def why_ignored(factory: str, name: str) -> str:
    """Why setting a property has no effect here; empty where it has one."""
    if factory not in TABLE:
        return ""
    wanted = name.replace("_", "-")
    for prop in getattr(load(factory), "PROPERTIES", ()):
        if prop.name == wanted and prop.accepted_only:
            return str(prop.blurb).removeprefix("accepted; ")
    return ""


def _close(factory: str, name: str) -> str:
    element = _made(factory)
    return did_you_mean(name, [spec.name for spec in element.list_properties()] if element else [])


def _line(node: ast.AST) -> int:
    return int(getattr(node, "lineno", 0))
