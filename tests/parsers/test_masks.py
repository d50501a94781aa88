import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from parser_cases import make_context

from penstock.parsers import BoxMasks, Parsed, PrototypeMasks

SIZE = (64, 32)


def ramp(*, across=1.0, down=0.0, shape=(8, 16)):
    """A picture whose value at a point is linear: `across` · x + `down` · y, in network pixels."""
    rows, columns = shape
    y = (np.arange(rows) + 0.5) * SIZE[1] / rows
    x = (np.arange(columns) + 0.5) * SIZE[0] / columns
    return (across * x + down * y[:, None]).astype(np.float32)


def prototypes(*pictures, weights):
    return PrototypeMasks(np.array(weights, np.float32), np.stack(pictures), SIZE)


@given(left=st.floats(4, 30), top=st.floats(4, 14), width=st.floats(1, 28), height=st.floats(1, 14))
def test_a_mask_shows_what_is_under_its_box_wherever_that_lies(left, top, width, height):
    masks = prototypes(ramp(across=0.1), ramp(across=0, down=0.1), weights=[[1, -1]])
    (mask,) = masks.over(np.array([[left, top, left + width, top + height]], np.float32))
    rows, columns = mask.shape
    x = left + (np.arange(columns) + 0.5) * width / columns
    y = top + (np.arange(rows) + 0.5) * height / rows
    expected = 1 / (1 + np.exp(-0.1 * (x - y[:, None])))
    np.testing.assert_allclose(mask, expected, atol=1e-4)


def test_a_mask_is_as_fine_as_the_networks_own():
    masks = prototypes(ramp(), weights=[[1], [1]])
    boxes = np.array([[0, 0, 64, 32], [8, 8, 9, 9]], np.float32)
    assert [mask.shape for mask in masks.over(boxes)] == [(8, 16), (1, 1)]


def test_masks_of_boxes_that_stick_out_continue_the_edge():
    masks = prototypes(ramp(), weights=[[1]])
    (mask,) = masks.over(np.array([[-40, -40, 100, 100]], np.float32))
    assert np.isfinite(mask).all()
    assert mask[0, 0] == mask[3, 3] == pytest.approx(1 / (1 + np.exp(-2)))


def test_absurd_boxes_do_not_fill_the_memory():
    masks = prototypes(ramp(), weights=[[1]])
    (mask,) = masks.over(np.array([[-1e6, -1e6, 1e6, 1e6]], np.float32))
    assert max(mask.shape) <= 512


@pytest.mark.parametrize("kind", ["prototypes", "boxes"])
def test_rows_keep_their_masks(kind):
    weights = np.array([[0.0], [3], [-3]], np.float32)
    boxes = np.array([[0, 0, 32, 16]] * 3, np.float32)
    masks = (
        PrototypeMasks(weights, np.ones((1, 8, 16), np.float32), SIZE)
        if kind == "prototypes"
        else BoxMasks(np.repeat(1 / (1 + np.exp(-weights[:, :, None])), 2, axis=1), boxes)
    )
    parsed = Parsed(boxes, np.zeros(3, np.int32), np.ones(3, np.float32), masks)
    found = parsed.take(np.array([2, 0]))
    assert len(found.masks) == 2
    low, middle = found.masks.over(found.boxes)
    np.testing.assert_allclose(low, 1 / (1 + np.exp(3)), rtol=1e-5)
    np.testing.assert_allclose(middle, 0.5)


def test_masks_over_boxes_follow_when_their_box_is_cut():
    picture = np.array([[[0.0, 0.25, 0.5, 0.75]]], np.float32)
    masks = BoxMasks(picture, np.array([[0, 0, 40, 10]], np.float32))
    (whole,) = masks.over(np.array([[0, 0, 40, 10]], np.float32))
    np.testing.assert_allclose(whole, picture[0])
    (right_half,) = masks.over(np.array([[20, 0, 40, 10]], np.float32))
    np.testing.assert_allclose(right_half, [[0.5, 0.75]])


@pytest.mark.parametrize("clip", [True, False])
def test_what_is_kept_is_never_a_view_of_what_a_network_owns(clip):
    layer = np.array([[0, 0, 9, 9]], np.float32)
    found = Parsed.inside(
        make_context(size=SIZE, clip=clip), boxes=layer, class_ids=[0], confidences=np.ones(1)
    )
    assert found.boxes.tolist() == layer.tolist()
    assert not np.shares_memory(found.boxes, layer)


def test_an_array_of_masks_belongs_to_the_boxes_before_they_are_cut():
    picture = np.array([[[0.0, 0.25, 0.5, 0.75]]], np.float32)
    found = Parsed.inside(
        make_context(size=SIZE),
        boxes=np.array([[-20, 0, 20, 10]], np.float32),
        class_ids=np.zeros(1),
        confidences=np.ones(1),
        masks=picture,
    )
    assert found.boxes.tolist() == [[0, 0, 20, 10]]
    (mask,) = found.masks.over(found.boxes)
    np.testing.assert_allclose(mask, [[0.5, 0.75]])
