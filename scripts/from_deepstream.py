"""Writes the tables of docs/from-deepstream.md: what works here, and which test says so.

Run it after adding an element, or a row to from_deepstream.csv beside it:
`python scripts/from_deepstream.py`; `--print` writes to standard output instead.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from penstock import elements

ROWS = Path(__file__).with_suffix(".csv")
PAGE = Path(__file__).parents[1] / "docs" / "from-deepstream.md"
START = "<!-- From here on written by scripts/from_deepstream.py -->\n"
HEADINGS = {
    "application": "Applications",
    "shape": "Shapes of applications",
    "element": "Elements",
    "pyds": "pyds",
    "grammar": "Configuration files",
}
STATES = ("works", "partly", "unproven", "refused")
_KEY = re.compile(r"^\| `.*\| (read|accepted, ignored)", re.M)


class Row(NamedTuple):
    """A thing of DeepStream's, as a line of `ROWS` has it.

    Attributes:
        table: A key of `HEADINGS`.
        what: Markdown; an element's factory.
        state: One of `STATES`.
        note: Markdown; the reason where it does not simply work; a grammar's page of docs/.
        test: `file::function` below tests/ that proves it.
    """

    table: str
    what: str
    state: str
    note: str
    test: str


def rows() -> list[Row]:
    """Every line of the file."""
    with ROWS.open(newline="") as lines:
        return [Row(**line) for line in csv.DictReader(lines)]


def page() -> str:
    """The whole page, with its tables made anew."""
    head = PAGE.read_text().partition(START)[0]
    return head + START + "\n" + "\n".join(_tables())


def _tables() -> Iterator[str]:
    everything = rows()
    for table, heading in HEADINGS.items():
        lines = "".join(_line(row) for row in everything if row.table == table)
        yield f"## {heading}\n\n| | state | | proved by |\n| --- | --- | --- | --- |\n{lines}"


def _line(row: Row) -> str:
    what, note = row.what, row.note
    if row.table == "element":
        what, note = f"[`{what}`](elements.md#{what})", _ignored_properties(what)
    if row.table == "grammar":
        what, note = f"[{what}]({note})", _keys(PAGE.with_name(note).read_text())
    file, _, function = row.test.partition("::")
    proof = function.removeprefix("test_").replace("_", " ")
    return f"| {what} | {row.state} | {note} | [{proof}](../tests/{file}) |\n"


def _ignored_properties(factory: str) -> str:
    properties = getattr(elements.load(factory), "PROPERTIES", ())
    names = [f"`{one.name}`" for one in properties if one.accepted_only]
    return f"accepted and ignored: {', '.join(names)}" if names else ""


def _keys(text: str) -> str:
    states = _KEY.findall(text)
    read = states.count("read")
    return f"{read} keys are read, {len(states) - read} accepted and ignored"


if __name__ == "__main__":
    if "--print" in sys.argv:
        sys.stdout.write(page())
    else:
        PAGE.write_text(page())
