"""State is bounded, expires, and survives a file that changed."""

import numpy as np
import pytest
from walks import SECOND_NS, analyser, events, frame, paths, straight, walk

from penstock.analytics import RULES, Analyser, Overlay, TrackTable, grammars
from penstock.config import RuleGroup
from penstock.meta import Detections, FrameMeta, ObjectMeta

LINE = "[line-crossing-stream-0]\nline-crossing-Down=500;400;500;600;0;500;999;500\n"
ZONE = "[roi-filtering-stream-0]\nroi-A=0;0;500;0;500;999;0;999\n"


def table_step(table, ids, *, time_ns=0):
    detections = frame(dict.fromkeys(ids, (5, 5)))
    return table.columns(detections, time_ns=time_ns, frame_num=0, size=(10, 10))


def test_every_rule_has_the_name_of_its_groups():
    for name in RULES:
        rule = RULES.load(name)
        assert name == rule.KIND
        assert grammars()[name] == rule.GRAMMAR


def test_an_object_keeps_its_slot_as_long_as_it_is_seen():
    table = TrackTable()
    first = table_step(table, [7, 9, -1]).slots
    assert first[2] == -1
    assert table_step(table, [9, 7], time_ns=5 * SECOND_NS).slots.tolist() == [first[1], first[0]]
    assert table_step(table, [7], time_ns=12 * SECOND_NS).fresh.size == 0
    later = table_step(table, [9, 7], time_ns=14 * SECOND_NS)
    assert later.fresh.tolist() == [later.slots[0]]  # 9 was away for 9 s
    assert np.isnan(later.previous[0]).all()
    assert later.ages.tolist() == [1, 4]


def test_a_second_object_of_one_id_is_untracked():
    twice = Detections(
        np.ones((2, 4), np.float32),
        np.ones(2, np.float32),
        np.zeros(2, np.int32),
        np.array([3, 3], np.int64),
    )
    columns = TrackTable().columns(twice, time_ns=0, frame_num=0, size=(10, 10))
    assert columns.tracked.tolist() == [True, False]


def test_the_table_is_bounded_and_forgets_who_was_unseen_for_longest():
    table = TrackTable()
    for n in range(50):  # every frame brings a hundred new objects
        ids = range(n * 100, n * 100 + 100)
        columns = table_step(table, ids, time_ns=n * SECOND_NS // 100)
        assert columns.tracked.all()
        assert len(table) <= TrackTable.CAPACITY
    crowd = table_step(table, range(10_000, 15_000), time_ns=SECOND_NS)
    assert crowd.tracked.sum() == len(table) == TrackTable.CAPACITY
    table_step(table, [1], time_ns=30 * SECOND_NS)
    assert len(table) == 1


def test_a_box_without_a_place_disturbs_nobody(tmp_path):
    zone, dwell = ZONE, "[dwell-time-stream-0]\nroi-D=0;0;500;0;500;999;0;999\n"
    ways = "[direction-detection-stream-0]\ndirection-S=0;0;0;9\n[heat-map-stream-0]\n"
    crowd = "[overcrowding-stream-0]\nroi-C=0;0;500;0;500;999;0;999\nobject-threshold=1\n"
    of = analyser(tmp_path, LINE + zone + dwell + ways + crowd)
    there = frame({1: (100, 100)})
    for box in ([np.nan] * 4, [-np.inf, 0, np.inf, 9], [np.inf] * 4):
        boxes = np.concatenate([there.boxes, np.array([box], np.float32)])
        two = Detections(boxes, np.ones(2, np.float32), np.zeros(2, np.int32), np.array([1, 2]))
        for n in range(12):
            found = of.step(two, time_ns=n * SECOND_NS // 10, frame_num=n)
        assert found.frame.in_region == {"A": 1}
        assert found.slots[0] >= 0 > found.slots[1]
        assert np.count_nonzero(found.frame.heat) == 1


def test_time_that_goes_back_is_another_recording():
    table = TrackTable()
    table_step(table, [1], time_ns=100 * SECOND_NS)
    assert table_step(table, [1], time_ns=0).fresh.size == 1


def test_a_new_object_in_an_old_slot_inherits_nothing(tmp_path):
    of = analyser(tmp_path, LINE + ZONE)
    walk(of, [{0: (100, 400)}, {0: (100, 600)}, {0: (100, 400)}])  # there, and back in the zone
    found = walk(of, [{1: (100, 600)}], start=200)
    assert found[0].slots == [0]
    assert found[0].frame.crossed_total == {"Down": 1}
    assert events(found, "roi-enter") == [(0, "A", 0)]


def test_the_same_tracks_give_the_same_findings(tmp_path):
    frames = paths(straight((100, 300), (100, 700), 30), straight((900, 700), (100, 300), 25))
    one, other = (walk(analyser(tmp_path, LINE + ZONE), frames) for _ in range(2))
    assert [(f.events, f.notes) for f in one] == [(f.events, f.notes) for f in other]


def test_a_rule_that_stays_as_it_was_goes_on_where_a_file_changed(tmp_path):
    of = analyser(tmp_path, LINE)
    path = straight((100, 400), (100, 600), 10)
    walk(of, paths(path[:5]))
    of = analyser(tmp_path, ZONE + LINE, earlier=of)
    found = walk(of, paths(path[5:]), start=5)
    assert found[-1].frame.crossed_total == {"Down": 1}  # it was before the line in the old file
    moved = LINE.replace("0;500;999;500", "0;550;999;550") + "line-crossing-New=1;1;1;9;0;5;9;5\n"
    of = analyser(tmp_path, moved, earlier=of)
    found = walk(of, paths(path), start=10)
    assert found[-1].frame.crossed_total == {"Down": 2, "New": 0}


def test_another_frame_size_keeps_the_totals(tmp_path):
    of = analyser(tmp_path, LINE)
    walk(of, paths(straight((100, 400), (100, 600), 10)))
    of = analyser(tmp_path, LINE, size=(500, 500), earlier=of)
    found = walk(of, paths(straight((50, 200), (50, 300), 10)), start=10)
    assert found[-1].frame.crossed_total == {"Down": 2}


def test_a_source_that_begins_anew_keeps_its_totals(tmp_path):
    of = analyser(tmp_path, LINE)
    walk(of, paths(straight((100, 400), (100, 600), 10)))
    of.forget_tracks()
    found = walk(of, [{0: (100, 700)}])
    assert found[0].frame.crossed_total == {"Down": 1}
    assert len(of.table) == 1


def test_a_stream_that_the_file_does_not_name_has_no_rules(tmp_path):
    of = Analyser(analyser(tmp_path, LINE).plan, 3, size=(10, 10))
    assert of.rules == []
    assert not of.needs_tracks


def drawn(tmp_path, properties=""):
    of = analyser(tmp_path, LINE + ZONE + "[heat-map-stream-0]\n", properties=properties)
    overlay, meta = Overlay(of), FrameMeta(size=(1000, 1000))
    for at in straight((100, 400), (100, 600), 10):
        meta.objects.clear()
        meta.add(ObjectMeta((at[0] - 10, at[1] - 100, 20, 100), track_id=1)).text.text = "car 1"
        found = of.step(meta.detections, time_ns=0, frame_num=0)
        meta.display.clear()
        overlay.add(meta, found)
    return meta


def test_osd_mode_2_draws_shapes_names_and_numbers(tmp_path):
    meta = drawn(tmp_path, "osd-mode=2\ndisplay-obj-cnt=1\ndisplay-font-size=9")
    (display,) = meta.display
    assert len(display.polygons) == len(display.lines) == len(display.arrows) == 1
    assert [text.text for text in display.texts] == ["Down: 1", "A: 1", "objects by class  0: 1"]
    assert {text.font_size for text in display.texts} == {9}
    assert meta.objects[0].text.text == "car 1 ROI:A"


def test_osd_mode_1_draws_shapes_and_names_and_0_nothing(tmp_path):
    meta = drawn(tmp_path, "osd-mode=1")
    assert [text.text for text in meta.display[0].texts] == ["Down", "A"]
    assert meta.objects[0].text.text == "car 1"
    assert drawn(tmp_path, "osd-mode=0").display == []


def test_what_was_drawn_may_be_moved_without_moving_the_rules(tmp_path):
    of = analyser(tmp_path, LINE + ZONE)
    overlay = Overlay(of)
    found = walk(of, [{}])[0]
    overlay.display(found).lines[0].x1 = 77
    assert overlay.display(found).lines[0].x1 == 0


def test_a_rule_of_somebody_else_gets_its_group(tmp_path):
    group = RuleGroup("roi-filtering", 0, "here", {"A": ((0, 0), (9, 0), (9, 9))}, {})
    rule = RULES.load("roi-filtering")(group, scale=(2, 1))
    assert rule.drawn()["A"]["zone"] == [[0, 0], [18, 0], [18, 9]]
    with pytest.raises(NotImplementedError):
        super(type(rule), rule).new_state()
