"""What single parsers do beside decoding: guesses, settings in the metadata, counts."""

import numpy as np
import pytest
from parser_cases import CASES, CELLS, SIZE, context_for, make_context, make_parser

from penstock.errors import ModelError
from penstock.parsers import PARSERS, Head, YoloLayer


def yolox(boxes, **metadata):
    layer = np.zeros((CELLS, 8), np.float32)
    layer[:, 4:6] = 1
    layer[: len(boxes), :4] = boxes
    parser = PARSERS.load("yolox")(
        Head({"output": layer.shape}, SIZE, num_classes=3, metadata=metadata)
    )
    return parser, {"output": layer}


@pytest.mark.parametrize(
    ("boxes", "kind"),
    [
        ([[0.5, 0.5, -1, 0.5], [0.2, 7, 0, 0]], "cells"),
        ([[0.5, 0.5, 0.2, 0.5], [0.2, 7, 0.1, 3]], "cells"),
        ([[40, 30, 10, 20], [100, 30, 4, 4]], "cxcywh"),
        ([[40, 30, 10, -1]], "cells"),
    ],
)
def test_yolox_sees_whether_its_boxes_are_decoded_and_says_so(boxes, kind, caplog):
    guessing, outputs = yolox(boxes)
    told, _ = yolox(boxes, **{"penstock.boxes": kind})
    found, expected = (p.parse(outputs, make_context()) for p in (guessing, told))
    np.testing.assert_array_equal(found.boxes, expected.boxes)
    (record,) = caplog.records
    assert f"taken for {kind}, by their values" in record.message
    assert "penstock.boxes" in record.message


def test_yolox_decides_once_and_not_from_nothing(caplog):
    parser, outputs = yolox([[40, 30, 10, 20]])
    parser.parse({"output": np.zeros_like(outputs["output"])}, make_context())
    assert not caplog.records
    parser.parse(outputs, make_context())
    _, cells = yolox([[0.5, 0.5, -1, 0.5]])
    parser.parse(cells, make_context())
    assert len(caplog.records) == 1


@pytest.mark.parametrize(
    ("name", "metadata", "complaint"),
    [
        ("yolox", {"penstock.boxes": "xyxy"}, "yolox expects cells or cxcywh"),
        ("efficientdet", {"penstock.anchor-scale": "four"}, "'four'; expected a number"),
        ("yolov10", {"penstock.boxes": "ltwh"}, "'ltwh'; expected one of cxcywh, "),
        ("ssd", {"penstock.boxes": ""}, "''; expected one of"),
    ],
)
def test_metadata_that_means_nothing_is_refused(name, metadata, complaint):
    with pytest.raises(ModelError, match=complaint):
        make_parser(name, metadata=metadata)


@pytest.mark.parametrize("told", ["", "[17]", "[0, 3]", "[17, 4]", "17", "(1, 2, 3)", "[a, b]"])
def test_keypoints_that_mean_nothing_are_those_of_a_body(told):
    parser = make_parser("yolov8-pose", metadata={"kpt_shape": told})
    found = parser.parse(
        CASES["yolov8-pose"].encode(np.array([[4.0, 4, 24, 24]]), [0], np.array([0.75])),
        context_for("yolov8-pose"),
    )
    assert found.keypoints.shape == (1, 17, 3)


def test_keypoints_without_a_place_have_no_score():
    outputs = CASES["yolov8-pose"].encode(np.array([[4.0, 4, 24, 24]]), [0], np.array([0.75]))
    outputs["output0"][5, 3] = np.nan
    outputs["output0"][8, 3] = np.inf
    found = make_parser("yolov8-pose").parse(outputs, context_for("yolov8-pose"))
    assert found.keypoints[0, :2].tolist() == [[0, 0, 0], [0, 0, 0]]
    assert found.keypoints[0, 2].tolist() == [1, 2, 0.5]


@pytest.mark.parametrize(("count", "left"), [(-3, 0), (0, 0), (1, 1), (1e9, 2), (np.nan, 0)])
def test_a_count_beyond_all_bounds_does_no_harm(count, left):
    case = CASES["efficient-nms"]
    boxes = np.array([[0, 0, 9, 9], [10, 0, 19, 9.0]])
    outputs = case.encode(boxes, np.array([0, 1]), np.array([0.9, 0.8]))
    outputs["num_dets"] = np.array([[count]], np.float32)
    found = make_parser("efficient-nms").parse(outputs, context_for("efficient-nms"))
    assert len(found) == left


@pytest.mark.parametrize(
    "yolo_layers",
    [
        (YoloLayer(((1, 2), (3, 4))),) * 3,
        (YoloLayer(((1, 2), (3, 4), (5, 6))),) * 2,
    ],
)
def test_a_darknet_file_that_does_not_fit_the_layers_is_refused(yolo_layers):
    with pytest.raises(ModelError, match=r"yolov3 reads 3 layers of 3 anchors each; the Darknet"):
        make_parser("yolov3", yolo_layers=yolo_layers)


def test_whether_scores_are_logits_is_not_decided_from_rubbish():
    case = CASES["efficientdet"]
    parser = make_parser("efficientdet")
    outputs = case.encode(np.array([[4.0, 4, 24, 24]]), np.array([0]), np.array([0.75]))
    rubbish = {name: np.full_like(array, np.nan) for name, array in outputs.items()}
    assert len(parser.parse(rubbish, make_context())) == 0
    assert parser.parse(outputs, make_context()).confidences == pytest.approx(0.75)


@pytest.mark.parametrize("name", ["yolov8", "yolov5", "yolox", "efficientdet", "yolov3"])
def test_every_candidate_may_be_likely(name):
    """A threshold of 0 lets all of them through; nothing is lost and nothing is slow."""
    layers = CASES[name].layers
    random = np.random.default_rng(3)
    outputs = {
        layer: random.uniform(0.3, 0.9, shape).astype(np.float32) for layer, shape in layers.items()
    }
    found = make_parser(name).parse(outputs, make_context(0, 0, 0, clip=False))
    candidates = {"efficientdet": 9 * 257, "yolov5": 3 * CELLS, "yolov3": 3 * CELLS}
    inside = found.boxes.clip(0, [*SIZE, *SIZE])
    assert len(found) <= candidates.get(name, CELLS)
    assert len(found) >= 0.9 * candidates.get(name, CELLS) or name in ("yolov8", "yolov5")
    assert (inside[:, 2:] > inside[:, :2]).all()
