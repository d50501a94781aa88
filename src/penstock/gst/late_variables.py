"""GStreamer reads its variables when it starts; an application may set them after that.

It is started by whoever registers the elements, `penstock run` or `import pyds`, and applications
set variables before their own `Gst.init`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from penstock.gst.gi import Gst

_DEBUG, _DOTS, _MUX = "GST_DEBUG", "GST_DEBUG_DUMP_DOT_DIR", "USE_NEW_NVSTREAMMUX"
_PLUGINS = ("GST_PLUGIN_PATH", "GST_PLUGIN_PATH_1_0")
_known = {name: os.environ.get(name, "") for name in (_DEBUG, _DOTS, _MUX, *_PLUGINS)}
_installed: list[Callable[[], None]] = []


def install(choose_mux: Callable[[], None]) -> None:
    """Replace `Gst.init` and what draws graphs in this process; harmless when called again.

    Args:
        choose_mux: Called when another `nvstreammux` is wanted than before.
    """
    _note()
    if _installed:
        return
    _installed.append(choose_mux)
    for name in ("init", "init_check"):
        setattr(Gst, name, _heeding(getattr(Gst, name)))
    for name in ("debug_bin_to_dot_file", "debug_bin_to_dot_file_with_ts"):
        setattr(Gst, name, _drawing(getattr(Gst, name), with_time=name.endswith("ts")))


def _note() -> None:
    _known.update({name: os.environ.get(name, "") for name in _known if name != _DOTS})


def _heeding(original: Callable[..., Any]) -> Callable[..., Any]:
    def init(*arguments: Any, **named: Any) -> Any:
        answer = original(*arguments, **named)
        _heed()
        return answer

    return init


def _heed() -> None:
    """Apply what has been set since."""
    now = {name: os.environ.get(name, "") for name in _known}
    if now[_DEBUG] != _known[_DEBUG]:
        Gst.debug_set_active(True)
        Gst.debug_set_threshold_from_string(now[_DEBUG], True)
    for name in _PLUGINS:
        for folder in now[name].split(os.pathsep):
            if folder and folder not in _known[name].split(os.pathsep):
                Gst.Registry.get().scan_path(folder)
    if now[_MUX] != _known[_MUX]:
        for choose_mux in _installed:
            choose_mux()
    _note()


def _drawing(original: Callable[..., None], *, with_time: bool) -> Callable[..., None]:
    def draw(graph: Gst.Bin, details: Gst.DebugGraphDetails, name: str) -> None:
        folder = os.environ.get(_DOTS, "")
        if not folder or folder == _known[_DOTS]:  # GStreamer knows
            original(graph, details, name)
            return
        stem = f"{Gst.util_get_timestamp() / Gst.SECOND:.9f}-{name}" if with_time else name
        dot = Gst.debug_bin_to_dot_data(graph, details)
        try:
            Path(folder, f"{stem}.dot").write_text(dot)
        except OSError as error:
            Gst.warning(f"no graph is drawn: {error}")

    return draw
