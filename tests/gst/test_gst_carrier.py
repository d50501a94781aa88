import ctypes
import gc
import threading
import weakref

import pytest

from penstock.errors import StreamError
from penstock.gst import (
    attach,
    batch_at,
    batch_of,
    carrier,
)
from penstock.meta import BatchMeta, FrameMeta, ObjectMeta, Surfaces, UserMeta
from streams import Gst

gst_c = ctypes.CDLL("libgstreamer-1.0.so.0")
EVERYTHING = Gst.BufferCopyFlags.FLAGS | Gst.BufferCopyFlags.META | Gst.BufferCopyFlags.MEMORY


class Still:
    """A surface as far as the carrier is concerned."""

    def __init__(self, holders=1):
        self.holders = holders

    def share(self):
        return Still(self.holders + 1)


class Broken(Still):
    """Whose second holder cannot be made."""

    def share(self):
        raise MemoryError("no room")


def make_batch(surface=Still):
    batch = BatchMeta([FrameMeta(3)], surfaces=Surfaces([surface()]))
    batch.frames[0].add(ObjectMeta((1, 2, 3, 4), label="person"))
    return batch


def test_a_batch_is_found_again_by_buffer_and_by_address():
    buffer, batch = Gst.Buffer.new(), make_batch()
    attach(buffer, batch)
    assert batch_of(buffer) is batch
    assert batch_at(hash(buffer)) is batch


def test_wild_addresses_carry_nothing():
    assert [batch_at(address) for address in (0, 1, -5, 2**64, 0xDEADBEEF)] == [None] * 5
    assert batch_of(Gst.Buffer.new()) is None


def test_the_address_is_forgotten_and_the_batch_freed_with_the_buffer():
    released = []
    buffer, batch = Gst.Buffer.new(), make_batch()
    batch.user.append(UserMeta("x", release=released.append))
    attach(buffer, batch)
    address = hash(buffer)
    del batch, buffer
    gc.collect()
    assert batch_at(address) is None
    assert released == ["x"]


def test_attaching_again_replaces_the_batch():
    buffer, first, second = Gst.Buffer.new(), make_batch(), make_batch()
    attach(buffer, first)
    attach(buffer, second)
    assert batch_of(buffer) is second


def test_attaching_the_same_batch_again_keeps_its_pixels():
    buffer, batch = Gst.Buffer.new(), make_batch()
    attach(buffer, batch)
    attach(buffer, batch)
    assert batch_of(buffer) is batch
    assert batch.surfaces is not None
    del buffer
    assert batch.surfaces is None


def test_a_buffer_that_somebody_else_holds_is_refused_and_stays_as_it_was():
    buffer, first = Gst.Buffer.new(), make_batch()
    attach(buffer, first)
    other = buffer.copy()  # the same buffer, one reference more
    for target in (buffer, other):
        with pytest.raises(StreamError, match="somebody else holds too"):
            attach(target, make_batch())
    assert batch_of(buffer) is first
    plain = Gst.Buffer.new()
    again = plain.copy()
    with pytest.raises(StreamError, match="somebody else holds too"):
        attach(again, make_batch())
    assert batch_of(plain) is None


@pytest.mark.parametrize("target", [None, "buffer", 3.5])
def test_what_is_no_buffer_is_refused_instead_of_followed(target):
    with pytest.raises(StreamError, match="wanted a buffer"):
        attach(target, make_batch())


def test_a_copied_buffer_has_metadata_of_its_own_and_shares_the_pixels():
    buffer, batch = Gst.Buffer.new(), make_batch()
    attach(buffer, batch)
    copy = buffer.copy_deep()
    copied = batch_of(copy)
    assert copied is not batch
    copied.frames[0].objects[0].label = "changed"
    assert batch.frames[0].objects[0].label == "person"
    assert copied.frames[0].batch is copied
    assert copied.frames[0].objects[0].frame is copied.frames[0]
    assert copied.surfaces[0].holders == 2


def test_behind_nvmm_copies_share_the_metadata():
    buffer, batch = Gst.Buffer.new(), BatchMeta([FrameMeta(0)])
    attach(buffer, batch)
    assert batch_of(buffer.copy_deep()) is batch


def copied_by_c(buffer, name, *arguments):
    function = getattr(gst_c, name)
    function.restype = ctypes.c_void_p
    function.argtypes = [ctypes.c_void_p, *(kind for kind, _ in arguments)]
    return function(hash(buffer), *(value for _, value in arguments))


def test_part_of_a_buffer_has_metadata_of_its_own():
    buffer, batch = Gst.Buffer.new_allocate(None, 100, None), make_batch()
    attach(buffer, batch)
    part = buffer.copy_region(EVERYTHING, 10, 20)
    assert part.get_size() == 20
    assert batch_of(part) is not batch
    assert batch_of(part).frames[0].objects[0].label == "person"
    bare = buffer.copy_region(Gst.BufferCopyFlags.MEMORY, 10, 20)
    assert batch_of(bare) is None


def test_a_shared_buffer_made_writable_diverges_and_a_lone_one_stays():
    buffer, batch = Gst.Buffer.new(), make_batch()
    attach(buffer, batch)
    other = buffer.copy()  # the same buffer, one reference more
    copied_by_c(buffer, "gst_mini_object_ref")
    address = copied_by_c(buffer, "gst_mini_object_make_writable")
    assert address != hash(buffer)
    assert batch_at(address) not in (None, batch)
    again = copied_by_c(FakeBuffer(address), "gst_mini_object_make_writable")
    assert again == address
    copied_by_c(FakeBuffer(address), "gst_mini_object_unref")
    assert batch_at(address) is None
    assert batch_of(other) is batch


class FakeBuffer(int):
    """An address that is used like a buffer."""


def one_buffer_pool():
    pool = Gst.BufferPool.new()
    config = pool.get_config()
    Gst.BufferPool.config_set_params(config, None, 16, 1, 1)
    assert pool.set_config(config)
    assert pool.set_active(True)
    return pool


def test_a_buffer_of_a_pool_comes_back_without_metadata():
    pool = one_buffer_pool()
    addresses = []
    for _ in range(3):
        _, buffer = pool.acquire_buffer(None)
        assert batch_of(buffer) is None
        addresses.append(hash(buffer))
        attach(buffer, make_batch())
        del buffer  # back to the pool
        assert batch_at(addresses[-1]) is None
    assert len(set(addresses)) == 1
    pool.set_active(False)


def test_a_carrier_that_outlives_its_buffer_takes_nothing_from_the_next_one():
    pool = one_buffer_pool()
    _, buffer = pool.acquire_buffer(None)
    attach(buffer, make_batch())
    outlives = buffer.get_custom_meta(carrier.META_NAME).get_structure().copy()
    del buffer  # back to the pool
    _, buffer = pool.acquire_buffer(None)
    batch = make_batch()
    attach(buffer, batch)
    del outlives
    gc.collect()
    assert batch_of(buffer) is batch
    del buffer
    pool.set_active(False)


def test_what_keeps_the_metadata_does_not_keep_the_pixels():
    buffer, batch = Gst.Buffer.new(), make_batch()
    token = weakref.ref(batch.surfaces[0])
    attach(buffer, batch)
    frame = batch.frames[0]
    assert frame.surface is token()
    del buffer
    assert token() is None
    assert frame.objects[0].label == "person"
    with pytest.raises(StreamError, match="pixels of source 3, frame 0 are gone"):
        _ = frame.surface


def test_pixels_stay_while_another_buffer_carries_the_same_batch():
    first, second, batch = Gst.Buffer.new(), Gst.Buffer.new(), make_batch()
    attach(first, batch)
    attach(second, batch)
    attach(second, batch)
    del first
    assert batch.frames[0].surface is not None
    del second
    assert batch.surfaces is None


def test_a_batch_that_is_its_own_attachment_lets_the_pixels_go():
    buffer, batch = Gst.Buffer.new(), make_batch()
    batch.user.append(UserMeta(batch))
    batch.frames[0].user.append(UserMeta({"batch": batch}))
    token = weakref.ref(batch.surfaces[0])
    attach(buffer, batch)
    gc.disable()
    try:
        del buffer, batch
        assert token() is None
    finally:
        gc.enable()


def test_a_copy_function_that_raises_costs_no_metadata_and_is_logged(caplog):
    def never(_data):
        raise LookupError("cannot be copied")

    released = []
    buffer, batch = Gst.Buffer.new(), make_batch()
    fine = UserMeta("fine", copy_data=str.upper)
    batch.frames[0].user = [UserMeta("odd", copy_data=never, release=released.append), fine]
    attach(buffer, batch)
    copy = buffer.copy_deep()
    copied = batch_of(copy)
    assert copied is not batch
    assert [user.data for user in copied.frames[0].user] == ["odd", "FINE"]
    assert "cannot be copied" in caplog.text
    assert [user.release for user in copied.frames[0].user] == [None, None]  # the original's
    assert released == []


def test_a_batch_that_cannot_be_copied_is_shared_and_that_is_logged(caplog):
    buffer, batch = Gst.Buffer.new(), make_batch(Broken)
    attach(buffer, batch)
    copy = buffer.copy_deep()
    assert batch_of(copy) is batch
    assert "shared with a copy of it, not copied" in caplog.text


def test_an_address_in_use_again_never_shows_the_batch_of_before():
    wrong, before = [], set(carrier._batch_at)

    def work(number):
        for _ in range(2000):
            buffer = Gst.Buffer.new()
            if batch_of(buffer) is not None:
                wrong.append(number)
            batch = BatchMeta([FrameMeta(number)])
            attach(buffer, batch)
            if batch_of(buffer) is not batch:
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert set(carrier._batch_at) <= before


def test_buffers_may_be_freed_and_copied_by_many_threads_at_once():
    before = set(carrier._batch_at)

    def work():
        for _ in range(300):
            buffer = Gst.Buffer.new()
            attach(buffer, make_batch())
            copies = [buffer.copy_deep() for _ in range(3)]
            assert all(batch_of(copy) is not None for copy in copies)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    gc.collect()
    assert set(carrier._batch_at) <= before
