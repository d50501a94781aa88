"""A demuxer whose error nobody hears: decodebin may drop it while it adds the demuxer."""

from test_pipeline_running import pipeline_of

from penstock.pipeline import Run
from streams import Gst


def lose_the_demuxers_error(_bus, message):
    lost = message.type == Gst.MessageType.ERROR and message.src.get_name().startswith("qtdemux")
    return Gst.BusSyncReply.DROP if lost else Gst.BusSyncReply.PASS


def test_a_source_whose_error_is_lost_fails_too_and_the_others_go_on(ball, tmp_path):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(ball.read_bytes()[:32] + bytes(4000))
    pipeline, sources = pipeline_of(broken.as_uri(), ball.as_uri())
    pipeline.get_bus().set_sync_handler(lose_the_demuxers_error)
    warned = []
    Run(pipeline, sources=sources, on_warning=warned.append).run()
    assert warned == [
        "source 0 (s0) failed: reading stopped before any video was found: it is damaged"
    ]
    assert sources[1].frames == 30
