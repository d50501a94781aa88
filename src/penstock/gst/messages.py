"""What elements say on the bus."""

from __future__ import annotations

import traceback

from penstock.errors import ConfigError, MissingExtraError, ModelError, PenstockError
from penstock.gst.gi import Gst


def post_error(element: Gst.Element, error: BaseException) -> None:
    """Post an exception as an ERROR message; an unexpected one brings its traceback along."""
    domain, code = _domain(error)
    text = str(error) or type(error).__name__
    debug = None
    if not isinstance(error, PenstockError):
        text = f"{element.get_name()}: {type(error).__name__}: {text}"
        debug = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    else:
        text = f"{element.get_name()}: {text}"
    element.message_full(Gst.MessageType.ERROR, domain, code, text, debug, __file__, "", 0)


def post_warning(element: Gst.Element, text: str) -> None:
    """Post a WARNING message."""
    domain, code = Gst.stream_error_quark(), int(Gst.StreamError.FAILED)
    text = f"{element.get_name()}: {text}"
    element.message_full(Gst.MessageType.WARNING, domain, code, text, None, __file__, "", 0)


def _domain(error: BaseException) -> tuple[int, int]:
    if isinstance(error, ConfigError):
        return Gst.library_error_quark(), int(Gst.LibraryError.SETTINGS)
    if isinstance(error, ModelError | MissingExtraError):
        return Gst.library_error_quark(), int(Gst.LibraryError.INIT)
    return Gst.stream_error_quark(), int(Gst.StreamError.FAILED)
