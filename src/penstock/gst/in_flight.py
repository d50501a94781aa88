"""Buffers that wait for work done elsewhere, and leave in the order in which they came."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import TypeAlias

from penstock.gst import native
from penstock.gst.buffers import push
from penstock.gst.gi import Gst

Job: TypeAlias = Callable[[], object]
_PATIENCE, _INSTANT_S = 100, 20e-6


class _Held:
    """One buffer: whose reference is ours, what is to be done, and how much of it is left."""

    __slots__ = ("address", "error", "finish", "jobs_left")

    def __init__(self, address: int, jobs: int, finish: Job) -> None:
        self.address, self.jobs_left, self.finish = address, jobs, finish
        self.error: BaseException | None = None


class InFlight:
    """Threads that work on several buffers at once, and push each when its turn has come.

    While one pushes, the others go on: what an element does takes as long as its slowest part, not
    as long as all of them together.

    Args:
        pad: The source pad.
        workers: Threads, and the most buffers that are held.
        on_error: Called with what a job or `finish` raised; what it returns is told upstream, and
            nothing more is pushed until a flush.
    """

    def __init__(
        self,
        pad: Gst.Pad,
        *,
        workers: int,
        on_error: Callable[[BaseException], Gst.FlowReturn],
    ) -> None:
        self._pad, self._on_error = pad, on_error
        self._jobs: SimpleQueue[tuple[_Held, Job] | None] = SimpleQueue()
        self._room = threading.Semaphore(workers)
        self._changed = threading.Condition()  # guards what follows
        self._held: deque[_Held] = deque()
        self._is_pushing = False
        self._flow = Gst.FlowReturn.OK
        name = f"{pad.get_parent_element().get_name()}-work"
        self._threads = [
            threading.Thread(target=self._work, name=name, daemon=True) for _ in range(workers)
        ]
        for thread in self._threads:
            thread.start()

    def add(self, buffer: Gst.Buffer, jobs: Sequence[Job], finish: Job) -> Gst.FlowReturn:
        """Take a buffer from `do_transform_ip`; waits for room.

        Args:
            buffer: Nobody else's; the caller forgets it.
            jobs: May run at the same time, on any threads.
            finish: Runs behind all of them, and behind the `finish` of the buffer before.

        Returns:
            What `do_transform_ip` returns: this buffer is not to be pushed, or why the last one
            could not be; OK where there was nothing to wait for.
        """
        self._room.acquire()
        with self._changed:
            flow = self._flow
            is_next = not jobs and not self._held and not self._is_pushing
            if flow == Gst.FlowReturn.OK and not is_next:
                held = _Held(native.gst_mini_object_ref(hash(buffer)), len(jobs), finish)
                self._held.append(held)
        if is_next:
            self._room.release()
            if flow == Gst.FlowReturn.OK:
                finish()
            return flow
        if flow != Gst.FlowReturn.OK:
            self._room.release()
            return flow
        for job in jobs:
            self._jobs.put((held, job))
        if not jobs:
            self._push_those_ready()
        return Gst.FlowReturn.CUSTOM_SUCCESS

    def let_pass(self, event: Gst.Event) -> None:
        """Wait until everything in front of an event has left; behind a flush all is well again."""
        if not Gst.EventType.get_flags(event.type) & Gst.EventTypeFlags.SERIALIZED:
            return
        self._drain()
        if event.type == Gst.EventType.FLUSH_STOP:
            with self._changed:
                self._flow = Gst.FlowReturn.OK

    def close(self) -> None:
        """Wait until everything has left, and end the threads."""
        self._drain()
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    def _drain(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: not self._held and not self._is_pushing)

    def _work(self) -> None:
        while (task := self._jobs.get()) is not None:
            held, job = task
            try:
                job()
            except BaseException as error:  # reported when the buffer's turn has come
                held.error = held.error or error
            with self._changed:
                held.jobs_left -= 1
            del task, held, job  # they hold the batch: the next element would have to copy it
            self._push_those_ready()

    def _push_those_ready(self) -> None:
        """Push what is next as long as it is ready, unless another thread does so."""
        mine = False
        while True:
            with self._changed:
                if self._is_pushing and not mine:
                    return
                mine = self._is_pushing = bool(self._held and not self._held[0].jobs_left)
                if not mine:
                    self._changed.notify_all()
                    return
                held, flow = self._held.popleft(), self._flow
            flow = self._push(held) if flow == Gst.FlowReturn.OK else self._drop(held, flow)
            del held
            with self._changed:
                self._flow = flow
            self._room.release()

    def _push(self, held: _Held) -> Gst.FlowReturn:
        try:
            if held.error is not None:
                raise held.error
            held.finish()
        except BaseException as error:  # nothing may escape a thread unheard
            return self._drop(held, self._on_error(error))
        del held.finish
        for _ in range(_PATIENCE):  # do_transform_ip may not have returned yet
            if native.gst_mini_object_is_writable(held.address):
                break
            time.sleep(_INSTANT_S)
        return push(self._pad, held.address)

    @staticmethod
    def _drop(held: _Held, flow: Gst.FlowReturn) -> Gst.FlowReturn:
        native.gst_mini_object_unref(held.address)
        return flow
