"""`docs/elements.md` says of every element what its own tables say."""

from pathlib import Path

import pytest

from penstock.elements import TABLE, load
from penstock.gst.enums import EnumType

PAGE = Path(__file__).parents[2] / "docs" / "elements.md"


def values(prop):
    """What the column `values` shows."""
    if isinstance(prop.kind, EnumType):
        return ", ".join(f"{number} {nick}" for nick, number in prop.kind.values.items())
    low = "" if prop.minimum is None else f" from {prop.minimum}"
    high = "" if prop.maximum is None else f" to {prop.maximum}"
    return f"{prop.kind}{low}{high}"


def default(prop):
    if isinstance(prop.default, bool):
        return str(prop.default).lower()
    return "" if prop.default is None else str(prop.default)


def row(prop):
    return f"| `{prop.name}` | {values(prop)} | {default(prop)} | {prop.blurb} |"


def section(factory):
    """What the page says under the element's heading."""
    parts = PAGE.read_text().split(f"\n## {factory}\n")
    assert len(parts) == 2, f"{factory} needs one section in docs/elements.md"
    return parts[1].split("\n## ")[0]


@pytest.mark.parametrize("factory", TABLE)
def test_every_property_that_does_something_has_its_row(factory):
    expected = [row(p) for p in load(factory).PROPERTIES if not p.accepted_only]
    rows = [line for line in section(factory).splitlines() if line.startswith("| `")]
    assert rows == expected


@pytest.mark.parametrize("factory", TABLE)
def test_every_property_that_is_only_accepted_is_listed_as_such(factory):
    expected = [f"`{p.name}`" for p in load(factory).PROPERTIES if p.accepted_only]
    said = [line for line in section(factory).splitlines() if line.startswith("Accepted only: ")]
    assert said == ([f"Accepted only: {', '.join(expected)}."] if expected else [])


def test_every_element_is_in_the_table_and_has_a_section():
    rows = [
        row for row in PAGE.read_text().split("\n## ")[0].splitlines() if row.startswith("| [`")
    ]
    assert [row.split("`")[1] for row in rows] == [*TABLE]
