"""Detection on RTSP cameras: one that is down stops nobody."""

import contextlib
import threading

import pytest

from penstock.pipeline import DetectJob, Run, SourceBin, detect
from rtsp import RtspServer, closed_port, silent_port
from streams import Gst


def pipeline_of(*uris):
    pipeline = Gst.parse_launch(
        f"nvstreammux name=mux batch-size={len(uris)} width=160 height=120 live-source=true "
        "batched-push-timeout=50000 ! fakesink sync=false"
    )
    sources = [SourceBin(i, name=uri, uri=uri) for i, uri in enumerate(uris)]
    for source in sources:
        pipeline.add(source.bin)
        source.pad.link(pipeline.get_by_name("mux").request_pad_simple(f"sink_{source.index}"))
    return pipeline, sources


def test_a_camera_that_is_down_at_the_start_joins_later():
    late, warnings = RtspServer(), []
    with RtspServer() as server:
        pipeline, sources = pipeline_of(server.url, late.url)

        def tick():
            if sources[0].frames > 15 and warnings and not late.is_running:
                late.start()
            if sources[1].frames > 5:
                run.stop()

        run = Run(pipeline, sources=sources, on_tick=tick, on_warning=warnings.append)
        with contextlib.ExitStack() as stack:
            stack.callback(late.kill)
            run.run()
    assert [source.failure for source in sources] == [None, None]
    assert all(source.frames > 5 for source in sources)
    assert warnings[0].startswith(f"source 1 ({late.url}): ")
    assert "trying again in" in warnings[0]


def test_cameras_that_never_come_fail_when_nothing_else_is_left(config):
    url = f"rtsp://ann:secret@127.0.0.1:{closed_port()}/x"
    warnings = []
    summary = detect(DetectJob([url], model=str(config)), on_warning=warnings.append)
    assert "Could not open resource" in summary.failures[0]
    assert not any("secret" in text for text in warnings)


def test_a_file_ends_although_a_camera_is_down(config, ball):
    url = f"rtsp://127.0.0.1:{closed_port()}/x"
    summary = detect(DetectJob([str(ball), url], model=str(config)), on_warning=lambda _: None)
    assert summary.frames[0] == 30
    assert set(summary.failures) == {1}


def test_so_many_frames_of_a_camera_end_the_run(config):
    with RtspServer() as server:
        job = DetectJob([server.url], model=str(config), frames=7)
        summary = detect(job, on_warning=lambda _: None)
    assert (summary.frames[0], summary.failures) == (7, {})


@pytest.mark.timeout(60)
def test_a_run_on_a_silent_camera_can_be_stopped():
    with silent_port() as port:
        pipeline, sources = pipeline_of(f"rtsp://127.0.0.1:{port}/x")
        run = Run(pipeline, sources=sources, on_warning=lambda _: None)
        stop = threading.Timer(0.5, run.stop)
        stop.start()
        run.run()
    assert sources[0].frames == 0
