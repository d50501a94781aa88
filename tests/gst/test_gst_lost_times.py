"""What avenc_mpeg4 loses is given back, or files cannot be written behind it."""

import cv2
import pytest

from streams import Gst, error_text, finish

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
