"""What elements say on the bus."""

from __future__ import annotations

import contextlib
import signal
import threading
import traceback

from penstock.errors import ConfigError, MissingExtraError, ModelError, PenstockError
from penstock.gst.gi import Gst

_RETURN_S = 0.02


def post_error(element: Gst.Element, error: BaseException) -> None:
    """Post an exception as an ERROR message; an unexpected one brings its traceback along.

    Call it where an exception would otherwise escape into C. It never raises. Ctrl-C is no error:
    it comes again.
    """
    if isinstance(error, KeyboardInterrupt):
        interrupt_later()
        return
    domain, code = _domain(error)
    text, debug = said_by(error), None
    if not isinstance(error, PenstockError):
        text = f"{type(error).__name__}: {text}"
        debug = _traceback(error)
    _post(element, Gst.MessageType.ERROR, domain, code, text, debug)


def post_warning(element: Gst.Element, text: str) -> None:
    """Post a WARNING message; never raises."""
    domain, code = Gst.stream_error_quark(), int(Gst.StreamError.FAILED)
    _post(element, Gst.MessageType.WARNING, domain, code, text, None)


def post_info(element: Gst.Element, text: str) -> None:
    """Post an INFO message; never raises."""
    domain, code = Gst.stream_error_quark(), int(Gst.StreamError.FAILED)
    _post(element, Gst.MessageType.INFO, domain, code, text, None)


def interrupt_later() -> None:
    """Have Ctrl-C, which cannot pass through C, once more when C has returned to Python."""
    again = threading.Timer(_RETURN_S, _interrupt)
    with contextlib.suppress(RuntimeError):  # the interpreter is ending: that is what was wanted
        again.start()


def _interrupt() -> None:
    main = threading.main_thread()
    if main.is_alive() and main.ident is not None:  # else it would break into the clearing up
        signal.pthread_kill(main.ident, signal.SIGINT)


def said_by(error: BaseException) -> str:
    """An exception's text, even where its `__str__` raises."""
    try:
        return str(error) or type(error).__name__
    except Exception:
        return f"{type(error).__name__}, whose text cannot be made"


def plain(text: str) -> str:
    """`text` without what C strings cannot hold: lone surrogates and NUL."""
    return text.encode(errors="backslashreplace").decode().replace("\0", "\\0")


def _post(
    element: Gst.Element,
    kind: Gst.MessageType,
    domain: int,
    code: int,
    text: str,
    debug: str | None,
) -> None:
    text = plain(f"{element.get_name()}: {text}")
    debug = None if debug is None else plain(debug)
    element.message_full(kind, domain, code, text, debug, __file__, "", 0)


def _traceback(error: BaseException) -> str | None:
    try:
        return "".join(traceback.format_exception(type(error), error, error.__traceback__))
    except Exception:
        return None


def _domain(error: BaseException) -> tuple[int, int]:
    if isinstance(error, ConfigError):
        return Gst.library_error_quark(), int(Gst.LibraryError.SETTINGS)
    if isinstance(error, ModelError | MissingExtraError):
        return Gst.library_error_quark(), int(Gst.LibraryError.INIT)
    return Gst.stream_error_quark(), int(Gst.StreamError.FAILED)
