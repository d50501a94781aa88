from math import pi, radians

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.geometry import Lens, View, focal_of_field, focal_of_view, turned

CAMERAS = ["perspective", "fisheye", "equirectangular"]
MADE = [*CAMERAS, "cylinder", "vertical cylinder", "pushbroom", "panini", "stereographic"]
angles = st.floats(-80, 80)
points = st.tuples(st.floats(10, 630), st.floats(10, 470))


def lens(model, **more):
    return Lens(model, (300.0, 280.0), (319.5, 239.5), **more)


def at(view, x, y):
    found = view.source_px(np.array([float(x)]), np.array([float(y)]))
    return float(found[0][0]), float(found[1][0])


@pytest.mark.parametrize("model", CAMERAS)
@given(point=points)
def test_a_view_through_the_cameras_own_lens_is_the_identity(model, point):
    assert at(View(lens(model), lens(model)), *point) == pytest.approx(point, abs=1e-6)


@pytest.mark.parametrize("model", MADE)
def test_every_picture_has_straight_ahead_in_its_centre_and_the_same_scale_there(model):
    view = View(lens("fisheye"), lens(model, control=0.6))
    assert at(view, 319.5, 239.5) == pytest.approx((319.5, 239.5))
    assert at(view, 320.5, 240.5) == pytest.approx((320.5, 240.5), abs=0.01)


@pytest.mark.parametrize("model", ["panini", "stereographic", "pushbroom"])
@given(point=points)
def test_without_control_a_picture_is_a_perspective_one(model, point):
    flat = at(View(lens("fisheye"), lens("perspective")), *point)
    assert at(View(lens("fisheye"), lens(model, control=0.0)), *point) == pytest.approx(flat)


@given(st.floats(-1.5, 1.5), st.floats(-1.5, 1.5), st.floats(0.2, 1.2), angles)
def test_a_straight_line_in_the_world_is_straight_in_a_perspective_picture(x, y, slope, yaw):
    """The camera is a fisheye; where it sees points of the line, the made picture shows a line."""
    rotation = turned("YXZ", pitch_rad=0.1, yaw_rad=radians(yaw / 4), roll_rad=0.2)
    view = View(lens("fisheye", distortion=(0.03, -0.01)), lens("perspective"), rotation)
    steps = np.linspace(-1, 1, 9)
    world = np.stack([x + steps, y + slope * steps, np.full(9, 3.0)])
    seen = view.source.pixels(tuple(world))
    u, v, w = np.array(rotation).T @ world  # what the made picture's lens sees
    made = (u / w * 300 + 319.5, v / w * 280 + 239.5)
    found = view.source_px(*made)
    assert np.allclose(found, seen, atol=1e-6)
    across, down = made[0] - made[0][0], made[1] - made[1][0]
    away = (across[-1] * down - down[-1] * across) / np.hypot(across[-1], down[-1])
    assert np.abs(away).max() < 1e-6


@given(angles, angles, angles, st.sampled_from(["XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX"]))
def test_a_rotation_keeps_lengths_and_right_angles(pitch, yaw, roll, axes):
    matrix = np.array(
        turned(axes, pitch_rad=radians(pitch), yaw_rad=radians(yaw), roll_rad=radians(roll))
    )
    assert np.allclose(matrix @ matrix.T, np.eye(3))
    assert np.linalg.det(matrix) == pytest.approx(1)


def test_a_view_looks_up_with_pitch_right_with_yaw_and_turns_clockwise_with_roll():
    def centre_and_right(**degrees):
        given = {"pitch_rad": 0.0, "yaw_rad": 0.0, "roll_rad": 0.0}
        given |= {f"{name}_rad": radians(value) for name, value in degrees.items()}
        view = View(lens("fisheye"), lens("perspective"), turned("YXZ", **given))
        return at(view, 319.5, 239.5), at(view, 400, 239.5)

    assert centre_and_right(pitch=10)[0] == pytest.approx((319.5, 239.5 - 280 * radians(10)))
    assert centre_and_right(yaw=10)[0] == pytest.approx((319.5 + 300 * radians(10), 239.5))
    centre, right = centre_and_right(roll=10)
    assert centre == pytest.approx((319.5, 239.5))
    assert right[1] > 250


def test_yaw_goes_around_the_vertical_whatever_the_pitch():
    rotation = turned("YXZ", pitch_rad=radians(40), yaw_rad=radians(90), roll_rad=0)
    ahead = np.array(rotation) @ (0, 0, 1)
    assert ahead == pytest.approx((np.cos(radians(40)), -np.sin(radians(40)), 0))


def test_what_lies_behind_a_perspective_camera_comes_from_nowhere():
    around = View(lens("perspective"), Lens("equirectangular", (100, 100), (319.5, 239.5)))
    assert np.isnan(at(around, 319.5 + 100 * pi * 0.6, 239.5)).all()
    assert not np.isnan(at(around, 319.5 + 100 * pi * 0.4, 239.5)).any()


def test_what_no_direction_reaches_comes_from_nowhere():
    ball = View(lens("fisheye"), Lens("fisheye", (50, 50), (319.5, 239.5)))
    assert np.isnan(at(ball, 0, 239.5)).all()


def test_a_lens_that_is_only_made_to_look_at_is_no_camera():
    with pytest.raises(ValueError, match=r"^no camera is panini: perspective, fisheye, equirect"):
        lens("panini").pixels((np.zeros(1), np.zeros(1), np.ones(1)))


@pytest.mark.parametrize("model", MADE)
@given(top=st.floats(5, 60), bottom=st.floats(-60, 0))
def test_a_view_between_two_angles_has_them_in_its_first_and_last_row(model, top, bottom):
    focal, horizon = focal_of_view(model, radians(top), radians(bottom), 481, control=0.6)
    made = Lens(model, (focal, focal), (319.5, horizon), control=0.6)
    for row, angle in ((0, top), (480, bottom)):
        x, y, z = made.rays(np.array([319.5]), np.array([float(row)]))
        assert float(x[0]) == pytest.approx(0, abs=1e-9)
        assert np.degrees(np.arctan2(-y[0], z[0])) == pytest.approx(angle, abs=1e-6)


@pytest.mark.parametrize("model", CAMERAS)
@given(st.floats(5, 80), st.floats(0, 0.05))
def test_a_field_of_view_reaches_the_radius_it_is_said_to(model, degrees, k1):
    focal = focal_of_field(model, radians(degrees), 240.0, (k1,))
    camera = Lens(model, (focal, focal), (0, 0), (k1,))
    ray = (np.zeros(1), np.array([np.sin(radians(degrees))]), np.array([np.cos(radians(degrees))]))
    assert camera.pixels(ray)[1][0] == pytest.approx(240)


def test_opencv_distorts_the_same_way():
    cv2 = pytest.importorskip("cv2")
    world = np.random.default_rng(3).uniform((-1, -1, 2), (1, 1, 3), (50, 3))
    matrix = np.array([[300.0, 0, 319.5], [0, 280.0, 239.5], [0, 0, 1]])
    zero = np.zeros(3)
    k = (0.1, -0.05, 0.02, 0.003, -0.002)
    seen = lens("perspective", distortion=k).pixels(tuple(world.T))
    order = np.array([k[0], k[1], k[3], k[4], k[2]])  # OpenCV: k1 k2 p1 p2 k3
    assert np.allclose(cv2.projectPoints(world, zero, zero, matrix, order)[0][:, 0].T, seen)
    k = (0.1, -0.05, 0.02, 0.003)
    seen = lens("fisheye", distortion=k).pixels(tuple(world.T))
    found = cv2.fisheye.projectPoints(world[:, None], zero, zero, matrix, np.array(k))[0]
    assert np.allclose(found[:, 0].T, seen)
