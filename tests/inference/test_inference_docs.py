"""docs/inference.md is true."""

import re
from pathlib import Path

import pytest

from penstock.backends import BACKENDS
from penstock.inference import CLUSTER_MODES, KEYPOINTS
from penstock.parsers import CLASS_PARSERS

PAGE = Path(__file__).parents[2] / "docs" / "inference.md"


@pytest.fixture(scope="module")
def rows():
    """The first cell of every table row."""
    return re.findall(r"^\| `?([^`|]+?)`? \|", PAGE.read_text(), re.MULTILINE)


@pytest.mark.parametrize("table", [BACKENDS, map(str, CLUSTER_MODES), CLASS_PARSERS])
def test_every_name_has_its_row(rows, table):
    assert set(table) <= set(rows)


def test_what_people_type_is_there():
    text = PAGE.read_text()
    for word in (KEYPOINTS, "PENSTOCK_BACKEND", "PENSTOCK_CACHE"):
        assert f"`{word}`" in text or f"${word}`" in text
