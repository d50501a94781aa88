"""Dense flow on real pictures that were shifted, and how it is shown."""

import re
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.flow import PRESETS, UNITS_PER_PX, DenseFlow, SourceFlows, color_wheel
from penstock.meta import FrameMeta, OpticalFlowMeta, UserMeta

SHIFTS = [(3, 0), (-5, 2), (0, -4), (0.5, 0.25), (12.25, -7.5), (-0.75, 1.5), (0, 0)]


@pytest.fixture(scope="module")
def pictures(data_dir):
    """A bus, a street, a crowd in 1080p, cars on a road, and an almost empty room."""
    bus = cv2.imread(str(data_dir / "bus.jpg"))
    names = ("vtest.avi", "crowd_1080p.mp4", "car-detection.mp4")
    videos = (data_dir / "video" / f for f in (*names, "one-by-one-person-detection.mp4"))
    frames = [cv2.VideoCapture(str(video)).read()[1] for video in videos]
    return [cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY) for picture in (bus, *frames)]


def shifted(picture, shift):
    """The picture, moved to the right and down."""
    moved = np.float32([[1, 0, shift[0]], [0, 1, shift[1]]])
    size = picture.shape[::-1]
    flags = {"flags": cv2.INTER_CUBIC, "borderMode": cv2.BORDER_REFLECT}
    return cv2.warpAffine(picture, moved, size, **flags)


def median_error_px(vectors, shift):
    return np.median(np.abs(vectors / UNITS_PER_PX - shift).reshape(-1, 2), axis=0).max()


@pytest.mark.parametrize("shift", SHIFTS)
def test_the_flow_of_a_shifted_picture_is_right_to_a_quarter_pixel_in_the_median(pictures, shift):
    flow = DenseFlow("fast")
    errors = [median_error_px(flow.motion(p, shifted(p, shift)), shift) for p in pictures]
    assert max(errors) <= 0.25
    assert np.median(errors) <= 0.13


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_is_right_to_a_quarter_pixel(pictures, preset):
    street = pictures[1]
    flow = DenseFlow(preset).motion(street, shifted(street, (-5, 2)))
    assert median_error_px(flow, (-5, 2)) <= 0.13


def test_a_moving_patch_has_its_motion_where_it_is_now_and_what_stands_still_none(pictures):
    street = pictures[1]
    patch = pictures[0][400:520, 200:280]  # of the bus, 80x120
    before, now = street.copy(), street.copy()
    before[300:420, 400:480] = patch
    now[300:420, 392:472] = patch
    motion = DenseFlow("fast").motion(before, now) / UNITS_PER_PX
    inside = motion[80:100, 103:113]
    assert np.abs(np.median(inside.reshape(-1, 2), axis=0) - (-8, 0)).max() < 0.2
    assert np.abs(motion[:40]).max() == 0


def test_black_bars_beside_a_moving_picture_stand_still(pictures):
    frames = [np.zeros((576, 960), np.uint8) for _ in range(2)]
    for frame, shift in zip(frames, ((0, 0), (7, 3)), strict=True):
        frame[:, 96:864] = shifted(pictures[1], shift)
    motion = DenseFlow("fast").motion(*frames) / UNITS_PER_PX
    assert not motion[:, :24].any()
    assert not motion[:, 216:].any()
    assert median_error_px(motion[:, 24:216] * UNITS_PER_PX, (7, 3)) <= 0.13


@settings(max_examples=25)
@given(st.integers(1, 90), st.integers(1, 90))
def test_there_is_a_vector_for_every_block_of_any_picture(width, height):
    picture = np.random.default_rng(width * 100 + height).integers(0, 256, (height, width))
    vectors = DenseFlow().motion(*[picture.astype(np.uint8)] * 2)
    assert vectors.shape == (-(-height // 4), -(-width // 4), 2)
    assert vectors.dtype == np.int16
    assert not vectors.any()


def test_rows_may_be_padded_as_decoders_pad_them(pictures):
    before, now = pictures[1], shifted(pictures[1], (3, 2))
    padded = np.pad(now, ((0, 0), (0, 32)))[:, : now.shape[1]]
    assert not padded.flags.c_contiguous
    flow = DenseFlow("fast")
    assert np.array_equal(flow.motion(before, padded), flow.motion(before, now))


def test_a_first_picture_and_one_of_another_size_have_no_flow():
    flows, small, large = SourceFlows(), np.zeros((32, 32), np.uint8), np.zeros((64, 48), np.uint8)
    shapes = [
        None if found is None else found.shape
        for found in (flows.motion(0, p) for p in (small, small, large, large, small))
    ]
    assert shapes == [None, (8, 8, 2), None, (16, 12, 2), None]


def test_each_source_is_compared_with_its_own_picture(pictures):
    flows, (bus, street, *_) = SourceFlows(), pictures
    street = street[:, :540]
    for source, picture in ((0, street), (1, shifted(street, (9, 9))), (2, bus)):
        assert flows.motion(source, picture) is None
    right = flows.motion(0, shifted(street, (3, 0)))
    still = flows.motion(1, shifted(street, (9, 9)))
    other = flows.motion(0, bus, surface=1)
    assert median_error_px(right, (3, 0)) < 0.2
    assert not still.any()
    assert other is None


def test_a_forgotten_source_begins_anew_with_all_its_surfaces():
    flows, picture = SourceFlows(), np.zeros((32, 32), np.uint8)
    for source, surface in ((3, 0), (3, 1), (4, 0)):
        flows.motion(source, picture, surface=surface)
    flows.forget(3)
    assert len(flows) == 1
    assert flows.motion(3, picture) is None
    assert flows.motion(4, picture) is not None


def test_a_picture_is_not_kept_so_that_it_may_be_drawn_on():
    flows = SourceFlows()
    picture = np.random.default_rng(1).integers(0, 256, (64, 64)).astype(np.uint8)
    for _ in range(2):
        flows.motion(0, picture)
    drawn = picture.copy()
    picture[:] = 0  # somebody draws on it downstream
    assert not flows.motion(0, drawn).any()


@pytest.mark.parametrize(
    ("motion", "rgb"),
    [
        ((4, 0), (255, 0, 0)),
        ((0, 4), (128, 255, 0)),
        ((-4, 0), (0, 255, 255)),
        ((0, -4), (128, 0, 255)),
        ((2, 0), (128, 0, 0)),
        ((0, 0), (0, 0, 0)),
    ],
)
def test_direction_is_hue_and_speed_is_brightness(motion, rgb):
    vectors = np.full((3, 5, 2), motion, np.int16) * UNITS_PER_PX
    picture = color_wheel(vectors)
    assert picture.shape == (3, 5, 4)
    assert np.abs(picture.astype(int) - (*rgb, 255)).max() <= 1


def test_what_moves_fast_is_not_all_equally_bright():
    vectors = np.zeros((10, 10, 2), np.int16)
    vectors[:5], vectors[5:] = (10 * UNITS_PER_PX, 0), (20 * UNITS_PER_PX, 0)
    red = color_wheel(vectors)[..., 0]
    assert abs(int(red[0, 0]) - 127) <= 1
    assert red[9, 0] == 255


def test_the_page_says_what_the_code_does():
    page = (Path(__file__).parents[2] / "docs" / "optical-flow.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
    assert rows == list(PRESETS)
    (example,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names = {}
    exec(example, names)
    frame = FrameMeta(size=(8, 8))
    frame.user.append(UserMeta(OpticalFlowMeta(np.full((2, 2, 2), -48, np.int16))))
    printed = []
    names["print"] = lambda *told: printed.append(told)
    names["penstock"] = SimpleNamespace(metadata=lambda _buffer: [frame, FrameMeta()])
    names["look"](None, SimpleNamespace(get_buffer=lambda: None))
    assert printed == [(0, 1.5)]
