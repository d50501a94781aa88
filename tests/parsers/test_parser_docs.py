"""docs/parsers.md is true."""

import doctest
import re
from pathlib import Path

import pytest

from penstock.parsers import ALIASES, PARSERS
from penstock.parsers.base import ParseContext
from penstock.parsers.convention import CONVENTION, CONVENTIONS
from penstock.parsers.efficientdet import ANCHOR_SCALE
from penstock.parsers.keypoints import KEYPOINT_CONVENTION, KEYPOINT_CONVENTIONS

PAGE = Path(__file__).parents[2] / "docs" / "parsers.md"


@pytest.fixture(scope="module")
def text():
    return PAGE.read_text()


def test_the_examples_work():
    result = doctest.testfile(str(PAGE), module_relative=False)
    assert result.attempted > 12
    assert result.failed == 0


def test_every_parser_has_its_row(text):
    cells = re.findall(r"^\| (`[^|]+`) \|", text, re.MULTILINE)
    assert set(PARSERS) <= set(re.findall(r"`([^`]+)`", " ".join(cells)))


@pytest.mark.parametrize("alias", ALIASES)
def test_every_well_known_function_has_its_row(text, alias):
    parsers = ", ".join(f"`{name}`" for name in ALIASES[alias])
    assert f"| `{alias}` | {parsers} |" in text


def test_every_property_that_is_read_is_there(text):
    words = [CONVENTION, *CONVENTIONS, KEYPOINT_CONVENTION, *KEYPOINT_CONVENTIONS, ANCHOR_SCALE]
    for word in (*words, "task", "kpt_shape", "description"):
        assert f"`{word}`" in text


def test_everything_in_the_context_is_there(text):
    for name in ParseContext.__dataclass_fields__:
        assert f"`.{name}`" in text
