"""Anything an application attaches to a batch, a frame or an object."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any, SupportsIndex, TypeVar, overload

_log = logging.getLogger(__name__)
_LONGEST = 60  # characters of data in a repr

_KINDS = (type, str)  # what is no index between brackets

T = TypeVar("T")


class OfMeta:
    """A callback that is given the attachment itself instead of its data.

    Args:
        function: Takes the `UserMeta`.
    """

    __slots__ = ("function",)

    def __init__(self, function: Callable[[UserMeta], Any]) -> None:
        self.function = function

    def __call__(self, meta: UserMeta) -> Any:
        """What the function answers."""
        return self.function(meta)


class UserMeta:
    """One attachment.

    Args:
        data: Any Python object.
        meta_type: What `data` is: DeepStream's numbers, or a name of your own.
        copy_data: Returns the data of a copy; without it copies share `data`. Where it raises,
            that is logged and this copy shares `data`, without a release of its own.
        release: Called with `data` once: by `release_now`, else when this attachment is no longer
            referenced. Every copy is released by itself.

    Both callbacks are given `data`, or the attachment itself where they are an `OfMeta`.
    """

    __slots__ = ("__weakref__", "copy_data", "data", "meta_type", "release")

    def __init__(
        self,
        data: Any = None,
        *,
        meta_type: int | str = 0,
        copy_data: Callable[[Any], Any] | None = None,
        release: Callable[[Any], None] | None = None,
    ) -> None:
        self.data = data
        self.meta_type = meta_type
        self.copy_data = copy_data
        self.release = release

    def copy(self) -> UserMeta:
        """A copy whose data comes from `copy_data`; never raises."""
        data, release = self.data, self.release
        if self.copy_data is not None:
            try:
                data = self._call(self.copy_data)
            except Exception:  # one attachment's fault must not cost the others
                release = None
                _log.exception("the copy function of a user meta raised: its copy shares the data")
        return UserMeta(data, meta_type=self.meta_type, copy_data=self.copy_data, release=release)

    def release_now(self) -> None:
        """Release the data, unless that was done before; never raises."""
        release, self.release = self.release, None
        if release is None:
            return
        try:
            self._call(release)
        except Exception:  # often called by a finalizer, which has no caller to raise to
            _log.exception("the release function of a user meta raised")

    def _call(self, callback: Callable[[Any], Any]) -> Any:
        return callback(self if isinstance(callback, OfMeta) else self.data)

    def __del__(self) -> None:
        if getattr(self, "release", None) is not None:
            self.release_now()

    def __repr__(self) -> str:
        data = repr(self.data)
        data = data if len(data) <= _LONGEST else f"{data[: _LONGEST - 3]}..."
        return f"UserMeta({data}, meta_type={self.meta_type!r})"


class Attachments(list[UserMeta]):
    """What is attached to a batch, a frame or an object: a list that also finds data by its kind.

    A kind is the class of the data, or its `meta_type`. Between brackets a number stays an index;
    `get` and `of` take DeepStream's numbers too.

    >>> user = Attachments([UserMeta({"speed": 3}), UserMeta(21.5, meta_type="acme.celsius")])
    >>> user[dict], user["acme.celsius"], user.get(12), bytes in user, len(user)
    ({'speed': 3}, 21.5, None, False, 2)
    """

    __slots__ = ()

    @overload
    def __getitem__(self, kind: SupportsIndex) -> UserMeta: ...
    @overload
    def __getitem__(self, kind: slice) -> list[UserMeta]: ...
    @overload
    def __getitem__(self, kind: type[T]) -> T: ...
    @overload
    def __getitem__(self, kind: str) -> Any: ...
    def __getitem__(self, kind: Any) -> Any:
        """An attachment by its index, or the data of the first one of a kind.

        Raises:
            IndexError: There are fewer.
            KeyError: None is of that kind; `get` gives None then.
        """
        if not isinstance(kind, _KINDS):
            return super().__getitem__(kind)
        for data in self._matching(kind):
            return data
        wanted = f"a {kind.__name__}" if isinstance(kind, type) else f"of type {kind!r}"
        there = ", ".join(type(user.data).__name__ for user in self) or "nothing"
        raise KeyError(f"no attachment is {wanted}, there is {there}; .get(...) gives None instead")

    def __contains__(self, kind: object) -> bool:
        if isinstance(kind, _KINDS):
            return any(True for _ in self._matching(kind))
        return super().__contains__(kind)

    @overload
    def get(self, kind: type[T]) -> T | None: ...
    @overload
    def get(self, kind: int | str) -> Any: ...
    def get(self, kind: type | int | str) -> Any:
        """The data of the first attachment of a kind, None where there is none."""
        return next(self._matching(kind), None)

    @overload
    def of(self, kind: type[T]) -> list[T]: ...
    @overload
    def of(self, kind: int | str) -> list[Any]: ...
    def of(self, kind: type | int | str) -> list[Any]:
        """The data of all attachments of a kind, in their order."""
        return list(self._matching(kind))

    def _matching(self, kind: type | int | str) -> Iterator[Any]:
        if isinstance(kind, type):
            return (user.data for user in self if isinstance(user.data, kind))
        return (user.data for user in self if user.meta_type == kind)
