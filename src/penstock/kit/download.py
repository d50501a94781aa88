"""Downloads that go on where they stopped and appear only when they are complete."""

from __future__ import annotations

import os
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError

from penstock.errors import PenstockError
from penstock.kit.checksum import Checksum
from penstock.kit.web import NETWORK_ERRORS, UnavailableError, Web, may_pass, pause, redacted, why

__all__ = ["Progress", "download"]

Progress = Callable[[str, int, "int | None"], None]
"""Called with the file's name, the bytes there so far and the bytes expected (None: unknown)."""

_CHUNK = 1 << 18


def download(
    web: Web,
    url: str,
    target: Path,
    *,
    checksum: Checksum | None,
    progress: Progress | None = None,
) -> None:
    """Fetch a file into `target`, going on where an earlier try stopped.

    What has come so far lies in `<target>.part`; `target` itself appears only when it is
    complete and, where the index told the hash, correct. One process at a time per target.

    Raises:
        UnavailableError: It could not be had, or is not the file the index promised.
        PenstockError: It could not be written.
    """
    part = target.with_name(f"{target.name}.part")
    while True:
        resumed = part.exists()
        _fill(web, url, part, progress or _silent)
        complaint = checksum.complaint(part) if checksum else None
        if complaint is None:
            os.replace(part, target)
            return
        part.unlink()
        if not resumed:  # else the earlier part may be to blame: once more from the start
            raise UnavailableError(f"{redacted(url)}: {complaint}")


def _fill(web: Web, url: str, part: Path, progress: Progress) -> None:
    """Append to `part` until it is complete, across as many connections as it takes."""
    failures, reason = 0, ""
    while failures <= web.settings.retries:
        before = _size(part)
        try:
            if _append(web, url, part, progress):
                return
            reason = f"the connection closed after {_size(part):,} bytes"
        except NETWORK_ERRORS as error:
            reason = why(error)
            if _beyond_the_end(error):
                part.unlink(missing_ok=True)
            elif not may_pass(error):
                break
        if _size(part) > before:
            failures = 0
        else:
            pause(failures)
            failures += 1
    raise UnavailableError(f"{redacted(url)}: {reason}")


def _append(web: Web, url: str, part: Path, progress: Progress) -> bool:
    """Make one request; returns whether the file is complete afterwards."""
    have = _size(part)
    with web.open(url, {"Range": f"bytes={have}-"} if have else {}) as answer:
        if answer.status != HTTPStatus.PARTIAL_CONTENT:
            have = 0  # the server does not resume: it sends everything again
        length = answer.headers.get("Content-Length")
        total = have + int(length) if length else None
        with _open_at(part, have) as file:
            progress(part.stem, have, total)
            while chunk := answer.read1(_CHUNK):
                _write(file, chunk, part)
                progress(part.stem, file.tell(), total)
            return total is None or file.tell() >= total


def _open_at(part: Path, position: int) -> IO[bytes]:
    try:
        file = part.open("r+b" if position else "wb")
    except OSError as error:
        raise PenstockError(f"cannot write {part}: {error.strerror}") from error
    file.seek(position)
    return file


def _write(file: Any, chunk: bytes, part: Path) -> None:
    """Write at once, so that a full disk is not mistaken for a broken connection."""
    try:
        file.write(chunk)
        file.flush()
    except OSError as error:
        raise PenstockError(
            f"cannot write {part}: {error.strerror}; PENSTOCK_CACHE names another folder"
        ) from error


def _beyond_the_end(error: Exception) -> bool:
    code = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
    return isinstance(error, HTTPError) and error.code == code


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _silent(_name: str, _done: int, _total: int | None) -> None:
    """Report to nobody."""
