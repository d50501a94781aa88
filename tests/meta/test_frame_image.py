"""`frame.image`: a frame's pixels as NumPy has them."""

import cv2
import numpy as np
import pytest

import penstock
from penstock.errors import StreamError
from penstock.meta import BatchMeta, FrameMeta, Surfaces
from penstock.surface import Colorimetry, CpuSurface, pixel_format
from streams import Gst, play

NVMM = "video/x-raw(memory:NVMM),width=64,height=48,format="
PIPELINE = (
    "videotestsrc num-buffers=2 pattern={pattern} ! nvvideoconvert ! " + NVMM + "NV12 ! mux.sink_0 "
    "nvstreammux name=mux batch-size=1 width=64 height=48 ! {after}"
)


def one_frame(name="RGBA", *, level=100, size=(64, 48)):
    """A batch of one flat frame, in a format; whoever holds it holds the pixels."""
    planes = tuple(np.full_like(plane, level) for plane in pixel_format(name).allocate(size))
    color = Colorimetry("bt709", full_range=True)
    surface = CpuSurface.from_planes(planes, name, colorimetry=color, exclusive=True)
    return BatchMeta([FrameMeta(size=size)], surfaces=Surfaces([surface]))


@pytest.mark.parametrize("name", ["RGB", "RGBA", "RGBx"])
def test_rgb_is_seen_where_it_lies(name):
    batch = one_frame(name)
    (frame,) = batch
    image = frame.image
    assert (image.shape, image.dtype, image.flags.writeable) == ((48, 64, 3), np.uint8, False)
    assert np.shares_memory(image, frame.surface.planes()[0])


@pytest.mark.parametrize("name", ["NV12", "I420", "BGR", "BGRA", "GRAY8"])
def test_other_formats_are_converted_once_for_all_who_ask(name):
    batch = one_frame(name, level=128)
    (frame,) = batch
    assert np.ptp(frame.image) <= 2
    assert abs(int(frame.image[0, 0, 0]) - 128) <= 2
    assert np.shares_memory(frame.image, frame.image)


def test_red_is_first():
    batch = one_frame("BGR")
    (frame,) = batch
    frame.surface.writable()[0][:] = (0, 0, 255)
    assert frame.image[5, 5].tolist() == [255, 0, 0]


def test_it_cannot_be_written_to():
    batch = one_frame()
    with pytest.raises(ValueError, match="read-only"):
        batch.frames[0].image[:] = 0


def test_it_is_a_snapshot():
    batch = one_frame()
    (frame,) = batch
    image = frame.image
    (canvas,) = frame.surface.writable()
    canvas[:] = 3
    del batch, canvas
    assert image.tolist() == np.full((48, 64, 3), 100).tolist()
    cv2.mean(image)  # OpenCV reads it as it lies


def test_what_is_assigned_takes_its_place_and_no_branch_sees_it():
    batch = one_frame("NV12", level=128)
    other = batch.copy()  # a branch of a tee
    (frame,) = batch
    frame.image = cv2.bitwise_not(frame.image)
    frame.image = frame.image // 2  # once more: the last one counts
    assert abs(int(frame.image.mean()) - 63) <= 1
    assert abs(int(other.frames[0].image.mean()) - 128) <= 2
    assert frame.surface.format == "NV12"


@pytest.mark.parametrize("wrong", [(48, 64), (64, 48, 3), (48, 64, 4)])
def test_only_a_picture_of_its_size_is_taken(wrong):
    (frame,) = batch = one_frame()
    with pytest.raises(ValueError, match=r"uint8, \(48, 64, 3\) for this frame; got \(\d+, \d+"):
        frame.image = np.zeros(wrong, np.uint8)
    with pytest.raises(ValueError, match=r"got \(48, 64, 3\) float64"):
        frame.image = np.zeros((48, 64, 3))
    assert batch.frames[0].image.max() == 100


def test_the_pixels_of_a_frame_that_is_gone_are_refused():
    batch = one_frame()
    frame, image = batch.frames[0], batch.frames[0].image
    del batch
    assert image.max() == 100
    with pytest.raises(StreamError, match=r"pixels of source 0, frame 0 are gone: read them while"):
        assert frame.image is None
    with pytest.raises(StreamError, match="are gone"):
        frame.image = image


@pytest.mark.parametrize(("pattern", "red"), [("red", 254), ("blue", 0)])
def test_a_probe_sees_the_frames_of_a_decoder(pattern, red):
    def look(buffer):
        (frame,) = penstock.metadata(buffer)
        return frame.image[20, 20].tolist()

    message, seen = play(PIPELINE.format(pattern=pattern, after="fakesink"), probe=look, at="mux")
    assert message.type == Gst.MessageType.EOS
    assert len(seen) == 2
    assert all(abs(pixel[0] - red) <= 3 for pixel in seen)


def test_what_is_assigned_in_a_probe_leaves_the_pipeline():
    def swap(buffer):
        (frame,) = penstock.metadata(buffer)
        frame.image = frame.image[..., ::-1]

    after = "nvvideoconvert ! video/x-raw,format=RGB ! identity name=out ! fakesink sync=false"
    pipeline = Gst.parse_launch(PIPELINE.format(pattern="red", after=after))
    pixels = []

    def look(_pad, info):
        pixels.append(tuple(info.get_buffer().extract_dup(0, 3)))
        return Gst.PadProbeReturn.OK

    pipeline.get_by_name("out").get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, look)
    message, seen = play(pipeline, probe=swap, at="mux")
    assert (message.type, len(seen)) == (Gst.MessageType.EOS, 2)
    for red, green, blue in pixels:
        assert max(red, green) <= 3
        assert blue >= 250


def test_behind_a_tiler_every_frame_has_the_one_picture():
    sources = "".join(
        f"videotestsrc num-buffers=2 pattern={color} ! nvvideoconvert ! {NVMM}NV12 ! mux.sink_{n} "
        for n, color in enumerate(("red", "blue"))
    )
    wall = (
        "nvstreammux name=mux batch-size=2 width=64 height=48 ! nvmultistreamtiler name=wall "
        "rows=1 columns=2 width=128 height=48 ! fakesink sync=false "
    )

    def look(buffer):
        return [
            (frame.source_id, frame.image.shape, int(frame.image[20, 10, 0]))
            for frame in penstock.metadata(buffer)
        ]

    message, seen = play(wall + sources, probe=look, at="wall")
    assert message.type == Gst.MessageType.EOS
    assert (1, (48, 128, 3)) in [found[:2] for frames in seen for found in frames]
    assert all(red >= 250 for frames in seen for _, _, red in frames)
