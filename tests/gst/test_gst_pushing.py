import ctypes
import threading

from penstock.gst import (
    BatchTransform,
    GObject,
    attach,
    batch_at,
    batch_of,
    new_buffer,
    push,
    sink_and_src,
)
from penstock.meta import BatchMeta, FrameMeta, ObjectMeta, Surfaces
from streams import Gst, finish

gst_c = ctypes.CDLL("libgstreamer-1.0.so.0")


class Still:
    """A surface as far as the carrier is concerned."""

    def share(self):
        return Still()


class Marker(BatchTransform):
    """Writes into the metadata of what passes, in place."""

    FACTORY = "marker"
    __gtype_name__ = "TestMarker"
    __gstmetadata__ = ("Marker", "Filter", "Marks", "Test")
    __gsttemplates__ = sink_and_src("ANY")

    def process(self, batch):
        batch.frames[0].objects[0].label = "marked"


GObject.type_register(Marker)
Gst.Element.register(None, "marker", 0, Marker)


def make_batch():
    batch = BatchMeta([FrameMeta(3)], surfaces=Surfaces([Still()]))
    batch.frames[0].add(ObjectMeta((1, 2, 3, 4), label="person"))
    return batch


def run_pushes(description, *, count=50, hold=False):
    """Push `count` batches into `description`; return them and what each sink saw, by its name.

    hold: Keep a reference to each buffer, as a slow branch does.
    """
    pipeline = Gst.parse_launch(description)
    pad = Gst.Pad.new("src", Gst.PadDirection.SRC)
    first = pipeline.get_by_name("first").get_static_pad("sink")
    pad.set_active(True)
    batches = [make_batch() for _ in range(count)]
    seen, held = {}, []

    def keep(_pad, info):
        held.append(info.get_buffer())
        return Gst.PadProbeReturn.OK

    if hold:
        first.add_probe(Gst.PadProbeType.BUFFER, keep)

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


def test_a_branch_that_writes_gets_metadata_of_its_own():
    batches, seen = run_pushes(
        "tee name=first ! queue ! marker ! fakesink name=a sync=false async=false "
        "first. ! queue ! fakesink name=b sync=false async=false",
        hold=True,
    )
    assert {batch.frames[0].objects[0].label for batch in seen["a"]} == {"marked"}
    assert {batch.frames[0].objects[0].label for batch in seen["b"]} == {"person"}
    assert seen["b"] == batches
    assert not set(map(id, seen["a"])) & set(map(id, batches))


def test_an_element_alone_with_a_buffer_writes_into_the_original():
    batches, seen = run_pushes("marker name=first ! fakesink name=a sync=false")
    assert seen["a"] == batches


def test_pushing_gives_the_buffer_away_whatever_comes_of_it():
    pad = Gst.Pad.new("src", Gst.PadDirection.SRC)

    def pushed():
        address = new_buffer(pts_ns=0)
        attach(address, make_batch())
        return push(pad, address), batch_at(address)

    assert pushed() == (Gst.FlowReturn.FLUSHING, None)
    pad.set_active(True)
    pad.push_event(Gst.Event.new_stream_start("test"))
    segment = Gst.Segment()
    segment.init(Gst.Format.TIME)
    pad.push_event(Gst.Event.new_segment(segment))
    assert pushed() == (Gst.FlowReturn.NOT_LINKED, None)


def test_a_flow_that_pygobject_does_not_know_is_an_error_or_a_success():
    source, sink = (
        Gst.Pad.new("src", Gst.PadDirection.SRC),
        Gst.Pad.new("sink", Gst.PadDirection.SINK),
    )
    answer = ctypes.CFUNCTYPE(ctypes.c_int, *[ctypes.c_void_p] * 3)
    flow = [0]

    def chain(_pad, _parent, buffer):
        gst_c.gst_mini_object_unref(ctypes.c_void_p(buffer))
        return flow[0]

    function = answer(chain)
    gst_c.gst_pad_set_chain_function_full(
        ctypes.c_void_p(hash(sink)), function, ctypes.c_void_p(), ctypes.c_void_p()
    )
    for pad in (sink, source):
        pad.set_active(True)
    source.link(sink)
    source.push_event(Gst.Event.new_stream_start("test"))
    segment = Gst.Segment()
    segment.init(Gst.Format.TIME)
    source.push_event(Gst.Event.new_segment(segment))
    answers = []
    for flow[0] in (0, -77, 77, -100):
        answers.append(push(source, new_buffer()))
    assert answers == [
        Gst.FlowReturn.OK,
        Gst.FlowReturn.CUSTOM_ERROR,
        Gst.FlowReturn.CUSTOM_SUCCESS,
        Gst.FlowReturn.CUSTOM_ERROR,
    ]
