"""A detector of the kit behind DetectNet_v2's outputs: its boxes come back."""

import json

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper
from runtimes import open_onnxruntime, run_openvino

from penstock import kit
from penstock.kit.sdk.candidates import Part
from penstock.kit.sdk.detectnet import Contract, write_detectnet
from penstock.kit.sdk.detectors import DETECTORS
from penstock.parsers import Head, ParseContext
from penstock.parsers.detectnet import DetectNetParser
from penstock.pipeline import DetectJob, detect

SIZE = (960, 544)
CONTRACT = Contract(SIZE, "images", "output_cov", "output_bbox")
CANDIDATES, CLASSES = 256, 2
ROWS = 4 + CLASSES
GROUPS = ((1,), (0,))  # the whole's classes are the network's, the other way round


def write_reader(path):
    """A detector that reads its candidates off the first rows of the picture's first channel."""
    nodes = [
        helper.make_node("Slice", ["images", "first", "end", "axes"], ["told"]),
        helper.make_node("Reshape", ["told", "shape"], ["rows"]),
        helper.make_node("Transpose", ["rows"], ["columns"], perm=[0, 2, 1]),
        helper.make_node("Split", ["columns", "widths"], ["boxes", "scores"], axis=2),
    ]
    numbers = {
        "first": [0, 0, 0],
        "end": [1, ROWS, CANDIDATES],
        "axes": [1, 2, 3],
        "shape": [0, ROWS, CANDIDATES],
        "widths": [4, CLASSES],
    }
    sides = {"images": (3, SIZE[1], SIZE[0]), "boxes": (CANDIDATES, 4), "scores": (CANDIDATES, 2)}
    images, *outputs = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", *shape])
        for name, shape in sides.items()
    )
    constants = [numpy_helper.from_array(np.array(v, np.int64), k) for k, v in numbers.items()]
    graph = helper.make_graph(nodes, "reader", [images], outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7)
    onnx.save(model, str(path))
    return path


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    folder = tmp_path_factory.mktemp("detectnet")
    reader = Part(write_reader(folder / "reader.onnx"), GROUPS)
    write_detectnet(folder / "whole.onnx", CONTRACT, parts=[reader], about="a test")
    return folder / "whole.onnx"


@pytest.fixture(scope="module")
def session(network):
    return open_onnxruntime(network)


def picture(objects):
    """The picture that makes the reader find `(left, top, right, bottom, class, score)` rows."""
    rows = np.zeros((ROWS, CANDIDATES), np.float32)
    for column, (left, top, right, bottom, class_id, score) in enumerate(objects):
        rows[:4, column] = (left + right) / 2, (top + bottom) / 2, right - left, bottom - top
        rows[4 + class_id, column] = score
    rows[:4] /= np.array([*SIZE, *SIZE]).reshape(4, 1)
    image = np.zeros((3, SIZE[1], SIZE[0]), np.float32)
    image[0, :ROWS, :CANDIDATES] = rows
    return image


def parse(outputs, *, classes=CLASSES, threshold=0.1):
    """What DeepStream's rules make of the outputs for one picture, before clustering."""
    layers = {name: array.shape for name, array in outputs.items()}
    thresholds = np.full(classes, threshold, np.float32)
    context = ParseContext(SIZE, classes, thresholds, clip=False)
    return DetectNetParser(Head(layers, SIZE)).parse(outputs, context)


def found(session, objects):
    names = [output.name for output in session.get_outputs()]
    arrays = session.run(names, {"images": picture(objects)[None]})
    return parse({name: array[0] for name, array in zip(names, arrays, strict=True)})


def overlap(first, second):
    sides = np.minimum(first[2:], second[2:]) - np.maximum(first[:2], second[:2])
    shared = np.prod(np.maximum(sides, 0))
    whole = sum(np.prod(box[2:] - box[:2]) for box in (first, second))
    return shared / (whole - shared)


def box(left, top, width, height, class_id=0, score=0.9):
    return (left, top, left + width, top + height, class_id, score)


def test_an_object_is_in_nine_cells_each_with_its_box_and_score(session):
    parsed = found(session, [box(100, 200, 50, 120, class_id=0, score=0.75)])
    np.testing.assert_allclose(parsed.boxes, [[100, 200, 150, 320]] * 9, atol=0.01)
    np.testing.assert_allclose(parsed.confidences, [0.75] * 9, atol=1e-6)
    assert parsed.class_ids.tolist() == [1] * 9


@pytest.mark.parametrize(("left", "top"), [(-20, -20), (930, 500), (-20, 500), (0, 0)])
def test_so_is_one_at_the_edge_of_the_picture(session, left, top):
    parsed = found(session, [box(left, top, 40, 60)])
    np.testing.assert_allclose(parsed.boxes, [[left, top, left + 40, top + 60]] * 9, atol=0.01)


def test_two_objects_whose_centres_share_a_cell_are_both_told(session):
    side_by_side, inside = box(100, 100, 60, 60), box(122, 124, 20, 20, score=0.6)
    parsed = found(session, [side_by_side, inside])
    assert {tuple(row) for row in parsed.boxes.round().astype(int).tolist()} == {
        side_by_side[:4],
        inside[:4],
    }


def test_objects_of_two_classes_do_not_disturb_each_other(session):
    parsed = found(session, [box(100, 100, 60, 60, 0, 0.9), box(101, 101, 60, 60, 1, 0.3)])
    assert sorted(
        zip(parsed.class_ids.tolist(), (100 * parsed.confidences).round().tolist(), strict=True)
    ) == ([(0, 30)] * 9 + [(1, 90)] * 9)


def test_a_weaker_box_of_the_same_object_is_left_out_and_what_it_covers_is_not(session):
    chain = [box(100, 100, 60, 100, score=0.9), box(115, 100, 60, 100, score=0.8)]
    chain.append(box(130, 100, 60, 100, score=0.7))  # overlaps the second, which is gone
    parsed = found(session, chain)
    assert {round(float(left)) for left in parsed.boxes[:, 0]} == {100, 130}


def test_nothing_is_told_where_nothing_is(session):
    assert len(found(session, []).boxes) == 0


OBJECTS = st.lists(
    st.tuples(
        st.integers(0, 900),
        st.integers(0, 500),
        st.integers(8, 300),
        st.integers(8, 300),
        st.integers(0, CLASSES - 1),
        st.integers(15, 99),
    ),
    max_size=25,
    unique_by=lambda row: row[5],
)


@settings(max_examples=40)
@given(rows=OBJECTS)
def test_every_told_box_is_an_object_and_every_object_apart_from_others_is_told(session, rows):
    objects = [box(x, y, w, h, kind, score / 100) for x, y, w, h, kind, score in rows]
    parsed = found(session, objects)
    told = {
        (*row, 1 - kind, round(float(score), 2))
        for row, kind, score in zip(
            parsed.boxes.round().astype(int).tolist(),
            parsed.class_ids.tolist(),
            parsed.confidences,
            strict=True,
        )
    }
    assert told <= set(objects)
    for one in objects:
        others = [other for other in objects if other is not one and other[4] == one[4]]
        centre = np.array([one[0] + one[2], one[1] + one[3]]) / 2
        crowded = any(
            overlap(np.array(one[:4]), np.array(other[:4])) > 0.49
            or np.abs(np.array([other[0] + other[2], other[1] + other[3]]) / 2 - centre).max() < 49
            for other in others
        )
        assert crowded or one in told


def test_a_batch_says_what_its_pictures_say_alone_and_openvino_agrees(session, network):
    pictures = [picture([box(100, 100, 60, 60)]), picture([]), picture([box(300, 50, 90, 40, 1)])]
    names = [output.name for output in session.get_outputs()]
    together = dict(zip(names, session.run(names, {"images": np.stack(pictures)}), strict=True))
    other = run_openvino(network, np.stack(pictures))
    for name in names:
        np.testing.assert_allclose(together[name], other[name], atol=1e-4)
        for number, one in enumerate(pictures):
            (alone,) = session.run([name], {"images": one[None]})
            np.testing.assert_allclose(together[name][number], alone[0], atol=1e-5)


DEEPSTREAM = """\
[property]
net-scale-factor=0.00392156862745098
onnx-file=resnet18_trafficcamnet_pruned.onnx
labelfile-path=labels.txt
network-mode=0
num-detected-classes=4
output-blob-names=output_cov/Sigmoid;output_bbox/BiasAdd
cluster-mode={mode}

[class-attrs-all]
pre-cluster-threshold=0.25
nms-iou-threshold=0.5
topk=200
eps=0.2
minBoxes=3
"""


class _Kit:
    """The makers' way to assets."""

    def __init__(self, cache):
        self.cache = cache

    def asset(self, name):
        return kit.get(name, cache=self.cache)


@pytest.fixture(scope="module")
def traffic(cache, tmp_path_factory):
    """TrafficCamNet's stand-in, with its labels."""
    folder = tmp_path_factory.mktemp("Primary_Detector")
    wanted = ("Primary_Detector/resnet18_trafficcamnet_pruned.onnx", "Primary_Detector/labels.txt")
    for stand_in in DETECTORS:
        if stand_in.path.endswith(wanted):
            stand_in.make(_Kit(cache), folder / stand_in.path.rpartition("/")[2])
    return folder


def persons(video, config, output):
    """For each frame the boxes `(N, 4)` of the persons found, pixels."""
    detect(DetectJob([str(video)], model=str(config), json=output, frames=8))
    frames = [json.loads(line)["objects"] for line in output.read_text().splitlines()]
    return [
        np.array(
            [
                (o["left"], o["top"], o["left"] + o["width"], o["top"] + o["height"])
                for o in objects
                if o["label"] == "person"
            ]
        )
        for objects in frames
    ]


# DBSCAN joins neighbours in a crowd, and wants three boxes of each here.
@pytest.mark.parametrize(("mode", "recall", "precision"), [(1, 0.8, 0.9), (2, 0.9, 0.9)])
def test_deepstreams_own_configuration_finds_what_the_kits_detector_finds(
    traffic, cache, data_dir, tmp_path, mode, recall, precision
):
    video = data_dir / "video" / "crowd_1080p.mp4"
    config = traffic / f"config_{mode}.txt"
    config.write_text(DEEPSTREAM.format(mode=mode))
    exact = tmp_path / "config_infer.txt"
    exact.write_text(
        kit.config_of("yolov4-tiny", cache=cache)
        .read_text()
        .replace("network-mode=2", "network-mode=0")
        .replace("onnx-file=", f"onnx-file={kit.get('yolov4-tiny', cache=cache).parent}/")
        .replace("labelfile-path=", f"labelfile-path={kit.get('yolov4-tiny', cache=cache).parent}/")
    )
    wanted = persons(video, exact, tmp_path / "kit.jsonl")
    got = persons(video, config, tmp_path / "traffic.jsonl")
    hits = sum(
        max((overlap(one, other) for other in there), default=0) > 0.5
        for here, there in zip(wanted, got, strict=True)
        for one in here
    )
    assert sum(map(len, wanted)) > 200
    # They see pictures scaled a little differently; what differs is near the threshold.
    assert hits / sum(map(len, wanted)) > recall
    assert hits / sum(map(len, got)) > precision
