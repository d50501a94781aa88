"""What avenc_mpeg4 loses is given back, or files cannot be written behind it."""

import cv2
import pytest

from streams import Gst, error_text, finish, play

ENCODE = "! avenc_mpeg4 name=enc bitrate=2000000 ! mpeg4videoparse ! qtmux ! filesink location={}"


@pytest.mark.parametrize(
    "between", ["! video/x-raw,format=I420", "! video/x-raw,format=I420 ! queue ! identity"]
)
def test_an_mp4_is_written_with_all_pictures_at_their_times(tmp_path, between):
    path = tmp_path / "out.mp4"
    pipeline = Gst.parse_launch(
        "videotestsrc num-buffers=20 ! video/x-raw,width=320,height=240,framerate=10/1 "
        "! nvvideoconvert ! mux.sink_0 nvstreammux name=mux batch-size=1 width=320 height=240 "
        f"! nvvideoconvert {between} {ENCODE.format(path)}"
    )
    times = []

    def look(_pad, info):
        times.append(info.get_buffer().pts)
        return Gst.PadProbeReturn.OK

    parse = [e for e in elements(pipeline) if e.get_factory().get_name() == "mpeg4videoparse"]
    parse[0].get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, look)
    message = finish(pipeline)
    assert message.type == Gst.MessageType.EOS, error_text(message)
    assert [time - times[0] for time in times] == [n * Gst.SECOND // 10 for n in range(20)]
    video = cv2.VideoCapture(str(path))
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) == 20
    assert video.get(cv2.CAP_PROP_FPS) == pytest.approx(10)


def elements(pipeline):
    iterator, found = pipeline.iterate_elements(), []
    while (step := iterator.next())[0] == Gst.IteratorResult.OK:
        found.append(step[1])
    return found


def test_a_pipeline_plays_again(tmp_path):
    pipeline = Gst.parse_launch(
        "videotestsrc num-buffers=5 ! nvvideoconvert ! video/x-raw,format=I420 "
        + ENCODE.format(tmp_path / "out.mp4")
    )
    for _ in range(2):
        message = finish(pipeline)
        assert message.type == Gst.MessageType.EOS, error_text(message)


def test_a_picture_that_was_lost_in_the_encoder_does_not_shift_the_times_of_the_next_stream():
    pipeline = Gst.parse_launch(
        "videotestsrc num-buffers=3 ! video/x-raw,framerate=10/1 ! nvvideoconvert "
        "! video/x-raw,format=I420 ! avenc_mpeg4 name=enc ! identity name=end ! fakesink"
    )
    assert finish(pipeline).type == Gst.MessageType.EOS  # from here on times are given back
    taken = pipeline.get_by_name("enc").get_static_pad("sink")

    def lose_the_first(_pad, info):
        return Gst.PadProbeReturn.OK if info.get_buffer().pts else Gst.PadProbeReturn.DROP

    number = taken.add_probe(Gst.PadProbeType.BUFFER, lose_the_first)
    assert finish(pipeline).type == Gst.MessageType.EOS
    taken.remove_probe(number)
    message, times = play(pipeline, probe=lambda buffer: buffer.pts, at="end", pad="sink")
    assert message.type == Gst.MessageType.EOS
    assert [time - times[0] for time in times] == [n * Gst.SECOND // 10 for n in range(3)]
