import doctest
from pathlib import Path

import penstock.osd.painter

PAGE = Path(__file__).parents[2] / "docs" / "osd.md"


def test_the_page_says_what_the_painter_does():
    result = doctest.testfile(str(PAGE), module_relative=False)
    assert result.attempted > 0
    assert result.failed == 0


def test_the_example_of_the_painter_is_right():
    result = doctest.testmod(penstock.osd.painter)
    assert result.attempted > 0
    assert result.failed == 0
