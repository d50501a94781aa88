"""What is known about a batch as bytes, and back.

A version, then JSON packed by zlib, whose checksum tells damage. Nothing in it is code: whatever
arrives, only the classes of `penstock.bitstream.kinds` come of it.
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Callable, Iterable, Mapping
from enum import IntEnum
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from penstock.bitstream.kinds import FRAME, KINDS, OBJECT, fields_of, holds
from penstock.bitstream.sei import DamagedError
from penstock.meta import KEYPOINTS, BatchMeta, Detections, FrameMeta, ObjectMeta, UserMeta

VERSION = 1
_LARGEST_BYTES = 32 << 20
_MALFORMED = (
    zlib.error, ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError
)  # fmt: skip
_TAG = "is"
_NUMBERS = "biuf"  # kinds of NumPy's types
_ARRAY_OF = re.compile(rf"[<>|][{_NUMBERS}][0-9]{{1,2}}")  # NumPy would parse whole expressions


class ReadBatch(BatchMeta):
    """A batch that came out of encoded video: what a mux takes over into the frames it makes."""

    __slots__ = ()


def pack(batch: BatchMeta) -> bytes:
    """Everything known about a batch: frames, objects, masks, labels, what the OSD draws.

    Of attachments those of the kinds of `penstock.bitstream.kinds`, arrays, texts, numbers, and
    lists, tuples and dictionaries of such; others stay behind, as pixels do.
    """
    content = {
        "max_frames": batch.max_frames,
        "frames": [_frame(frame) for frame in batch.frames],
        "user": _attachments(batch.user),
    }
    written = json.dumps(content, separators=(",", ":"))
    return bytes([VERSION]) + zlib.compress(written.encode())


def unpack(data: bytes) -> ReadBatch:
    """The batch that was packed, without pixels.

    Raises:
        DamagedError: The bytes are damaged, of another version, or do not hold what they must.
    """
    if data[:1] != bytes([VERSION]):
        version = data[0] if data else "none"
        raise DamagedError(f"metadata of version {VERSION} was wanted, got version {version}")
    try:
        inflater = zlib.decompressobj()
        text = inflater.decompress(data[1:], _LARGEST_BYTES)
        if not inflater.eof:
            raise DamagedError("the metadata is cut off, or larger than any")
        return _batch_of(json.loads(text))
    except DamagedError:
        raise
    except _MALFORMED as error:
        raise DamagedError(f"the metadata cannot be read: {error}") from error


# Writing


def _frame(frame: FrameMeta) -> dict[str, Any]:
    places = {id(obj): place for place, obj in enumerate(frame.objects)}
    return {
        **_attributes(frame, FRAME),
        "user": _attachments(frame.user),
        "objects": [
            {
                **_attributes(obj, OBJECT),
                "user": _attachments(obj.user),
                "parent": places.get(id(obj.parent)),
            }
            for obj in frame.objects
        ],
    }


def _attributes(thing: Any, names: Iterable[str]) -> dict[str, Any]:
    return {name: _plain(_readable(getattr(thing, name))) for name in names}


def _readable(value: Any) -> Any:
    """A value with 0 for numbers that no reader takes: a box of NaN must not cost the others."""
    if isinstance(value, float):
        return value if holds(value, float) else 0.0
    if isinstance(value, list | tuple):
        readable = map(_readable, value)
        return tuple(readable) if isinstance(value, tuple) else list(readable)
    return value


def _attachments(user: Iterable[UserMeta]) -> list[Any]:
    written = ([_plain(one.meta_type), _plain(one.data)] for one in user if _is_plain(one.data))
    return list(written)


def _is_plain(data: Any) -> bool:
    """Whether data has a written form; the application's own objects have none."""
    try:
        _plain(data)
    except TypeError:
        return False
    return True


def _plain(value: Any) -> Any:
    """A value as JSON has it; what JSON has not is an object with the tag `is`."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    for kind, written in _WRITTEN.items():
        if isinstance(value, kind):
            return written(value)
    for kind in type(value).__mro__:
        if KINDS.get(kind.__name__) is kind:
            return {_TAG: kind.__name__, **_attributes(value, fields_of(kind))}
    raise TypeError(f"{type(value).__name__} has no written form")


def _array(value: NDArray[Any]) -> dict[str, Any]:
    if value.dtype.kind not in _NUMBERS:
        raise TypeError(f"an array of {value.dtype} has no written form")
    numbers = base64.b64encode(value.tobytes()).decode()
    return {_TAG: "array", "of": value.dtype.str, "shape": value.shape, "data": numbers}


_WRITTEN: Mapping[type, Callable[[Any], Any]] = {
    np.generic: lambda value: value.item(),
    list: lambda value: [_plain(item) for item in value],
    tuple: lambda value: {_TAG: "tuple", "of": [_plain(item) for item in value]},
    dict: lambda value: {_TAG: "dict", "of": [[_plain(k), _plain(v)] for k, v in value.items()]},
    np.ndarray: _array,
}


# Reading


def _batch_of(content: Mapping[str, Any]) -> ReadBatch:
    batch = ReadBatch(map(_frame_of, content["frames"]), max_frames=int(content["max_frames"]))
    for frame, item in zip(batch.frames, content["frames"], strict=True):
        frame.batch_id = int(item["batch_id"])  # behind the tiler all have the same
    batch.user.extend(map(_attachment, content["user"]))
    return batch


def _frame_of(item: Mapping[str, Any]) -> FrameMeta:
    frame = FrameMeta()
    _fill(frame, item, FRAME)
    frame.user.extend(map(_attachment, item["user"]))
    objects = [_object_of(one) for one in item["objects"]]
    for obj, one in zip(objects, item["objects"], strict=True):
        place = one["parent"]
        parent = None if place is None else objects[range(len(objects)).index(place)]
        frame.add(obj, parent=parent)
    Detections.of(objects)  # trackers will ask for these columns: ids must fit in
    return frame


def _object_of(item: Mapping[str, Any]) -> ObjectMeta:
    obj = ObjectMeta()
    _fill(obj, item, OBJECT)
    obj.user.extend(map(_attachment, item["user"]))
    return obj


def _attachment(item: list[Any]) -> UserMeta:
    meta_type, data = map(_value, item)
    if not isinstance(meta_type, int | str):
        raise DamagedError(f"an attachment's type is {meta_type!r}")
    if meta_type == KEYPOINTS and not _is_points(data):
        raise DamagedError(f"{data!r:.60} are no keypoints")
    copy = np.copy if isinstance(data, np.ndarray) else getattr(type(data), "copy", None)
    return UserMeta(data, meta_type=meta_type, copy_data=copy)


def _is_points(data: object) -> bool:
    """Whether data is an array of `x, y, …` rows, which whoever resizes a frame moves."""
    return isinstance(data, np.ndarray) and data.ndim == 2 and data.shape[1] >= 2


def _fill(thing: object, item: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Set the attributes that are known here; a newer writer may have more."""
    for name, kind in wanted.items():
        if name not in item:
            continue
        value = _value(item[name])
        if not holds(value, kind):
            raise DamagedError(f"{type(thing).__name__}.{name} cannot be {value!r:.60}")
        setattr(thing, name, int(value) if kind is int else value)


def _value(written: Any) -> Any:
    if isinstance(written, list):
        return [_value(item) for item in written]
    if not isinstance(written, dict):
        return written
    tag = written[_TAG]
    if tag == "tuple":
        return tuple(map(_value, written["of"]))
    if tag == "dict":
        return {_value(key): _value(item) for key, item in written["of"]}
    if tag == "array":
        if not _ARRAY_OF.fullmatch(written["of"]):
            raise DamagedError(f"an array of {written['of']!r:.60} is none of numbers")
        numbers = np.frombuffer(base64.b64decode(written["data"], validate=True), written["of"])
        return numbers.reshape(written["shape"]).copy()
    kind = cast(Any, KINDS[tag])
    known = fields_of(kind)
    fields = {name: _of(known[name], item) for name, item in written.items() if name in known}
    for name, value in fields.items():
        if not holds(value, known[name]):
            raise DamagedError(f"{tag}.{name} cannot be {value!r:.60}")
    return kind(**fields)


def _of(wanted: Any, written: Any) -> Any:
    """A field's value; JSON has no enumerations."""
    is_enum = isinstance(wanted, type) and issubclass(wanted, IntEnum)
    return wanted(written) if is_enum else _value(written)
