"""Stop what still plays when the interpreter ends.

A script may end, by sys.exit, an exception or its last line, while a pipeline plays. Streaming
threads that come back from C to an interpreter that is gone are killed wherever they are, which
aborts the process inside C++ code. So pipelines stop while Python still runs.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
from collections.abc import Callable

from penstock.gst.gi import Gst

_PATIENCE_S = 10.0
_watched: dict[int, Callable[[], Gst.Object | None]] = {}  # by C address
_FEW = 1000
_tidy_at = _FEW
_process = os.getpid()


def watch(part: Gst.Object) -> None:
    """Stop the pipeline around an element or pad at exit, if there is one then."""
    global _tidy_at  # noqa: PLW0603 - one table a process
    address = hash(part)
    known = _watched.get(address)
    if known is not None and known() is not None:
        return
    # GObject's weak reference: Python's dies with the wrapper. Without a callback: PyGObject would
    # call it while an exception passes, and lose that.
    _watched[address] = part.weak_ref()
    if len(_watched) > _tidy_at:
        for gone in [key for key, reference in list(_watched.items()) if reference() is None]:
            _watched.pop(gone, None)
        _tidy_at = max(_FEW, 2 * len(_watched))


def stop_all() -> None:
    """Bring every pipeline that has a watched part to NULL, waiting a limited time."""
    if os.getpid() != _process:
        return  # a fork has no streaming threads, and would wait for them for ever
    parts = (reference() for reference in list(_watched.values()))
    tops = {hash(top): top for top in map(_top, parts) if isinstance(top, Gst.Element)}
    playing = [top for top in tops.values() if _plays(top)]
    stopped = [_stop(top) for top in playing]
    for top, done in zip(playing, stopped, strict=True):
        if not done.wait(_PATIENCE_S) and sys.stderr is not None:
            print(  # noqa: T201 - the last words of a process
                f"penstock: {top.get_name()} was not stopped before the script ended, and did not "
                f"stop within {_PATIENCE_S:.0f} s: set it to Gst.State.NULL before the end",
                file=sys.stderr,
            )


def _top(part: Gst.Object | None) -> Gst.Object | None:
    while part is not None:
        parent = part.get_parent()
        if parent is None:
            return part
        part = parent
    return None


def _plays(top: Gst.Element) -> bool:
    _, current, pending = top.get_state(0)
    return bool(current > Gst.State.NULL or pending > Gst.State.NULL)


def _stop(top: Gst.Element) -> threading.Event:
    """Stop on a thread of GStreamer's: Python starts none so late."""
    done = threading.Event()

    def stop(element: Gst.Element) -> None:
        element.set_state(Gst.State.NULL)
        done.set()

    top.call_async(stop)
    return done


atexit.register(stop_all)
