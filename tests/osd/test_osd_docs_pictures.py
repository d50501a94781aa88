"""The pictures of `docs/osd.md` are what its script makes."""

import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

DOCS = Path(__file__).parents[2] / "docs"
COMMITTED = {path.name: path for path in (DOCS / "pictures").glob("osd-*.jpg")}
BY_FONT_OR_HOUR = {"osd-clock.jpg", "osd-text.jpg"}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    subprocess.run([sys.executable, DOCS / "pictures" / "osd.py", folder], check=True)
    return {path.name: path for path in folder.iterdir()}


def test_the_page_shows_every_picture_and_no_other():
    shown = re.findall(
        r"!\[[^\]]{20,}\]\(pictures/(osd-[\w-]+\.jpg)\)", (DOCS / "osd.md").read_text()
    )
    assert sorted(shown) == sorted(COMMITTED)


def test_the_script_makes_every_picture_and_no_other(made):
    assert made.keys() == COMMITTED.keys()


@pytest.mark.parametrize("name", sorted(COMMITTED))
def test_a_picture_looks_as_it_is_made(made, name):
    """Fonts, JPEG encoders and smooth edges differ a little from machine to machine."""
    one, other = (cv2.imread(str(path)) for path in (made[name], COMMITTED[name]))
    assert one.shape == other.shape
    difference = cv2.absdiff(cv2.blur(one, (5, 5)), cv2.blur(other, (5, 5)))
    assert difference.mean() < (8 if name in BY_FONT_OR_HOUR else 2)


@pytest.mark.parametrize("name", sorted(COMMITTED))
def test_something_is_drawn_on_every_picture(name):
    plain = cv2.imread(str(DOCS / "pictures" / "cars.jpg"))
    drawn = cv2.imread(str(COMMITTED[name]))
    assert (np.abs(drawn.astype(int) - plain).max(axis=2) > 60).mean() > 0.01


@pytest.mark.parametrize(("of", "most"), [("[co]*", 300_000), ("analytics-*", 150_000)])
def test_the_pictures_of_a_page_are_small_together(of, most):
    sizes = [path.stat().st_size for path in (DOCS / "pictures").glob(f"{of}.jpg")]
    assert 0 < sum(sizes) < most
