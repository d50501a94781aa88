import gc
import threading

from penstock.gst import attach, batch_at, batch_of, new_buffer, push
from penstock.meta import BatchMeta, FrameMeta, ObjectMeta, Surfaces, UserMeta
from streams import Gst, finish


class Still:
    """A surface as far as the carrier is concerned."""

    def __init__(self, holders=1):
        self.holders = holders

    def share(self):
        return Still(self.holders + 1)


def make_batch():
    batch = BatchMeta([FrameMeta(3)], surfaces=Surfaces([Still()]))
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


def test_a_copied_buffer_has_metadata_of_its_own_and_shares_the_pixels():
    buffer, batch = Gst.Buffer.new(), make_batch()
    attach(buffer, batch)
    copied = batch_of(buffer.copy_deep())
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


def test_buffers_may_be_freed_and_copied_by_many_threads_at_once():
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
    from penstock.gst import carrier

    assert not carrier._batch_at


def run_pushes(description, *, count=50):
    """Push `count` batches into `description`; return how many copies of metadata were made."""
    pipeline = Gst.parse_launch(description)
    pad = Gst.Pad.new("src", Gst.PadDirection.SRC)
    first = pipeline.get_by_name("first").get_static_pad("sink")
    pad.set_active(True)
    batches = [make_batch() for _ in range(count)]
    seen = {}

    def note(_pad, info):
        seen.setdefault(_pad.get_parent_element().get_name(), []).append(
            batch_of(info.get_buffer())
        )
        return Gst.PadProbeReturn.OK

    for sink in pipeline.iterate_sinks():
        sink.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, note)

    def feed():
        pad.push_event(Gst.Event.new_stream_start("test"))
        pad.push_event(Gst.Event.new_caps(Gst.Caps.from_string("application/x-test")))
        segment = Gst.Segment()
        segment.init(Gst.Format.TIME)
        pad.push_event(Gst.Event.new_segment(segment))
        for number, batch in enumerate(batches):
            address = new_buffer(pts_ns=number)
            attach(address, batch)
            assert push(pad, address) == Gst.FlowReturn.OK
        pad.push_event(Gst.Event.new_eos())

    assert pad.link(first) == Gst.PadLinkReturn.OK
    pipeline.set_state(Gst.State.PAUSED)
    thread = threading.Thread(target=feed)
    thread.start()
    message = finish(pipeline)
    thread.join()
    assert message.type == Gst.MessageType.EOS
    return batches, seen


def test_a_pushed_buffer_is_writable_downstream_so_that_nothing_is_copied():
    batches, seen = run_pushes(
        "identity name=first ! queue ! capsfilter ! fakesink name=end sync=false"
    )
    assert seen["end"] == batches


def test_branches_of_a_tee_see_the_same_metadata_until_one_writes():
    batches, seen = run_pushes(
        "tee name=first ! queue ! fakesink name=a sync=false async=false "
        "first. ! queue ! fakesink name=b sync=false async=false"
    )
    assert seen["a"] == seen["b"] == batches
