"""From pictures to files that look like those of the SDK."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from penstock.errors import PenstockError, StreamError
from penstock.gst import Gst
from penstock.kit.sdk.scenes import Picture

__all__ = ["FORMS", "encode", "take_out"]

FRAME_RATE = 30
_PATIENCE = 300 * 10**9
_X264 = "x264enc speed-preset=ultrafast pass=quant quantizer=23 bframes=0 key-int-max=30"
_BYTES = "stream-format=byte-stream,alignment=au"

FORMS = {
    "h264": f"{_X264} ! h264parse ! video/x-h264,{_BYTES}",
    "h264.mp4": f"{_X264} ! h264parse ! mp4mux",
    "h264.mov": f"{_X264} ! h264parse ! qtmux",
    "h265.mp4": "x265enc speed-preset=ultrafast qp=28 key-int-max=30 ! h265parse ! mp4mux",
    "mjpeg": "jpegenc",
    "mjpeg.mp4": "jpegenc ! qtmux",
}
"""Codec and container → what makes it of pictures."""


def encode(frames: Iterator[Picture], output: Path, *, form: str) -> None:
    """Write a video of 30 frames a second.

    Args:
        frames: All of one size.
        output: The file to write.
        form: One of `FORMS`.

    Raises:
        PenstockError: A GStreamer element is missing.
        StreamError: The pictures cannot be encoded.
    """
    # A quantiser that stays gives the same picture whatever the machine.
    pipeline = _parse(
        "appsrc name=pictures format=time block=true max-bytes=16000000 ! videoconvert "
        f'! video/x-raw,format=I420 ! {FORMS[form]} ! filesink name=file location="{output}"'
    )
    source = pipeline.get_by_name("pictures")
    pipeline.set_state(Gst.State.PLAYING)
    try:
        for number, frame in enumerate(frames):
            if not number:
                source.set_property("caps", _caps(frame))
            buffer = Gst.Buffer.new_wrapped(frame.tobytes())
            buffer.pts = number * Gst.SECOND // FRAME_RATE
            buffer.duration = Gst.SECOND // FRAME_RATE
            if source.emit("push-buffer", buffer) != Gst.FlowReturn.OK:
                break
        source.emit("end-of-stream")
        _wait(pipeline, output)
    finally:
        pipeline.set_state(Gst.State.NULL)


def take_out(video: Path, output: Path) -> None:
    """Write the H.264 of an MP4 as an elementary stream.

    Raises:
        PenstockError: A GStreamer element is missing.
        StreamError: It cannot be read.
    """
    pipeline = _parse(
        f'filesrc location="{video}" ! qtdemux ! h264parse ! video/x-h264,{_BYTES} '
        f'! filesink location="{output}"'
    )
    pipeline.set_state(Gst.State.PLAYING)
    try:
        _wait(pipeline, video)
    finally:
        pipeline.set_state(Gst.State.NULL)


def _parse(text: str) -> Gst.Pipeline:
    try:
        return Gst.parse_launch(text)
    except Exception as error:  # GLib.Error, which only the gst room may name
        raise PenstockError(
            f"{error}; `penstock doctor` says which package has a missing element"
        ) from error


def _caps(frame: Picture) -> Gst.Caps:
    height, width = frame.shape[:2]
    return Gst.Caps.from_string(
        f"video/x-raw,format=BGR,width={width},height={height},framerate={FRAME_RATE}/1,"
        "pixel-aspect-ratio=1/1"
    )


def _wait(pipeline: Gst.Pipeline, file: Path) -> None:
    message = pipeline.get_bus().timed_pop_filtered(
        _PATIENCE, Gst.MessageType.EOS | Gst.MessageType.ERROR
    )
    if message is None:
        raise StreamError(f"{file.name}: GStreamer did not finish")
    if message.type == Gst.MessageType.ERROR:
        error, details = message.parse_error()
        raise StreamError(f"{file.name}: {error.message} ({details})")
