"""The files of a spool: a queue on disk that outlives its process."""

from __future__ import annotations

import contextlib
import os
import struct
import zlib
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from penstock.brokers.spool_file import Found, SpoolFile
from penstock.brokers.spool_folder import log_files
from penstock.brokers.spool_record import Record, decoded

_MARK = struct.Struct("<QQ")  # number of a file, offset in it: all before that is done with
_CHECKSUM = struct.Struct("<I")
_REUSED_BYTES = 1 << 20


class LogEntry(NamedTuple):
    """A record, and its place in the queue, which counts from 0 since the log was opened."""

    record: Record
    place: int


class SpoolLog:
    """Records in the order they came; those at the front are forgotten when they are done with.

    Files are named by number. A process never continues a file that another one has written, so
    what a power failure left of it cannot get in the way. Who uses the folder must have locked it.

    Attributes:
        first: The place of the oldest record.
        next: The place that the next record gets.
        unreadable_bytes: What was found damaged when the log was opened.
        lost: Records that were damaged or deleted by somebody else since.

    Args:
        folder: It exists.

    Raises:
        OSError: The folder cannot be read or written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.unreadable_bytes = self.lost = 0
        self._mark = os.open(folder / "done", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        number, self._offset = self._read_mark()
        self._files = deque(self._kept(number))
        if not self._files or self._files[0].number != number:
            self._offset = 0
        self._last_number = max([number, *(file.number for file in self._files)])
        self._writes: SpoolFile | None = None
        self._unsynced: list[int] = []
        self._ends: dict[int, tuple[int, int]] = {}  # of what was read last: file, offset
        self.first = 0
        self.next = sum(file.count for file in self._files)
        self._gone = 0  # places before the first file

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self._files)

    @property
    def file_count(self) -> int:
        """How many files there are."""
        return len(self._files)

    def append(self, data: bytes, *, count: int, file_bytes: int) -> None:
        """Add whole records at the end: all of them, or none.

        Args:
            data: `count` records, encoded.
            count: How many.
            file_bytes: A new file begins where one would get larger.

        Raises:
            OSError: The disk did not take them.
        """
        file = self._writes
        if file is None or (file.size and file.size + len(data) > file_bytes):
            file = self._new_file()
        file.append(data, count=count)
        self.next += count

    def read(self, most: int, *, most_bytes: int) -> list[LogEntry]:
        """The oldest records; one at least, where there is any, however large.

        Args:
            most: How many records at most.
            most_bytes: Payload bytes together, at most.
        """
        entries: list[LogEntry] = []
        self._ends = {}
        place, end, size = self._gone, self._offset, 0
        for file in self._files:
            next_file = place + file.count
            place = max(place, self.first)
            for found in _records(file, end):
                if len(entries) == most:
                    return entries
                record, end = decoded(found.body), found.end
                size += len(record.message.payload)
                if entries and size > most_bytes:
                    return entries
                entries.append(LogEntry(record, place))
                place += 1
                self._ends[place] = (file.number, end)
            self._lose(file, end, count=next_file - place)
            end = 0
        return entries

    def forget(self, before: int) -> None:
        """Everything in front of a place is done with; it must have been among the last read."""
        if before <= self.first or before not in self._ends:
            return
        number, offset = self._ends[before]
        while self._files[0].number < number:
            self._drop_file()
        self.first, self._offset = before, offset
        self._write_mark(number, offset)
        file = self._files[0]
        if offset == file.size and (file is not self._writes or file.size > _REUSED_BYTES):
            self._drop_file()

    def drop_oldest_file(self) -> int:
        """Forget the records of the oldest file; returns how many those were."""
        before = self.first
        if self._files:
            self._drop_file()
            self._write_mark(self._files[0].number if self._files else self._last_number + 1, 0)
        return self.first - before

    def take_unsynced(self) -> list[int]:
        """Descriptors of what was written and may not be on the disk yet, for `sync`."""
        taken, self._unsynced = self._unsynced, []
        current = None if self._writes is None else self._writes.duplicate()
        return taken if current is None else [*taken, current]

    def close(self) -> None:
        """Let go of the files; those without a record that is waiting are deleted."""
        for file in self._files:
            file.close()
        if self.first == self.next:
            for file in self._files:
                with contextlib.suppress(OSError):
                    file.path.unlink()
        for descriptor in (self._mark, *self._unsynced):
            os.close(descriptor)

    def _kept(self, number: int) -> list[SpoolFile]:
        """The files that hold records which are not done with, oldest first."""
        kept = []
        for path in log_files(self._folder):
            is_marked = int(path.stem) == number
            file = SpoolFile(path, start=self._offset if is_marked else 0)
            self.unreadable_bytes += file.unreadable_bytes
            if file.number < number or not file.count:
                file.remove()
            else:
                kept.append(file)
        return kept

    def _new_file(self) -> SpoolFile:
        file = SpoolFile(self._folder / f"{self._last_number + 1:012d}.log")
        self._last_number += 1
        written = None if self._writes is None else self._writes.take_descriptor()
        if written is not None:
            self._unsynced.append(written)
        self._files.append(file)
        self._writes = file
        return file

    def _lose(self, file: SpoolFile, size: int, *, count: int) -> None:
        """The last records of a file, behind its first `size` bytes, cannot be read any more."""
        if count:
            file.cut(size, count=count)
            self.next -= count
            self.lost += count

    def _drop_file(self) -> None:
        file = self._files.popleft()
        self._gone += file.count
        self.first, self._offset = self._gone, 0
        if file is self._writes:
            self._writes = None
        file.remove()

    def _read_mark(self) -> tuple[int, int]:
        data = os.pread(self._mark, _MARK.size + _CHECKSUM.size, 0)
        facts, checksum = data[: _MARK.size], data[_MARK.size :]
        if len(data) != _MARK.size + _CHECKSUM.size or checksum != _checksum(facts):
            return 0, 0
        number, offset = _MARK.unpack(facts)
        return number, offset

    def _write_mark(self, number: int, offset: int) -> None:
        facts = _MARK.pack(number, offset)
        with contextlib.suppress(OSError):  # then some messages are sent twice
            os.pwrite(self._mark, facts + _checksum(facts), 0)


def sync(descriptors: Sequence[int]) -> None:
    """Wait until the disk has everything; closes the descriptors.

    Raises:
        OSError: The disk did not take it.
    """
    try:
        for descriptor in descriptors:
            os.fdatasync(descriptor)
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def _records(file: SpoolFile, start: int) -> Iterator[Found]:
    """What a file holds; nothing where somebody has deleted it."""
    with contextlib.suppress(FileNotFoundError):
        yield from file.read(start)


def _checksum(facts: bytes) -> bytes:
    return _CHECKSUM.pack(zlib.crc32(facts))
