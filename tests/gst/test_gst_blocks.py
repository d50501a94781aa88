"""What was drawn leaves NVMM without a copy, and only where nobody else can see it."""

import numpy as np
import pytest

from penstock.gst import Gst, MappedBuffer, batch_of, hand_over
from penstock.meta import DisplayMeta, Rect
from penstock.surface import PlaneLayout, pixel_format
from streams import play

LAYOUT = PlaneLayout.default("I420", (64, 48))
RED_BOX = Rect(8, 8, 32, 24, border_width=2, border_color=(1.0, 0.0, 0.0, 1.0))


def address(array):
    return array.__array_interface__["data"][0]


def drawn_and_left(keep=lambda buffer: None):
    """Addresses before and after leaving NVMM, and what left; `keep` sees the drawn batches."""
    before, kept = [], []

    def mark(_pad, info):
        batch_of(info.get_buffer()).frames[0].display.append(DisplayMeta(rects=[RED_BOX]))
        return Gst.PadProbeReturn.OK

    def note(_pad, info):
        kept.append(keep(info.get_buffer()))
        before.append(address(batch_of(info.get_buffer()).surfaces[0].planes("I420")[0]))
        return Gst.PadProbeReturn.OK

    def after(buffer):
        memory = MappedBuffer(buffer).memory
        return address(memory), memory.copy()

    pipeline = Gst.parse_launch(
        "videotestsrc num-buffers=3 ! video/x-raw,format=I420,width=64,height=48 ! nvvideoconvert "
        "! mux.sink_0 "
        "nvstreammux name=mux batch-size=1 width=64 height=48 ! nvdsosd name=osd "
        "! nvvideoconvert ! video/x-raw,format=I420 ! fakesink name=end"
    )
    osd = pipeline.get_by_name("osd")
    osd.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, mark)
    osd.get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, note)
    message, seen = play(pipeline, probe=after, at="end", pad="sink")
    assert message.type == Gst.MessageType.EOS
    addresses, pictures = zip(*seen, strict=True)
    return before, list(addresses), pictures, kept


def test_a_drawn_picture_leaves_in_the_memory_it_was_drawn_in():
    before, after, pictures, _ = drawn_and_left()
    assert after == before
    assert LAYOUT.planes(pictures[0])[2][4:16, 4].min() > 200  # the box is red


@pytest.mark.parametrize(
    "keep",
    [
        lambda buffer: buffer,
        lambda buffer: batch_of(buffer).surfaces[0].share(),
        lambda buffer: batch_of(buffer).surfaces[0].planes("I420"),
    ],
)
def test_what_somebody_else_still_looks_at_is_copied(keep):
    before, after, pictures, _kept = drawn_and_left(keep)
    assert all(a != b for a, b in zip(after, before, strict=True))
    _, _, handed_over, _ = drawn_and_left()
    np.testing.assert_array_equal(pictures, handed_over)


def test_memory_of_another_layout_is_not_handed_over():
    planes = pixel_format("I420").allocate((64, 48))
    buffer = Gst.Buffer.new_allocate(None, LAYOUT.size_bytes, None)
    assert hand_over(planes, LAYOUT, buffer)
    assert address(MappedBuffer(buffer).memory) == address(planes[0])
    assert not hand_over(planes, PlaneLayout.default("NV12", (64, 48)), buffer)
    assert not hand_over(planes[::-1], LAYOUT, buffer)
    assert not hand_over(tuple(np.array(p) for p in planes), LAYOUT, buffer)


def test_memory_lives_as_long_as_the_buffer_that_has_it():
    planes = pixel_format("GRAY8").allocate((64, 48))
    planes[0][...] = 7
    buffer = Gst.Buffer.new_allocate(None, 64 * 48, None)
    assert hand_over(planes, PlaneLayout.default("GRAY8", (64, 48)), buffer)
    del planes
    others = [pixel_format("GRAY8").allocate((64, 48)) for _ in range(50)]
    for (other,) in others:
        other[...] = 9
    assert set(np.unique(MappedBuffer(buffer).memory)) == {7}


def test_a_picture_without_memory_for_it_is_an_error_of_python():
    with pytest.raises(MemoryError):
        pixel_format("RGBA").allocate((1 << 24, 1 << 24))  # more than there are addresses
