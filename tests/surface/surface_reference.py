"""GStreamer's own conversions, to compare ours with."""

import gi
import numpy as np

# Not from `gi` itself: without our `unwinder`, C++ exceptions in OpenVINO's tests would be fatal.
from penstock.gst import Gst, GstVideo
from penstock.surface import PlaneLayout, stored_format

gi.require_version("GstApp", "1.0")
from gi.repository import GstApp  # noqa: E402, F401 (adds appsink's methods)

WAIT_S = 20


def gst_caps(name, size, colorimetry):
    """Caps whose transfer function and primaries never differ, so that only matrices matter."""
    span = 1 if colorimetry.full_range or stored_format(name).model != "yuv" else 2
    matrix = (
        1 if stored_format(name).model == "rgb" else {"bt709": 3, "bt601": 4}[colorimetry.matrix]
    )
    return Gst.Caps.from_string(
        f"video/x-raw,format={name},width={size[0]},height={size[1]},framerate=1/1,"
        f"pixel-aspect-ratio=1/1,colorimetry={span}:{matrix}:5:1"
    )


def gst_info(name, size):
    return GstVideo.VideoInfo.new_from_caps(
        Gst.Caps.from_string(f"video/x-raw,format={name},width={size[0]},height={size[1]}")
    )


def gst_convert(planes, source, target, *, elements="videoconvert dither=none"):
    """Run one picture through `elements`.

    Args:
        planes: The picture, in the format of `source`.
        source: `(format, (width, height), Colorimetry)`.
        target: The same, of the result.
    """
    pipeline = Gst.parse_launch(f"appsrc name=in format=time ! {elements} ! appsink name=out")
    entry, exit_ = pipeline.get_by_name("in"), pipeline.get_by_name("out")
    entry.set_property("caps", gst_caps(*source))
    exit_.set_property("caps", gst_caps(*target))
    pipeline.set_state(Gst.State.PLAYING)
    try:
        buffer = Gst.Buffer.new_wrapped(packed(planes, source[0], source[1]))
        entry.push_buffer(buffer)
        sample = exit_.try_pull_sample(WAIT_S * Gst.SECOND)
        assert sample is not None, pipeline.get_bus().pop_filtered(Gst.MessageType.ERROR)
        result = sample.get_buffer()
        block = np.frombuffer(result.extract_dup(0, result.get_size()), np.uint8)
        return PlaneLayout.default(target[0], target[1]).planes(block)
    finally:
        pipeline.set_state(Gst.State.NULL)


def packed(planes, name, size):
    """The bytes GStreamer expects for a picture without video meta."""
    layout = PlaneLayout.default(name, size)
    block = np.zeros(layout.size_bytes, np.uint8)
    for plane, to in zip(planes, layout.planes(block), strict=True):
        to[...] = plane
    return block.tobytes()
