"""The contact sheets of samples that change pixels show what their READMEs say."""

import ast
import re
from pathlib import Path

import cv2
import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "docs" / "pictures" / "samples.py"
BY_SCRIPT = (
    "deepstream-imagedata-multistream",
    "deepstream-imagedata-multistream-redaction",
    "face-anonymizer",
)
ON_A_GPU = "deepstream-imagedata-multistream-cupy"


def tiles(name):
    sheet = cv2.imread(str(ROOT / "samples" / name / "contact_sheet.png"))
    assert sheet.shape == (144, 768, 3)
    return np.hsplit(sheet, 3)


@pytest.mark.parametrize("name", [*BY_SCRIPT, ON_A_GPU])
def test_every_readme_shows_its_sheet_and_says_whose_pictures_it_has(name):
    folder = ROOT / "samples" / name
    readme = (folder / "README.md").read_text()
    assert re.search(r"!\[[^\]]{30,}\]\(contact_sheet\.png\)", readme)
    assert "CC-BY-4.0" in readme
    assert (folder / "contact_sheet.png").stat().st_size < 200_000


def test_the_script_makes_three_of_them():
    (sheets,) = [
        node.value
        for node in ast.parse(SCRIPT.read_text()).body
        if isinstance(node, ast.AnnAssign) and node.target.id == "SHEETS"
    ]
    assert sorted(key.value for key in sheets.keys) == sorted(BY_SCRIPT)


FACES = ((1, slice(11, 26), slice(183, 193)), (2, slice(12, 29), slice(230, 240)))


def test_faces_are_black_on_one_and_blurred_on_the_other():
    redacted, blurred = (tiles(name) for name in BY_SCRIPT[1:])
    for number, rows, columns in FACES:
        assert redacted[number][rows, columns].max() < 20
        assert blurred[number][rows, columns].mean() > 60
        floor = slice(100, 140), slice(0, 120)
        assert cv2.absdiff(redacted[number][floor], blurred[number][floor]).mean() < 6
    person = slice(20, 120), slice(135, 185)
    assert redacted[0][person].mean() < 0.6 * blurred[0][person].mean()


def test_what_is_doubted_has_yellow_corners():
    for tile in tiles(BY_SCRIPT[0]):
        blue, green, red = np.moveaxis(tile.astype(int), -1, 0)
        assert ((red > 150) & (green > 130) & (blue < 100)).sum() > 20


def test_frames_without_people_are_gray():
    colour = [np.ptp(tile.astype(int), axis=2).mean() for tile in tiles(ON_A_GPU)]
    assert colour[0] < 1
    assert colour[1] > 20
    assert colour[2] < 1
