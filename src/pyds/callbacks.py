"""Copy and release functions of user metadata.

Each user meta keeps its own. DeepStream keeps one of each in the process, the last one registered:
a script that registers one for all works the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from penstock.meta import OfMeta, UserMeta
from pyds.attaching import argument
from pyds.casters import described
from pyds.memory import Pointer
from pyds.nvdsmeta import NvDsUserMeta
from pyds.views import core_of


class _Process:
    """What `unset_callback_funcs` ends: callbacks of an earlier era are not called."""

    era = 0


def user_copyfunc(meta: NvDsUserMeta, func: Callable[[Any, Any], Any]) -> None:
    """Set what makes the data of a copy, as when a `tee` has two branches that write.

    Args:
        meta: The attachment; its copies keep the function.
        func: Called with the attachment that is copied, to be given to `NvDsUserMeta.cast`, and
            None; returns the data of the copy.

    Raises:
        TypeError: `func` cannot be called, or `meta` is no user meta.
    """
    core = argument(meta, NvDsUserMeta, "user_copyfunc", "meta")
    core.copy_data = _copier(_checked(func, "user_copyfunc"))


def set_user_copyfunc(meta: NvDsUserMeta, func: Callable[[Any, Any], Any], /) -> None:
    """The older name of `user_copyfunc`."""
    core = argument(meta, NvDsUserMeta, "set_user_copyfunc", "meta")
    core.copy_data = _copier(_checked(func, "set_user_copyfunc"))


def user_releasefunc(meta: NvDsUserMeta, func: Callable[[Any, Any], Any]) -> None:
    """Set what is called once when the attachment is removed or its last buffer is gone.

    Args:
        meta: The attachment; its copies keep the function, and each is released by itself.
        func: Called with the attachment, to be given to `NvDsUserMeta.cast`, and None.

    Raises:
        TypeError: `func` cannot be called, or `meta` is no user meta.
    """
    core = argument(meta, NvDsUserMeta, "user_releasefunc", "meta")
    core.release = _releaser(_checked(func, "user_releasefunc"))


def set_user_releasefunc(meta: NvDsUserMeta, func: Callable[[Any, Any], Any], /) -> None:
    """The older name of `user_releasefunc`."""
    core = argument(meta, NvDsUserMeta, "set_user_releasefunc", "meta")
    core.release = _releaser(_checked(func, "set_user_releasefunc"))


def register_user_copyfunc(func: Callable[[Any, Any], Any], /) -> None:
    """Does nothing, as in DeepStream since 1.1: `user_copyfunc` says which meta it is for.

    Raises:
        TypeError: `func` cannot be called.
    """
    _checked(func, "register_user_copyfunc")


def register_user_releasefunc(func: Callable[[Any, Any], Any], /) -> None:
    """Does nothing, as in DeepStream since 1.1: `user_releasefunc` says which meta it is for.

    Raises:
        TypeError: `func` cannot be called.
    """
    _checked(func, "register_user_releasefunc")


def unset_callback_funcs() -> None:
    """Never call a function again that was registered before; copies then share their data."""
    _Process.era += 1


def _checked(func: object, function: str) -> Callable[[Any, Any], Any]:
    if not callable(func):
        raise TypeError(f"pyds.{function}: func must be callable, got {described(func)}")
    return func


def _copier(func: Callable[[Any, Any], Any]) -> OfMeta:
    era = _Process.era

    def copied(meta: UserMeta) -> Any:
        if era != _Process.era:
            return meta.data
        made = func(meta, None)
        return core_of(made.target if isinstance(made, Pointer) else made)

    return OfMeta(copied)


def _releaser(func: Callable[[Any, Any], Any]) -> OfMeta:
    era = _Process.era

    def release(meta: UserMeta) -> None:
        if era == _Process.era:
            func(meta, None)

    return OfMeta(release)
