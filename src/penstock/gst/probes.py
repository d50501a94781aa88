"""Guard pad probes: a probe that raises or returns nothing must not lose the stream silently.

PyGObject turns both into 0, which GStreamer reads as DROP; and it turns SystemExit into a process
that waits for the very thread that asked.
"""

from __future__ import annotations

import contextlib
import functools
import os
import sys
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

from penstock.gst import ending
from penstock.gst.gi import Gst
from penstock.gst.messages import interrupt_later, post_error, post_warning, said_by
from penstock.meta import locks

OK = Gst.PadProbeReturn.OK
failures: Counter[str] = Counter()
"""What went wrong in probes, by probe, kind, file and line, since the process started."""
_ANSWERS = {
    int(answer): answer
    for answer in (
        Gst.PadProbeReturn.DROP,
        Gst.PadProbeReturn.OK,
        Gst.PadProbeReturn.REMOVE,
        Gst.PadProbeReturn.PASS,
        Gst.PadProbeReturn.HANDLED,
    )
}
_original = Gst.Pad.add_probe
_counting = threading.Lock()


def install() -> None:
    """Replace `Gst.Pad.add_probe` in this process; harmless when called again."""
    if Gst.Pad.add_probe is not _add_probe:
        Gst.Pad.add_probe = _add_probe


def _add_probe(
    pad: Gst.Pad, mask: Gst.PadProbeType, callback: Callable[..., Any], *user_data: Any
) -> int:
    if not callable(callback):
        raise TypeError(f"a probe must be callable, got {type(callback).__name__}")
    ending.watch(pad)
    return int(_original(pad, mask, guard(callback), *user_data))


def guard(callback: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a pad probe so that what it raises is reported and counts as OK.

    One kind of failure is reported once in a process. What is no `Gst.PadProbeReturn` counts as
    OK too; the numbers of one, and bool, are taken for it. Batches that it leaves locked are
    unlocked.
    """

    @functools.wraps(callback, updated=())
    def guarded(pad: Gst.Pad, info: Gst.PadProbeInfo, *user_data: Any) -> Any:
        locked = locks.number_held()
        try:
            answer = callback(pad, info, *user_data)
        except BaseException as error:  # nothing may escape into C
            _report(pad, callback, error)
            return OK
        finally:
            if locks.number_held() > locked:
                _unlock(pad, callback, locked)
        if isinstance(answer, Gst.PadProbeReturn):
            return answer
        if type(answer) in (int, bool) and answer in _ANSWERS:
            return _ANSWERS[answer]
        kind = f"{_name(callback)} returned {_described(answer)}"
        if _count(kind) == 1:
            _warn(pad, f"the probe {kind}: treated as OK")
        return OK

    return guarded


def _report(pad: Gst.Pad, callback: Callable[..., Any], error: BaseException) -> None:
    if isinstance(error, KeyboardInterrupt):
        interrupt_later()
        return
    kind = f"{_name(callback)} raised {type(error).__name__} at {_place(error)}"
    is_first = _count(kind) == 1
    text = f"the probe {kind}: {said_by(error)}"
    if isinstance(error, SystemExit):
        _stop(pad, f"{text} (only the main thread can exit: stop the pipeline instead)")
    elif os.environ.get("PENSTOCK_STRICT") == "1":
        _stop(pad, text)
    elif is_first:
        _warn(pad, f"{text} (further ones of this kind are counted, not shown)")


def _unlock(pad: Gst.Pad, callback: Callable[..., Any], number: int) -> None:
    kind = f"{_name(callback)} left a batch locked"
    locks.release_down_to(number)
    if _count(kind) == 1:
        _warn(
            pad,
            f"the probe {kind}: it was unlocked; call nvds_release_meta_lock on every way out, "
            "also where it raises",
        )


def _count(kind: str) -> int:
    with _counting:
        failures[kind] += 1
        return failures[kind]


def _stop(pad: Gst.Pad, text: str) -> None:
    """Post an error on the bus, or warn where the pad has no element."""
    element = pad.get_parent_element()
    if element is None:
        _warn(pad, text)
    else:
        post_error(element, RuntimeError(text))


def _warn(pad: Gst.Pad, text: str) -> None:
    with contextlib.suppress(Exception):  # such as a closed stderr
        print(f"penstock: {text}", file=sys.stderr)  # noqa: T201 - scripts rarely watch the bus
    element = pad.get_parent_element()
    if element is not None:
        post_warning(element, text)


def _place(error: BaseException) -> str:
    """File and line that raised."""
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    return "an unknown place" if at is None else f"{at.tb_frame.f_code.co_filename}:{at.tb_lineno}"


def _name(callback: Callable[..., Any]) -> str:
    if isinstance(callback, functools.partial):
        return _name(callback.func)
    name = getattr(callback, "__qualname__", None)
    return name if isinstance(name, str) else type(callback).__qualname__


def _described(answer: Any) -> str:
    if answer is None:
        return "None"
    if type(answer) is int:  # not which: it may be another one for each buffer
        return "a number that is no Gst.PadProbeReturn"
    return f"a {type(answer).__qualname__}"
