"""docs/brokers.md is true."""

import json
import re
from datetime import datetime, timezone
from pathlib import Path

import pytest

from penstock.brokers import BROKERS, broker_name, record_command
from penstock.config.keys import reference

PAGE = (Path(__file__).parents[2] / "docs" / "brokers.md").read_text()


@pytest.mark.parametrize("name", [*BROKERS])
def test_every_key_of_a_broker_has_its_row(name):
    assert reference(BROKERS.load(name).KEYS) in PAGE


def test_every_broker_is_listed_with_the_library_that_means_it():
    rows = [line.split("|")[1:3] for line in PAGE.splitlines() if re.match(r"\| (`lib|\| `)", line)]
    listed = [[cell.strip(" `") for cell in row] for row in rows]
    assert sorted(name for _, name in listed) == [*BROKERS]
    assert all(broker_name(library or name) == name for library, name in listed)


def test_the_command_shown_is_one():
    text = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)[1]
    now = datetime(2031, 2, 3, 4, 5, 10, tzinfo=timezone.utc)
    found = record_command(json.dumps(json.loads(text)).encode(), now=now)
    assert (found.sensor, found.before_s, found.duration_s) == ("dock-7", 10, 20)
