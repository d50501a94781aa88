"""nvinferserver in real pipelines: models of a repository, run here, and of a real gRPC server."""

import threading
import time

import pytest
from batches import visit

from kserve_server import KServeServer
from penstock.meta import TensorMeta
from served_models import GREEN_BOX, colour_network, config_text, repository
from streams import Gst, error_text, finish

GREEN = "videotestsrc pattern=green num-buffers={frames} ! video/x-raw,width=320,height=240"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("PENSTOCK_CACHE", str(tmp_path_factory.getbasetemp() / "compiled"))


@pytest.fixture
def config(tmp_path):
    """Writes a configuration beside the repository and the labels; returns the file."""

    def write(name="server.txt", **settings):
        if not (tmp_path / "repo").exists():
            repository(tmp_path)
        (tmp_path / "labels.txt").write_text("red\ngreen\nblue\n")
        path = tmp_path / name
        path.write_text(config_text(**settings))
        return path

    return write


@pytest.fixture
def served(tmp_path):
    """Starts a server with the model `colour`."""
    servers = []

    def start(*, network=None, **settings):
        model = colour_network(tmp_path / "served.onnx", **(network or {}))
        server = KServeServer({"colour": model}, **settings)
        server.start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.fault = None
        server.stop()


def line(config, options="", *, sources=1, frames=3, then=""):
    """Green sources, a mux, nvinferserver."""
    source = GREEN.format(frames=frames)
    inputs = " ".join(f"{source} ! nvvideoconvert ! mux.sink_{n}" for n in range(sources))
    return Gst.parse_launch(
        f"nvstreammux name=mux batch-size={sources} width=320 height=240 "
        f"! nvinferserver name=infer config-file-path={config} {options} {then} "
        f"! fakesink name=end {inputs}"
    )


def found(pipeline, *, at="infer"):
    """Play; for each frame at the element's src pad what was found."""
    seen = []
    visit(pipeline, at, lambda batch: seen.extend(map(facts, batch.frames)))
    message = finish(pipeline)
    assert message.type == Gst.MessageType.EOS, error_text(message)
    return seen


def facts(frame):
    return [(o.label, o.class_id, o.component_id, tuple(map(round, o.ltwh))) for o in frame.objects]


def failure(pipeline):
    """Play until it fails; the text of the one error."""
    return error_text(finish(pipeline)).removeprefix("infer: ")


def warnings_of(pipeline):
    """Play to the end; the warnings."""
    texts = []
    bus = pipeline.get_bus()
    bus.set_sync_handler(lambda _bus, message: _keep(texts, message))
    assert finish(pipeline).type == Gst.MessageType.EOS
    return texts


def _keep(texts, message):
    if message.type == Gst.MessageType.WARNING:
        texts.append(message.parse_warning()[0].message.removeprefix("infer: "))
    return Gst.BusSyncReply.PASS


# In process


@pytest.mark.parametrize("sources", [1, 6])
def test_a_model_of_a_repository_runs_in_this_process(config, sources):
    assert found(line(config(), sources=sources)) == [GREEN_BOX] * 3 * sources


def test_a_repository_of_channels_last_is_read_as_it_is(config, tmp_path):
    repository(tmp_path, dims="24, 32, 3", last=True)
    assert found(line(config())) == [GREEN_BOX] * 3


def test_labels_come_from_the_repository_where_the_file_names_none(config):
    assert found(line(config(labels=""))) == [GREEN_BOX] * 3


def test_a_model_of_one_picture_at_a_time_runs_more_often(config, tmp_path):
    repository(tmp_path, max_batch=0, dims="1, 3, 24, 32", batch=1)
    model = tmp_path / "repo" / "colour" / "config.pbtxt"
    model.write_text(
        model.read_text().replace("[ 1, 4 ]", "[1, 1, 4]").replace("[ 1, 3 ]", "[1,1,3]")
    )
    texts = warnings_of(line(config(), sources=3))
    path = tmp_path / "server.txt"
    assert texts == [
        f"{path}, line 5, [infer_config] max_batch_size: 4, but the model takes 1 in one run; it "
        "runs more often"
    ]
    assert found(line(path, sources=3)) == [GREEN_BOX] * 9


def test_outputs_are_attached_for_python(config):
    path = config(post="other {}", output="output_tensor_meta: true")
    pipeline, seen = line(path), []

    def look(batch):
        for frame in batch.frames:
            (meta,) = frame.user.of(TensorMeta)
            shapes = {layer.name: layer.data.shape for layer in meta.layers}
            seen.append((shapes, meta.component_id, frame.infer_done))

    visit(pipeline, "infer", look)
    assert finish(pipeline).type == Gst.MessageType.EOS
    assert seen == [({"boxes": (1, 4), "scores": (1, 3)}, 5, True)] * 3


def test_a_second_one_looks_at_the_objects_of_the_first(config, tmp_path):
    second = config("second.txt", batch=2).read_text().replace("unique_id: 5", "unique_id: 6")
    second = second.replace("FULL_FRAME operate_on_gie_id: -1", "CLIP_OBJECTS operate_on_gie_id: 5")
    (tmp_path / "second.txt").write_text(second)
    then = f"! nvinferserver name=two config-file-path={tmp_path / 'second.txt'}"
    (one,) = GREEN_BOX
    inner = ("green", 1, 6, (120, 90, 80, 60))
    assert found(line(config(), then=then), at="two") == [[one, inner]] * 3


def test_what_the_file_says_can_be_read_at_once_and_the_elements_settings_win(config):
    element = Gst.ElementFactory.make("nvinferserver")
    element.set_property("interval", 3)
    element.set_property("config-file-path", str(config(batch=7, control="interval: 2")))
    names = ("batch-size", "unique-id", "process-mode", "interval")
    assert [element.get_property(name) for name in names] == [7, 5, 1, 3]


def test_batches_are_skipped_as_the_interval_says(config):
    assert found(line(config(control="interval: 1"), frames=4)) == [GREEN_BOX, []] * 2
    assert found(line(config(), "interval=2", frames=4)) == [GREEN_BOX, [], [], GREEN_BOX]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"model": "color"}, "has no model 'color'; it has colour"),
        (
            {"version": 7},
            "version 7 of the model is not offered; its version_policy offers 2 of 1, 2",
        ),
        ({"root": "nowhere"}, "cannot read the model repository"),
        ({"post": ""}, "wanted one of detection, classification"),
        ({"backend": 'outputs { name: "box" }'}, "the model has no output 'box'; it has 'boxes'"),
        ({"backend": "inputs { dims: [3, 25, 32] }"}, "dims (3, 25, 32) are not those of the"),
    ],
)
def test_what_is_wrong_is_one_error_that_names_the_line(config, settings, said):
    path = config(**settings)
    text = failure(line(path))
    assert said in text
    assert text.startswith(f"{path}, line ")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"dims": "3, 25, 32"}, "input 'image' is (?, 3, 25, 32), the batch in front of dims, by"),
        (
            {"dtype": "TYPE_FP16"},
            "input 'image' is float16 by config.pbtxt, but (?, 3, 24, 32) float32",
        ),
        ({"more": 'output { name: "masks" }'}, "output 'masks' is not in"),
        (
            {"batch": 2},
            "max_batch_size: 8 pictures in one run, but input 'image' is (2, 3, 24, 32)",
        ),
    ],
)
def test_a_repository_that_contradicts_its_network_is_an_error(config, tmp_path, settings, said):
    repository(tmp_path, **settings)
    text = failure(line(config()))
    assert said in text
    assert text.startswith(f"{tmp_path}/repo/colour/config.pbtxt, line ")


# On a server


@pytest.mark.parametrize("kind", [{}, {"typed": True}, {"plain": True}])
def test_a_server_runs_the_model(config, served, kind):
    server = served(**kind)
    assert found(line(config(url=server.url), sources=3)) == [GREEN_BOX] * 9
    assert server.batches[-1] == 3  # all frames of a batch in one question


def test_a_server_is_asked_for_no_more_than_it_takes(config, served):
    server = served(max_batch=2)
    texts = warnings_of(line(config(url=server.url), sources=3))
    assert texts[0].endswith(
        "max_batch_size: 4, but the model takes 2 in one run; it runs more often"
    )
    assert max(server.batches) == 2


def test_a_server_sends_only_the_outputs_that_are_read(config, served):
    server, seen = served(), []
    settings = {"post": "other {}", "output": "output_tensor_meta: true"}
    pipeline = line(config(url=server.url, backend='outputs { name: "scores" }', **settings))
    visit(pipeline, "infer", lambda batch: seen.append(batch.frames[0].user[TensorMeta].layers))
    assert finish(pipeline).type == Gst.MessageType.EOS
    assert [[one.name for one in layers] for layers in seen] == [["scores"]] * 3
    assert server.asked == {"scores"}


def test_the_server_says_that_channels_stand_last(config, served):
    server = served(network={"last": True})
    assert found(line(config(url=server.url))) == [GREEN_BOX] * 3


@pytest.mark.parametrize("dims", ["3, 24, 32", "1, 3, 24, 32"])
def test_sides_that_the_server_leaves_open_are_those_of_the_file(config, served, dims):
    server = served(network={"sides": ("h", "w")})
    path = config(url=server.url, backend=f"inputs {{ dims: [{dims}] }}")
    assert found(line(path)) == [GREEN_BOX] * 3


def test_dims_of_another_rank_are_compared_with_the_server_s(config, served):
    text = failure(line(config(url=served().url, backend="inputs { dims: [3] }")))
    assert "dims (3,) are not those of the model's input 'image', (?, 3, 24, 32) float32" in text


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("shape", "output 'scores' should be (?, 1, 3) float32, the answer has (1, 1, 2) float32"),
        ("rank", "output 'scores' should be (?, 1, 3) float32, the answer has (3,) float32"),
        ("dtype", "output 'scores' should be (?, 1, 3) float32, the answer has (1, 1, 3) float64"),
        ("missing", "the answer lacks output 'scores' (?, 1, 3) float32; it has 'boxes'"),
        ("nan", "output 'scores' (?, 1, 3) float32: 1 of 3 numbers are NaN"),
        ("short", "output 'boxes' is said to be (1, 1, 4) FP32, 16 bytes; the answer has 13 bytes"),
        ("vast", f"output 'boxes' is said to be ({2**62}, {2**62}, 4) FP32, "),
        ("texts", "output 'boxes' is said to be (1, 1, 4) BYTES; wanted numbers"),
        ("refuse", "the server refused: out of memory"),
    ],
)
def test_nonsense_is_one_error_that_names_layer_and_shapes(config, served, fault, said):
    server = served()
    server.fault = fault
    text = failure(line(config(url=server.url, batch=1)))
    assert f"colour at {server.url}: {said}" in text


def test_nonsense_in_mid_stream_is_one_error_too(config, served):
    server = served()
    pipeline = line(config(url=server.url), frames=1000)

    def spoil(_batch):
        server.fault = "shape"

    visit(pipeline, "infer", spoil)
    text = failure(pipeline)
    assert "output 'scores' should be (?, 1, 3) float32" in text
    assert "(looking at source 0 frame " in text


def test_a_restart_is_survived_and_warned_about_once(config, served):
    server = served()
    pipeline, seen = line(config(url=server.url), frames=30), []

    def look(batch):
        seen.append(facts(batch.frames[0]))
        if len(seen) in (5, 15):
            server.stop()
            threading.Timer(0.3, server.start).start()

    visit(pipeline, "infer", look)
    texts = warnings_of(pipeline)
    assert seen == [GREEN_BOX] * 30
    (text,) = texts
    assert text.startswith(f"the server at {server.url} went away (")
    assert text.endswith("); waiting up to 10 s for it")


def test_a_server_that_stays_away_is_an_error(config, served):
    server = served()
    pipeline = line(config(url=server.url), "server-timeout=500", frames=1000)
    visit(pipeline, "infer", lambda _batch: server.stop())
    assert "the server went away and was not back within 0.5 s: " in failure(pipeline)
    server.start()


def test_a_server_that_is_not_there_is_an_error_at_the_start(config, served):
    server = served()
    server.stop()
    text = failure(line(config(url=server.url), "server-timeout=300"))
    assert text.startswith(f"colour at {server.url}: not ready within 0.3 s: ")
    server.start()


def test_a_model_that_the_server_lacks_is_an_error(config, served):
    server = served()
    text = failure(line(config(url=server.url, model="color"), "server-timeout=300"))
    assert text.endswith("not ready within 0.3 s: the server has no model 'color' that is ready")


def test_an_answer_that_takes_too_long_is_an_error(config, served):
    server = served()
    server.fault = "slow"
    text = failure(line(config(url=server.url), "server-timeout=300"))
    assert f"colour at {server.url}: no answer within 0.3 s" in text


def test_whoever_stops_the_pipeline_does_not_wait_for_an_answer(config, served):
    server = served()
    pipeline = line(config(url=server.url), "server-timeout=60000", frames=1000)

    def hang(_batch):
        server.fault = "hang"

    visit(pipeline, "infer", hang)
    bus = pipeline.get_bus()
    pipeline.set_state(Gst.State.PLAYING)
    assert server.hanging.wait(20)
    time.sleep(0.3)  # until the source waits, too
    pipeline.set_state(Gst.State.READY)
    assert server.hanging.is_set()  # it has not answered yet
    assert bus.pop_filtered(Gst.MessageType.ERROR) is None
    pipeline.set_state(Gst.State.NULL)


def test_whoever_stops_the_pipeline_does_not_wait_for_the_server(config, served):
    server, seen = served(), threading.Event()
    pipeline = line(config(url=server.url), "server-timeout=15000", frames=1000)

    def away(_batch):
        server.stop()
        seen.set()

    visit(pipeline, "infer", away)
    pipeline.set_state(Gst.State.PLAYING)
    assert seen.wait(20)
    pipeline.set_state(Gst.State.READY)  # else it waits, and says that the server is away
    assert pipeline.get_bus().pop_filtered(Gst.MessageType.ERROR) is None
    pipeline.set_state(Gst.State.NULL)
    server.start()
