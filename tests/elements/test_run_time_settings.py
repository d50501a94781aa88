"""DeepStream's run-time events, and the REST requests that send them: what they change."""

import pytest
from muxes import mux, source
from test_multi_rest import Served

from footage import clip, detector
from penstock.gst import Gst, RunTimeSettings, batch_of
from penstock.gst.lookup import elements_in
from penstock.gst.nvevents import push_update, send_interval_update, update_of
from penstock.rest import Setting
from rest_orders import ask
from streams import play

SNOW = "videotestsrc num-buffers={frames} pattern=snow ! {caps} ! nvvideoconvert ! {nvmm} "
NVMM = "video/x-raw(memory:NVMM),format=NV12"
ENCODERS = ("nvv4l2h264enc", "nvv4l2h265enc")


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    return detector(tmp_path_factory.mktemp("detector"))


@pytest.fixture(scope="module")
def ball(tmp_path_factory):
    return clip(tmp_path_factory.mktemp("ball") / "ball.mp4").as_uri()


def after(pad, count, act):
    """Do something on a pad's own thread, before the buffer of this number."""
    seen = [0]

    def on_buffer(where, _info):
        if seen[0] == count:
            act(where)
        seen[0] += 1
        return Gst.PadProbeReturn.OK

    pad.add_probe(Gst.PadProbeType.BUFFER, on_buffer)


def note_warning(_bus, message, warnings):
    if message.type == Gst.MessageType.WARNING:
        warnings.append(message.parse_warning()[0].message)
    return Gst.BusSyncReply.PASS


def encoded(codec, event, values, *, frames=50, at=10):
    """Sizes and key frames of a stream whose encoder gets an event before frame `at`."""
    caps = "video/x-raw,format=I420,width=160,height=96,framerate=25/1"
    pipeline = Gst.parse_launch(
        SNOW.format(frames=frames, caps=caps, nvmm=NVMM)
        + f"! identity name=i ! {codec} name=e iframeinterval=40 bitrate=2000000 ! fakesink"
    )
    pipeline.warnings = []
    pipeline.get_bus().set_sync_handler(note_warning, pipeline.warnings)
    pad = pipeline.get_by_name("i").get_static_pad("src")
    after(pad, at, lambda where: push_update(where, event, values))
    message, seen = play(
        pipeline,
        probe=lambda b: (b.get_size(), not b.has_flags(Gst.BufferFlags.DELTA_UNIT)),
        at="e",
    )
    assert message.type == Gst.MessageType.EOS
    keys = [n for n, (_, key) in enumerate(seen) if key]
    first = keys[0]  # x265's headers may come by themselves
    return pipeline, [size for size, _ in seen], [number - first for number in keys]


@pytest.mark.parametrize("codec", ENCODERS)
def test_an_event_changes_the_bit_rate_of_an_encoder(codec):
    pipeline, sizes, _ = encoded(codec, "nv-enc-bitrate-update", {"bitrate": 200_000})
    assert sum(sizes[1:10]) > 3 * sum(sizes[30:39])
    assert pipeline.get_by_name("e").get_property("bitrate") == 200_000


@pytest.mark.parametrize("codec", ENCODERS)
@pytest.mark.parametrize("name", ["nv-enc-force-idr", "nv-enc-force-intra"])
def test_an_event_makes_the_next_frame_a_key_frame(codec, name):
    assert encoded(codec, name, {"stream_id": "0", "force": 1})[2] == [0, 10]
    assert encoded(codec, name, {"stream_id": "0", "force": 0})[2] == [0, 40]


@pytest.mark.parametrize("codec", ENCODERS)
def test_an_event_brings_key_frames_closer_together(codec):
    _, _, keys = encoded(codec, "nv-enc-iframeinterval-update", {"interval": 8})
    assert keys == [0, 17, 25, 33, 41, 49]


def test_key_frames_cannot_be_drawn_apart_while_playing_and_that_is_said():
    pipeline, _, keys = encoded("nvv4l2h264enc", "nv-enc-iframeinterval-update", {"interval": 60})
    assert keys == [0, 40]
    (warning,) = pipeline.warnings
    assert "key frames every 60 frames: while playing they cannot be farther apart" in warning
    assert pipeline.get_by_name("e").get_property("iframeinterval") == 60


def test_an_event_changes_how_many_batches_nvinfer_skips(config):
    pipeline = Gst.parse_launch(
        mux(1, then=f"identity name=i ! nvinfer name=n config-file-path={config} ! fakesink")
        + source(0, frames=12, caps="video/x-raw,format=I420,width=320,height=180,framerate=25/1")
    )
    after(
        pipeline.get_by_name("i").get_static_pad("sink"),
        4,
        lambda _pad: send_interval_update(pipeline.get_by_name("n"), "0", 3),
    )
    message, inferred = play(pipeline, probe=lambda b: batch_of(b).frames[0].infer_done, at="n")
    assert message.type == Gst.MessageType.EOS
    assert pipeline.get_by_name("n").get_property("interval") == 3
    assert inferred == [True] * 5 + [False] * 3 + [True] + [False] * 3


def test_an_event_changes_the_mode_of_the_osd():
    pipeline = Gst.parse_launch(
        mux(1, then="identity name=i ! nvdsosd name=o ! fakesink") + source(0)
    )
    pad = pipeline.get_by_name("i").get_static_pad("src")
    values = {"stream_id": "0", "process_mode": 0}
    after(pad, 3, lambda where: push_update(where, "nv-osd-process-mode-update", values))
    assert play(pipeline)[0].type == Gst.MessageType.EOS
    assert pipeline.get_by_name("o").get_property("process-mode") == 0


def test_an_event_brings_its_fields_along_and_others_bring_none():
    pipeline = Gst.parse_launch(mux(1, then="identity name=i ! fakesink") + source(0))
    found = []

    def on_event(_pad, info):
        found.append(update_of(info.get_event()))
        return Gst.PadProbeReturn.OK

    pad = pipeline.get_by_name("i").get_static_pad("src")
    pad.add_probe(Gst.PadProbeType.EVENT_DOWNSTREAM, on_event)
    area = {"roi_id": "a", "left": 1, "top": 2, "width": 3, "height": 4}
    values = {"stream_id": "0", "roi-count": 1, "roi": [area]}
    after(pad, 3, lambda where: push_update(where, "nv-roi-update", values))
    play(pipeline)
    assert [one for one in found if one] == [
        ("nv-roi-update", {"stream_id": "0", "roi-count": 1, "roi_id_0": "a", "left_0": 1,
                           "top_0": 2, "width_0": 3, "height_0": 4}),
    ]  # fmt: skip


def test_a_setting_leaves_with_the_next_batch_from_any_thread():
    pipeline = Gst.parse_launch(mux(1, then="nvdsosd name=o ! fakesink") + source(0))
    settings = RunTimeSettings(pipeline.get_by_name("mux"))
    settings.apply(Setting("PROCESS_MODE_UPDATE", 0, {"process_mode": 0}))
    assert pipeline.get_by_name("o").get_property("process-mode") == 1
    assert play(pipeline)[0].type == Gst.MessageType.EOS
    assert pipeline.get_by_name("o").get_property("process-mode") == 0


def ordered(playing, path, **values):
    return ask(playing.port, f"/api/v1/{path}", {"stream": values})


def test_rest_reaches_every_element_of_the_pipeline(ball, config):
    then = (
        f"nvinfer name=n config-file-path={config} ! nvdsosd name=o ! nvv4l2h264enc name=e "
        "! fakesink sync=false async=false"
    )
    with Served(ball, then=then) as playing:
        for path, values in (
            ("infer/set-interval", {"stream_id": "0", "interval": 5}),
            ("osd/process-mode", {"stream_id": "0", "process_mode": 0}),
            ("enc/bitrate", {"stream_id": "0", "bitrate": 123_456}),
            ("enc/iframe-interval", {"stream_id": "0", "iframeinterval": 7}),
            ("enc/force-idr", {"stream_id": "0", "force_idr": True}),
            ("dec/drop-frame-interval", {"stream_id": 0, "drop_frame_interval": 2}),
            ("mux/batched-push-timeout", {"batched_push_timeout": 45_000}),
            ("mux/max-latency", {"max_latency": 5}),
        ):
            status, said = ordered(playing, path, **values)
            assert (status, said["reason"].endswith("_UPDATE_SUCCESS")) == (200, True), said
        playing.wait_for_more(20)
        named = playing.pipeline.get_by_name
        assert named("n").get_property("interval") == 5
        assert named("o").get_property("process-mode") == 0
        assert named("e").get_property("bitrate") == 123_456
        assert named("e").get_property("iframeinterval") == 7
        assert playing.mux.mux.get_property("batched-push-timeout") == 45_000
        assert playing.mux.mux.get_property("max-latency") == 5


def decoders(playing):
    """`drop-frame-interval` of the decoders of each source."""
    return [
        [
            element.get_property("drop-frame-interval")
            for element in elements_in(entry.source)
            if element.get_factory() and element.get_factory().get_name() == "nvv4l2decoder"
        ]
        for entry in playing.mux._entries
    ]


def test_frames_of_one_source_are_dropped_also_when_it_is_opened_again(ball):
    with Served(ball, ball) as playing:
        playing.wait_for_more(of=1)
        body = {"stream_id": "1", "drop_frame_interval": 5}
        assert ordered(playing, "dec/drop-frame-interval", **body)[0] == 200
        assert decoders(playing) == [[0], [5]]
        playing.wait_for_more(20, of=1)  # more than once through the file
        while [] in (found := decoders(playing)):
            pass  # it is being opened
    assert found == [[0], [5]]


def test_pictures_are_turned_while_playing_where_passthrough_is_disabled(ball):
    with Served(ball, disable_passthrough=1) as playing:
        playing.wait_for_more()
        assert ordered(playing, "conv/flip-method", stream_id="0", flip_method=2)[0] == 200
        assert ordered(playing, "conv/srccrop", stream_id="0", src_crop="0:0:32:32")[0] == 200
        playing.wait_for_more(5)
        (entry,) = playing.mux._entries
        assert entry.convert.get_property("flip-method") == 2
        assert entry.convert.get_property("src-crop") == "0:0:32:32"


@pytest.mark.parametrize(
    ("path", "values", "reason"),
    [
        ("infer/set-interval", {"stream_id": "0", "interval": 1},
         "INFER_INTERVAL_UPDATE_FAIL, there is no nvinfer or nvinferserver in the pipeline"),
        ("infer/set-interval", {"stream_id": "7", "interval": 1},
         "INFER_INTERVAL_UPDATE_FAIL, there is no source 7"),
        ("enc/bitrate", {"stream_id": "0", "bitrate": 1},
         "BITRATE_UPDATE_FAIL, there is no nvv4l2h264enc or nvv4l2h265enc in the pipeline"),
        ("conv/flip-method", {"stream_id": "0", "flip_method": 2},
         "FLIP_METHOD_UPDATE_FAIL, source 0 has no nvvideoconvert (yet)"),
        ("analytics/reload-config", {"config_file_path": "zones.txt"},
         "RELOAD_CONFIG_UPDATE_FAIL, there is no nvdsanalytics in the pipeline"),
        ("nvtracker/config-path", {"stream_id": "0", "config_path": "x.yml"},
         "NVTRACKER_CONFIG_UPDATE_FAIL, there is no nvtracker in the pipeline"),
        ("roi/update", {"stream_id": "0", "roi_count": 1, "roi": [
            {"roi_id": "a", "left": 1, "top": 2, "width": 3, "height": 4}]},
         "ROI_UPDATE_FAIL, there is no nvdspreprocess in the pipeline"),
    ],
)  # fmt: skip
def test_where_no_element_could_act_the_answer_says_so(ball, path, values, reason):
    with Served(ball) as playing:
        playing.wait_for_more()
        status, said = ordered(playing, path, **values)
    assert (status, said["reason"]) == (500, reason)


def test_quit_asks_the_application_to_end_and_lets_eos_through(ball):
    with Served(ball, file_loop=0) as playing:
        playing.wait(lambda batches: len(batches) == 30)
        assert ordered(playing, "app/quit", app_quit=True)[0] == 200
        kinds = Gst.MessageType.ELEMENT | Gst.MessageType.EOS
        found = set()
        while not {"force-pipeline-eos", "EOS"} <= found:
            message = playing.pipeline.get_bus().timed_pop_filtered(30 * Gst.SECOND, kinds)
            is_eos = message.type == Gst.MessageType.EOS
            found.add("EOS" if is_eos else message.get_structure().get_name())
