"""How the pipeline of a detection job ends: in a file, a window, an RTSP server, or nowhere."""

from __future__ import annotations

from penstock.pipeline.job import DetectJob

QUEUE = "queue max-size-buffers=2 max-size-bytes=0 max-size-time=0"
_NOWHERE = "fakesink sync=false enable-last-sample=false"
FILE = (
    "nvvideoconvert ! video/x-raw,format=I420 ! x264enc speed-preset=veryfast pass=qual "
    "quantizer=23 ! h264parse ! mp4mux ! filesink name=file"
)
_WINDOW = "nveglglessink"
_RTSP = (
    "nvvideoconvert ! nvv4l2h264enc insert-sps-pps=true iframeinterval=60 idrinterval=60 "
    "! video/x-h264,stream-format=byte-stream,alignment=au "
    "! fakesink name=rtsp sync=false async=false enable-last-sample=false"
)
_WHILE_WATCHED = "valve name=watched drop=true drop-mode=forward-sticky-events"


def ending_of(job: DetectJob, *, live: bool) -> str:
    """What follows the detector, for `gst_parse_launch`.

    Its elements are named `osd`, `tiler` with several sources, `file` with a file, and `rtsp` and
    `watched` with RTSP: the sink and the valve that `RtspServer.publish` takes.

    Args:
        job: What to do.
        live: Whether sources give frames in their own time. Files that go out by RTSP are
            played in theirs.
    """
    tile = "nvmultistreamtiler name=tiler ! " if job.places > 1 else ""
    draw = f"{tile}{QUEUE} ! nvdsosd name=osd"
    watched = _WHILE_WATCHED if live else f"clocksync ! {_WHILE_WATCHED}"
    if job.rtsp is not None and job.output is not None:
        return (
            f"{draw} ! tee name=drawn drawn. ! {QUEUE} ! {FILE} "
            f"drawn. ! {QUEUE} ! {watched} ! {_RTSP}"
        )
    if job.rtsp is not None:
        return f"{watched} ! {draw} ! {_RTSP}"
    if job.output is not None:
        return f"{draw} ! {FILE}"
    return f"{draw} ! {_WINDOW}" if job.display else _NOWHERE
