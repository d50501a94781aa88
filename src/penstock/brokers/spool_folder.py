"""Where a spool lies, and that nobody else uses it."""

from __future__ import annotations

import fcntl
import hashlib
import os
from pathlib import Path

from penstock.errors import ConfigError

_SLOTS = 64


class FolderLock:
    """Keeps a folder for one spool at a time, until it is released or the process ends.

    Args:
        folder: Made where it is missing.

    Raises:
        BlockingIOError: Another spool uses it.
        OSError: It cannot be made or written.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder = folder
        self._fd = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, str(os.getpid()).encode(), 0)
        except OSError:
            os.close(self._fd)
            raise

    def release(self) -> None:
        """Let others have the folder."""
        os.close(self._fd)


def named_folder(folder: Path) -> FolderLock:
    """The folder that a user has named.

    Raises:
        ConfigError: Another spool uses it, or it cannot be made or written.
    """
    try:
        return FolderLock(folder)
    except BlockingIOError:
        raise ConfigError(
            f"spool-dir: {folder} is in use by {_user_of(folder)}; give each nvmsgbroker a folder "
            "of its own"
        ) from None
    except OSError as error:
        raise ConfigError(f"spool-dir: cannot write to {folder}: {error.strerror}") from error


def own_folder(broker: str, destination: str) -> FolderLock:
    """A folder of the user's own for messages to one destination.

    Several processes, or elements, that send to the same place at the same time get one each. The
    first one also gets the messages that others have left when they ended.

    Args:
        broker: A name of `BROKERS`.
        destination: What tells this place from all others; only its checksum shows.

    Raises:
        OSError: None can be made or written.
    """
    checksum = hashlib.sha256(destination.encode(errors="replace")).hexdigest()[:16]
    parent = spool_home() / f"{broker}-{checksum}"
    slots = [parent / str(number) for number in range(_SLOTS)]
    lock = next((lock for lock in map(_free, slots) if lock is not None), None)
    if lock is None:
        raise OSError(f"all {_SLOTS} folders in {parent} are in use")
    for folder in slots:
        if folder != lock.folder and log_files(folder):
            _take_over(folder, lock.folder)
    return lock


def _take_over(left: Path, folder: Path) -> None:
    """Move the files of a spool that nobody uses behind those of another one, which is locked."""
    lock = _free(left)
    if lock is None:
        return
    last = max((int(path.stem) for path in log_files(folder)), default=0)
    if not last:
        (folder / "done").unlink(missing_ok=True)  # it says which numbers are done with
    for path in log_files(left):
        last += 1
        path.rename(folder / f"{last:012d}.log")
    lock.release()


def log_files(folder: Path) -> list[Path]:
    """The files of a spool, oldest first."""
    found = [path for path in folder.glob("*.log") if path.stem.isdecimal()]
    return sorted(found, key=lambda path: int(path.stem))


def spool_home() -> Path:
    """Where spools lie that nobody has given a folder.

    `$PENSTOCK_SPOOL`, else `$XDG_STATE_HOME/penstock/spool`, else `~/.local/state/penstock/spool`.
    """
    named = os.environ.get("PENSTOCK_SPOOL")
    if named:
        return Path(named).expanduser()
    state = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(state).expanduser() / "penstock" / "spool"


def _free(folder: Path) -> FolderLock | None:
    try:
        return FolderLock(folder)
    except BlockingIOError:
        return None


def _user_of(folder: Path) -> str:
    try:
        process = (folder / "lock").read_text()
    except OSError:
        process = ""
    if process == str(os.getpid()):
        return "another element of this process"
    return f"process {process}" if process else "another process"
