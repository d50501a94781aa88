"""Pictures that a decoder skipped are counted, and nothing else is."""

import pytest

from footage import clip, gst
from penstock.pipeline.losses import DecoderWatch
from streams import Gst, finish


def losses(path, demux="qtdemux ! h264parse", decoder="avdec_h264"):
    pipeline = Gst.parse_launch(
        f"filesrc location={path} ! {demux} ! {decoder} name=d ! fakesink sync=false"
    )
    told = []
    watch = DecoderWatch(
        pipeline.get_by_name("d"), on_loss=lambda lost, of: told.append((lost, of))
    )
    assert finish(pipeline).type == Gst.MessageType.EOS
    del watch
    return told


def damage(path, start, length):
    data = bytearray(path.read_bytes())
    data[start : start + length] = b"\xaa" * length
    path.write_bytes(data)


def test_whole_files_lose_nothing(data_dir, tmp_path):
    videos = data_dir / "video"
    for name in ("crowd_1080p.mp4", "car-detection.mp4", "one-by-one-person-detection.mp4"):
        assert losses(videos / name) == []
    assert losses(videos / "vtest.avi", "avidemux", "avdec_msmpeg4") == []
    b_frames = clip(tmp_path / "b.mp4", frames=50, encode="x264enc bframes=3 key-int-max=20")
    assert losses(b_frames) == []
    assert losses(clip(tmp_path / "e.h264", frames=50), "h264parse") == []


def test_nothing_is_remembered_of_a_stream_that_is_not_judged():
    pipeline = Gst.parse_launch(
        "videotestsrc num-buffers=40 ! identity name=d drop-probability=0.5 ! fakesink"
    )
    watch = DecoderWatch(pipeline.get_by_name("d"), on_loss=lambda *_: None)
    assert finish(pipeline).type == Gst.MessageType.EOS
    assert not watch._pending


def test_pictures_lost_in_the_middle_are_counted(tmp_path):
    path = clip(tmp_path / "m.mp4", frames=100, pattern="snow")
    size = path.stat().st_size
    damage(path, size // 3, size // 3)
    ((lost, of),) = losses(path)
    assert of == 100
    assert 20 < lost < 50


def test_a_recording_that_begins_in_the_middle_of_a_group_is_not_damaged(tmp_path):
    path = clip(tmp_path / "e.h264", frames=60, encode="x264enc key-int-max=20 bframes=0")
    data = path.read_bytes()
    starts = [i for i in range(len(data)) if data[i : i + 4] == b"\0\0\0\1"]
    path.write_bytes(data[starts[12] :])
    assert losses(path, "h264parse") == []


@pytest.mark.parametrize("codec", ["vp8enc", "avenc_mpeg4", "theoraenc", "jpegenc"])
def test_other_codecs_are_left_in_peace(tmp_path, codec):
    path = tmp_path / "other.mkv"
    gst(
        f"videotestsrc num-buffers=40 ! video/x-raw,width=320,height=180 ! {codec} "
        f"! matroskamux ! filesink location={path}"
    )
    decoders = {"vp8enc": "vp8dec", "theoraenc": "theoradec", "jpegenc": "jpegdec"}
    assert losses(path, "matroskademux", decoders.get(codec, "avdec_mpeg4")) == []
