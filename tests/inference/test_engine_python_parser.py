"""A parser of one's own, from the configuration file to the objects."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from networks import constant_network
from pictures import RED, bright_box_network, make_rois

from penstock.config import InferConfig
from penstock.errors import ConfigError, ModelError
from penstock.inference import Engine, Roi
from penstock.meta import BatchMeta, FrameMeta, Surfaces
from penstock.surface import Colorimetry, CpuSurface

ONE = ((32, 24), (4, 6, 10, 8), RED, 1.0)
PERSON, BUS = 0, 5


@pytest.fixture
def engine(tmp_path):
    """An engine with the given source as its parser."""
    bright_box_network(tmp_path / "net.onnx")
    (tmp_path / "parsers").mkdir()

    def engine(source, *lines):
        (tmp_path / "parsers" / "mine.py").write_text(source)
        text = [
            "[property]",
            "onnx-file=net.onnx",
            "num-detected-classes=3",
            "net-scale-factor=0.00392156862745098",
            "batch-size=4",
            "cluster-mode=2",
            "custom-lib-path=parsers/mine.py",
            "parse-bbox-func-name=find",
            *lines,
        ]
        (tmp_path / "config.txt").write_text("\n".join(text))
        return Engine(InferConfig.read(tmp_path / "config.txt"), backend="onnxruntime")

    return engine


BRIGHT = """
def find(outputs, context):
    (box,), (scores,) = outputs["boxes"], outputs["scores"]
    return [(*box, max(scores), scores.argmax())]
"""


def test_it_is_found_beside_the_configuration_wherever_one_stands(engine, monkeypatch):
    monkeypatch.chdir(Path("/"))
    found = engine(BRIGHT)
    assert found.parser == "find of mine.py"
    assert found.warnings == ()
    (detection,) = found.infer(make_rois(ONE))[0]
    assert (detection.ltwh, detection.class_id) == ((4, 6, 10, 8), RED)


def test_clustering_and_filters_come_after_it(engine):
    twice = BRIGHT.replace("return [", "return [(0, 0, 9, 9, 0.9, 2), ").replace("]\n", "] * 2\n")
    found = engine(twice, "filter-out-class-ids=2")
    (detection,) = found.infer(make_rois(ONE))[0]
    assert detection.class_id == RED


def test_masks_come_from_its_own_key(engine):
    source = BRIGHT + "\ndef masks(outputs, context):\n    return find(outputs, context)\n"
    found = engine(source, "network-type=3", "parse-bbox-instance-mask-func-name=masks")
    assert found.parser == "masks of mine.py"
    assert engine(source, "network-type=3").parser == "find of mine.py"


def test_masks_of_another_shape_are_named(engine):
    source = (
        "import numpy as np\nfrom penstock.parsers import Parsed\n\n"
        "def find(outputs, context):\n"
        "    boxes, scores = outputs['boxes'], outputs['scores'].max(axis=1)\n"
        "    return Parsed(boxes, np.zeros(1), scores, np.ones((1, 28)))\n"
    )
    with pytest.raises(ModelError, match=r"find returned masks \(1, 28\) of float64, not \(N, h"):
        engine(source, "network-type=3").infer(make_rois(ONE))


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("def find(outputs, context):\n    return outputs['boxes']\n", r"find returned array\("),
        (
            "def find(outputs, context):\n    if outputs['scores'].max() > 0.5:\n"
            "        raise RuntimeError('too bright')\n    return []\n",
            r"mine\.py, line 3, in find: RuntimeError: too bright",
        ),
        (
            "def find(outputs, context):\n    return [1, 2]\n",
            r"mine\.py, line 1: find returned 1 as",
        ),
    ],
)
def test_what_goes_wrong_names_model_file_line_function_source_and_frame(engine, source, complaint):
    """Here in the third source; the two before are dark, and nothing is wrong with them."""
    rois = make_rois(*[((32, 24), (0, 0, 0, 0), RED, 0)] * 2, ONE)
    found = engine(source)
    with pytest.raises(ModelError, match=complaint) as caught:
        found.infer(rois)
    message = str(caught.value)
    assert "net.onnx: the parser 'find of mine.py' failed at source " in message
    if "too bright" in message:
        assert "failed at source 2 frame 9: " in message


def test_after_an_error_the_next_frame_is_fine(engine):
    found = engine(
        "calls = []\n\ndef find(outputs, context):\n    calls.append(1)\n"
        "    if len(calls) == 1:\n        raise ValueError('once')\n    return []\n"
    )
    with pytest.raises(ModelError, match="once"):
        found.infer(make_rois(ONE))
    assert found.infer(make_rois(ONE)) == [[]]


@pytest.mark.parametrize("backend", ["onnxruntime", "openvino"])
def test_a_network_nobody_knew_finds_people_and_a_bus(tmp_path, data_dir, backend):
    shutil.copy(Path(__file__).with_name("fastestdet.py"), tmp_path)
    model = data_dir / "models" / "FastestDet.onnx"
    (tmp_path / "config.txt").write_text(
        f"[property]\nonnx-file={model}\nnum-detected-classes=80\nmodel-color-format=1\n"
        "net-scale-factor=0.00392156862745098\ncluster-mode=2\ncustom-lib-path=fastestdet.py\n"
        "parse-bbox-func-name=parse\n[class-attrs-all]\npre-cluster-threshold=0.5\n"
    )
    engine = Engine(InferConfig.read(tmp_path / "config.txt"), backend=backend)
    picture = cv2.imread(str(data_dir / "bus.jpg"))
    frame = FrameMeta(size=(picture.shape[1], picture.shape[0]))
    surface = CpuSurface.from_planes((picture,), "BGR", colorimetry=Colorimetry())
    batch = BatchMeta([frame], surfaces=Surfaces([surface]))
    (found,) = engine.infer([Roi.whole(batch.frames[0])])
    classes = [one.class_id for one in found]
    assert classes.count(PERSON) >= 3
    assert classes.count(BUS) == 1
    (bus,) = (one for one in found if one.class_id == BUS)
    left, top, width, height = bus.ltwh
    assert 0 < left < 250
    assert 500 < width < 800
    assert 150 < top < 300
    assert 300 < height < 650


RAW_HEADS = {"a": (24, 3, 4), "b": (24, 2, 2), "c": (24, 1, 1)}
CFG = """
[net]
width=32
[yolo]
mask = 6,7,8
anchors = 2,2, 4,4, 6,6,  8,8, 10,10, 12,12,  14,14, 16,16, 18,18
{scale}
[convolutional]
filters=24
[yolo]
mask = 3,4,5
anchors = 2,2, 4,4, 6,6,  8,8, 10,10, 12,12,  14,14, 16,16, 18,18  # pixels
[yolo]
mask = 0,1,2
anchors = 2,2, 4,4, 6,6,  8,8, 10,10, 12,12,  14,14, 16,16, 18,18
"""


@pytest.fixture
def raw_heads(tmp_path):
    """An engine for raw YOLO layers: one box in the second anchor of the finest grid."""
    outputs = {name: np.full(shape, -20.0) for name, shape in RAW_HEADS.items()}
    cell = outputs["a"].reshape(3, 8, 3, 4)[1, :, 1, 2]
    cell[:] = [0, 0, 0, 0, 20, 20, -20, -20]
    model = constant_network(tmp_path / "raw.onnx", **outputs)

    def engine(cfg, *lines):
        if cfg is not None:
            (tmp_path / "yolo.cfg").write_text(cfg)
        (tmp_path / "config.txt").write_text(
            f"[property]\nonnx-file={model}\nnum-detected-classes=3\ncluster-mode=2\n"
            + "\n".join(["custom-network-config=yolo.cfg", *lines])
        )
        return Engine(InferConfig.read(tmp_path / "config.txt"), backend="onnxruntime")

    return engine


def test_anchors_come_from_the_darknet_file(raw_heads):
    engine = raw_heads(CFG.format(scale=""))
    assert engine.parser == "yolov3"
    (found,) = engine.infer(make_rois(ONE))[0]
    # centre (2.5 · 8, 1.5 · 8), anchor 4x4
    assert found.ltwh == pytest.approx((18, 10, 4, 4), abs=1e-3)


def test_without_the_darknet_file_the_parser_must_be_named(raw_heads):
    with pytest.raises(ModelError, match=r"several parsers.*=yolov3\|yolov4\|yolov5-heads\|yolov7"):
        raw_heads(None)
    engine = raw_heads(None, "parse-bbox-func-name=yolov3")
    (found,) = engine.infer(make_rois(ONE))[0]
    assert found.ltwh == pytest.approx((12, 0, 16, 24), abs=1e-3)  # anchor 16x30, cut at the edge


@pytest.mark.parametrize(
    ("cfg", "complaint"),
    [
        (
            CFG.format(scale="scale_x_y=one"),
            r"yolo\.cfg, line 7: scale_x_y: wanted numbers, got 'o",
        ),
        (
            CFG.replace("6,7,8", "6,7,9").format(scale=""),
            r"yolo\.cfg, line 5: wanted a mask of the",
        ),
        ("[yolo]\nmask=0\n", r"yolo\.cfg, line 2: wanted a mask of the 0 anchors, got \[0\.0\]"),
        ("[yolo]\n", r"yolo\.cfg, line 1: wanted a mask of the 0 anchors, got \[\]"),
    ],
)
def test_a_darknet_file_that_cannot_be_read_is_named(raw_heads, cfg, complaint):
    expected = rf"config\.txt, line 5, \[property\] custom-network-config: .*{complaint}"
    with pytest.raises(ConfigError, match=expected):
        raw_heads(cfg)


def test_a_darknet_file_of_another_network_is_refused(raw_heads):
    one_layer = CFG.format(scale="").split("[convolutional]")[0]
    with pytest.raises(ModelError, match=r"no parser recognises"):
        raw_heads(one_layer)
    with pytest.raises(ModelError, match=r"yolov3 reads 3 layers .*describes layers of 3 anchors"):
        raw_heads(one_layer, "parse-bbox-func-name=yolov3")
