"""Read the body of a request: bounded, and every mistake named."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from penstock.errors import PenstockError

MOST_BYTES = 65_536
_MOST_DEPTH = 16
# One that does not end is taken, too: else it would be looked for again behind each quote in it.
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"?', re.DOTALL)
_SOURCE_DIGITS = 6

Reader = Callable[[str, Any], Any]
"""Takes a value's name and what came; gives the value, or raises `RequestError`."""


class RequestError(PenstockError, ValueError):
    """A request that cannot be understood.

    Args:
        text: What was wanted, and what came.
        status: The HTTP status of the answer.
    """

    def __init__(self, text: str, *, status: int = 400) -> None:
        super().__init__(text)
        self.status = status


def read_object(body: bytes) -> Mapping[str, Any]:
    """The JSON object that a body is.

    Raises:
        RequestError: It is none, or too deep.
    """
    try:
        text = body.decode("utf-8-sig")
        if _depth(text) > _MOST_DEPTH:
            raise RequestError(f"the JSON is nested more than {_MOST_DEPTH} deep")
        found = json.loads(text, parse_constant=_refuse_constant)
    except UnicodeDecodeError:
        raise RequestError("the body is not UTF-8") from None
    except RequestError:
        raise
    except ValueError as error:
        raise RequestError(f"the body is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise RequestError(f"wanted a JSON object, got {_named(found)}")
    return found


def parameters(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The parameter object inside the root object, under whatever key; the last one counts.

    Raises:
        RequestError: There is none.
    """
    found: Mapping[str, Any] | None = None
    for key, value in body.items():
        if not isinstance(value, dict):
            raise RequestError(
                f'wanted one object around the parameters, {{"stream": {{...}}}}; '
                f"{key!r} is {_named(value)}"
            )
        found = value
    if found is None:
        raise RequestError('wanted one object around the parameters, {"stream": {...}}, got none')
    return found


def text(name: str, value: Any) -> str:
    """A string; numbers are taken as their digits."""
    if isinstance(value, str):
        if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
            _refuse(name, "text without NUL and lone surrogates", value)
        return value
    if value is None or isinstance(value, dict | list):
        _refuse(name, "a string", value)
    return json.dumps(value)


def filled(name: str, value: Any) -> str:
    """A string that is not empty."""
    found = text(name, value)
    if not found:
        _refuse(name, "a string that is not empty", value)
    return found


def source_number(name: str, value: Any) -> int:
    """The decimal number of a source, as a string or a number."""
    found = text(name, value)
    if not (found.isascii() and found.isdigit() and len(found) <= _SOURCE_DIGITS):
        _refuse(name, "the decimal number of a source", value)
    return int(found)


def whole(least: int, most: int) -> Reader:
    """Reads an integer within bounds."""

    def read(name: str, value: Any) -> int:
        is_number = isinstance(value, int | float) or value is None
        if not (is_number and least <= (value or 0) <= most):
            _refuse(name, f"a number from {least} to {most}", value)
        return int(value or 0)

    return read


def switch(name: str, value: Any) -> bool:
    """A boolean; a number is true where it is not zero."""
    if not (isinstance(value, bool | int | float) or value is None):
        _refuse(name, "true or false", value)
    return bool(value)


def crop(name: str, value: Any) -> str:
    """`left:top:width:height`."""
    found = text(name, value)
    if not re.fullmatch(r"\d{1,6}(:\d{1,6}){3}", found, re.ASCII):
        _refuse(name, 'four numbers, "left:top:width:height"', value)
    return found


def regions(name: str, value: Any) -> list[dict[str, Any]]:
    """A list of `{roi_id, left, top, width, height}`, pixels."""
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        _refuse(name, "an array of objects", value)
    side = whole(0, 2**31 - 1)
    read: list[dict[str, Any]] = []
    for number, one in enumerate(value):
        where = f"{name}[{number}]"
        area = {key: side(f"{where}.{key}", one.get(key, "")) for key in _SIDES}
        read.append({"roi_id": filled(f"{where}.roi_id", one.get("roi_id", ""))[:127], **area})
    return read


def read_values(given: Mapping[str, Any], readers: Mapping[str, Reader]) -> dict[str, Any]:
    """Every value that `readers` name.

    Raises:
        RequestError: One is missing or wrong.
    """
    for name in readers:
        if name not in given:
            raise RequestError(f"{name} is missing; wanted {', '.join(readers)}")
    return {name: reader(name, given[name]) for name, reader in readers.items()}


_SIDES = ("left", "top", "width", "height")


def _depth(text: str) -> int:
    deepest = depth = 0
    for character in _STRING.sub("", text):
        depth += (character in "[{") - (character in "]}")
        deepest = max(deepest, depth)
    return deepest


def _refuse_constant(name: str) -> NoReturn:
    raise RequestError(f"{name} is no JSON number")


def _refuse(name: str, wanted: str, value: Any) -> NoReturn:
    raise RequestError(f"{name}: wanted {wanted}, got {_named(value)}")


def _named(value: Any) -> str:
    shown = json.dumps(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."
