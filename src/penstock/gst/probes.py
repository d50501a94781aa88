"""Guard pad probes: a probe that raises or returns nothing must not lose the stream silently.

PyGObject turns both into 0, which GStreamer reads as DROP.
"""

from __future__ import annotations

import functools
import os
import sys
import traceback
from collections import Counter
from collections.abc import Callable
from typing import Any

from penstock.gst.gi import Gst
from penstock.gst.messages import post_error, post_warning

OK = Gst.PadProbeReturn.OK
failures: Counter[str] = Counter()
"""Exceptions by probe, kind, file and line, since the process started."""
_original = Gst.Pad.add_probe


def install() -> None:
    """Replace `Gst.Pad.add_probe` in this process; harmless when called again."""
    if Gst.Pad.add_probe is not _add_probe:
        Gst.Pad.add_probe = _add_probe


def _add_probe(
    pad: Gst.Pad, mask: Gst.PadProbeType, callback: Callable[..., Any], *user_data: Any
) -> int:
    return int(_original(pad, mask, guard(callback), *user_data))


def guard(callback: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a pad probe so that exceptions are reported once and count as OK."""
    warned = False

    @functools.wraps(callback, updated=())
    def guarded(pad: Gst.Pad, info: Gst.PadProbeInfo, *user_data: Any) -> Any:
        nonlocal warned
        try:
            answer = callback(pad, info, *user_data)
        except Exception as error:  # nothing may escape into C
            _report(pad, callback, error)
            return OK
        if answer is None:
            if not warned:
                warned = True
                _warn(pad, f"the probe {_name(callback)} returned None: treated as OK")
            return OK
        return answer

    return guarded


def _report(pad: Gst.Pad, callback: Callable[..., Any], error: Exception) -> None:
    last = traceback.extract_tb(error.__traceback__)[-1]
    kind = f"{_name(callback)} raised {type(error).__name__} at {last.filename}:{last.lineno}"
    failures[kind] += 1
    if failures[kind] > 1:
        return
    text = f"the probe {kind}: {error}"
    element = pad.get_parent_element()
    if os.environ.get("PENSTOCK_STRICT") == "1" and element is not None:
        post_error(element, RuntimeError(text))
        return
    _warn(pad, f"{text} (further ones of this kind are counted, not shown)")


def _warn(pad: Gst.Pad, text: str) -> None:
    print(f"penstock: {text}", file=sys.stderr)  # noqa: T201 - scripts rarely watch for warnings
    element = pad.get_parent_element()
    if element is not None:
        post_warning(element, text)


def _name(callback: Callable[..., Any]) -> str:
    return getattr(callback, "__qualname__", repr(callback))
