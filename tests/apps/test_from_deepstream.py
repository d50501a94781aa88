"""docs/from-deepstream.md: nothing is left out, and every test that it names is there."""

import importlib.util
import re
from pathlib import Path

import pytest

from penstock import elements
from penstock.checking import check

ROOT = Path(__file__).parents[2]
FOLDERS = sorted(path.name for path in (ROOT / "tests/apps/tree/apps").iterdir())


@pytest.fixture(scope="module")
def writer():
    path = ROOT / "scripts" / "from_deepstream.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def functions_of(path):
    return set(re.findall(r"^def (test_\w+)", path.read_text(), re.M))


def test_the_page_is_up_to_date(writer):
    same = writer.PAGE.read_text() == writer.page()
    assert same, "run `python scripts/from_deepstream.py`"


def test_every_test_that_it_names_is_there(writer):
    for row in writer.rows():
        file, _, function = row.test.partition("::")
        assert function in functions_of(ROOT / "tests" / file), row


def test_every_element_has_its_row_and_nothing_else_does(writer):
    named = [row.what for row in writer.rows() if row.table == "element"]
    assert named == list(elements.TABLE)


@pytest.mark.parametrize("folder", [name for name in FOLDERS if name != "common"])
def test_every_application_has_its_row(writer, folder):
    assert any(f"`{folder}`" == row.what for row in writer.rows())


def test_every_test_of_an_application_is_named(writer):
    named = {row.test.partition("::")[2] for row in writer.rows()}
    tests = set().union(*map(functions_of, Path(__file__).parent.glob("test_*apps*.py")))
    assert tests - named == set()


def test_penstock_check_says_of_every_application_what_running_it_shows():
    scripts = sorted((ROOT / "tests/apps/tree").glob("*/**/*.py"))
    report = check([path for path in scripts if path.parent.name != "common"])
    assert {one.name for one in report.findings if one.state == "unsupported"} == {
        "cupy",
        "pyservicemaker",
    }


def test_whatever_does_not_simply_work_has_its_reason(writer):
    for row in writer.rows():
        assert row.state in writer.STATES, row
        assert row.state == "works" or row.note, row
        assert row.table in writer.HEADINGS, row
