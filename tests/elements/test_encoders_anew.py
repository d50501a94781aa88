"""Encoders that begin anew: after READY, a seek, another size."""

import pytest

from streams import WAIT_S, Gst

_HEADERS = b"\0\0\1\x40\1"  # a video parameter set
_LENGTH = 200 * Gst.MSECOND


def to_the_end(pipeline):
    """Play the first pictures, after a flush."""
    pipeline.set_state(Gst.State.PAUSED)
    result, *_ = pipeline.get_state(WAIT_S * Gst.SECOND)
    assert result == Gst.StateChangeReturn.SUCCESS
    kind = Gst.SeekType.SET
    assert pipeline.seek(1.0, Gst.Format.TIME, Gst.SeekFlags.FLUSH, kind, 0, kind, _LENGTH)
    pipeline.set_state(Gst.State.PLAYING)
    kinds = Gst.MessageType.EOS | Gst.MessageType.ERROR
    message = pipeline.get_bus().timed_pop_filtered(WAIT_S * Gst.SECOND, kinds)
    assert message.type == Gst.MessageType.EOS


def after_ready(pipeline):
    pipeline.set_state(Gst.State.READY)


def after_a_seek(_pipeline):
    """That is how it begins."""


def of_another_size(pipeline):
    smaller = Gst.Caps.from_string("video/x-raw,width=64,height=48,framerate=25/1")
    pipeline.get_by_name("size").set_property("caps", smaller)


@pytest.mark.parametrize("begin_anew", [after_ready, after_a_seek, of_another_size])
def test_each_picture_has_its_headers_once(begin_anew):
    pipeline = Gst.parse_launch(
        "videotestsrc ! capsfilter name=size caps=video/x-raw,framerate=25/1 "
        "! nvv4l2h265enc ! fakesink name=sink sync=false"
    )
    headers = []

    def count(_pad, info):
        buffer = info.get_buffer()
        headers.append(buffer.extract_dup(0, buffer.get_size()).count(_HEADERS))
        return Gst.PadProbeReturn.OK

    sink = pipeline.get_by_name("sink").get_static_pad("sink")
    sink.add_probe(Gst.PadProbeType.BUFFER, count)
    try:
        to_the_end(pipeline)
        begin_anew(pipeline)
        to_the_end(pipeline)
    finally:
        pipeline.set_state(Gst.State.NULL)
    assert set(headers) == {0, 1}
    assert headers.count(1) >= 2
