from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.config import ClassAttributes, InferConfig
from penstock.geometry import Affine
from penstock.inference import Roi
from penstock.inference.classes import ClassColumns
from penstock.inference.placing import Placing
from penstock.meta import FrameMeta
from penstock.parsers import BoxMasks, Parsed

FRAME = FrameMeta(size=(200, 100))
WHOLE = Roi(None, (0, 0, 200, 100), FRAME)
HALF = Affine(0.5, 0.5)  # the network sees 100x50


def placed(*boxes, roi=WHOLE, to_network=HALF, crop=False, clip=True, confidence=0.5, **attributes):
    """Boxes in network pixels → boxes in frame pixels, ltwh."""
    n = len(boxes)
    parsed = Parsed(
        np.array(boxes, np.float32).reshape(n, 4),
        np.zeros(n, np.int32),
        np.full(n, confidence, np.float32),
    )
    config = InferConfig(Path("c.txt"), class_attributes={-1: ClassAttributes(**attributes)})
    placing = Placing(
        ClassColumns.of(config, num_classes=1), ("thing",), crop_to_roi=crop, clip=clip
    )
    found = placing.place(parsed, roi, to_network)
    return [detection.ltwh for detection in found]


BOX, IN_FRAME = (10, 10, 30, 20), (20, 20, 40, 20)


def test_boxes_move_to_the_frame():
    assert placed(BOX) == [IN_FRAME]


def test_detections_carry_plain_numbers_and_the_label():
    parsed = Parsed(
        np.array([BOX], np.float32), np.array([1], np.int32), np.array([0.5], np.float32)
    )
    classes = ClassColumns.of(InferConfig(Path("c.txt")), num_classes=3)
    placing = Placing(classes, ("a", "b"))
    (found,) = placing.place(parsed, WHOLE, HALF)
    assert (found.class_id, found.label, found.confidence) == (1, "b", 0.5)
    assert type(found.class_id) is int
    assert {type(value) for value in found.ltwh} == {float}
    parsed = Parsed(parsed.boxes, parsed.class_ids + 1, parsed.confidences)
    (found,) = placing.place(parsed, WHOLE, HALF)
    assert found.label == ""


def test_boxes_are_clipped_to_the_region():
    roi = Roi(None, (40, 10, 100, 60), FRAME)
    to_network = Affine.fit(roi.box, (50, 30))
    assert placed((-5, -5, 60, 40), roi=roi, to_network=to_network) == [roi.box]


def test_what_is_outside_the_region_goes():
    roi = Roi(None, (150, 50, 100, 100), FRAME)  # half of it is outside the frame
    to_network = Affine.fit(roi.box, (100, 100))
    assert placed((60, 60, 90, 90), roi=roi, to_network=to_network) == []
    assert placed((0, 0, 90, 90), roi=roi, to_network=to_network) == [(150, 50, 50, 50)]


@pytest.mark.parametrize(
    ("attributes", "stays"),
    [
        ({"min_size": (40, 20)}, True),
        ({"min_size": (41, 0)}, False),
        ({"min_size": (0, 21)}, False),
        ({"max_size": (40, 20)}, True),
        ({"max_size": (39, 0)}, False),
        ({"max_size": (0, 19)}, False),
        ({"roi_top_offset": 20}, True),
        ({"roi_top_offset": 21}, False),
        ({"roi_bottom_offset": 60}, True),
        ({"roi_bottom_offset": 61}, False),
        ({"post_cluster_threshold": 0.5}, True),
        ({"post_cluster_threshold": 0.51}, False),
    ],
)
def test_filters_drop_what_is_beyond_their_limit_in_frame_pixels(attributes, stays):
    assert placed(BOX, **attributes) == ([IN_FRAME] if stays else [])


def test_offsets_cut_boxes_where_that_is_asked_for():
    assert placed(BOX, crop=True, roi_top_offset=25, roi_bottom_offset=65) == [(20, 25, 40, 10)]
    assert placed(BOX, crop=True, roi_top_offset=50) == []


@given(
    left=st.floats(0, 150),
    top=st.floats(0, 80),
    width=st.floats(1, 50),
    height=st.floats(1, 20),
    keep_aspect=st.booleans(),
    centred=st.booleans(),
)
def test_there_and_back_is_where_it_was(left, top, width, height, keep_aspect, centred):
    to_network = Affine.fit(WHOLE.box, (96, 96), keep_aspect=keep_aspect, centred=centred)
    ltwh = np.array([[left, top, left + width, top + height]], np.float32)
    ((x, y, w, h),) = placed(*to_network.xyxy(ltwh).tolist(), to_network=to_network)
    np.testing.assert_allclose((x, y, w, h), (left, top, width, height), atol=1e-3)


def test_boxes_keep_their_size_where_clipping_is_off():
    roi = Roi(None, (40, 10, 100, 60), FRAME)
    to_network = Affine.fit(roi.box, (50, 30))
    assert placed((-5, -5, 60, 40), roi=roi, to_network=to_network, clip=False) == [
        (30, 0, 130, 90)
    ]
    assert placed((-10, 10, 30, 20), clip=False) == [(-20, 20, 80, 20)]


def test_what_lies_outside_altogether_goes_even_so():
    roi = Roi(None, (40, 10, 100, 60), FRAME)
    to_network = Affine.fit(roi.box, (50, 30))
    assert placed((-20, 5, -1, 20), roi=roi, to_network=to_network, clip=False) == []
    assert placed((51, 5, 60, 20), roi=roi, to_network=to_network, clip=False) == []


def test_an_offset_of_nothing_drops_no_box_that_sticks_out():
    assert placed((-10, -10, 110, 60), clip=False, min_size=(1, 1)) == [(-20, -20, 240, 140)]
    assert placed((-10, -10, 110, 60), clip=False, roi_top_offset=1) == []
    assert placed((-10, -10, 110, 60), clip=False, roi_bottom_offset=1) == []


def dressed(**extras):
    return Parsed(
        np.array([[10, 10, 30, 20], [60, 10, 80, 20]], np.float32),
        np.array([0, 1], np.int32),
        np.array([0.5, 0.75], np.float32),
        **extras,
    )


def place_dressed(parsed, *, classes=None, **options):
    config = InferConfig(Path("c.txt"), class_attributes=classes or {-1: ClassAttributes()})
    placing = Placing(ClassColumns.of(config, num_classes=2), **options)
    return placing.place(parsed, WHOLE, HALF)


def test_keypoints_move_to_the_frame_and_keep_their_score():
    points = np.array([[[10, 10, 0.5]], [[80, 30, 1]]], np.float32)
    strict = {-1: ClassAttributes(), 0: ClassAttributes(post_cluster_threshold=0.6)}
    (found,) = place_dressed(dressed(keypoints=points), classes=strict)
    assert found.keypoints.tolist() == [[160, 60, 1]]


@pytest.mark.parametrize("kind", ["array", "masks"])
def test_masks_are_made_over_the_box_in_the_frame(kind):
    """The second box is cut in half by the frame's edge, and its mask with it."""
    parsed = dressed()
    parsed.boxes[1] = [90, 10, 110, 20]
    pictures = np.zeros((2, 1, 4), np.float32)
    pictures[1, 0] = [0, 0.25, 0.5, 0.75]
    masks = pictures if kind == "array" else BoxMasks(pictures, parsed.boxes)
    found = place_dressed(replace(parsed, masks=masks), with_masks=True)
    assert found[1].ltwh == (180, 20, 20, 20)
    np.testing.assert_allclose(found[1].mask, [[0, 0.25]])
    assert [one.mask for one in place_dressed(replace(parsed, masks=masks))] == [None, None]


def test_names_that_the_network_gives_win_over_labels():
    found = place_dressed(dressed(labels=("AB 12", "CD 34")), labels=("plate", "car"))
    assert [one.label for one in found] == ["AB 12", "CD 34"]
