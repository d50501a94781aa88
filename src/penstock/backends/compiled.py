"""Compiled models on disk.

A file is complete or absent: it is written beside its place and moved there, so that any number of
processes can start at once; and it carries a checksum, so that damage means one compilation, never
wrong numbers.
"""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
import zlib
from pathlib import Path

_log = logging.getLogger(__name__)
_CHECKSUM_BYTES = 4
_CHUNK_BYTES = 1 << 20


class CompiledModel:
    """The place of one compiled model in a folder.

    Args:
        folder: The folder; made when something is stored.
        model: The model file; its content is part of the name, so a changed file is a new model.
        settings: Everything else that the compiled form depends on.
    """

    def __init__(self, folder: Path, model: Path, *settings: object) -> None:
        digest = hashlib.sha256(repr(settings).encode())
        with model.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
        self.path = folder / f"{model.stem}-{digest.hexdigest()[:24]}.blob"

    def load(self) -> bytes | None:
        """The stored bytes, or nothing where there are none or they are damaged."""
        try:
            content = self.path.read_bytes()
        except OSError:
            return None
        body = content[_CHECKSUM_BYTES:]
        if content[:_CHECKSUM_BYTES] == _checksum(body):
            return body
        _log.warning("the compiled model %s is damaged: compiling again", self.path)
        return None

    def store(self, body: bytes) -> None:
        """Keep the bytes. A folder that cannot be written costs time at the next start only."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=self.path.parent, suffix=".part")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(_checksum(body))
                    file.write(body)
                Path(temporary).replace(self.path)
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise
        except OSError as error:
            _log.warning("cannot keep the compiled model %s: %s", self.path, error)


def _checksum(body: bytes) -> bytes:
    return zlib.crc32(body).to_bytes(_CHECKSUM_BYTES, "little")
