"""GStreamer's debug categories: `GST_DEBUG=nvinfer:5` works."""

from __future__ import annotations

import os
import sys

from penstock.gst import native
from penstock.gst.gi import GObject, Gst
from penstock.gst.messages import plain

_categories: dict[str, int] = {}


class Log:
    """Writes to one debug category.

    Args:
        category: Its name, by convention that of the element.
        description: One line for `gst-launch-1.0 --gst-debug-help`.
    """

    def __init__(self, category: str, *, description: str = "") -> None:
        if category not in _categories:
            _categories[category] = native.gst_debug_category_new(
                plain(category).encode(), 0, plain(description).encode()
            )
        self._category = _categories[category]

    def error(self, source: GObject.Object | None, message: str) -> None:
        """Log at level 1."""
        self._write(Gst.DebugLevel.ERROR, source, message)

    def warning(self, source: GObject.Object | None, message: str) -> None:
        """Log at level 2."""
        self._write(Gst.DebugLevel.WARNING, source, message)

    def info(self, source: GObject.Object | None, message: str) -> None:
        """Log at level 4."""
        self._write(Gst.DebugLevel.INFO, source, message)

    def debug(self, source: GObject.Object | None, message: str) -> None:
        """Log at level 5."""
        self._write(Gst.DebugLevel.DEBUG, source, message)

    def _write(self, level: Gst.DebugLevel, source: GObject.Object | None, message: str) -> None:
        if native.gst_debug_category_get_threshold(self._category) < int(level):
            return
        caller = sys._getframe(2)
        native.gst_debug_log_literal(
            self._category,
            int(level),
            os.fsencode(caller.f_code.co_filename),
            caller.f_code.co_name.encode(),
            caller.f_lineno,
            hash(source) if source is not None else None,
            plain(message).encode(),
        )
