import doctest
from pathlib import Path

from penstock.surface import FORMATS

PAGE = Path(__file__).parents[2] / "docs" / "surfaces.md"


def test_the_examples_on_the_page_are_true():
    results = doctest.testfile(str(PAGE), module_relative=False)
    assert results.attempted
    assert not results.failed


def test_the_page_lists_every_format():
    listed = PAGE.read_text().partition("## Formats")[2]
    assert [name for name in FORMATS if f"`{name}`" not in listed] == []
