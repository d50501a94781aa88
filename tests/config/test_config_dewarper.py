import re
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.config import DewarperConfig, DewarperSurface
from penstock.config.dewarper_keys import PROJECTIONS, PROPERTY_KEYS, SURFACE_KEYS
from penstock.config.keys import reference
from penstock.errors import ConfigError

PAGE = Path(__file__).parents[2] / "docs" / "nvdewarper.md"
KNOWN = """
output-width output-height num-batch-buffers cuda-memory-type dewarp-dump-frames
aisle-calibration-file spot-calibration-file
"""
KNOWN_OF_A_SURFACE = """
projection-type surface-index width height top-angle bottom-angle pitch yaw roll rot-axes rot-matrix
focal-length src-fov src-x0 src-y0 distortion dst-focal-length dst-principal-point control
cuda-address-mode
"""


@pytest.fixture
def read(tmp_path):
    def read(text, name="dewarper.txt"):
        path = tmp_path / name
        path.write_text(text)
        return DewarperConfig.read(path)

    return read


def surface(**settings):
    return DewarperSurface(**({"projection": 4, "focal_px": (300.0, 300.0)} | settings))


def at(view, x, y):
    found = view.source_px(np.array([float(x)]), np.array([float(y)]))
    return float(found[0][0]), float(found[1][0])


def test_every_key_of_deepstream_is_known():
    assert sorted(PROPERTY_KEYS) == sorted(KNOWN.split())
    assert sorted(SURFACE_KEYS) == sorted(KNOWN_OF_A_SURFACE.split())


def test_a_whole_file_is_read(read):
    config = read(
        "[property]\noutput-width=960\noutput-height=752\nnum-batch-buffers=2\n"
        "cuda-memory-type=2\n"
        "[surface0]\nprojection-type=1\nsurface-index=3\nwidth=3886\nheight=666\n"
        "top-angle=0\nbottom-angle=-72\npitch=90\nyaw=4.5\nroll=-1\nfocal-length=437\n"
        "rot-axes=ZXY\ndistortion=0.1;0.2\ncontrol=0.5\n"
        "[surface1]\nprojection-type=3\nfocal-length=400;410\nsrc-x0=640\nsrc-y0=0\n"
        "dst-focal-length=300\ndst-principal-point=100;90\ncuda-address-mode=1\n"
    )
    assert config.warnings == ()
    assert (config.output_size, config.num_surfaces) == ((960, 752), 2)
    first, second = config.surfaces
    assert first == DewarperSurface(
        projection=1,
        index=3,
        size=(3886, 666),
        top_deg=0.0,
        bottom_deg=-72.0,
        pitch_deg=90.0,
        yaw_deg=4.5,
        roll_deg=-1.0,
        focal_px=(437.0, 437.0),
        axes="ZXY",
        distortion=(0.1, 0.2),
        control=0.5,
    )
    assert (second.focal_px, second.made_focal_px) == ((400.0, 410.0), (300.0, 300.0))
    assert (second.centre_x_px, second.centre_y_px) == (640.0, None)
    assert (second.made_centre_px, second.border) == ((100.0, 90.0), 1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[property]\n", "wanted one to 4 groups [surface0], [surface1], …, got 0"),
        ("[surface0]\nwidth=3\n", "line 1, [surface0]: wanted projection-type, which has no"),
        ("[surface0]\nprojection-type=19\n", "line 2, [surface0] projection-type: wanted 1 (fis"),
        ("[surface0]\nprojection-type=4\n", "wanted focal-length or src-fov of the camera's fishe"),
        ("[surface0]\nprojection-type=3\nsrc-fov=180\n", "of a perspective lens is less than 180"),
        (
            "[surface0]\nprojection-type=4\nsrc-fov=90\ntop-angle=-10\n",
            "wanted top-angle above bottom-angle, both from -89.9 to 89.9 in a perspective picture",
        ),
        ("[surface0]\nprojection-type=11\nrot-axes=XYX\n", "rot-axes: wanted one of XYZ, XZY, YXZ"),
        ("[surface0]\nprojection-type=11\nrot-matrix=1;0\n", "the nine numbers of a 3x3 matrix"),
        ("[surface0]\nprojection-type=11\nfocal-length=-1\n", "wanted a focal length in pixels"),
        ("[surface0]\nprojection-type=11\ndistortion=1;2;3;4;5;6\n", "at most five numbers"),
        ("[surface0]\nprojection-type=11\ndst-principal-point=5\n", "wanted a point, x;y, pixels"),
        ("[property]\nnum-batch-buffers=5\n[surface0]\nprojection-type=11\n", "from 1 to 4"),
    ],
)
def test_a_mistake_is_one_sentence_with_its_place(text, said, read):
    with pytest.raises(ConfigError) as caught:
        read(text)
    assert "dewarper.txt" in str(caught.value)
    assert said in str(caught.value)


def test_what_is_not_known_is_warned_about(read):
    config = read("[propertie]\n[surface0]\nprojection-type=11\nyau=4\noutput-width=3\n")
    assert [warning.split("dewarper.txt, ")[1] for warning in config.warnings] == [
        "line 1: unknown group [propertie], ignored",
        "line 4, [surface0] yau: unknown key, ignored; did you mean yaw?",
        "line 5, [surface0] output-width: unknown key, ignored; it belongs in [property]",
    ]


@pytest.mark.parametrize("number", PROJECTIONS)
def test_every_projection_looks_straight_ahead_by_default(number):
    view = surface(projection=number).view((640, 480))
    assert at(view, 319.5, 239.5) == pytest.approx((319.5, 239.5))


@pytest.mark.parametrize("number", [3, 5, 12])
@given(x=st.floats(0, 639), y=st.floats(0, 479))
def test_a_projection_onto_itself_is_the_identity(number, x, y):
    assert at(surface(projection=number).view((640, 480)), x, y) == pytest.approx((x, y))


def test_without_angles_scale_and_offset_of_the_camera_stay():
    view = surface(centre_x_px=300.0, centre_y_px=200.0, size=(320, 240)).view((640, 480))
    assert view.target.focal_px == (300.0, 300.0)
    assert view.target.centre_px == (159.5 - 19.5, 119.5 - 39.5)
    assert at(view, 140, 80) == pytest.approx((300, 200))


def test_angles_give_the_first_and_the_last_row():
    view = surface(top_deg=20.0, bottom_deg=-40.0, size=(400, 301)).view((640, 480))
    assert at(view, 199.5, 0)[1] == pytest.approx(239.5 - 300 * np.radians(20))
    assert at(view, 199.5, 300)[1] == pytest.approx(239.5 + 300 * np.radians(40))


def test_a_field_of_view_stands_for_the_focal_length():
    assert surface(focal_px=None, field_deg=180.0).view((600, 480)).source.focal_px[
        0
    ] == pytest.approx(240 / (np.pi / 2))
    around = surface(projection=15, focal_px=None).view((720, 360))
    assert around.source.focal_px[1] == pytest.approx(360 / np.pi)


def test_a_matrix_replaces_the_angles_and_is_multiplied_from_the_right():
    by_angles = surface(pitch_deg=10.0, yaw_deg=20.0, roll_deg=5.0).view((640, 480))
    columns = tuple(by_angles.rotation[n % 3][n // 3] for n in range(9))
    assert surface(matrix=columns, yaw_deg=77.0).view((640, 480)) == by_angles


# The page


@pytest.mark.parametrize("table", [PROPERTY_KEYS, SURFACE_KEYS])
def test_the_page_has_the_reference(table):
    assert reference(table) in PAGE.read_text(), f"put this into {PAGE}:\n{reference(table)}"


def test_surfaces_are_told_apart_and_a_file_that_makes_them_alike_is_warned_about(read):
    one = "projection-type=11\n"
    config = read(f"[surface0]\n{one}[surface1]\n{one}[surface3]\nprojection-type=3\nsrc-fov=90\n")
    assert ([one.index for one in config.surfaces], config.warnings) == ([0, 1, 3], ())
    config = read(f"[surface0]\n{one}surface-index=2\n[surface2]\n{one}")
    (said,) = config.warnings
    assert said.endswith(
        "dewarper.txt, line 4, [surface2]: projection-type and surface-index are those of "
        "[surface0]: their objects cannot be told apart"
    )


def test_the_page_lists_every_projection():
    rows = re.findall(r"^\| (\d+) \| ([a-z ]+) \| ([a-z ]+) \|$", PAGE.read_text(), re.MULTILINE)
    assert {int(n): (camera, made) for n, camera, made in rows} == PROJECTIONS


def test_the_example_of_the_page_works(read):
    (example,) = re.findall("```ini\n(.*?)```", PAGE.read_text(), re.DOTALL)
    config = read(example)
    assert config.warnings == ()
    assert [one.yaw_deg for one in config.surfaces] == [-40.0, 40.0]


def test_the_documented_defaults_of_numbers_hold():
    settings = {field.name: field.default for field in fields(DewarperSurface)}
    for key, known in SURFACE_KEYS.items():
        default = settings.get(known.setting)
        if isinstance(default, int | float) and known.default.replace(".", "").isdigit():
            assert float(known.default) == float(default), key
