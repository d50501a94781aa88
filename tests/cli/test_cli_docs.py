"""docs/cli.md says what is there."""

import json
import re
from pathlib import Path

import pytest
import typer

from penstock.cli import app
from penstock.pipeline.records import frame_record

PAGE = (Path(__file__).parents[2] / "docs" / "cli.md").read_text()


@pytest.fixture(scope="module")
def commands():
    return typer.main.get_command(app).commands


def rows(heading):
    table = PAGE.partition(heading)[2].partition("| --- |")[2].partition("\n\n")[0]
    return [line.split("|")[1].strip() for line in table.splitlines()[1:]]


def test_every_command_has_its_row(commands):
    listed = {re.search(r"`penstock (\w+)", row)[1] for row in rows("# The command line")}
    assert listed == set(commands)


def test_every_option_of_detect_has_its_row(commands):
    options = [p.opts[0] for p in commands["detect"].params if p.opts[0].startswith("--")]
    assert [row.strip("`") for row in rows("## `penstock detect`")] == options


def test_the_line_of_json_has_the_fields_of_a_record():
    from penstock.meta import FrameMeta, ObjectMeta

    frame = FrameMeta(0, frame_num=12, size=(768, 576))
    frame.objects.append(ObjectMeta((1, 2, 3, 4)))
    shown = json.loads(PAGE.partition("```json\n")[2].partition("```")[0])
    record = frame_record(frame)
    assert list(shown) == list(record)
    assert list(shown["objects"][0]) == list(record["objects"][0])


def test_the_twin_in_python_works(ball, config, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = PAGE.partition("### From Python")[2].partition("```python\n")[2].partition("```")[0]
    code = code.replace('"street.mp4"', repr(str(ball)))
    code = code.replace("frames=100", f"frames=3, model={str(config)!r}")
    names = {}
    exec(code, names)
    assert names["summary"].frames == {0: 3}
    assert names["summary"].objects["person"] > 0
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 3
