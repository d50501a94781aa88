"""Layers of masks: whose pixels they are, and where."""

import re

import numpy as np
import pytest
from parser_cases import SIZE, make_context

from penstock.errors import ModelError
from penstock.parsers import PARSERS, Head, choose_parser

BOXES = np.array([[16, 24, 48, 72], [64, 8, 96, 88]], np.float32)
HEAD = "mask_head/mask_fcn_logits/BiasAdd"
UPPER = np.where(np.arange(28)[:, None] < 14, 1.0, 0.0).repeat(28, axis=1)


def layers(outputs):
    return {name: array.shape for name, array in outputs.items()}


def read(name, outputs, **options):
    """What a parser makes of them; the masks over the boxes it found."""
    parser = PARSERS.load(name)(Head(layers(outputs), SIZE, **options))
    found = parser.parse(outputs, make_context())
    return found, found.masks.over(found.boxes)


def torchvision(masks):
    return {
        "boxes": BOXES,
        "labels": np.array([1, 2]),
        "scores": np.array([0.9, 0.8], np.float32),
        "masks": np.asarray(masks, np.float32),
    }


def tao(masks):
    rows = [[24, 16, 72, 48, 1, 0.9], [8, 64, 88, 96, 2, 0.8]]
    return {"generate_detections": np.array(rows, np.float32), HEAD: masks.astype(np.float32)}


def test_a_mask_for_each_class_is_that_of_the_objects_own_class():
    logits = np.full((2, 3, 28, 28), -9.0)
    logits[0, 1] = UPPER * 18 - 9
    logits[1, 2] = 9
    outputs = tao(logits)
    assert choose_parser(Head(layers(outputs), SIZE)) == "mask-rcnn"
    found, (upper, full) = read("mask-rcnn", outputs)
    np.testing.assert_allclose(found.boxes, BOXES)
    assert found.class_ids.tolist() == [1, 2]
    assert upper[:13].min() > 0.99
    assert upper[15:].max() < 0.01
    assert 0.99 < full.min() <= full.max() <= 1


@pytest.mark.parametrize("shape", [(2, 28, 28), (2, 1, 28, 28)])
def test_masks_over_their_boxes_may_stand_beside_finished_detections(shape):
    outputs = torchvision(np.stack([UPPER, 1 - UPPER]).reshape(shape))
    assert choose_parser(Head(layers(outputs), SIZE)) == "boxes-scores-classes"
    _, (upper, lower) = read("boxes-scores-classes", outputs)
    assert (upper[0] == 1).all()
    assert (upper[-1] == 0).all()
    assert (lower[0] == 0).all()


def test_masks_as_large_as_the_input_are_of_all_of_it():
    whole = np.zeros((2, 1, SIZE[1], SIZE[0]))
    whole[:, :, :48] = 1
    _, (first, second) = read("boxes-scores-classes", torchvision(whole))
    assert first.shape == (48, 32)
    assert (first[:24] == 1).all()
    assert (first[24:] == 0).all()
    assert second.mean() == 0.5


def test_tensorflows_detection_masks_are_read():
    outputs = {
        "detection_boxes": BOXES[:, [1, 0, 3, 2]] / [*SIZE[::-1], *SIZE[::-1]],
        "detection_scores": np.array([0.9, 0.1]),
        "detection_classes": np.array([1.0, 2.0]),
        "num_detections": np.array([2.0]),
        "detection_masks": np.stack([UPPER, UPPER]),
    }
    found, (mask,) = read("ssd", {k: a.astype(np.float32) for k, a in outputs.items()})
    np.testing.assert_allclose(found.boxes, BOXES[:1], rtol=1e-5)
    assert (mask[:14] == 1).all()


@pytest.mark.parametrize("background", [0, 1])
def test_a_mask_may_be_the_part_of_a_semantic_map_under_the_box(background):
    semantics = np.zeros((3 + background, 24, 32), np.float32)
    semantics[background, :12] = 1  # class 0 above
    semantics[background + 2] = 0.75
    outputs = {
        "boxes": BOXES,
        "scores": np.array([[0.9, 0, 0], [0, 0, 0.8]], np.float32),
        "semantics": semantics,
    }
    assert choose_parser(Head(layers(outputs), SIZE)) == "boxes-scores"
    _, (upper, all_alike) = read("boxes-scores", outputs, metadata={"penstock.boxes": "xyxy"})
    assert upper.shape == (12, 8)
    assert (upper[:6] == 1).all()
    assert (upper[6:] == 0).all()
    assert (all_alike == 0.75).all()


@pytest.mark.parametrize(
    ("name", "outputs", "complaint"),
    [
        (
            "boxes-scores-classes",
            torchvision(np.zeros((3, 28, 28))),
            "masks are (N, h, w) or (N, C, h, w) for N boxes; got 'masks' (3, 28, 28), "
            "'boxes' (2, 4)",
        ),
        ("boxes-scores-classes", torchvision(np.zeros((2, 28))), "got 'masks' (2, 28)"),
        (
            "mask-rcnn",
            tao(np.zeros((2, 2, 28, 28))),
            f"the masks '{HEAD}' (2, 2, 28, 28) have no mask of class 2",
        ),
        (
            "boxes-scores",
            {"boxes": BOXES, "scores": np.ones((2, 3)), "semantics": np.zeros((7, 24, 32))},
            "reads masks from 'semantics' (3 or 4, h, w) for 3 classes; got",
        ),
    ],
)
def test_masks_of_another_size_are_named_with_their_shapes(name, outputs, complaint):
    with pytest.raises(ModelError, match=re.escape(complaint)):
        read(name, outputs)


def test_fewer_masks_than_detections_are_named():
    outputs = torchvision(np.zeros((2, 28, 28)))
    shapes = {name: (None, *array.shape[1:]) for name, array in outputs.items()}
    parser = PARSERS.load("boxes-scores-classes")(Head(shapes, SIZE))
    outputs["masks"] = outputs["masks"][:1]
    with pytest.raises(ModelError, match=r"'masks' \(1, 28, 28\) have no mask of detection 1"):
        parser.parse(outputs, make_context())
