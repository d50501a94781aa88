"""What comes out of a network may be anything."""

import re

import numpy as np
import pytest
from networks import constant_network, quantise_input
from pictures import RED, bright_box_network, make_rois

from onnx_models import save_model
from penstock.backends import BACKENDS
from penstock.config import ClassAttributes, InferConfig
from penstock.errors import ModelError
from penstock.inference import CLUSTER_MODES, KEYPOINTS, Engine, attach

ONE = ((320, 240), (40, 60, 100, 80), RED, 1.0)
every_mode = pytest.mark.parametrize("mode", sorted(CLUSTER_MODES))
LOOSE = ClassAttributes(
    pre_cluster_threshold=0.0, nms_iou=0.5, eps=0.5, min_boxes=1, group_threshold=1
)


@pytest.fixture
def saying(tmp_path):
    """Makes engines whose network gives constant outputs."""

    def make(outputs, *, classes=3, metadata=None, backend="onnxruntime", **settings):
        model = constant_network(tmp_path / "constant.onnx", metadata=metadata, **outputs)
        config = InferConfig(tmp_path / "c.txt", model_file=model, num_classes=classes, **settings)
        return Engine(config, backend=backend)

    return make


def look(engine):
    (found,) = engine.infer(make_rois(ONE))
    return found


def boxes_and_scores(count, *, box=(4, 6, 14, 14), score=0.9):
    scores = np.zeros((count, 3))
    scores[:, 1] = score
    return {"boxes": np.tile(np.array(box, float), (count, 1)), "scores": scores}


XYXY = {"penstock.boxes": "xyxy"}


@pytest.mark.parametrize("backend", list(BACKENDS))
@pytest.mark.parametrize("rubbish", [np.nan, np.inf, -np.inf, 3e38, -3e38])
@pytest.mark.parametrize("where", ["boxes", "scores", "both"])
@every_mode
def test_rubbish_costs_only_itself(saying, backend, rubbish, where, mode):
    outputs = boxes_and_scores(6)
    if where in ("boxes", "both"):
        outputs["boxes"][0, 2] = rubbish
    if where in ("scores", "both"):
        outputs["scores"][1, 1] = rubbish
    engine = saying(
        outputs,
        metadata=XYXY,
        backend=backend,
        cluster_mode=mode,
        class_attributes={-1: ClassAttributes(eps=0.5, min_boxes=1, group_threshold=1)},
    )
    found = look(engine)
    assert found
    for one in found:
        assert np.isfinite([one.confidence, *one.ltwh]).all()
        left, top, width, height = one.ltwh
        assert 0 <= left < left + width <= 320 + 1e-3
        assert 0 <= top < top + height <= 240 + 1e-3


@pytest.mark.parametrize("rubbish", [np.nan, np.inf, 3e38])
def test_nothing_but_rubbish_is_nothing(saying, rubbish):
    outputs = {name: np.full_like(a, rubbish) for name, a in boxes_and_scores(6).items()}
    assert look(saying(outputs, metadata=XYXY)) == []


@every_mode
def test_a_network_that_finds_nothing_gives_nothing(saying, mode):
    outputs = boxes_and_scores(6, score=0.1)
    settings = {"cluster_mode": mode, "class_attributes": {-1: LOOSE}}
    strict = {"cluster_mode": mode}
    assert look(saying(outputs, metadata=XYXY, **strict)) == []
    outputs = boxes_and_scores(6, box=(4, 6, 4, 6))  # no area
    assert look(saying(outputs, metadata=XYXY, **settings)) == []


@every_mode
def test_ten_thousand_candidates_are_clustered(saying, mode):
    random = np.random.default_rng(1)
    corner = random.uniform(0, [28, 20], (10_000, 2))
    outputs = {
        "boxes": np.concatenate([corner, corner + random.uniform(1, 4, (10_000, 2))], axis=1),
        "scores": random.uniform(0.1, 1, (10_000, 3)),
    }
    engine = saying(outputs, metadata=XYXY, cluster_mode=mode, class_attributes={-1: LOOSE})
    found = look(engine)
    assert found
    assert len(found) == 10_000 if mode == 4 else len(found) < 10_000
    by_class = [(one.class_id, -one.confidence) for one in found]
    assert by_class == sorted(by_class)


@pytest.mark.parametrize("backend", list(BACKENDS))
def test_an_8_bit_network_runs_as_it_is(tmp_path, backend):
    """The configuration is one that was written for TensorRT's calibration."""
    bright_box_network(tmp_path / "net.onnx")
    quantise_input(tmp_path / "net.onnx")
    lines = [
        "onnx-file=net.onnx",
        "model-engine-file=net.onnx_b4_gpu0_int8.engine",
        "int8-calib-file=calibration.bin",
        "network-mode=1",
        "net-scale-factor=0.0039215697906911373",
        "num-detected-classes=3",
        "batch-size=4",
        "cluster-mode=2",
    ]
    (tmp_path / "c.txt").write_text("\n".join(["[property]", *lines]))
    config = InferConfig.read(tmp_path / "c.txt")
    engine = Engine(config, backend=backend)
    assert (*config.warnings, *engine.warnings) == ()
    (found,) = look(engine)
    assert (found.ltwh, found.class_id) == ((40, 60, 100, 80), RED)
    assert found.confidence == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("backend", list(BACKENDS))
def test_outputs_have_the_names_of_the_file(tmp_path, backend):
    """Though the optimiser does without the nodes that give them these names."""
    save_model(
        tmp_path / "net.onnx",
        [
            ("Mul", ["image", "half"], ["a_first"], {}),
            ("Identity", ["a_first"], ["z_cov"], {}),
            ("Concat", ["image", "image", "image", "image"], ["b_first"], {"axis": 1}),
            ("Identity", ["b_first"], ["z_bbox"], {}),
        ],
        inputs={"image": [1, 3, 4, 4]},
        outputs={"z_cov": [1, 3, 4, 4], "z_bbox": [1, 12, 4, 4]},
        constants={"half": np.float32(0.5)},
    )
    config = InferConfig(
        tmp_path / "c.txt",
        model_file=tmp_path / "net.onnx",
        num_classes=3,
        output_names=("z_bbox", "z_cov"),
    )
    for _ in range(2):  # the second time from the cache of compiled networks
        assert Engine(config, backend=backend).parser == "detectnet-v2"


def test_masks_reach_the_objects_where_that_is_asked_for(saying):
    """Prototypes of 8x6 cells: the left half of the picture is bright."""
    prototype = np.full((6, 8), -9.0)
    prototype[:, :4] = 9
    layer = np.zeros((4 + 1 + 2, 12 + 4 + 1))  # cells of a network of 32x24
    layer[:, 3] = [16, 12, 16, 12, 0.9, 1, 0]
    outputs = {"output0": layer, "output1": np.stack([prototype, prototype])}
    engine = saying(outputs, classes=1, cluster_mode=2, network_type=3, output_instance_mask=True)
    assert engine.parser == "yolov8-seg"
    rois = make_rois(ONE)
    (obj,) = attach(rois[0].frame, engine.infer(rois)[0], engine.config)
    np.testing.assert_allclose(obj.ltwh, (80, 60, 160, 120), atol=1e-3)
    assert obj.mask.data.dtype == np.float32
    assert obj.mask.data.shape == (3, 4)
    np.testing.assert_allclose(obj.mask.data, [[1, 1, 0, 0]] * 3, atol=1e-3)
    assert obj.mask.threshold == 0.5
    silent = saying(outputs, classes=1, cluster_mode=2)
    (obj,) = attach(rois[0].frame, silent.infer(rois)[0], silent.config)
    assert obj.mask is None


def test_keypoints_reach_the_objects(saying):
    layer = np.zeros((5 + 51, 17))
    layer[:5, 3] = [16, 12, 16, 12, 0.9]
    layer[5:8, 3] = [8, 6, 0.75]
    engine = saying({"output0": layer}, classes=1, cluster_mode=2)
    assert engine.parser == "yolov8-pose"
    rois = make_rois(ONE)
    (obj,) = attach(rois[0].frame, engine.infer(rois)[0], engine.config)
    (meta,) = obj.user
    assert meta.meta_type == KEYPOINTS
    assert meta.data.shape == (17, 3)
    np.testing.assert_allclose(meta.data[0], [80, 60, 0.75])
    copy = obj.copy().user[0].data
    assert (copy == meta.data).all()
    assert not np.shares_memory(copy, meta.data)


def test_raw_outputs_are_written_as_they_are(saying, tmp_path, monkeypatch):
    outputs = {"a/boxes:0": np.arange(12.0).reshape(3, 4), "scores": np.ones((3, 3)) / 8}
    monkeypatch.chdir(tmp_path)
    engine = saying(outputs, metadata=XYXY, component_id=7, raw_output_file_write=True)
    look(engine)
    look(engine)
    files = sorted(path.name for path in tmp_path.glob("gstnvdsinfer*"))
    assert files == [
        f"gstnvdsinfer_uid-07_layer-{layer}_batch-000000000{run}_batchsize-01.bin"
        for layer in ("a_boxes_0", "scores")
        for run in (0, 1)
    ]
    written = np.fromfile(tmp_path / files[0], np.float32)
    assert written.tolist() == list(range(12))


def test_raw_outputs_that_cannot_be_written_are_named(saying, tmp_path, monkeypatch):
    engine = saying(boxes_and_scores(3), metadata=XYXY, raw_output_file_write=True)
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    expected = r"raw-output-file-write: cannot write gstnvdsinfer.*working directory: No such file"
    with pytest.raises(ModelError, match=expected):
        look(engine)


def test_boxes_stick_out_where_clipping_is_off(saying):
    outputs = boxes_and_scores(1, box=(-8, -6, 16, 12))
    cut = look(saying(outputs, metadata=XYXY))
    whole = look(saying(outputs, metadata=XYXY, clip_to_roi=False))
    np.testing.assert_allclose(cut[0].ltwh, (0, 0, 160, 120), atol=1e-3)
    np.testing.assert_allclose(whole[0].ltwh, (-80, -60, 240, 180), atol=1e-3)


def test_the_property_of_the_element_switches_clipping_off(tmp_path):
    config = InferConfig(tmp_path / "c.txt").replace(clip_object_outside_roi=False)
    assert config.clip_to_roi is False
    assert re.search("clip-object-outside-roi", str(dict(config.overrides)))
