"""Counts of lines are what geometry says."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from walks import HEIGHT, analyser, events, frame, paths, straight, walk

DOWN = "line-crossing-Down=500;400;500;600;200;500;800;500\n"
UP = "line-crossing-Up=500;600;500;400;200;500;800;500\n"
coordinate = st.integers(0, 999)
point = st.tuples(coordinate, coordinate)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("lines")


def lines(folder, keys, shapes=DOWN + UP):
    return analyser(folder, f"[line-crossing-stream-0]\n{shapes}{keys}\n")


def totals(of, frames, **options):
    return dict(walk(of, frames, **options)[-1].frame.crossed_total)


def turn(a, b, c):
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def crossings(path, line, arrow, *, extended):
    """In exact arithmetic: how often a path leaves the line to the side the arrow points to."""
    way = turn(line[0], line[1], arrow[1]) - turn(line[0], line[1], arrow[0])
    count = 0
    for a, b in pairwise(path):
        before, after = (turn(*line, p) * (1 if way > 0 else -1) for p in (a, b))
        if not before <= 0 < after:
            continue
        share = Fraction(-before, after - before)
        place = [Fraction(p) + share * (q - p) for p, q in zip(a, b, strict=True)]
        spans = [sorted(side) for side in zip(*line, strict=True)]
        inside = all(low <= at <= high for at, (low, high) in zip(place, spans, strict=True))
        count += extended or inside
    return count


walks = st.lists(st.lists(st.none() | point, min_size=2, max_size=12), min_size=1, max_size=4)


@settings(max_examples=150)
@given(
    walks=walks, x=st.integers(100, 900), low=coordinate, high=coordinate, extended=st.booleans()
)
@example(  # it leaves the line's very end; and touches the line without crossing it
    walks=[
        [(400, 300), (600, 300)],
        [(400, 600), (600, 600)],
        [(400, 200), (500, 200), (400, 210)],
    ],
    x=500,
    low=300,
    high=600,
    extended=False,
)
def test_any_walk_is_counted_as_often_as_it_crosses(folder, walks, x, low, high, extended):
    if low == high:
        return
    ends = ((x, low), (x, high))
    arrow = ((x - 100, low), (x + 50, high))
    shape = ";".join(f"{a};{b}" for a, b in (*arrow, *ends))
    of = lines(folder, f"margin=0\nextended={int(extended)}", f"line-crossing-A={shape}\n")
    seen = [[p for p in walk if p is not None] for walk in walks]
    expected = sum(crossings(path, ends, arrow, extended=extended) for path in seen)
    assert totals(of, paths(*walks)) == {"A": expected}


@given(
    ends=st.tuples(point, point),
    arrow=st.tuples(point, point),
    walk=st.lists(point, min_size=2, max_size=10),
)
def test_slanted_lines_count_as_well(folder, ends, arrow, walk):
    sides = [turn(*ends, p) for p in walk]
    across = turn(ends[0], ends[1], arrow[1]) - turn(ends[0], ends[1], arrow[0])
    lengths = [np.hypot(*np.subtract(*pair)) for pair in (ends, arrow)]
    if 0 in sides or 0 in lengths or abs(across) < 2e-3 * lengths[0] * lengths[1]:
        return  # floating point may see a point that is exactly on a slanted line beside it
    shape = ";".join(f"{a};{b}" for a, b in (*arrow, *ends))
    of = lines(folder, "margin=0\nextended=1", f"line-crossing-A={shape}\n")
    expected = crossings(walk, ends, arrow, extended=True)
    assert totals(of, paths(walk)) == {"A": expected}


def test_a_line_counts_one_way_and_says_when_and_who(folder):
    of = lines(folder, "extended=0")
    found = walk(
        of, paths(straight((400, 450), (400, 550), 11), straight((600, 550), (600, 450), 11))
    )
    assert events(found, "line-crossing") == [(6, "Down", 0), (6, "Up", 1)]
    assert [dict(f.frame.crossed_now) for f in found[5:8]] == [
        {"Down": 0, "Up": 0},
        {"Down": 1, "Up": 1},
        {"Down": 0, "Up": 0},
    ]
    assert [f.objects[0].lines for f in found[5:8]] == [[], ["Down"], []]
    assert found[-1].frame.crossed_total == {"Down": 1, "Up": 1}
    event = next(e for f in found for e in f.events)
    assert event.geometry == {
        "line": [[200.0, 500.0], [800.0, 500.0]],
        "direction": [[500.0, 400.0], [500.0, 600.0]],
    }


def test_who_walks_along_a_line_or_stops_on_it_does_not_cross_it(folder):
    of = lines(folder, "margin=0")
    along = straight((100, 500), (900, 500), 20)
    up_to = [*straight((400, 400), (400, 500), 8), *[(400, 500)] * 12]
    assert totals(of, paths(along, up_to)) == {"Down": 0, "Up": 0}


@given(
    trembling=st.lists(
        st.tuples(st.floats(-4.9, 4.9), st.floats(-4.9, 4.9)), min_size=30, max_size=30
    )
)
def test_trembling_boxes_neither_add_nor_hide_a_crossing(folder, trembling):
    of = lines(folder, "")  # 5 % of a height of 100
    flat, steep = straight((210, 500), (790, 500), 30), straight((400, 300), (400, 700), 30)
    along, across = (
        [(x + dx, y + dy) for (x, y), (dx, dy) in zip(path, trembling, strict=True)]
        for path in (flat, steep)
    )
    assert totals(of, paths(along)) == {"Down": 0, "Up": 0}
    of = lines(folder, "")
    assert totals(of, paths(across)) == {"Down": 1, "Up": 0}


def test_who_comes_back_is_counted_again_but_once_where_the_file_says_so(folder):
    there, back = straight((400, 450), (400, 550), 5), straight((400, 550), (400, 450), 5)
    path = [*there, *back, *there, *back]
    assert totals(lines(folder, ""), paths(path)) == {"Down": 2, "Up": 2}
    assert totals(lines(folder, "once=1"), paths(path)) == {"Down": 1, "Up": 1}


def test_only_between_the_ends_unless_the_line_is_extended(folder):
    frames = paths(straight((100, 400), (100, 600), 9), straight((400, 400), (400, 600), 9))
    assert totals(lines(folder, "extended=0"), frames) == {"Down": 1, "Up": 0}
    assert totals(lines(folder, ""), frames) == {"Down": 2, "Up": 0}


def test_who_goes_around_the_end_and_back_through_the_line_counts_one_way(folder):
    around = [(100, 450), (100, 550), (400, 550), (400, 450)]
    assert totals(lines(folder, "extended=0"), paths(around)) == {"Down": 0, "Up": 1}


@given(
    walks=st.lists(st.tuples(point, point), min_size=1, max_size=5),
    dropped=st.sets(st.integers(1, 18)),
)
def test_dropped_frames_change_no_count(folder, walks, dropped):
    ways = [straight(a, b, 20) for a, b in walks]
    full = totals(lines(folder, "extended=0\nmargin=0"), paths(*ways))
    fewer = [[p for n, p in enumerate(way) if n not in dropped] for way in ways]
    assert totals(lines(folder, "extended=0\nmargin=0"), paths(*fewer)) == full


@given(swaps=st.lists(st.integers(0, 40), max_size=6))
def test_ids_that_are_swapped_on_one_side_of_the_line_change_no_total(folder, swaps):
    one, two = straight((350, 300), (350, 700), 41), straight((450, 320), (450, 690), 41)
    swaps = [n for n in swaps if (one[n][1] > 500) == (two[n][1] > 500)]
    frames = []
    for n, (a, b) in enumerate(zip(one, two, strict=True)):
        swapped = sum(swap <= n for swap in swaps) % 2
        frames.append({0: b, 1: a} if swapped else {0: a, 1: b})
    moved = {
        n
        for n, (f, g) in enumerate(pairwise(frames), 1)
        if (f[0][1] > 500) != (g[0][1] > 500) or (f[1][1] > 500) != (g[1][1] > 500)
    }
    if any(swap in moved for swap in swaps):
        return  # in the very frame of a crossing nobody can tell
    assert totals(lines(folder, "margin=0"), frames) == {"Down": 2, "Up": 0}


def test_objects_without_a_track_cross_nothing(folder):
    frames = [{-1: at} for at in straight((400, 400), (400, 600), 9)]
    found = walk(lines(folder, ""), frames)
    assert found[-1].frame.crossed_total == {"Down": 0, "Up": 0}
    assert not events(found, "line-crossing")


def test_who_is_first_seen_on_the_line_is_on_the_side_where_it_stands(folder):
    frames = paths([(400, 498), (400, 540)], [(600, 502), (600, 540)])
    assert totals(lines(folder, ""), frames) == {"Down": 1, "Up": 0}


def test_an_object_without_a_track_is_not_taken_for_another(folder):
    found = walk(lines(folder, ""), [{5: (400, 400), -1: (400, 600)}] * 3)
    assert found[-1].frame.crossed_total == {"Down": 0, "Up": 0}


def test_only_the_classes_that_are_named_are_counted(folder):
    of = lines(folder, "class-id=2;5")
    for n, (x, y) in enumerate(straight((400, 400), (400, 600), 9)):
        three = {0: (x, y), 1: (x + 50, y), 2: (x + 100, y)}
        found = of.step(frame(three, classes=[0, 2, 5]), time_ns=n * 10**8, frame_num=n)
    assert found.frame.crossed_total["Down"] == 2


@pytest.mark.parametrize(
    ("mode", "widest"), [("strict", 36.87), ("balanced", 60.0), ("loose", 90.0)]
)
def test_a_mode_is_an_angle_to_the_direction(folder, mode, widest):
    for angle in (0, widest - 1, widest + 1):
        way = np.array((np.sin(np.radians(angle)), np.cos(np.radians(angle))))
        path = [tuple(np.array((500, 500)) + way * d) for d in range(-150, 150, 10)]
        expected = {"Down": int(angle < widest), "Up": int(angle > 90)}
        assert totals(lines(folder, f"mode={mode}\nmargin=0"), paths(path)) == expected


def test_a_slanted_direction_is_where_it_leads_across_the_line(folder):
    slanted = "line-crossing-A=700;480;100;520;200;500;800;500\n"
    down = paths(straight((400, 400), (400, 600), 9))
    assert totals(lines(folder, "", slanted), down) == {"A": 1}
    assert totals(lines(folder, "mode=balanced", slanted), down) == {"A": 0}


def test_the_files_pixels_are_scaled_to_the_frames(folder):
    of = analyser(folder, f"[line-crossing-stream-0]\n{DOWN}extended=0\n", size=(2000, 500))
    frames = paths(straight((500, 200), (500, 300), 9), straight((1700, 200), (1700, 300), 9))
    assert totals(of, frames) == {"Down": 1}
    (drawn,) = of.rules[0].drawn().values()
    assert drawn["line"] == [[400.0, 250.0], [1600.0, 250.0]]


def test_an_object_stands_within_the_frame_whatever_its_box_says(folder):
    low = analyser(folder, "[roi-filtering-stream-0]\nroi-All=0;0;999;0;999;999;0;999\n")
    found = walk(low, [{0: (500, 1400), 1: (-80, 500), 2: (500, -3)}], height=HEIGHT)
    assert found[0].frame.in_region == {"All": 3}
