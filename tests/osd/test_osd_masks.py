import math

import numpy as np
import pytest
from osd_pictures import ALL_FORMATS, GREEN, Picture, empty_frame, expected_samples

from penstock.meta import Mask, ObjectMeta
from penstock.osd import Painter, PainterSettings

PAINTER = Painter(PainterSettings(display_text=False))


def masked_frame(data, box=(10, 10, 20, 16), *, threshold=0.5, color=GREEN):
    frame = empty_frame()
    obj = frame.add(ObjectMeta(box))
    obj.rect.border_color = color
    obj.mask = Mask(np.asarray(data, np.float32), threshold)
    return frame


@pytest.mark.parametrize("pixel_format", ALL_FORMATS)
def test_a_mask_veils_its_box_in_half_of_the_border_colour(pixel_format):
    picture = Picture(pixel_format, level=33).paint(PAINTER, masked_frame(np.ones((4, 4))))
    assert picture.changed()[10:26, 10:30].all()
    assert picture.changed().sum() == 16 * 20
    full = expected_samples(pixel_format, GREEN)
    half = {name: (33 + value) / 2 for name, value in full.items()}
    assert picture.samples(15, 15) == pytest.approx(half, abs=1.5)


def test_only_scores_above_the_threshold_are_veiled():
    data = np.zeros((8, 10))
    data[:, :5] = 0.8
    for threshold, expected in ((0.5, 10), (0.9, 0), (-1.0, 20)):
        picture = Picture("I420").paint(PAINTER, masked_frame(data, threshold=threshold))
        assert picture.changed()[12].sum() == pytest.approx(expected, abs=1)


def test_a_mask_is_stretched_over_its_box():
    data = np.zeros((2, 2))
    data[0, 0] = data[1, 1] = 1
    changed = Picture("GRAY8").paint(PAINTER, masked_frame(data)).changed()
    assert changed[11:16, 11:18].all()
    assert changed[20:25, 22:29].all()
    assert not changed[11:15, 23:29].any()


def test_a_mask_over_the_rim_shows_its_visible_part():
    data = np.random.default_rng(3).random((7, 5))
    inside = Picture("GRAY8").paint(PAINTER, masked_frame(data, (20, 20, 30, 20)))
    over = Picture("GRAY8").paint(PAINTER, masked_frame(data, (-10, -5, 30, 20)))
    assert (over.planes[0][:15, :20] == inside.planes[0][25:40, 30:50]).all()
    assert over.is_guarded()


def test_one_pixel_of_a_mask_is_veiled():
    picture = Picture("GRAY8").paint(PAINTER, masked_frame(np.ones((4, 4)), (-9, -9, 10, 10)))
    assert np.argwhere(picture.changed()).tolist() == [[0, 0]]


@pytest.mark.parametrize(
    "frame",
    [
        masked_frame(np.ones((4, 4)), (math.nan, 0, 9, 9)),
        masked_frame(np.ones((4, 4)), (5, 5, math.inf, 9)),
        masked_frame(np.ones((4, 4)), (5, 5, -3, 9)),
        masked_frame(np.ones((4, 4)), (500, 5, 30, 9)),
        masked_frame(np.ones((4, 4)), (-40, 5, 30, 9)),
        masked_frame(np.ones((4, 4)), (5, -30, 30, 9)),
        masked_frame(np.ones((4, 4)), (5, 90, 30, 9)),
        masked_frame(np.ones((0, 4))),
        masked_frame(np.ones(16)),
        masked_frame(np.full((4, 4), math.nan)),
        masked_frame(np.ones((4, 4)), color=(0.0, 1.0, 0.0, 0.0)),
    ],
)
def test_a_mask_that_cannot_be_placed_or_seen_is_not_drawn(frame):
    assert not Picture("I420").paint(PAINTER, frame).changed().any()


def test_a_huge_box_costs_only_its_visible_part():
    frame = masked_frame(np.ones((4, 4)), (-1e9, -1e9, 2e9, 2e9))
    assert Picture("NV12").paint(PAINTER, frame).changed().all()


def test_masks_can_be_switched_off():
    painter = Painter(PainterSettings(display_text=False, display_mask=False))
    frame = masked_frame(np.ones((4, 4)))
    assert not Picture("NV12").paint(painter, frame).changed().any()
    assert not painter.wants(frame)
