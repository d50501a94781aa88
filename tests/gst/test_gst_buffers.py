import gc
import os
import weakref

import gi
import numpy as np
import pytest

from penstock.errors import StreamError
from penstock.gst import GLib, GstVideo, MappedBuffer, PictureCaps, surface_of, surfaces
from penstock.surface import Colorimetry
from streams import Gst


def buffer_of(*blocks):
    buffer = Gst.Buffer.new()
    for block in blocks:
        buffer.append_memory(Gst.Buffer.new_wrapped(block).get_all_memory())
    return buffer


def test_what_is_mapped_to_be_read_cannot_be_written():
    memory = MappedBuffer(buffer_of(b"abc")).memory
    assert memory.tobytes() == b"abc"
    with pytest.raises(ValueError, match="read-only"):
        memory[0] = 0


def test_what_is_mapped_to_be_written_arrives_in_the_buffer():
    buffer = Gst.Buffer.new_allocate(None, 3, None)
    MappedBuffer(buffer, write=True).memory[:] = (1, 2, 3)
    assert buffer.extract_dup(0, 3) == bytes((1, 2, 3))


def test_several_memories_are_seen_as_one():
    assert MappedBuffer(buffer_of(b"abc", b"de")).memory.tobytes() == b"abcde"


def test_an_empty_buffer_is_an_empty_array():
    assert MappedBuffer(Gst.Buffer.new()).memory.shape == (0,)
    assert MappedBuffer(Gst.Buffer.new(), write=True).memory.shape == (0,)


def test_the_memory_stays_mapped_as_long_as_a_view_of_it_lives():
    buffer = Gst.Buffer.new_allocate(None, 1 << 20, None)
    buffer.fill(0, b"penstock" * (1 << 17))
    mapped = MappedBuffer(buffer)
    view = mapped.memory[8:].reshape(-1, 8)[::2]
    gone = weakref.ref(mapped)
    del buffer, mapped
    gc.collect()
    others = [Gst.Buffer.new_allocate(None, 1 << 20, None) for _ in range(4)]
    for other in others:
        other.memset(0, 255, 1 << 20)
    assert gone() is None
    assert view[0].tobytes() == view[-1].tobytes() == b"penstock"


def test_the_buffer_is_free_once_nobody_looks():
    pool = Gst.BufferPool.new()
    config = pool.get_config()
    Gst.BufferPool.config_set_params(config, None, 16, 1, 1)
    pool.set_config(config)
    pool.set_active(True)
    impatient = Gst.BufferPoolAcquireParams()
    impatient.flags = Gst.BufferPoolAcquireFlags.DONTWAIT
    _, buffer = pool.acquire_buffer(None)
    view = MappedBuffer(buffer).memory[4:8]
    del buffer
    assert pool.acquire_buffer(impatient)[0] == Gst.FlowReturn.EOS
    del view
    assert pool.acquire_buffer(impatient)[0] == Gst.FlowReturn.OK
    pool.set_active(False)


def test_memory_that_was_read_is_written_in_place_afterwards():
    buffer = Gst.Buffer.new_allocate(None, 16, None)
    memory = hash(buffer.peek_memory(0))
    for write in (False, True, False, True):
        MappedBuffer(buffer, write=write)
    assert hash(buffer.peek_memory(0)) == memory  # a lock left behind would have made a copy


def test_a_buffer_that_somebody_else_holds_is_not_written():
    buffer = Gst.Buffer.new_allocate(None, 3, None)
    other = buffer.copy()  # the same buffer, one reference more
    with pytest.raises(StreamError, match="somebody else holds too"):
        MappedBuffer(other, write=True)
    assert MappedBuffer(other).memory.shape == (3,)


def test_writing_to_read_only_memory_leaves_the_original_alone():
    original = GLib.Bytes.new(b"abcd")
    buffer = Gst.Buffer.new_wrapped_bytes(original)
    MappedBuffer(buffer, write=True).memory[:] = 0
    assert buffer.extract_dup(0, 4) == bytes(4)
    assert original.get_data() == b"abcd"


def test_memory_that_cannot_be_mapped_is_an_error_that_says_so(capfd):
    gi.require_version("GstAllocators", "1.0")
    from gi.repository import GstAllocators

    reading, writing = os.pipe()  # a handle, as a device's memory has, that has no pages
    memory = GstAllocators.DmaBufAllocator.alloc(GstAllocators.DmaBufAllocator.new(), reading, 3)
    buffer = Gst.Buffer.new()
    buffer.append_memory(memory)
    with pytest.raises(StreamError, match=r"of 3 bytes cannot be mapped; put nvvideoconvert"):
        MappedBuffer(buffer)
    os.close(writing)


@pytest.mark.parametrize("what", [None, 0, "buffer"])
def test_what_is_no_buffer_is_refused_instead_of_followed(what):
    with pytest.raises(StreamError, match="wanted a buffer to map"):
        MappedBuffer(what)


def picture(text):
    return PictureCaps.of(Gst.Caps.from_string(text))


BT601, BT709 = Colorimetry("bt601"), Colorimetry("bt709")
FULL_601, FULL_709 = Colorimetry("bt601", True), Colorimetry("bt709", True)


@pytest.mark.parametrize(
    ("caps", "colorimetry"),
    [
        ("format=NV12, width=720, height=576", BT601),
        ("format=NV12, width=1024, height=577", BT709),
        ("format=I420, width=64, height=36, colorimetry=bt709", BT709),
        ("format=I420, width=1920, height=1080, colorimetry=bt601", BT601),
        ("format=I420, width=1920, height=1080, colorimetry=smpte240m", BT601),
        ("format=I420, width=64, height=36, colorimetry=bt2020", BT709),
        ("format=I420, width=64, height=36, colorimetry=1:4:0:0", FULL_601),
        ("format=I420, width=64, height=36, colorimetry=1:3:5:1", FULL_709),
        ("format=I420, width=64, height=36, colorimetry=0:0:0:0", BT601),
        ("format=I420, width=64, height=36, colorimetry=nonsense", BT601),
        ("format=I420, width=64, height=36, colorimetry=(int)3", BT601),
        ("format=RGBA, width=64, height=36, colorimetry=sRGB", BT601),
        ("format=RGB, width=1920, height=1080", BT709),
        ("format=GRAY8, width=64, height=36, colorimetry=1:4:0:0", BT601),
        ("format=NV12, held-format=RGB, width=64, height=36, colorimetry=1:3:5:1", BT601),
    ],
)
def test_colours_are_those_of_the_caps_or_as_gstreamer_guesses(caps, colorimetry):
    assert picture(f"video/x-raw, {caps}").colorimetry == colorimetry


@pytest.mark.parametrize(
    "caps",
    [
        "EMPTY",
        "ANY",
        "video/x-raw",
        "video/x-raw, format=NV12, width=64",
        "video/x-raw, width=64, height=36",
        "video/x-raw, format=NV12, width=0, height=36",
        "video/x-raw, format=NV12, width=64, height=-36",
        "video/x-raw, format={ NV12, I420 }, width=64, height=36",
        "video/x-raw, format=NV12, width=[ 1, 64 ], height=36",
        "video/x-raw, format=(int)3, width=64, height=36",
        "video/x-raw, format=NV12, width=64, height=36; video/x-raw, format=I420",
    ],
)
def test_caps_that_describe_no_picture_are_an_error_that_shows_them(caps, capfd):
    with pytest.raises(StreamError, match=r"must give format, width and height .* got") as error:
        picture(caps)
    assert Gst.Caps.from_string(caps).to_string() in str(error.value)
    assert capfd.readouterr().err == ""  # GStreamer had nothing to complain about


@pytest.mark.parametrize("field", ["format=AYUV", "format=NV12, held-format=AYUV"])
def test_a_format_that_is_not_known_is_named_with_those_that_are(field):
    with pytest.raises(StreamError, match=r"the format AYUV is not one of NV12, I420"):
        picture(f"video/x-raw, {field}, width=64, height=36")


def test_a_buffer_smaller_than_its_caps_say_is_an_error():
    wanted = picture("video/x-raw, format=I420, width=64, height=36")
    with pytest.raises(StreamError, match=r"does not hold what its caps say: .*has 100 bytes"):
        surface_of(Gst.Buffer.new_allocate(None, 100, None), wanted)


def test_a_video_meta_says_where_the_planes_are():
    buffer = Gst.Buffer.new_allocate(None, 8 * 8 * 2, None)
    buffer.fill(0, bytes(range(128)))
    GstVideo.buffer_add_video_meta_full(
        buffer, 0, GstVideo.VideoFormat.NV12, 4, 4, 2, [8, 0, 0, 0][:1] * 2 + [0, 0], [16, 64, 0, 0]
    )
    luma, chroma = surface_of(
        buffer, picture("video/x-raw, format=NV12, width=4, height=4")
    ).planes()
    np.testing.assert_array_equal(luma[1], range(24, 28))
    np.testing.assert_array_equal(chroma[1, 1], (74, 75))


def test_a_video_meta_of_another_format_is_an_error():
    buffer = Gst.Buffer.new_allocate(None, 200, None)
    GstVideo.buffer_add_video_meta(buffer, 0, GstVideo.VideoFormat.I420, 4, 4)
    with pytest.raises(StreamError, match="does not hold what its caps say"):
        surface_of(buffer, picture("video/x-raw, format=NV12, width=4, height=4"))


def test_a_surface_of_a_buffer_is_never_written_in_place():
    buffer = Gst.Buffer.new_allocate(None, 16, None)
    buffer.memset(0, 7, 16)
    (surface,) = surfaces(buffer, picture("video/x-raw, format=GRAY8, width=4, height=4"))
    surface.writable()[0][:] = 0
    assert buffer.extract_dup(0, 16) == bytes([7] * 16)


def test_a_memory_that_holds_another_format_is_converted_when_somebody_looks():
    buffer = Gst.Buffer.new_allocate(None, 8 * 4 * 3 // 2, None)
    buffer.memset(0, 128, buffer.get_size())
    caps = "video/x-raw(memory:NVMM), format=NV12, held-format=I420, width=8, height=4"
    surface = surface_of(buffer, picture(caps))
    assert (surface.format, surface.held_format) == ("NV12", "I420")
    assert [plane.shape for plane in surface.planes()] == [(4, 8), (2, 4, 2)]
