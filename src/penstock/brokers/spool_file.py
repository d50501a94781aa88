"""One file of a spool: records, one behind the other."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from penstock.brokers.spool_record import HEAD_BYTES, Record, body_length, decoded


class Found(NamedTuple):
    """A record in a file, and where the next one starts."""

    record: Record
    end: int


class SpoolFile:
    """Written at its end, read from anywhere.

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
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self.size, self.count = start, 0
        length = os.fstat(self._fd).st_size
        for found in self.read(start, end=length):
            self.size = found.end
            self.count += 1
        self.unreadable_bytes = max(0, length - self.size)

    def append(self, data: bytes, *, count: int) -> None:
        """Add whole records: all of them, or none.

        Raises:
            OSError: The disk did not take them.
        """
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
        while start < end:
            head = os.pread(self._fd, HEAD_BYTES, start)
            length = body_length(head)
            if not 0 < length <= end - start - HEAD_BYTES:
                return
            record = decoded(head, os.pread(self._fd, length, start + HEAD_BYTES))
            if record is None:
                return
            start += HEAD_BYTES + length
            yield Found(record, start)

    def duplicate(self) -> int:
        """Another descriptor of the file, for the caller to close."""
        return os.dup(self._fd)

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)

    def remove(self) -> None:
        """Close and delete the file."""
        self.close()
        with contextlib.suppress(OSError):  # its number says that it is done with
            self.path.unlink()
