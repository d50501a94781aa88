"""docs/analytics.md says what is there."""

import json
import re
from pathlib import Path

import pytest
from walks import analyser, walk

from penstock.analytics import EVENTS, Findings, Plan, TrackTable, event_record
from penstock.config import RuleGroup
from penstock.meta import FrameAnalytics, FrameMeta, ObjectAnalytics, ObjectMeta
from pyds import NvDsAnalyticsFrameMeta, NvDsAnalyticsObjInfo

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "analytics.md").read_text()
HAND = Path(__file__).with_name("hand_count")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_files_on_the_page_are_read_without_a_warning(tmp_path):
    whole, speed = blocks("ini")
    for text in (whole, f"[property]\nconfig-width=768\nconfig-height=432\n{speed}"):
        (tmp_path / "page.txt").write_text(text)
        assert Plan.read(tmp_path / "page.txt").config.warnings == ()


def test_both_spellings_of_what_is_found_exist():
    rows = re.findall(r"^\| .* \| (`\w+`|—) \| `(\w+)` \|$", PAGE, re.MULTILINE)
    assert len(rows) == 14
    for classic, modern in rows:
        assert any(modern in kind.__slots__ for kind in (FrameAnalytics, ObjectAnalytics)), modern
        if classic != "—":
            views = NvDsAnalyticsFrameMeta, NvDsAnalyticsObjInfo
            assert any(hasattr(view, classic.strip("`")) for view in views), classic


def test_the_record_on_the_page_has_the_fields_of_a_record(tmp_path):
    of = analyser(
        tmp_path, "[line-crossing-stream-0]\nline-crossing-Down=500;400;500;600;0;500;999;500\n"
    )
    found = walk(of, [{1: (300, 400)}, {1: (300, 600)}])[-1]
    frame = FrameMeta(size=(1000, 1000))
    frame.add(ObjectMeta((280, 500, 40, 100), track_id=1))
    record = event_record(found.events[0], frame, table=of.table, slots=found.slots)
    (shown,) = map(json.loads, blocks("json"))
    assert list(shown) == list(record)
    assert list(shown["geometry"]) == list(record["geometry"])
    assert list(shown["objects"][0]) == list(record["objects"][0])


def test_every_event_is_on_the_page():
    rows = re.findall(
        r"^\| (`[^|]+`) \| (?:somebody|a zone became|a stay reached)", PAGE, re.MULTILINE
    )
    assert {name for row in rows for name in re.findall(r"[\w-]+", row)} == set(EVENTS)


def test_a_rule_of_your_own_works_as_the_page_says(tmp_path):
    names = {}
    exec(next(code for code in blocks("python") if "class Largest" in code), names)
    rule = names["Largest"](RuleGroup("largest", 0, "", {}, {}))
    table, frame = TrackTable(), FrameMeta(size=(100, 100))
    for height in (10, 40, 20):
        frame.add(ObjectMeta((5, 5, 10, height)))
    columns = table.columns(frame.detections, time_ns=0, frame_num=0, size=(100, 100))
    found = Findings(FrameAnalytics(), [ObjectAnalytics() for _ in range(3)])
    rule.step(columns, rule.new_state(), found, table=table)
    assert [info.status for info in found.objects] == ["", "LARGEST", ""]


@pytest.mark.parametrize(("name", "crossings", "visits"), [("vtest", 26, 23), ("cars", 4, 4)])
def test_the_numbers_of_the_hand_count_are_those_of_its_files(name, crossings, visits):
    hand = json.loads((HAND / f"{name}.json").read_text())
    assert sum(map(len, hand["lines"].values())) == crossings
    assert sum(map(len, hand["visits"].values())) == visits
    assert "26 and 4 crossings, 23 and 4 visits" in PAGE.replace("\n", " ")
    drawn = Plan.read(HAND / f"{name}.txt").config
    assert drawn.size == tuple(hand["size"])


def test_every_picture_is_shown_and_made_by_the_script():
    script = (DOCS / "pictures" / "analytics.py").read_text()
    shown = re.findall(r"!\[[^\]]{20,}\]\(pictures/analytics-(\w+)\.jpg\)", PAGE)
    made = {path.stem.partition("-")[2] for path in (DOCS / "pictures").glob("analytics-*.jpg")}
    assert set(shown) == made == set(re.findall(r'^        \("(\w+)", ', script, re.MULTILINE))
