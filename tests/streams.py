"""Run pipelines in tests."""

import penstock
from penstock.gst import Gst

penstock.init()
WAIT_S = 60


def play(description, *, probe=None, at=None, pad="src", until=None):
    """Play until EOS or error; `probe(buffer)` sees each buffer on `pad` of the element `at`.

    Returns the message that ended it and what the probe returned, buffer by buffer.
    """
    pipeline = Gst.parse_launch(description) if isinstance(description, str) else description
    seen = []
    if probe:

        def on_buffer(_pad, info):
            seen.append(probe(info.get_buffer()))
            return Gst.PadProbeReturn.OK

        element = pipeline.get_by_name(at)
        element.get_static_pad(pad).add_probe(Gst.PadProbeType.BUFFER, on_buffer)
    message = finish(pipeline)
    return message, seen


def finish(pipeline, *, kinds=None):
    """Play to the end and return the last message."""
    wanted = kinds or (Gst.MessageType.EOS | Gst.MessageType.ERROR)
    try:
        pipeline.set_state(Gst.State.PLAYING)
        message = pipeline.get_bus().timed_pop_filtered(WAIT_S * Gst.SECOND, wanted)
        assert message is not None, "the pipeline hung"
        return message
    finally:
        pipeline.set_state(Gst.State.NULL)


def error_text(message):
    assert message.type == Gst.MessageType.ERROR, message.type
    return message.parse_error()[0].message
