"""Two descriptions of one frame become one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from penstock.geometry import Affine
from penstock.meta import UNTRACKED, Attachments, FrameMeta, ObjectMeta, UserMeta


def keep_allowed(frame: FrameMeta, sources: Mapping[int, frozenset[int]]) -> None:
    """Remove objects and answers of models that are not for this source.

    Args:
        frame: Changed in place.
        sources: `gie-unique-id` → sources; models that are not in it are for all.
    """
    unwanted = {model for model, allowed in sources.items() if frame.source_id not in allowed}
    if not unwanted:
        return
    frame.objects[:] = [obj for obj in frame.objects if obj.component_id not in unwanted]
    for obj in frame.objects:
        obj.classifiers[:] = [c for c in obj.classifiers if c.component_id not in unwanted]
        if obj.parent is not None and obj.parent.component_id in unwanted:
            obj.parent = None
    for user in (frame.user, *(obj.user for obj in frame.objects)):
        user[:] = [one for one in user if _component(one) not in unwanted]


def merge(given: FrameMeta, frame: FrameMeta) -> None:
    """Add what `given` says to `frame`; what both say stays once.

    Objects are the same where model, class and the detector's box are. Those that both have get
    the answers and attachments that they lack. What the OSD draws beside objects is not taken.

    Args:
        given: Nobody else's: its objects move.
        frame: Changed in place; its pixels are those of the boxes.
    """
    size = (frame.width, frame.height)
    if (given.width, given.height) != size and given.width and given.height:
        given.rescale(Affine.fit((0, 0, given.width, given.height), size), size)
    known = {_identity(obj): obj for obj in frame.objects}
    placed: dict[int, ObjectMeta] = {}
    for obj in given.objects:
        twin = known.get(_identity(obj))
        if twin is None:
            obj.parent = placed.get(id(obj.parent)) if obj.parent is not None else None
            twin = frame.add(obj)
        else:
            _complete(twin, obj)
        placed[id(obj)] = twin
    _add_missing(frame.user, given.user)
    frame.infer_done = frame.infer_done or given.infer_done


def _identity(obj: ObjectMeta) -> tuple[Any, ...]:
    box = obj.detector_box if any(obj.detector_box) else obj.ltwh
    return (obj.component_id, obj.class_id, *(round(side, 2) for side in box))


def _complete(obj: ObjectMeta, other: ObjectMeta) -> None:
    if obj.track_id == UNTRACKED and other.track_id != UNTRACKED:
        obj.track_id, obj.tracker_box = other.track_id, other.tracker_box
        obj.tracker_confidence, obj.rect.ltwh = other.tracker_confidence, other.ltwh
    heard = {answer.component_id for answer in obj.classifiers}
    obj.classifiers += [c for c in other.classifiers if c.component_id not in heard]
    if obj.mask is None:
        obj.mask = other.mask
    _add_missing(obj.user, other.user)


def _add_missing(user: Attachments, more: Attachments) -> None:
    there = {(one.meta_type, _component(one)) for one in user}
    user.extend(one for one in more if (one.meta_type, _component(one)) not in there)


def _component(user: UserMeta) -> int | None:
    found = getattr(user.data, "component_id", None)
    return found if isinstance(found, int) else None
