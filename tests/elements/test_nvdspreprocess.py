"""nvdspreprocess and nvinfer input-tensor-meta in real pipelines."""

import numpy as np
import pytest
from batches import visit
from test_multi_rest import Served

import pyds
from footage import clip
from onnx_models import save_model
from penstock import kit
from penstock.config import InferConfig
from penstock.gst import nvevents
from penstock.inference import Engine, Roi
from penstock.meta import BatchMeta, FrameMeta, ObjectMeta, PreprocessMeta, Surfaces
from rest_orders import ask
from streams import Gst, error_text, finish

SCALE = "pixel-normalization-factor=0.00392156862745098\n"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("PENSTOCK_CACHE", str(tmp_path_factory.getbasetemp() / "compiled"))


def box_network(path):
    """A detector for 32x24: one box in the middle; the class is the brightest of R, G, B."""
    return save_model(
        path,
        [
            ("ReduceMax", ["image"], ["brightest"], {"axes": [2, 3], "keepdims": 0}),
            ("Reshape", ["brightest", "scores_shape"], ["scores"], {}),
            ("ReduceMax", ["scores"], ["one"], {"axes": [1, 2], "keepdims": 1}),
            ("Mul", ["one", "zero"], ["nothing"], {}),
            ("Add", ["nothing", "box"], ["boxes"], {}),
        ],
        inputs={"image": ["n", 3, 24, 32]},
        outputs={"boxes": ["n", 1, 4], "scores": ["n", 1, 3]},
        constants={
            "scores_shape": np.array([-1, 1, 3]),
            "zero": np.float32(0),
            "box": np.array([[(8, 6, 24, 18)]], np.float32),
        },
        metadata={"penstock.boxes": "xyxy"},
    )


def colour_network(path, *, depth=None):
    """A softmax of the mean colour; with `depth`, of the last frame less the first."""
    shape = ["n", 3, depth, 24, 32] if depth else ["n", 3, 24, 32]
    axes = [2, 3, 4] if depth else [2, 3]
    return save_model(
        path,
        [
            ("ReduceMean", ["image"], ["mean"], {"axes": axes, "keepdims": 0}),
            ("Mul", ["mean", "contrast"], ["far"], {}),
            ("Softmax", ["far"], ["colour"], {}),
        ],
        inputs={"image": shape},
        outputs={"colour": ["n", 3]},
        constants={"contrast": np.float32(9)},
    )


@pytest.fixture
def folder(tmp_path):
    box_network(tmp_path / "boxes.onnx")
    colour_network(tmp_path / "colour.onnx")
    colour_network(tmp_path / "action.onnx", depth=3)
    (tmp_path / "names.txt").write_text("red\ngreen\nblue\n")
    (tmp_path / "kinds.txt").write_text("red;green;blue\n")
    infer = "[property]\nbatch-size=4\nnet-scale-factor=0.00392156862745098\n"
    (tmp_path / "boxes.txt").write_text(
        f"{infer}onnx-file=boxes.onnx\nlabelfile-path=names.txt\nnum-detected-classes=3\n"
        "cluster-mode=4\ngie-unique-id=1\n"
    )
    for name, unique_id in (("colour", 2), ("action", 3)):
        (tmp_path / f"{name}.txt").write_text(
            f"{infer}onnx-file={name}.onnx\nlabelfile-path=kinds.txt\nnetwork-type=1\n"
            f"gie-unique-id={unique_id}\n"
        )
    return tmp_path


def pre(folder, *, targets="1", shape="4;3;24;32", more="", user=SCALE, group="src-ids=-1\n"):
    path = folder / f"pre-{targets}.txt"
    path.write_text(
        f"[property]\ntarget-unique-ids={targets}\nnetwork-input-shape={shape}\n{more}"
        f"[user-configs]\n{user}[group-0]\n{group}"
    )
    return path


def line(chain, *, patterns=("green",), frames=3):
    inputs = " ".join(
        f"videotestsrc pattern={pattern} num-buffers={frames} ! video/x-raw,width=320,height=240 "
        f"! nvvideoconvert ! mux.sink_{n}"
        for n, pattern in enumerate(patterns)
    )
    return Gst.parse_launch(
        f"nvstreammux name=mux batch-size={len(patterns)} width=320 height=240 "
        f"! {chain} ! fakesink name=end {inputs}"
    )


def played(pipeline):
    """`(source, frame, objects)` of each frame at the end, all tensors, and the warnings."""
    frames, tensors, warned = [], [], []

    def look(batch):
        frames.extend((f.source_id, f.frame_num, list(f.objects)) for f in batch.frames)
        tensors.extend(batch.user.of(PreprocessMeta))

    visit(pipeline, "end", look, pad="sink")
    pipeline.get_bus().set_sync_handler(note_warning, warned)
    message = finish(pipeline)
    assert message.type == Gst.MessageType.EOS, error_text(message)
    return frames, tensors, warned


def note_warning(_bus, message, texts):
    if message.type == Gst.MessageType.WARNING:
        texts.append(message.parse_warning()[0].message)
    return Gst.BusSyncReply.PASS


def facts(frames):
    return {
        (source, number): [(o.label, tuple(map(round, o.ltwh))) for o in objects]
        for source, number, objects in frames
    }


def infer(folder, name="boxes", *, given=True):
    return (
        f"nvinfer name={name} config-file-path={folder / name}.txt "
        f"{'input-tensor-meta=true' if given else ''}"
    )


ROIS = """\
src-ids=0;1
process-on-roi=1
roi-params-src-0=0;0;160;120;160;120;160;120
roi-params-src-1=40;40;200;100
"""


def test_each_sources_regions_are_looked_at_and_boxes_come_back_to_the_frame(folder):
    config = pre(folder, group=ROIS)
    pipeline = line(
        f"nvdspreprocess config-file={config} ! {infer(folder)}", patterns=("green", "red", "blue")
    )
    frames, tensors, warned = played(pipeline)
    assert warned == []
    left, right = ("green", (40, 30, 80, 60)), ("green", (200, 150, 80, 60))
    for number in range(3):
        found = facts(frames)
        assert found[0, number] == [left, right]
        assert found[1, number] == [("red", (90, 65, 100, 50))]
        assert found[2, number] == []  # in no group
    regions = [region for meta in tensors for region in meta.regions]
    assert len(regions) == 9
    for region in regions:
        (obj,) = region.objects
        assert obj in region.frame.objects


@pytest.fixture
def people(folder):
    """The kit's detector, in f32, and how its input is prepared."""
    of_kit = kit.config_of("yolov4-tiny")
    config = of_kit.read_text().replace("network-mode=2", "network-mode=0")
    for key in ("onnx-file", "labelfile-path"):
        config = config.replace(f"{key}=", f"{key}={of_kit.parent}/")
    (folder / "people.txt").write_text(config)
    return {"shape": "4;3;352;608", "more": "maintain-aspect-ratio=1\nsymmetric-padding=1\n"}


def street(chain, data_dir):
    return Gst.parse_launch(
        f"filesrc location={data_dir}/video/vtest.avi ! avidemux ! avdec_msmpeg4 "
        "! identity eos-after=6 ! nvvideoconvert ! mux.sink_0 "
        f"nvstreammux name=mux batch-size=1 width=768 height=576 ! {chain} ! fakesink name=end"
    )


def same(found, expected, *, offset=(0, 0)):
    """Whether both are the same objects; `expected` lies in a piece that begins at `offset`."""
    left, top = offset
    boxes = [(one.ltwh[0] + left, one.ltwh[1] + top, *one.ltwh[2:]) for one in expected]
    assert [one.label for one in found] == [one.label for one in expected]
    np.testing.assert_allclose([one.ltwh for one in found], boxes, atol=0.05)
    confidences = [[one.confidence for one in those] for those in (found, expected)]
    np.testing.assert_allclose(*confidences, atol=1e-3)


def test_the_whole_frame_prepared_is_what_nvinfer_sees_by_itself(folder, people, data_dir):
    plain, given = (
        [obj for _, _, objects in played(street(chain, data_dir))[0] for obj in objects]
        for chain in (
            infer(folder, "people", given=False),
            f"nvdspreprocess config-file={pre(folder, **people)} ! {infer(folder, 'people')}",
        )
    )
    assert len(plain) > 20
    same(given, plain)


def test_a_region_is_what_its_pixels_are_when_cut_out_by_hand(folder, people, data_dir):
    group = "src-ids=0\nprocess-on-roi=1\nroi-params-src-0=16;32;400;300;300;200;468;376\n"
    config = pre(folder, **people, group=group)
    pipeline = street(f"nvdspreprocess config-file={config} ! {infer(folder, 'people')}", data_dir)
    engine, counts = Engine(InferConfig.read(folder / "people.txt")), []

    def compare(batch):
        (meta,) = batch.user.of(PreprocessMeta)
        for region in meta.regions:
            left, top, width, height = region.ltwh
            piece = FrameMeta(size=(int(width), int(height)))
            held = BatchMeta([piece], surfaces=Surfaces([region.frame.surface.crop(region.ltwh)]))
            (expected,) = engine.infer([Roi.whole(held.frames[0])])
            same(region.objects, expected, offset=(left, top))
            counts.append(len(expected))

    visit(pipeline, "end", compare, pad="sink")
    played(pipeline)
    assert len(counts) == 2 * 5
    assert min(counts) > 0


def test_objects_are_prepared_and_classified(folder):
    config = pre(
        folder,
        targets="2",
        more="process-on-frame=0\noperate-on-gie-id=1\n",
        group="src-ids=-1\nprocess-on-all-objects=1\n",
    )
    pipeline = line(
        f"{infer(folder, given=False)} ! nvdspreprocess config-file={config} "
        f"! {infer(folder, 'colour')}",
        patterns=("green", "red"),
    )
    frames, tensors, _ = played(pipeline)
    for source, _, objects in frames:
        (obj,) = objects
        assert [one.label for one in obj.classifications] == [("green", "red")[source]]
    for region in (region for meta in tensors for region in meta.regions):
        assert region.parent.classifiers == region.classifiers != []


def test_a_detector_on_prepared_objects_adds_children(folder):
    config = pre(
        folder, more="process-on-frame=0\n", group="src-ids=-1\nprocess-on-all-objects=1\n"
    )
    pipeline = line(f"nvdspreprocess config-file={config} ! {infer(folder)}")
    visit(
        pipeline,
        "mux",
        lambda batch: [f.add(ObjectMeta((100, 100, 64, 48), label="thing")) for f in batch.frames],
    )
    frames, _, _ = played(pipeline)
    for _, _, (thing, inner) in frames:
        assert inner.parent is thing
        assert (inner.label, inner.ltwh) == ("green", (116, 112, 32, 24))


def test_deep_tensors_are_classified_when_they_are_complete(folder):
    config = pre(folder, targets="3", shape="4;3;3;24;32", more="network-input-order=2\n")
    pipeline = line(
        f"nvdspreprocess config-file={config} ! {infer(folder, 'action')}",
        patterns=("green", "red"),
        frames=5,
    )
    frames, tensors, warned = played(pipeline)
    assert warned == []
    for (source, number), found in facts(frames).items():
        assert [box for _, box in found] == [(0, 0, 320, 240)] * (number >= 2), (source, number)
    for source, _, objects in frames:
        assert [o.text.text for o in objects] == [("green", "red")[source]] * len(objects)
    assert {meta.tensor.shape[1:] for meta in tensors} == {(3, 3, 24, 32)}


def test_two_networks_take_what_is_theirs(folder):
    other = pre(folder, targets="2", group="src-ids=0\n")
    mine = pre(folder, targets="1", group=ROIS)
    pipeline = line(
        f"nvdspreprocess config-file={other} ! nvdspreprocess config-file={mine} "
        f"! {infer(folder)} ! {infer(folder, 'colour')}",
        patterns=("green", "red"),
    )
    frames, tensors, _ = played(pipeline)
    names = {0: ["green", "green", ""], 1: ["red"]}
    for source, _, objects in frames:
        assert [obj.label for obj in objects] == names[source]
    assert {tuple(meta.target_ids) for meta in tensors} == {(1,), (2,)}


def test_an_event_replaces_a_sources_regions(folder):
    pipeline = line(
        f"nvdspreprocess config-file={pre(folder, group=ROIS)} ! {infer(folder)}",
        patterns=("green", "red"),
        frames=6,
    )
    mux = pipeline.get_by_name("mux").get_static_pad("src")

    def send(stream, *boxes, count=None):
        names = ("left", "top", "width", "height")
        regions = [{"roi_id": "a", **dict(zip(names, box, strict=True))} for box in boxes]
        count = len(boxes) if count is None else count
        values = {"stream_id": stream, "roi-count": count, "roi": regions}
        nvevents.push_update(mux, "nv-roi-update", values)

    def change(batch):
        if batch.frames[0].frame_num == 3:
            send("0", (160, 120, 64, 48))
            send("door", (0, 0, 9, 9))
            send("1", (0, 0, 9, 9), count=2)
            send("7", (0, 0, 9, 9))
            nvevents.push_update(mux, "nv-roi-update", {"stream_id": "1", "roi-count": "two"})

    visit(pipeline, "mux", change)
    frames, _, warned = played(pipeline)
    found = facts(frames)
    assert [len(found[0, number]) for number in range(6)] == [2, 2, 2, 1, 1, 1]
    assert found[0, 5] == [("green", (176, 132, 32, 24))]
    assert {len(found[1, number]) for number in range(6)} == {1}
    assert [text.partition(": ")[2] for text in warned] == [
        "nv-roi-update for stream 'door' is ignored: stream_id must be a source's number",
        "nv-roi-update for stream '1' is ignored: wanted roi-count=2 regions with left, top, width "
        "and height",
        "nv-roi-update for stream '7' is ignored: source 7 is in no group of the file",
        "nv-roi-update for stream '1' is ignored: wanted roi-count=two regions with left, top, "
        "width and height",
    ]


def test_regions_are_replaced_by_rest(folder):
    video = clip(folder / "ball.mp4").as_uri()
    config = pre(folder, group=ROIS)
    boxes = []

    def look(batch):
        boxes[:] = [r.ltwh for meta in batch.user.of(PreprocessMeta) for r in meta.regions]

    regions = [{"roi_id": "a", "left": 4, "top": 6, "width": 30, "height": 20}]
    values = {"stream_id": "0", "roi_count": 1, "roi": regions}
    then = f"nvdspreprocess name=pre config-file={config} ! fakesink sync=false async=false"
    with Served(video, then=then) as playing:
        visit(playing.pipeline, "pre", look)
        playing.wait_for_more()
        assert len(boxes) == 2
        assert ask(playing.port, "/api/v1/roi/update", {"stream": values})[0] == 200
        playing.wait_for_more(5)
    assert boxes == [(4, 6, 30, 20)]


def test_both_branches_of_a_tee_have_regions_of_their_own_frames(folder):
    tee = "tee name=t t. ! queue ! {} ! fakesink t. ! queue"
    chain = f"nvdspreprocess config-file={pre(folder, group=ROIS)} ! {tee} ! {infer(folder)}"
    detector = infer(folder).replace("name=boxes", "name=other")
    frames, tensors, _ = played(line(chain.format(detector), patterns=("green", "red")))
    assert [len(objects) for source, _, objects in frames if source == 0] == [2] * 3
    for region in (region for meta in tensors for region in meta.regions):
        assert [obj in region.frame.objects for obj in region.objects] == [True]


def test_properties_win_over_the_file_which_they_show(folder):
    config = pre(folder, group="src-ids=-1\nprocess-on-all-objects=1\n", more="unique-id=7\n")
    pipeline = line(f"nvdspreprocess name=pre ! {infer(folder)}")
    element = pipeline.get_by_name("pre")
    element.set_property("process-on-frame", False)
    element.set_property("config-file", str(config))
    assert element.get_property("unique-id") == 7
    assert element.get_property("target-unique-ids") == "1"
    frames, tensors, warned = played(pipeline)
    assert facts(frames) == {(0, number): [] for number in range(3)}
    assert tensors == []
    (text,) = warned
    assert text == (
        "boxes: input-tensor-meta: no tensor for unique-id 1 has come, so nothing is inferred: "
        "nvdspreprocess with target-unique-ids=1 must come before it"
    )


def test_tensors_for_others_are_named_where_none_is_for_nvinfer(folder):
    config = pre(folder, targets="1")
    chain = f"nvdspreprocess config-file={config} target-unique-ids=4;5 ! {infer(folder)}"
    _, tensors, (text,) = played(line(chain))
    assert tensors[0].target_ids == {4, 5}
    assert text.endswith("must come before it; there are tensors for 4, 5")
    _, tensors, _ = played(line(f"nvdspreprocess config-file={config} enable=false"))
    assert tensors == []


def test_regions_are_drawn_where_asked(folder):
    sums = []
    for draw in (0, 1):
        group = f"{ROIS}draw-roi={draw}\nroi-color=1;1;1;1\n"
        pipeline = line(f"nvdspreprocess config-file={pre(folder, group=group)} ! nvdsosd")
        visit(
            pipeline,
            "end",
            lambda batch: sums.append(int(batch.surfaces[0].planes("RGB")[0].sum())),
            pad="sink",
        )
        played(pipeline)
    assert sums[0] < sums[-1]


def test_scripts_find_the_tensors_among_the_batchs_user_meta(folder):
    pipeline = line(f"nvdspreprocess config-file={pre(folder)}", frames=1)
    seen = []

    def read(_pad, info):
        batch = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
        user = pyds.NvDsUserMeta.cast(batch.batch_user_meta_list.data)
        seen.append(int(user.base_meta.meta_type))
        return Gst.PadProbeReturn.OK

    pipeline.get_by_name("end").get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, read)
    assert finish(pipeline).type == Gst.MessageType.EOS
    assert seen == [28]


def test_what_is_left_out_is_told_once(folder):
    group = "src-ids=0\nprocess-on-roi=1\nroi-params-src-0=320;0;9;9;0;0;9;9\n"
    _, tensors, (text,) = played(line(f"nvdspreprocess config-file={pre(folder, group=group)}"))
    assert text.endswith("a region of source 0 lies outside its frame and is left out")
    assert [len(meta.regions) for meta in tensors] == [1] * 3
    config = pre(
        folder,
        targets="3",
        shape="4;3;3;24;32",
        more="network-input-order=2\nprocess-on-frame=0\n",
        group="src-ids=-1\nprocess-on-all-objects=1\n",
    )
    chain = f"{infer(folder, given=False)} ! nvdspreprocess config-file={config}"
    _, tensors, (text,) = played(line(chain))
    assert tensors == []
    assert "3 object(s) without a track were left out" in text
    assert text.endswith("put nvtracker before this element")


def test_classifying_later_means_nothing_for_tensors(folder):
    path = folder / "colour.txt"
    path.write_text(f"{path.read_text()}classifier-async-mode=1\nprocess-mode=2\n")
    chain = f"nvdspreprocess config-file={pre(folder, targets='2')} ! {infer(folder, 'colour')}"
    frames, _, (text,) = played(line(chain))
    assert [objects[0].text.text for _, _, objects in frames] == ["green"] * 3
    assert text.endswith(
        "[property] classifier-async-mode: without effect on tensors that were prepared before"
    )


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (
            {"shape": "4;3;12;16"},
            "boxes.onnx: the network takes (3, 24, 32) of float32 a region, but the tensor '' of "
            "nvdspreprocess (unique-id 15) has (3, 12, 16) of float32; set its "
            "network-input-shape, network-input-order and tensor-data-type to what the network "
            "takes",
        ),
        ({"shape": "3;24;32"}, "line 3, [property] network-input-shape: wanted four numbers"),
        (
            {"more": "custom-lib-path=no.py\ncustom-tensor-preparation-function=f\n"},
            "line 4, [property] custom-lib-path: cannot read ",
        ),
    ],
)
def test_what_is_wrong_is_one_error(folder, keys, message):
    chain = f"nvdspreprocess config-file={pre(folder, **keys)} ! {infer(folder)}"
    assert message in error_text(finish(line(chain)))


def test_without_a_file_or_with_wrong_ids_it_does_not_start(folder):
    text = error_text(finish(line("nvdspreprocess")))
    assert "config-file must name a configuration file, got nothing" in text
    chain = f"nvdspreprocess config-file={pre(folder)} target-unique-ids=one"
    text = error_text(finish(line(chain)))
    assert "property target-unique-ids: wanted 1;2;…, got 'one'" in text


def test_a_function_that_raises_while_playing_is_an_error_with_its_line(folder):
    (folder / "mine.py").write_text(
        "def make(pictures, context):\n"
        "    if context.regions[0].frame.frame_num == 2:\n"
        "        raise ValueError('lens cap on')\n"
        "    return pictures.transpose(0, 3, 1, 2)\n"
    )
    more = "custom-lib-path=mine.py\ncustom-tensor-preparation-function=make\n"
    pipeline = line(f"nvdspreprocess config-file={pre(folder, more=more)} ! {infer(folder)}")
    text = error_text(finish(pipeline))
    assert text.endswith("mine.py, line 3, in make: ValueError: lens cap on")


def test_a_source_that_begins_anew_begins_its_tensors_anew(folder):
    config = pre(folder, targets="3", shape="4;3;3;24;32", more="network-input-order=2\n")
    pipeline = line(f"nvdspreprocess config-file={config}", frames=7)
    mux, counts = pipeline.get_by_name("mux").get_static_pad("src"), []

    def reset(batch):
        if batch.frames[0].frame_num == 3:
            nvevents.push_stream_reset(mux, 0)

    visit(pipeline, "mux", reset)
    visit(pipeline, "end", lambda batch: counts.append(len(batch.user)), pad="sink")
    assert finish(pipeline).type == Gst.MessageType.EOS
    assert counts == [0, 0, 1, 0, 0, 1, 1]


def test_each_run_begins_anew(folder):
    config = pre(folder, targets="3", shape="4;3;3;24;32", more="network-input-order=2\n")
    pipeline = line(f"nvdspreprocess config-file={config}", frames=4)
    counts = []
    visit(pipeline, "end", lambda batch: counts.append(len(batch.user)), pad="sink")
    for _ in range(2):
        assert finish(pipeline).type == Gst.MessageType.EOS
    assert counts == [0, 0, 1, 1] * 2
