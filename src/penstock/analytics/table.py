"""Which object is which row of the rules' state, and where it was lately."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penstock.analytics.columns import FrameColumns
from penstock.meta import UNTRACKED, Detections

_UNSEEN_NS = 8_000_000_000
_SWEEP_NS = 1_000_000_000
_NONE = np.empty(0, np.intp)


class TrackTable:
    """Gives every tracked object of one source a slot for as long as it is seen.

    An object unseen for 8 s loses its slot. There are `CAPACITY` slots; when all are taken, the
    objects unseen for longest lose theirs. Memory is touched only where slots are used.
    """

    CAPACITY = 4096
    LAST = 10
    """How many of the last sightings are kept."""

    def __init__(self) -> None:
        self._slot_of: dict[int, int] = {}
        self._free = list(range(self.CAPACITY - 1, -1, -1))
        self._seen_ns = np.zeros(self.CAPACITY, np.int64)
        self._count = np.zeros(self.CAPACITY, np.int64)
        self._last = np.zeros((self.CAPACITY, self.LAST, 4))
        self._swept_ns = 0

    def __len__(self) -> int:
        return len(self._slot_of)

    def columns(
        self, detections: Detections, *, time_ns: int, frame_num: int, size: tuple[int, int]
    ) -> FrameColumns:
        """Enter a frame's objects, and tell what the rules need to know of them.

        Args:
            detections: Frame pixels.
            time_ns: The frame's own time.
            frame_num: Of its source.
            size: `(width, height)` of the frame, pixels.
        """
        boxes = detections.boxes.astype(np.float64)
        with np.errstate(invalid="ignore"):
            points = np.stack(((boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]), axis=1)
            heights = boxes[:, 3] - boxes[:, 1]
        somewhere = np.isfinite(points).all(axis=1)
        points[~somewhere] = np.nan  # in no zone, and on no path
        points = points.clip(0, (size[0] - 1, size[1] - 1))
        slots, fresh = self._admit(np.where(somewhere, detections.track_id, UNTRACKED), time_ns)
        previous = np.full_like(points, np.nan)
        movement = np.zeros_like(points)
        ages = np.zeros(len(points), np.int64)
        rows = np.flatnonzero(slots >= 0)
        if len(rows):
            at, here = slots[rows], points[rows]
            known = self._count[at] > 0
            latest = self._last[at, (self._count[at] - 1) % self.LAST, :2]
            previous[rows] = np.where(known[:, None], latest, np.nan)
            self._enter(at, here, time_ns, frame_num)
            ages[rows] = count = self._count[at]
            oldest = np.where(count > self.LAST, count % self.LAST, 0)
            movement[rows] = here - self._last[at, oldest, :2]
        return FrameColumns(
            time_ns,
            size,
            points,
            heights,
            detections.class_id,
            slots,
            fresh,
            previous,
            movement,
            ages,
        )

    def sightings(self, slots: NDArray[np.intp]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Where objects were lately.

        Returns:
            `(N, LAST, 4)` x, y in frame pixels, time in seconds, frame number, in no order; and
            `(N, LAST)` which of these hold something.
        """
        held = np.arange(self.LAST) < self._count[slots][:, None]
        return self._last[slots], held

    def path(self, slot: int) -> list[tuple[int, float, float]]:
        """An object's last sightings, oldest first: frame number, x, y in frame pixels."""
        count = int(self._count[slot])
        rows = [self._last[slot, n % self.LAST] for n in range(max(0, count - self.LAST), count)]
        return [(int(frame), float(x), float(y)) for x, y, _, frame in rows]

    def _enter(
        self, at: NDArray[np.intp], points: NDArray[np.float64], time_ns: int, frame_num: int
    ) -> None:
        entry = np.empty((len(at), 4))
        entry[:, :2], entry[:, 2], entry[:, 3] = points, time_ns / 1e9, frame_num
        self._last[at, self._count[at] % self.LAST] = entry
        self._count[at] += 1
        self._seen_ns[at] = time_ns

    def _admit(
        self, track_ids: NDArray[np.int64], time_ns: int
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        if abs(time_ns - self._swept_ns) >= _SWEEP_NS:
            self._sweep(time_ns)
        slots, fresh, present = [], [], set()
        is_full = False
        for track_id in track_ids.tolist():
            if track_id == UNTRACKED or track_id in present:  # a second object of one id is none
                slots.append(-1)
                continue
            present.add(track_id)
            slot = self._slot_of.get(track_id)
            if slot is None:
                is_full = is_full or not (self._free or self._evict(time_ns))
                if is_full:
                    slots.append(-1)
                    continue
                slot = self._slot_of[track_id] = self._free.pop()
                self._seen_ns[slot] = time_ns
                fresh.append(slot)
            slots.append(slot)
        return np.array(slots, np.intp), np.array(fresh, np.intp) if fresh else _NONE

    def _sweep(self, time_ns: int) -> None:
        self._swept_ns = time_ns
        # Time that went back is another recording: what was seen then is long ago as well.
        gone = np.abs(time_ns - self._seen_ns) > _UNSEEN_NS
        self._release([pair for pair in self._slot_of.items() if gone[pair[1]]])

    def _evict(self, time_ns: int) -> bool:
        """Make room by letting go of those unseen for longest, an eighth of all."""
        by_age = sorted(self._slot_of.items(), key=lambda pair: int(self._seen_ns[pair[1]]))
        oldest = by_age[: self.CAPACITY // 8]
        self._release([pair for pair in oldest if self._seen_ns[pair[1]] < time_ns])
        return bool(self._free)

    def _release(self, pairs: list[tuple[int, int]]) -> None:
        for track_id, slot in pairs:
            del self._slot_of[track_id]
            self._count[slot] = 0
            self._free.append(slot)
