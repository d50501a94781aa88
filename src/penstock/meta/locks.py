"""The locks of batches that applications hold, by thread.

An application that leaves a probe while it holds a lock would stop whoever wants the batch next,
for ever. What guards the probe gives such locks back.
"""

from __future__ import annotations

import threading

from penstock.meta.batch import BatchMeta


class _Held(threading.local):
    def __init__(self) -> None:
        self.batches: list[BatchMeta] = []


_held = _Held()


def acquire(batch: BatchMeta) -> None:
    """Lock a batch for this thread; it may do so again."""
    batch.lock.acquire()
    _held.batches.append(batch)


def release(batch: BatchMeta) -> None:
    """Unlock it.

    Raises:
        RuntimeError: This thread does not hold it.
    """
    batch.lock.release()
    batches = _held.batches
    for index in range(len(batches) - 1, -1, -1):
        if batches[index] is batch:
            del batches[index]
            return


def number_held() -> int:
    """How many times this thread has locked a batch and not unlocked it."""
    return len(_held.batches)


def release_down_to(number: int) -> int:
    """Unlock what this thread locked last, until it holds `number`; returns how many that were."""
    batches, released = _held.batches, 0
    while len(batches) > number:
        batches.pop().lock.release()
        released += 1
    return released
