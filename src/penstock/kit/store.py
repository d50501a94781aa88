"""The cache: where fetched files live, and how they get there whole or not at all."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from penstock.errors import PenstockError

__all__ = ["create_once", "locked", "writing_to"]


def create_once(folder: Path, fill: Callable[[Path], None]) -> None:
    """Make `folder` by filling a temporary one and renaming it.

    Whoever comes second, in this or another process, throws its own copy away: nobody ever
    sees half a folder. One that lacks a file gets it, and keeps what else lies there.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        fill(draft)
        draft.chmod(0o755)  # mkdtemp makes it private
        try:
            draft.rename(folder)
        except OSError:
            if not folder.is_dir():
                raise
            for made in draft.iterdir():
                if not (folder / made.name).exists():  # somebody took it out
                    made.rename(folder / made.name)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


@contextmanager
def locked(target: Path) -> Iterator[None]:
    """Hold `<target>.lock`; the system lets go of it when the process ends, however it ends."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.with_name(f"{target.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def writing_to(cache: Path) -> Iterator[None]:
    """Turn the system's refusals into an error that names the cache and the way out."""
    try:
        yield
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise PenstockError(
            f"cannot use the cache folder {cache}{where}: {error.strerror or error}; "
            "set PENSTOCK_CACHE to a folder that can be written"
        ) from error
