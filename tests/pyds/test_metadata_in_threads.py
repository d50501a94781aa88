"""Metadata that several threads add, copy, remove and release at random."""

import gc
import sys
import threading
import weakref
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pyds
from penstock.gst import Gst, attach
from penstock.meta import BatchMeta, FrameMeta, Surfaces

FRAMES = 2
ACTIONS = ("add object", "remove object", "attach", "detach", "clear", "copy", "forget", "locked")
plans = st.lists(
    st.lists(
        st.tuples(st.sampled_from(ACTIONS), st.integers(0, 5)), min_size=1, max_size=25
    ),
    min_size=2,
    max_size=4,
)  # fmt: skip


class Ledger:
    """What the callbacks were called with; every piece of data has a name of its own."""

    def __init__(self):
        self.made, self.copied, self.released = Counter(), Counter(), Counter()
        self.lock = threading.Lock()

    def make(self):
        with self.lock:
            name = f"made {len(self.made)}"
            self.made[name] += 1
        return name

    def copy(self, data, _):
        assert pyds.NvDsUserMeta.cast(data).user_meta_data not in self.released
        with self.lock:
            name = f"copied {len(self.copied)}"
            self.copied[name] += 1
        return name

    def release(self, data, _):
        with self.lock:
            self.released[pyds.NvDsUserMeta.cast(data).user_meta_data] += 1


class Actor:
    """One thread's part; it removes only what it added."""

    def __init__(self, number, buffer, ledger, born):
        self.number, self.buffer, self.ledger, self.born = number, buffer, ledger, born
        self.batch = pyds.gst_buffer_get_nvds_batch_meta(hash(buffer))
        self.frames = [pyds.NvDsFrameMeta.cast(core) for core in self.batch._core.frames]
        self.objects = [[] for _ in self.frames]
        self.users, self.copies, self.count = [], [], 0

    def play(self, plan):
        for action, number in plan:
            getattr(self, f"do_{action.replace(' ', '_')}")(number)

    def do_add_object(self, number):
        at = number % FRAMES
        obj = pyds.nvds_acquire_obj_meta_from_pool(self.batch)
        self.count += 1
        obj.class_id, obj.unique_component_id = self.number, self.count
        parent = self.objects[at][-1] if self.objects[at] and number % 2 else None
        pyds.nvds_add_obj_meta_to_frame(self.frames[at], obj, parent)
        self.objects[at].append(obj)
        self.born.add(obj._core)
        self.attach(pyds.nvds_add_user_meta_to_obj, pyds.nvds_remove_user_meta_from_object, obj)

    def do_remove_object(self, number):
        at = number % FRAMES
        if self.objects[at]:
            obj = self.objects[at].pop(number % len(self.objects[at]))
            pyds.nvds_remove_obj_meta_from_frame(self.frames[at], obj)
            self.users = [entry for entry in self.users if entry[1] != obj]

    def do_attach(self, number):
        frame = self.frames[number % FRAMES]
        if number % 3:
            self.attach(
                pyds.nvds_add_user_meta_to_frame, pyds.nvds_remove_user_meta_from_frame, frame
            )
        else:
            self.attach(
                pyds.nvds_add_user_meta_to_batch, pyds.nvds_remove_user_meta_from_batch, self.batch
            )

    def attach(self, add, remove, owner):
        user = pyds.nvds_acquire_user_meta_from_pool(self.batch)
        user.user_meta_data = self.ledger.make()
        pyds.user_copyfunc(user, self.ledger.copy)
        pyds.user_releasefunc(user, self.ledger.release)
        add(owner, user)
        self.users.append((remove, owner, user))

    def do_detach(self, number):
        if self.users:
            remove, owner, user = self.users.pop(number % len(self.users))
            remove(owner, user)
            with pytest.raises(ValueError, match="was removed before"):
                remove(owner, user)

    def do_clear(self, _number):
        for at, objects in enumerate(self.objects):
            for obj in objects[-1:]:
                pyds.nvds_clear_obj_user_meta_list(obj, obj.obj_user_meta_list)
                self.users = [entry for entry in self.users if entry[1] != obj]
            assert self.frames[at].num_obj_meta >= len(objects)

    def do_copy(self, _number):
        twin = self.buffer.copy_deep()
        self.copies.append(twin)
        in_order(pyds.gst_buffer_get_nvds_batch_meta(hash(twin))._core)

    def do_forget(self, number):
        if self.copies:
            self.copies.pop(number % len(self.copies))

    def do_locked(self, number):
        pyds.nvds_acquire_meta_lock(self.batch)
        self.do_attach(number)
        self.do_add_object(number)
        pyds.nvds_release_meta_lock(self.batch)

    def leave(self):
        for remove, owner, user in self.users:
            remove(owner, user)
        for frame, objects in zip(self.frames, self.objects, strict=True):
            for obj in objects:
                pyds.nvds_remove_obj_meta_from_frame(frame, obj)
        self.users, self.objects, self.copies = [], [], []


def in_order(batch):
    """Each thread's objects stand in the order in which it added them, in lists and in walks."""
    for frame in batch.frames:
        orders = {}
        node = pyds.NvDsFrameMeta.cast(frame).obj_meta_list
        while node is not None:
            obj = pyds.NvDsObjectMeta.cast(node.data)
            orders.setdefault(obj.class_id, []).append(obj.unique_component_id)
            node = node.next
        assert all(order == sorted(set(order)) for order in orders.values())


@pytest.fixture(autouse=True)
def _eager_threads():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


@settings(max_examples=60)
@given(plans)
def test_counts_return_to_zero_order_is_kept_and_callbacks_run_once(plan):
    batch = BatchMeta([FrameMeta(n) for n in range(FRAMES)], surfaces=Surfaces())
    buffer, ledger, born, failed = Gst.Buffer.new(), Ledger(), weakref.WeakSet(), []
    attach(buffer, batch)
    actors = [Actor(number, buffer, ledger, born) for number in range(len(plan))]

    def run(actor, steps):
        try:
            actor.play(steps)
        except BaseException as error:
            failed.append(error)

    threads = [
        threading.Thread(target=run, args=(actor, steps))
        for actor, steps in zip(actors, plan, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failed, failed[0]
    in_order(batch)
    for actor in actors:
        actor.leave()
    assert [len(frame.objects) for frame in batch.frames] == [0] * FRAMES
    assert sum(len(owner.user) for owner in (batch, *batch.frames)) == 0
    del actors, actor, threads, run, batch, buffer
    gc.collect()
    assert len(born) == 0
    assert ledger.released == ledger.made + ledger.copied
    assert set(ledger.released.values()) <= {1}
