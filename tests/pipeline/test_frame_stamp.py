"""Numbers in pictures."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.pipeline.frame_stamp import draw_stamp, read_stamp


@given(st.integers(0, 200_000), st.integers(96, 700), st.integers(40, 400), st.randoms())
def test_what_is_drawn_is_read(number, width, height, random):
    luma = np.full((height, width), random.randrange(256), np.uint8)
    draw_stamp(luma, number)
    assert read_stamp(luma) == number % 65536


def test_it_survives_scaling_noise_and_a_line_across_it():
    import cv2

    luma = np.full((720, 1280), 90, np.uint8)
    draw_stamp(luma, 4711)
    luma[700] = 81  # a box's edge
    noise = np.random.default_rng(1).normal(0, 20, luma.shape)
    noisy = (luma + noise).clip(0, 255).astype(np.uint8)
    assert read_stamp(cv2.resize(noisy, (240, 136), interpolation=cv2.INTER_AREA)) == 4711


@pytest.mark.parametrize("level", [0, 16, 128, 235, 255])
def test_a_picture_without_one_has_no_number(level):
    assert read_stamp(np.full((180, 320), level, np.uint8)) is None


def test_a_damaged_one_is_refused():
    luma = np.full((180, 320), 90, np.uint8)
    draw_stamp(luma, 4711)
    bar = slice(5 * 320 // 24, 6 * 320 // 24)
    luma[:, bar] = 255 - luma[:, bar]
    assert read_stamp(luma) is None
