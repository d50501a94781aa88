"""Pixels as arrays: written in a probe, seen downstream."""

import resource
from collections import deque
from pathlib import Path

import cv2
import numpy as np
import pytest

import pyds
from penstock.gst import Gst
from streams import finish, play

SIZE = (64, 48)
WHITE_BATCH = (
    "videotestsrc num-buffers=3 pattern=white ! nvvideoconvert ! {caps} ! mux.sink_0 "
    "nvstreammux name=mux batch-size=1 width=64 height=48 ! nvvideoconvert ! {after} ! "
    "identity name=here ! {tail}"
)
NV12 = "video/x-raw(memory:NVMM),format=NV12,width=64,height=48"
RGBA = "video/x-raw(memory:NVMM),format=RGBA,width=64,height=48"


def run(probe, *, after=RGBA, tail="fakesink", at="here"):
    message, seen = play(WHITE_BATCH.format(caps=NV12, after=after, tail=tail), probe=probe, at=at)
    assert message.type == Gst.MessageType.EOS, message.parse_error()
    assert len(seen) == 3  # the guard of probes swallows what fails in one
    return seen


def test_the_array_is_the_frame_as_rgba():
    def look(buffer):
        array = pyds.get_nvds_buf_surface(hash(buffer), 0)
        return array.shape, array.dtype, array.flags.writeable, array[20, 30].tolist()

    shape, dtype, writeable, pixel = run(look)[0]
    assert (shape, dtype, writeable) == ((48, 64, 4), np.uint8, True)
    assert pixel == [255, 255, 255, 255]


def test_rgb_has_three_channels():
    seen = run(
        lambda buffer: pyds.get_nvds_buf_surface(hash(buffer), 0).shape,
        after=RGBA.replace("RGBA", "RGB"),
    )
    assert seen == [(48, 64, 3)] * 3


def test_what_is_drawn_on_it_leaves_the_pipeline():
    def draw(buffer):
        array = pyds.get_nvds_buf_surface(hash(buffer), 0)
        cv2.rectangle(array, (0, 0), (31, 47), (255, 0, 0, 255), -1)
        pyds.unmap_nvds_buf_surface(hash(buffer), 0)

    pipeline = Gst.parse_launch(
        WHITE_BATCH.format(
            caps=NV12,
            after=RGBA,
            tail="nvvideoconvert ! video/x-raw,format=RGBA ! appsink name=out sync=false",
        )
    )
    pad = pipeline.get_by_name("here").get_static_pad("src")
    pad.add_probe(
        Gst.PadProbeType.BUFFER,
        lambda _pad, info: draw(info.get_buffer()) or Gst.PadProbeReturn.OK,
    )
    pipeline.set_state(Gst.State.PLAYING)
    buffer = pipeline.get_by_name("out").emit("pull-sample").get_buffer()
    picture = np.frombuffer(buffer.extract_dup(0, buffer.get_size()), np.uint8).reshape(48, 64, 4)
    pipeline.set_state(Gst.State.NULL)
    assert picture[20, 10].tolist() == [255, 0, 0, 255]
    assert picture[20, 50].tolist() == [255, 255, 255, 255]


def test_one_branch_of_a_tee_does_not_see_what_the_other_draws():
    pipeline = Gst.parse_launch(
        WHITE_BATCH.format(
            caps=NV12,
            after=RGBA,
            tail=f"tee name=t t. ! queue ! nvvideoconvert ! {RGBA.replace('RGBA', 'RGB')} "
            "! identity name=left ! fakesink sync=false "
            f"t. ! queue ! nvvideoconvert ! {RGBA.replace('RGBA', 'RGB')} ! identity name=right "
            "! fakesink sync=false",
        )
    )
    seen = {"left": [], "right": []}

    def probe(_pad, info, name):
        array = pyds.get_nvds_buf_surface(hash(info.get_buffer()), 0)
        seen[name].append(array[0, 0, 0])
        array[:] = 7 if name == "left" else 9
        return Gst.PadProbeReturn.OK

    for name in seen:
        pad = pipeline.get_by_name(name).get_static_pad("src")
        pad.add_probe(Gst.PadProbeType.BUFFER, probe, name)
    assert finish(pipeline).type == Gst.MessageType.EOS
    assert seen == {"left": [255] * 3, "right": [255] * 3}


def test_what_one_branch_draws_is_encoded_there_at_its_place_and_nowhere_else():
    branch = (
        "t. ! queue ! nvvideoconvert ! {copy} ! identity name={name} ! nvvideoconvert "
        "! nvv4l2h264enc bitrate=2000000 ! h264parse ! avdec_h264 ! videoconvert "
        "! video/x-raw,format=RGB ! appsink name={name}-out sync=false "
    )
    size = "width=320,height=240"
    pipeline = Gst.parse_launch(
        f"videotestsrc num-buffers=8 ! nvvideoconvert ! video/x-raw(memory:NVMM),format=NV12,{size}"
        " ! mux.sink_0 nvstreammux name=mux batch-size=1 width=320 height=240 ! tee name=t "
        + "".join(
            branch.format(copy=f"video/x-raw(memory:NVMM),format=RGBA,{size}", name=name)
            for name in ("drawn", "plain")
        )
    )

    def draw(_pad, info):
        array = pyds.get_nvds_buf_surface(hash(info.get_buffer()), 0)
        cv2.rectangle(array, (96, 64), (159, 127), (255, 0, 0, 255), -1)
        pyds.unmap_nvds_buf_surface(hash(info.get_buffer()), 0)
        return Gst.PadProbeReturn.OK

    pipeline.get_by_name("drawn").get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, draw)
    pipeline.set_state(Gst.State.PLAYING)
    drawn, plain = (
        pulled(pipeline.get_by_name(name), size=(320, 240), number=8)
        for name in ("drawn-out", "plain-out")
    )
    pipeline.set_state(Gst.State.NULL)
    differences = np.abs(drawn.astype(int) - plain).max(axis=-1)
    for one, other in zip(drawn, differences, strict=True):
        assert np.abs(one[68:124, 100:156] - np.array([254, 0, 0])).max() <= 12
        assert other[68:124, 100:156].min() > 60  # the bars are of other colours there
        other[60:132, 92:164] = 0
        assert other.mean() < 3


def pulled(sink, *, size, number):
    """The next pictures of an appsink, `(N, H, W, 3)` uint8."""
    pictures = []
    for _ in range(number):
        buffer = sink.emit("pull-sample").get_buffer()
        data = buffer.extract_dup(0, buffer.get_size())
        pictures.append(np.frombuffer(data, np.uint8).reshape(size[1], size[0], 3))
    return np.stack(pictures)


def test_the_idioms_of_image_applications_work_on_it():
    def save(buffer):
        n_frame = pyds.get_nvds_buf_surface(hash(buffer), 0)
        cv2.circle(n_frame, (32, 24), 10, (0, 255, 0, 255), -1)
        n_frame = cv2.putText(n_frame, "a", (2, 40), 0, 1, (0, 0, 255, 0), 5)
        frame_copy = np.array(n_frame, copy=True, order="C")
        frame_copy = cv2.cvtColor(frame_copy, cv2.COLOR_RGBA2BGRA)
        pyds.unmap_nvds_buf_surface(hash(buffer), 0)
        done, png = cv2.imencode(".png", frame_copy)
        assert done
        return cv2.imdecode(png, cv2.IMREAD_COLOR)

    for picture in run(save):  # of cv2: blue is first
        assert picture[24, 32].tolist() == [0, 255, 0]
        assert picture[4, 60].tolist() == [255, 255, 255]
        assert np.unique(picture[20:44, :20].reshape(-1, 3), axis=0)[0].tolist() == [255, 0, 0]


def test_other_formats_say_what_to_put_in_front():
    def look(buffer):
        with pytest.raises(RuntimeError, match=r"frames are NV12, only RGBA.*put nvvideoconvert"):
            pyds.get_nvds_buf_surface(hash(buffer), 0)

    run(look, after=NV12)


def test_frames_that_are_not_there_and_wrong_arguments_are_refused():
    def look(buffer):
        for number in (1, -1):
            with pytest.raises(IndexError, match=rf"batch has 1 frames, not one of .* {number}"):
                pyds.get_nvds_buf_surface(hash(buffer), number)
        with pytest.raises(TypeError, match=r"takes hash\(gst_buffer\) \(an int\), got <Gst"):
            pyds.get_nvds_buf_surface(buffer, 0)

    run(look)


def test_the_pixels_of_a_buffer_that_is_gone_are_refused_and_arrays_stay_safe():
    kept = []

    def keep(buffer):
        kept.append((hash(buffer), pyds.get_nvds_buf_surface(hash(buffer), 0)))

    run(keep)
    address, array = kept[0]
    for function in (pyds.get_nvds_buf_surface, pyds.unmap_nvds_buf_surface):
        with pytest.raises(RuntimeError, match=r"carries no batch, or is gone: its pixels can be"):
            function(address, 0)
    array[:] = 3
    assert array.sum() == 3 * array.size


def test_behind_nvmm_there_are_no_pixels():
    def look(buffer):
        with pytest.raises(RuntimeError, match=r"the buffer has left memory:NVMM"):
            pyds.get_nvds_buf_surface(hash(buffer), 0)

    run(look, after="video/x-raw,format=RGBA")


def test_pixels_on_the_cpu_are_not_handed_out_as_a_gpus():
    def look(buffer):
        with pytest.raises(RuntimeError, match=r"in the memory of the cpu, not on a GPU: use pyds"):
            pyds.get_nvds_buf_surface_gpu(hash(buffer), 0)

    run(look)


@pytest.mark.parametrize("keep", [0, 3])
def test_who_forgets_to_unmap_leaks_nothing(keep):
    """300 frames of 1.2 MB, the last few of which are kept: 370 MB if they stayed."""
    kept, marks = deque(maxlen=keep), []

    def look(buffer):
        array = pyds.get_nvds_buf_surface(hash(buffer), 0)
        array[:8] = 0
        kept.append(array)
        marks.append(resident_mb())

    pipeline = (
        "videotestsrc num-buffers=300 ! nvvideoconvert ! {caps} ! mux.sink_0 nvstreammux name=mux "
        "batch-size=1 width=640 height=480 ! nvvideoconvert ! {after} ! identity name=here ! "
        "fakesink sync=false"
    )
    size = "width=640,height=480"
    caps, after = (caps.replace("width=64,height=48", size) for caps in (NV12, RGBA))
    message, _ = play(pipeline.format(caps=caps, after=after), probe=look, at="here")
    assert (message.type, len(marks)) == (Gst.MessageType.EOS, 300)
    assert marks[-1] - marks[50] < 30


def resident_mb():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def test_an_array_that_is_kept_does_not_stop_the_mux():
    kept = []
    many = WHITE_BATCH.replace("num-buffers=3", "num-buffers=20")
    message, seen = play(
        many.format(caps=NV12, after=RGBA, tail="fakesink sync=false"),
        probe=lambda buffer: kept.append(pyds.get_nvds_buf_surface(hash(buffer), 0)),
        at="here",
    )
    assert (message.type, len(seen)) == (Gst.MessageType.EOS, 20)
