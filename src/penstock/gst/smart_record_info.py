"""What C callbacks of `sr-done` get: a structure by its address."""

from __future__ import annotations

import ctypes
import os

from penstock.gst.smart_record import Recording

_new_capsule = ctypes.pythonapi.PyCapsule_New
_new_capsule.restype = ctypes.py_object
_new_capsule.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]


class RecordingInfo(ctypes.Structure):
    """`NvDsSRRecordingInfo`: in Python, `RecordingInfo.from_address(hash(pointer))`."""

    _fields_ = [
        ("ctx", ctypes.c_void_p),
        ("sessionId", ctypes.c_uint32),
        ("filename", ctypes.c_char_p),
        ("dirpath", ctypes.c_char_p),
        ("duration", ctypes.c_uint64),
        ("containerType", ctypes.c_int),
        ("width", ctypes.c_uint),
        ("height", ctypes.c_uint),
        ("containsVideo", ctypes.c_int),
        ("channels", ctypes.c_uint),
        ("samplingRate", ctypes.c_uint),
        ("containsAudio", ctypes.c_int),
    ]

    @classmethod
    def of(cls, recording: Recording) -> RecordingInfo:
        """Lasts as long as Python holds it."""
        return cls(
            sessionId=recording.session,
            filename=os.fsencode(recording.path.name),
            dirpath=os.fsencode(recording.path.parent),
            duration=recording.duration_ms,
            containerType=recording.container,
            width=recording.size[0],
            height=recording.size[1],
            containsVideo=1,
        )


def pointer_to(address: int) -> object:
    """What PyGObject takes as a pointer; None for 0."""
    return _new_capsule(address, None, None) if address else None


def write_session(pointer: object, session: int) -> None:
    """Put a session's number where a pointer of `start-sr` points, unless it is NULL."""
    address = 0 if pointer is None else hash(pointer)
    if address:
        ctypes.c_uint32.from_address(address).value = session
