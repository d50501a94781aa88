"""One batch: what one buffer carries behind the mux."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penstock.meta.frame import FrameMeta
from penstock.meta.overlay import MISC_FIELDS
from penstock.meta.user import Attachments


class Surfaces(list[Any]):
    """The surfaces of a batch, in the order of `batch_id`.

    Args:
        surfaces: One `penstock.surface.Surface` a frame.
        token: Anything whose lifetime is that of the pixels: the mux counts batches in
            flight by it. Copies share it.
    """

    __slots__ = ("token",)

    def __init__(self, surfaces: Iterable[Any] = (), *, token: object = None) -> None:
        super().__init__(surfaces)
        self.token = token

    def share(self) -> Surfaces:
        """A second holder of the same pixels; whoever writes first gets a copy of its own."""
        return Surfaces([surface.share() for surface in self], token=self.token)


class BoundToBatch:
    """Data attached to a batch that refers to its frames or objects; its copies follow copies."""

    __slots__ = ()

    def rebind(self, old: BatchMeta, new: BatchMeta) -> None:
        """Called on a copy of the data: `new` is the copy of `old`, frame by frame."""
        raise NotImplementedError


_living: weakref.WeakValueDictionary[int, BatchMeta] = weakref.WeakValueDictionary()


class BatchMeta:
    """The frames of one buffer.

    Attributes:
        frames: One entry a frame, in the order of `batch_id`.
        max_frames: The mux's batch size.
        user: Attachments.
        surfaces: The pixels; `None` once the buffer has left NVMM.
        lock: Held by `nvds_acquire_meta_lock`; re-entrant.
    """

    __slots__ = ("__weakref__", "_misc", "frames", "lock", "max_frames", "surfaces", "user")

    def __init__(
        self,
        frames: Iterable[FrameMeta] = (),
        *,
        max_frames: int = 0,
        surfaces: Surfaces | None = None,
    ) -> None:
        self.frames: list[FrameMeta] = []
        self.user = Attachments()
        self.surfaces = surfaces
        self.lock = threading.RLock()
        self._misc: NDArray[np.int64] | None = None
        for frame in frames:
            self.add(frame)
        self.max_frames = max_frames or len(self.frames)
        _living[id(self)] = self

    @staticmethod
    def holding(thing: object) -> BatchMeta | None:
        """The batch that some metadata is in: searches all that are alive.

        Args:
            thing: A frame, object, classifier, label, display or user meta.
        """
        batches = [batch for reference in _living.valuerefs() if (batch := reference())]
        return next((batch for batch in batches if _holds(batch, thing)), None)

    def __iter__(self) -> Iterator[FrameMeta]:
        return iter(self.frames)

    def __len__(self) -> int:
        return len(self.frames)

    def __bool__(self) -> bool:
        return True  # a batch without frames is still a batch

    @property
    def misc(self) -> NDArray[np.int64]:
        """Four integers for the application's own use, `(4,)` int64."""
        if self._misc is None:
            self._misc = np.zeros(MISC_FIELDS, np.int64)
        return self._misc

    def add(self, frame: FrameMeta) -> FrameMeta:
        """Append a frame: gives it its `batch_id` and its back-reference, and returns it."""
        frame.batch_id = len(self.frames)
        frame._batch = weakref.ref(self)
        self.frames.append(frame)
        return frame

    def copy(self, *, surfaces: bool = True) -> BatchMeta:
        """A deep copy of the facts that shares the pixels.

        Args:
            surfaces: Whether the copy holds the pixels at all.
        """
        shared = self.surfaces.share() if surfaces and self.surfaces is not None else None
        twin = type(self)(surfaces=shared)
        with self.lock:
            twin.max_frames = self.max_frames
            for frame in self.frames:
                copied = frame.copy()
                copied._batch = weakref.ref(twin)
                twin.frames.append(copied)
            for user in self.user:
                copied_user = user.copy()
                data = copied_user.data
                if isinstance(data, BoundToBatch) and data is not user.data:
                    data.rebind(self, twin)
                twin.user.append(copied_user)
            twin._misc = None if self._misc is None else self._misc.copy()
        return twin

    def __repr__(self) -> str:
        return f"<BatchMeta {len(self.frames)} of {self.max_frames} frames>"


def _holds(batch: BatchMeta, thing: object) -> bool:
    if any(thing is item for item in (*batch.frames, *batch.user)):
        return True
    for frame in tuple(batch.frames):
        if any(thing is item for item in (*frame.objects, *frame.display, *frame.user)):
            return True
        for obj in tuple(frame.objects):
            labels = (label for answer in obj.classifiers for label in answer.labels)
            if any(thing is item for item in (*obj.classifiers, *labels, *obj.user)):
                return True
    return False


class Token:
    """Counts one batch in flight; `on_release` runs when the last holder lets go.

    Args:
        on_release: Called once, from whichever thread drops the last reference.
    """

    __slots__ = ("_on_release",)

    def __init__(self, on_release: Callable[[], None]) -> None:
        self._on_release = on_release

    def __del__(self) -> None:
        self._on_release()
