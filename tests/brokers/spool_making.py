"""Messages and spools for tests."""

import contextlib
import itertools
import resource

from penstock.brokers import OutgoingMessage, Spool
from penstock.brokers.spool_folder import FolderLock

LARGE = 1 << 30
_numbers = itertools.count()


def message(size=10, *, source=0, topic="cars", payload=None):
    """A message with an id of its own."""
    number = next(_numbers)
    data = b"x" * size if payload is None else payload
    return OutgoingMessage(f"id{number:09d}", source, topic, data, key="dock")


def messages(count, **facts):
    return [message(**facts) for _ in range(count)]


def spool(folder, *, max_bytes=LARGE, **settings):
    return Spool(FolderLock(folder), max_bytes=max_bytes, **settings)


def held(some, most=10**6):
    """The messages of a spool, oldest first."""
    return [waiting.message for waiting in some.oldest(most, most_bytes=LARGE)]


@contextlib.contextmanager
def full_disk(room=0):
    """No file gets larger than `room` bytes: writing fails in the middle, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
