"""One file of a spool: records, one behind the other."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from penstock.brokers.spool_record import HEAD_BYTES, body_length, is_whole

_BUFFER_BYTES = 256 << 10


class Found(NamedTuple):
    """The body of a record in a file, and where the next one starts."""

    body: bytes
    end: int


class SpoolFile:
    """Written at its end, read from anywhere; open only while it is written or read.

    Attributes:
        number: Files are read in the order of their numbers.
        size: Bytes of whole records.
        count: How many records there are; a file that is opened again counts from `start` on.
        unreadable_bytes: What stood behind the whole records when it was opened.

    Args:
        path: `<number>.log`.
        start: A record starts here; what stands before it is done with.

    Raises:
        OSError: It cannot be opened.
    """

    def __init__(self, path: Path, *, start: int = 0) -> None:
        self.path = path
        self.number = int(path.stem)
        self._fd: int | None = None
        self.size, self.count = start, 0
        length = path.stat().st_size if path.exists() else 0
        for found in self.read(start, end=length):
            self.size = found.end
            self.count += 1
        self.unreadable_bytes = max(0, length - self.size)

    def append(self, data: bytes, *, count: int) -> None:
        """Add whole records: all of them, or none.

        Raises:
            OSError: The disk did not take them.
        """
        if self._fd is None:
            self._fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        written = 0
        try:
            while written < len(data):
                written += os.pwrite(self._fd, data[written:], self.size + written)
        except OSError:
            with contextlib.suppress(OSError):  # the next ones are written over it
                os.ftruncate(self._fd, self.size)
            raise
        self.size += written
        self.count += count

    def read(self, start: int, *, end: int | None = None) -> Iterator[Found]:
        """The records from `start` on, up to one that is cut off or damaged."""
        end = self.size if end is None else end
        if start >= end:
            return
        # What is written is there even when somebody has deleted its name.
        place = self.path if self._fd is None else os.dup(self._fd)
        with open(place, "rb", buffering=_BUFFER_BYTES) as file:
            file.seek(start)
            while start < end:
                head = file.read(HEAD_BYTES)
                length = body_length(head)
                if not 0 < length <= end - start - HEAD_BYTES:
                    return
                body = file.read(length)
                if not is_whole(head, body):
                    return
                start += HEAD_BYTES + length
                yield Found(body, start)

    def cut(self, size: int, *, count: int) -> None:
        """Take the records behind the first `size` bytes, `count` of them, for lost."""
        self.size = size
        self.count -= count

    def take_descriptor(self) -> int | None:
        """What it was written with, for the caller to close; None where it was not written."""
        taken, self._fd = self._fd, None
        return taken

    def duplicate(self) -> int | None:
        """Another descriptor of a file that is written, for the caller to close."""
        return None if self._fd is None else os.dup(self._fd)

    def close(self) -> None:
        """Close the file."""
        descriptor = self.take_descriptor()
        if descriptor is not None:
            os.close(descriptor)

    def remove(self) -> None:
        """Close and delete the file."""
        self.close()
        with contextlib.suppress(OSError):  # its number says that it is done with
            self.path.unlink()
