"""The trackers of all sources at work on batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from penstock.config import TrackerConfig
from penstock.meta import BatchMeta, FrameMeta, SourceTargets, Target, TargetsMeta, UserMeta
from penstock.registry import Registry
from penstock.trackers.base import Tracker, TrackerResult
from penstock.trackers.crops import SurfaceCrops
from penstock.trackers.frames import FrameTracker
from penstock.trackers.ids import TrackIds
from penstock.trackers.sub_batches import SubBatches

_Key: TypeAlias = tuple[int, int, int]  # `FrameMeta.view`; the mux pad first


class BatchTracker:
    """One tracker for each source, made when its first frame comes.

    Args:
        trackers: The table of trackers.
        configs: One for all sub-batches, or one for each.
        sub_batches: Which sources belong together.
        ids: Where ids come from; it may outlive this object, so that none is given twice.
        class_ids: Only objects of these classes are tracked; `None`: all.
        shows_ids: Append the ids to what is written beside the objects.
        tells_past: Attach where tracks were in frames that did not report them.
        tracker_size: `(width, height)`, the pixels that the configuration's noise is told in.
        most_failures: Times that the trackers of a sub-batch may begin anew; -1: always.
        warn: Called with a sentence when they do.

    Raises:
        UnknownNameError: There is no such tracker.
    """

    def __init__(  # noqa: PLR0913 - the element's properties
        self,
        trackers: Registry[Tracker],
        configs: Sequence[TrackerConfig],
        *,
        sub_batches: SubBatches,
        ids: TrackIds,
        class_ids: frozenset[int] | None = None,
        shows_ids: bool = True,
        tells_past: bool = True,
        tracker_size: tuple[int, int] | None = None,
        most_failures: int = 0,
        warn: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._made = [(trackers.load(config.tracker), config) for config in configs]
        self._sub_batches = sub_batches
        self._ids = ids
        self._class_ids = class_ids
        self._shows_ids = shows_ids
        self._tells_past = tells_past
        self._tracker_size = tracker_size
        self._most_failures = most_failures
        self._warn = warn
        self._sources: dict[_Key, FrameTracker] = {}
        self._failures: dict[int, int] = {}
        self._from_zero: set[int] = set()
        self._ended: list[SourceTargets] = []

    def track(self, batch: BatchMeta) -> None:
        """Track every frame of a batch, and attach what belongs to no object."""
        past: list[SourceTargets] = []
        ended, self._ended = self._ended, []
        shadows: list[SourceTargets] = []
        for frame in batch.frames:
            key = frame.view
            tracker = self._sources.get(key) or self._begin(key)
            result = self._track(tracker, frame, batch)
            if result is None:
                continue
            if result.past and self._tells_past:
                past.append(_of_source(frame, result.past))
            if result.terminated:
                ended.append(_of_source(frame, result.terminated))
            if len(result.shadows):
                hidden = tracker.targets(result.shadows, frame.frame_num)
                shadows.append(_of_source(frame, hidden))
        _attach(batch, past, TargetsMeta.PAST_FRAMES)
        _attach(batch, ended, TargetsMeta.TERMINATED)
        _attach(batch, shadows, TargetsMeta.SHADOWS)

    def end(self, pad: int, *, from_zero: bool = False) -> None:
        """End the tracks of a source; the next batch tells of them where the settings ask.

        Args:
            pad: Number of its mux pad.
            from_zero: Its next ids count from 0.
        """
        if from_zero:
            self._from_zero.add(pad)
        for key in [key for key in self._sources if key[0] == pad]:
            ended = self._sources.pop(key).end()
            if ended:
                self._ended.append(SourceTargets(pad, list(ended), _surface_id(key)))

    def forget(self, pad: int) -> None:
        """A source is gone for good."""
        self.end(pad)
        self._sub_batches.forget(pad)

    def _track(
        self, tracker: FrameTracker, frame: FrameMeta, batch: BatchMeta
    ) -> TrackerResult | None:
        crops = None if batch.surfaces is None else SurfaceCrops(batch.surfaces[frame.batch_id])
        try:
            return tracker.track(frame, crops=crops)
        except Exception as error:
            self._recover(frame.pad_index, error)
            return None

    def _recover(self, pad: int, error: Exception) -> None:
        """Begin anew with the sources of a sub-batch, or give up."""
        number_of = self._sub_batches.number_of
        number = number_of(pad)
        self._failures[number] = self._failures.get(number, 0) + 1
        if 0 <= self._most_failures < self._failures[number]:
            raise error
        kind = type(error).__name__
        self._warn(f"the trackers of sub-batch {number} begin anew after {kind}: {error}")
        for key in [key for key in self._sources if number_of(key[0]) == number]:
            del self._sources[key]

    def _begin(self, key: _Key) -> FrameTracker:
        number = self._sub_batches.number_of(key[0])
        make, config = self._made[number if len(self._made) > 1 else 0]
        ids = TrackIds(unique=True) if config.trajectory.unique_ids else self._ids
        found = self._sources[key] = FrameTracker(
            make(config, next_id=ids.for_source(from_zero=key[0] in self._from_zero)),
            class_ids=self._class_ids,
            shows_ids=self._shows_ids,
            tracker_size=self._tracker_size,
        )
        return found


def _surface_id(key: _Key) -> int:
    return key[0] << 32 | key[2]


def _of_source(frame: FrameMeta, targets: Iterable[Target]) -> SourceTargets:
    return SourceTargets(frame.source_id, list(targets), _surface_id(frame.view))


def _attach(batch: BatchMeta, sources: list[SourceTargets], kind: int) -> None:
    if sources:
        meta = TargetsMeta(sources)
        batch.user.append(UserMeta(meta, meta_type=kind, copy_data=TargetsMeta.copy))
