"""Anything an application attaches to a batch, a frame or an object."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

_log = logging.getLogger(__name__)


class OfMeta:
    """A callback that is given the attachment itself instead of its data.

    Args:
        function: Takes the `UserMeta`.
    """

    __slots__ = ("function",)

    def __init__(self, function: Callable[[UserMeta], Any]) -> None:
        self.function = function

    def __call__(self, meta: UserMeta) -> Any:
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
        return f"UserMeta({self.data!r}, meta_type={self.meta_type!r})"
