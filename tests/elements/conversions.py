"""Pipelines around a converter, and what comes out of them."""

from batches import planes, watch

from streams import Gst, error_text, finish

NVMM = "video/x-raw(memory:NVMM)"


def raw_source(caps="video/x-raw,width=320,height=240", *, frames=3, pattern="smpte"):
    return f"videotestsrc num-buffers={frames} pattern={pattern} ! {caps}"


def batched(head, *, size=(320, 240), options="batch-size=1"):
    """`head` through nvvideoconvert and a mux called `mux`."""
    width, height = size
    return (
        f"nvstreammux name=mux width={width} height={height} {options} {head} ! nvvideoconvert "
        "! mux.sink_0 mux."
    )


def caps_after(description, *, at="end"):
    """Play; the caps of the last buffer on the sink pad of `at`."""
    pipeline = Gst.parse_launch(description)
    last = []
    watch(pipeline, at, lambda _buffer: last.append(pad.get_current_caps()), pad="sink")
    pad = pipeline.get_by_name(at).get_static_pad("sink")
    message = finish(pipeline)
    assert message.type == Gst.MessageType.EOS, error_text(message)
    return last[-1]


def shown(description):
    """Play; the planes of every buffer that reaches `end`."""
    pipeline = Gst.parse_launch(description)
    pad = pipeline.get_by_name("end").get_static_pad("sink")
    seen = []
    watch(pipeline, "end", lambda b: seen.append(planes(b, pad.get_current_caps())), pad="sink")
    message = finish(pipeline)
    assert message.type == Gst.MessageType.EOS, error_text(message)
    return seen
