"""`nvof` and `nvofvisual` in real pipelines."""

import re
from importlib import import_module

import numpy as np
import pytest
from batches import box, pictures, visit
from colours import source

import pyds
from footage import clip
from penstock.flow import UNITS_PER_PX
from penstock.meta import OpticalFlowMeta
from streams import Gst, error_text, finish, play

MUX = "nvstreammux name=mux batch-size={n} width={w} height={h}"


def flows(pipeline, *, at="of"):
    """Play; `{(source, frame): vectors or None}` behind `nvof`."""
    seen = {}

    def keep(batch):
        for frame in batch:
            meta = frame.user.get(OpticalFlowMeta)
            seen[frame.source_id, frame.frame_num] = None if meta is None else meta.vectors

    visit(pipeline, at, keep)
    message = finish(pipeline)
    assert message.type == Gst.MessageType.EOS, error_text(message)
    return seen


def panned(video, *, step, frames=5, view=(320, 240), form="NV12", then=""):
    """One picture of a video, of which each frame shows a part farther to the right."""
    import cv2

    picture = cv2.VideoCapture(str(video)).read()[1]
    width, height = view
    pipeline = Gst.parse_launch(
        f"appsrc name=app format=time caps=video/x-raw,format=BGR,width={width},height={height},"
        f"framerate=10/1 ! videoconvert ! video/x-raw,format={form} ! nvvideoconvert "
        f"! mux.sink_0 {MUX.format(n=1, w=width, h=height)} ! nvof name=of {then} ! fakesink"
    )
    app = pipeline.get_by_name("app")
    for number in range(frames):
        x, y = 100 + number * step[0], 200 + number * step[1]
        buffer = Gst.Buffer.new_wrapped(picture[y : y + height, x : x + width].tobytes())
        buffer.pts, buffer.duration = number * Gst.SECOND // 10, Gst.SECOND // 10
        app.emit("push-buffer", buffer)
    app.emit("end-of-stream")
    return pipeline


@pytest.mark.parametrize("form", ["NV12", "I420", "RGBA"])
def test_a_panning_camera_moves_everything_the_other_way(data_dir, form):
    seen = flows(panned(data_dir / "video" / "vtest.avi", step=(6, -2), form=form))
    assert seen.pop((0, 0)) is None
    assert len(seen) == 4
    for vectors in seen.values():
        assert vectors.shape == (60, 80, 2)
        median = np.median(vectors.reshape(-1, 2), axis=0) / UNITS_PER_PX
        assert np.abs(median - (-6, 2)).max() <= 0.1


def test_every_source_is_compared_with_itself():
    inputs = source(0, frames=3) + source(1, frames=3)
    seen = flows(
        Gst.parse_launch(f"{MUX.format(n=2, w=64, h=48)} ! nvof name=of ! fakesink {inputs}")
    )
    assert {key: v is None or v.any() for key, v in seen.items()} == {
        (n, frame): frame == 0 for n in range(2) for frame in range(3)
    }


def test_a_source_that_is_gone_is_forgotten():
    pipeline = Gst.parse_launch(
        f"{MUX.format(n=2, w=64, h=48)} ! nvof name=of ! fakesink "
        + source(0, frames=20)
        + source(1, frames=2)
    )
    element, kept = pipeline.get_by_name("of"), []
    visit(pipeline, "of", lambda _batch: kept.append(len(element._flows)))
    assert finish(pipeline).type == Gst.MessageType.EOS
    assert max(kept) == 2
    assert kept[-1] == 1
    assert element._flows is None


def test_the_script_of_a_deepstream_user_reads_the_vectors(data_dir):
    found = []

    def read(buffer):
        batch = pyds.gst_buffer_get_nvds_batch_meta(hash(buffer))
        frame = pyds.NvDsFrameMeta.cast(batch.frame_meta_list.data)
        node = frame.frame_user_meta_list
        if node is None:
            return
        user = pyds.NvDsUserMeta.cast(node.data)
        assert user.base_meta.meta_type == pyds.NvDsMetaType.NVDS_OPTICAL_FLOW_META
        meta = pyds.NvDsOpticalFlowMeta.cast(user.user_meta_data)
        vectors = pyds.get_optical_flow_vectors(meta).reshape(meta.rows, meta.cols, 2)
        found.append((meta.frame_num, meta.mv_size, vectors.shape, np.median(vectors[..., 0])))

    pipeline = panned(data_dir / "video" / "vtest.avi", step=(5, 0), frames=3)
    message, _ = play(pipeline, probe=read, at="of")
    assert message.type == Gst.MessageType.EOS
    assert found == [(n, 4, (60, 80, 2), pytest.approx(-160, abs=3)) for n in (1, 2)]


def test_a_copy_of_the_metadata_has_vectors_of_its_own():
    copies = []
    pipeline = Gst.parse_launch(
        f"{MUX.format(n=1, w=64, h=48)} ! nvof name=of ! fakesink {source(0, frames=2)}"
    )
    visit(pipeline, "of", lambda batch: copies.append((batch, batch.copy(surfaces=False))))
    assert finish(pipeline).type == Gst.MessageType.EOS
    one, other = (batch.frames[0].user[OpticalFlowMeta].vectors for batch in copies[1])
    assert (one == other).all()
    assert not np.shares_memory(one, other)


def test_the_picture_of_the_flow_is_a_quarter_of_the_size_and_boxes_move_into_it(data_dir):
    video = data_dir / "video" / "vtest.avi"
    pipeline = panned(
        video, step=(6, 0), frames=3, view=(316, 242), then="! nvofvisual name=visual"
    )
    frames = []
    visit(pipeline, "of", lambda batch: batch.frames[0].add(box((40, 80, 80, 40))))
    visit(pipeline, "visual", lambda batch: frames.append(batch.frames[0]))
    seen = pictures(pipeline, "visual", pad="src")
    message = finish(pipeline)
    assert message.type == Gst.MessageType.EOS, error_text(message)
    assert [picture.shape for picture in seen] == [(61, 79, 3)] * 3
    assert not seen[0].any()
    for picture in seen[1:]:  # everything goes left, by 6 pixels
        red, green, blue = np.median(picture.reshape(-1, 3), axis=0)
        assert red == 0
        assert min(green, blue) > 150
        assert abs(green - blue) < 30
    frame = frames[0]
    assert (frame.width, frame.height) == (79, 61)
    assert np.allclose(frame.objects[0].ltwh, (10, 80 * 61 / 242, 20, 40 * 61 / 242))


def test_without_nvof_the_pictures_stay_black_and_one_warning_says_why():
    pipeline = Gst.parse_launch(
        f"videotestsrc num-buffers=9 ! nvvideoconvert ! mux.sink_0 {MUX.format(n=1, w=64, h=48)} "
        "! nvofvisual name=visual ! fakesink"
    )
    seen = pictures(pipeline, "visual", pad="src")
    warning = finish(pipeline, kinds=Gst.MessageType.WARNING | Gst.MessageType.ERROR)
    assert warning.parse_warning()[0].message == (
        "visual: the frames carry no optical flow, so they stay black: put nvof in front"
    )
    assert len(seen) >= 1
    assert not any(picture.any() for picture in seen)


def test_every_preset_plays():
    for nick in ("fast", "medium", "slow"):
        message, _ = play(
            f"videotestsrc num-buffers=3 ! nvvideoconvert ! mux.sink_0 "
            f"{MUX.format(n=1, w=64, h=48)} ! nvof preset-level={nick} ! fakesink"
        )
        assert message.type == Gst.MessageType.EOS, error_text(message)


def test_the_first_frame_behind_a_seek_carries_no_flow(tmp_path):
    path = clip(tmp_path / "clip.mp4", frames=12)
    pipeline = Gst.parse_launch(
        f"filesrc location={path} ! qtdemux ! h264parse ! nvv4l2decoder ! mux.sink_0 "
        f"{MUX.format(n=1, w=64, h=48)} ! nvof name=of ! fakesink name=end"
    )
    seen = []
    visit(pipeline, "of", lambda batch: seen.append(OpticalFlowMeta in batch.frames[0].user))
    pipeline.set_state(Gst.State.PAUSED)
    assert pipeline.get_state(20 * Gst.SECOND)[0] == Gst.StateChangeReturn.SUCCESS
    flags = Gst.SeekFlags.FLUSH | Gst.SeekFlags.KEY_UNIT
    assert pipeline.seek_simple(Gst.Format.TIME, flags, 0)
    before = len(seen)
    assert finish(pipeline).type == Gst.MessageType.EOS
    assert before >= 1
    assert seen[0] is False
    assert seen.count(False) == 2
    assert len(seen) >= 12


@pytest.mark.parametrize("factory", ["nvof", "nvofvisual"])
def test_the_line_of_the_documentation_plays(factory):
    text = import_module(f"penstock.elements.{factory}").__doc__
    line = re.search(r"gst-launch-1.0 (.*)", text.replace("\\\n", ""), re.S)[1]
    message, _ = play(line)
    assert message.type == Gst.MessageType.EOS, error_text(message)
