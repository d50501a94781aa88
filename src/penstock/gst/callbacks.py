"""Callbacks that do not keep their element alive."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any


def weak(method: Callable[..., Any], *, otherwise: Any) -> Callable[..., Any]:
    """A stand-in for a bound method, to be given to a pad of the method's own element.

    The element owns the pad and the pad would own the element: neither would ever be freed, as
    Python's garbage collector does not look into C.

    Args:
        method: A bound method.
        otherwise: Returned once the element is gone.
    """
    reference = weakref.WeakMethod(method)

    def call(*arguments: Any, **named: Any) -> Any:
        target = reference()
        return otherwise if target is None else target(*arguments, **named)

    return call
