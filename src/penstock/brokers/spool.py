"""What the broker has not acknowledged yet: on disk, and in memory where the disk is full."""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from penstock.brokers.base import OutgoingMessage
from penstock.brokers.spool_folder import FolderLock
from penstock.brokers.spool_log import SpoolLog, sync
from penstock.brokers.spool_record import Record, encoded

MEMORY_BYTES = 16 << 20
_FILE_BYTES = 8 << 20
_FILES = 8  # at least, so that little goes at once where the oldest has to go
_STEP = 256  # messages for which others who want the spool are kept waiting
_PAUSE_S = 0.0002
_OVERHEAD_BYTES = 500  # of a message in memory, beside its payload


class Waiting(NamedTuple):
    """A message in the spool; `place` is its place in the log, None where it is in memory."""

    message: OutgoingMessage
    accepted_s: float
    place: int | None


class Spool:
    """A queue of messages that outlives its process, bounded by size and age.

    What `append` has taken survives the end of the process, `kill -9` too, and what `sync` has
    written a power failure. Where the disk takes no more, messages wait in memory, at most
    `MEMORY_BYTES` of them. What goes, goes oldest first and is counted. Any thread may append;
    all else is for one thread.

    Attributes:
        expired: How many messages were too old or too many, or could not be read again.
        trouble: What keeps messages from the disk, in words; empty where nothing does.
        loss: What was lost last, in words, but for what was too old or too many.

    Args:
        lock: Of the folder; None: memory only.
        max_bytes: How much disk it takes at most.
        max_age_s: How old messages get, seconds; 0: any age.
        clock: Seconds since 1970; else one that goes on evenly when somebody sets the machine's.

    Raises:
        OSError: The folder cannot be read or written.
    """

    def __init__(
        self,
        lock: FolderLock | None,
        *,
        max_bytes: int,
        max_age_s: float = 0,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self._folder_lock = lock
        self._log = None if lock is None else _opened(lock)
        self._max_bytes, self._max_age_s = max_bytes, max_age_s
        self._clock = clock or _steady_clock()
        self._memory_limit = min(MEMORY_BYTES, max_bytes)
        self._file_bytes = min(_FILE_BYTES, max(1, max_bytes // _FILES))
        self._lock = threading.Lock()  # guards what follows, and the log
        self._memory: deque[Waiting] = deque()
        self._memory_bytes = 0
        self._left = 0  # what a closed spool holds
        self.expired = 0
        self.trouble = self.loss = ""
        if self._log is not None and self._log.unreadable_bytes:
            self.loss = f"{self._log.unreadable_bytes} bytes of the spool are damaged and lost"

    @property
    def is_kept(self) -> bool:
        """Whether all that waits outlives the process."""
        return self._log is not None and not self._memory

    def __len__(self) -> int:
        with self._lock:
            return self._count()

    def append(self, messages: Iterable[OutgoingMessage]) -> None:
        """Accept messages, behind all others; never fails, and never waits for the disk."""
        now = self._clock()
        records = [Record(message, now) for message in messages]
        with self._lock:
            written = 0 if self._memory else self._write(records)
            self._remember(records[written:])

    def oldest(self, most: int, *, most_bytes: int) -> list[Waiting]:
        """The messages to send next, in their order; those that are too old are dropped first.

        Args:
            most: How many at most.
            most_bytes: Payload bytes together at most; one message comes however large it is.
        """
        self._expire()
        with self._lock:
            return self._read(most, most_bytes)

    def done(self, waiting: Sequence[Waiting]) -> int:
        """Messages need not be sent any more; returns how many of them had not been dropped.

        Args:
            waiting: The first ones that `oldest` has returned last.
        """
        with self._lock:
            return self._forget(waiting)

    def tend(self) -> None:
        """Move what is in memory to the disk, drop what is too old, and sync; may take a while."""
        self._expire()
        self._move_to_disk()
        with self._lock:
            if self.is_kept:
                self.trouble = ""
            unsynced = [] if self._log is None else self._log.take_unsynced()
        try:
            sync(unsynced)
        except OSError as error:
            self.trouble = f"the disk does not keep messages: {error.strerror}"

    def close(self) -> int:
        """Let go of the folder; returns how many messages were in memory only and are lost."""
        self.tend()
        with self._lock:
            lost = len(self._memory)
            self.expired += lost
            self._memory.clear()
            self._left = self._count()
            if self._log is not None:
                self._log.close()
                self._log = None
        if self._folder_lock is not None:
            self._folder_lock.release()
            self._folder_lock = None
        return lost

    def _move_to_disk(self) -> None:
        """In steps, as `_expire`."""
        while True:
            with self._lock:
                first = itertools.islice(self._memory, _STEP)
                written = self._write([Record(w.message, w.accepted_s) for w in first])
                for _ in range(written):
                    self._forget_remembered()
            if written < _STEP:
                return
            time.sleep(_PAUSE_S)

    def _write(self, records: Sequence[Record]) -> int:
        """Append to the log, dropping the oldest where it gets too large; returns how many fit."""
        if self._log is None:
            return 0
        written = 0
        for group in _grouped([encoded(record) for record in records], self._file_bytes):
            try:
                self._write_group(self._log, group)
            except OSError as error:
                self.trouble = (
                    f"the spool cannot be written ({error.strerror}): messages wait in memory, at "
                    f"most {self._memory_limit >> 20} MiB of them; make room on the disk"
                )
                break
            written += len(group)
        return written

    def _write_group(self, log: SpoolLog, group: Sequence[bytes]) -> None:
        size = sum(map(len, group))
        if size > self._max_bytes // 2:  # never of several records
            self.expired += len(group)
            self.loss = f"a message is too large for a spool of {self._max_bytes} bytes: dropped"
            return
        while log.size + size > self._max_bytes:
            self.expired += log.drop_oldest_file()
        log.append(b"".join(group), count=len(group), file_bytes=self._file_bytes)

    def _remember(self, records: Iterable[Record]) -> None:
        for record in records:
            self._memory.append(Waiting(record.message, record.accepted_s, None))
            self._memory_bytes += _size_of(record.message)
        while self._memory and self._memory_bytes > self._memory_limit:
            self._forget_remembered()
            self.expired += 1

    def _forget_remembered(self) -> None:
        self._memory_bytes -= _size_of(self._memory.popleft().message)

    def _read(self, most: int, most_bytes: int) -> list[Waiting]:
        entries = [] if self._log is None else self._log.read(most, most_bytes=most_bytes)
        self._count_lost()
        found = [
            Waiting(entry.record.message, entry.record.accepted_s, entry.place) for entry in entries
        ]
        is_all = self._log is None or self._log.first + len(entries) == self._log.next
        if not is_all:
            return found
        size = sum(len(waiting.message.payload) for waiting in found)
        for waiting in itertools.islice(self._memory, most - len(found)):
            size += len(waiting.message.payload)
            if found and size > most_bytes:
                break
            found.append(waiting)
        return found

    def _count_lost(self) -> None:
        if self._log is not None and self._log.lost:
            self.loss = f"{self._log.lost} messages of the spool are damaged or deleted: lost"
            self.expired += self._log.lost
            self._log.lost = 0

    def _forget(self, waiting: Sequence[Waiting]) -> int:
        before = self._count()
        places = [w.place for w in waiting if w.place is not None]
        if places and self._log is not None:
            self._log.forget(places[-1] + 1)
        for remembered in waiting[len(places) :]:
            if self._memory and self._memory[0] is remembered:
                self._forget_remembered()
        return before - self._count()

    def _expire(self) -> None:
        """In steps: there may be millions, and who appends must not wait for all of them."""
        oldest_s = self._clock() - self._max_age_s
        while self._max_age_s:
            with self._lock:
                found = self._read(_STEP, _FILE_BYTES)
                old = [*itertools.takewhile(lambda waiting: waiting.accepted_s < oldest_s, found)]
                self.expired += self._forget(old)
            if len(old) < len(found) or not old:
                return
            time.sleep(_PAUSE_S)

    def _count(self) -> int:
        kept = self._left if self._log is None else self._log.next - self._log.first
        return len(self._memory) + kept


def _steady_clock() -> Callable[[], float]:
    """For machines that start in 1970, until the network tells the time."""
    offset_s = time.time() - time.monotonic()
    return lambda: offset_s + time.monotonic()


def _size_of(message: OutgoingMessage) -> int:
    return len(message.payload) + len(message.topic) + len(message.key) + _OVERHEAD_BYTES


def _opened(lock: FolderLock) -> SpoolLog:
    try:
        return SpoolLog(lock.folder)
    except OSError:
        lock.release()
        raise


def _grouped(records: Iterable[bytes], most_bytes: int) -> Iterator[list[bytes]]:
    """Records in groups of at most `most_bytes`; a larger one is alone."""
    group: list[bytes] = []
    size = 0
    for record in records:
        if group and size + len(record) > most_bytes:
            yield group
            group, size = [], 0
        group.append(record)
        size += len(record)
    if group:
        yield group
