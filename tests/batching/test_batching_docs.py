import doctest
from pathlib import Path

from penstock.batching import batcher

DOCS = Path(__file__).parents[2] / "docs" / "batching.md"


def test_the_example_in_the_docstring_is_true():
    results = doctest.testmod(batcher)
    assert results.attempted
    assert not results.failed


def test_the_examples_on_the_page_are_true():
    results = doctest.testfile(str(DOCS), module_relative=False)
    assert results.attempted
    assert not results.failed
