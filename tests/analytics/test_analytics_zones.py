"""Zones, crowds and stays are what geometry and the clock say."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from walks import SECOND_NS, analyser, events, frame, paths, straight, walk

from penstock.analytics.zones import Zones

SQUARE = "roi-Square=200;200;600;200;600;600;200;600\n"
small = st.tuples(st.integers(0, 20), st.integers(0, 20))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("zones")


def zone(folder, keys="", shapes=SQUARE, kind="roi-filtering"):
    return analyser(folder, f"[{kind}-stream-0]\n{shapes}{keys}\n")


@given(
    polygons=st.lists(st.lists(small, min_size=3, max_size=8), min_size=1, max_size=4),
    points=st.lists(small, min_size=1, max_size=30),
)
def test_a_point_is_inside_where_opencv_says_so_and_on_a_side_too(polygons, points):
    zones = Zones([np.array(polygon, float) for polygon in polygons])
    expected = [
        [cv2.pointPolygonTest(np.array(p, np.float32), at, False) >= 0 for at in points]
        for p in polygons
    ]
    assert zones.holding(np.array(points, float)).tolist() == expected


def test_zones_count_who_stands_in_them_and_drop_nobody(folder):
    of = zone(folder, shapes=SQUARE + "roi-Corner=500;500;999;500;999;999\n")
    (found,) = walk(of, [{0: (550, 550), -1: (300, 300), 2: (900, 100), 3: (700, 600)}])
    assert found.frame.in_region == {"Square": 2, "Corner": 2}
    assert [info.regions for info in found.objects] == [
        ["Square", "Corner"],
        ["Square"],
        [],
        ["Corner"],
    ]


def test_an_inverse_zone_counts_who_stands_outside(folder):
    (found,) = walk(zone(folder, "inverse-roi=1"), [{0: (300, 300), 1: (900, 900), 2: (600, 200)}])
    assert found.frame.in_region == {"Square": 1}
    assert [info.regions for info in found.objects] == [[], ["Square"], []]


def test_only_the_classes_that_are_named_are_counted(folder):
    of = zone(folder, "class-id=3")
    found = of.step(frame({0: (300, 300), 1: (310, 300)}, classes=[3, 4]), time_ns=0, frame_num=0)
    assert found.frame.in_region == {"Square": 1}
    assert found.frame.objects == {3: 1, 4: 1}


def test_who_enters_through_a_corner_enters_once(folder):
    way = [*straight((100, 100), (700, 700), 13), *[(700, 700)] * 12]
    found = walk(zone(folder), paths(way))
    assert events(found, "roi-enter") == [(2, "Square", 0)]  # it stands on the corner
    assert events(found, "roi-leave") == [(21, "Square", 0)]  # a second behind frame 10
    assert [f.frame.in_region["Square"] for f in found] == [0] * 2 + [1] * 9 + [0] * 14


WALK = st.lists(st.none() | st.tuples(st.integers(0, 800), st.integers(0, 800)), max_size=40)


@given(walk_=WALK)
def test_who_enters_has_left_for_a_second_before(folder, walk_):
    found = walk(zone(folder), paths(walk_, [(1, 1)] * len(walk_)))
    came, left, last_inside = [], [], None
    for n, point in enumerate(walk_):
        if point is not None and 200 <= point[0] <= 600 and 200 <= point[1] <= 600:
            came += [n] if last_inside is None else []
            last_inside = n
        elif point is not None and last_inside is not None and n - last_inside > 10:
            left.append(n)
            last_inside = None
    assert [n for n, *_ in events(found, "roi-enter")] == came
    assert [n for n, *_ in events(found, "roi-leave")] == left


@given(
    counts=st.lists(st.integers(0, 4), min_size=1, max_size=40),
    most=st.integers(1, 4),
    time_ms=st.sampled_from([0, 100, 250, 1000]),
)
def test_a_zone_is_crowded_when_it_was_too_full_for_long_enough(folder, counts, most, time_ms):
    keys = f"object-threshold={most}\ntime-threshold={time_ms}"
    of = zone(folder, keys, kind="overcrowding")
    found = walk(of, [{n: (300 + n, 300) for n in range(count)} for count in counts])
    expected, full = [], 0
    for count in counts:
        full = full + 1 if count >= most else 0
        expected.append(full > 0 and (full - 1) * 100 >= time_ms)
    assert [f.frame.crowded["Square"] for f in found] == expected
    changes = [
        (n, now)
        for n, (now, was) in enumerate(zip(expected, [False, *expected], strict=False))
        if now != was
    ]
    told = [(n, e.kind == "crowd-begin") for n, f in enumerate(found) for e in f.events]
    assert told == changes
    assert all(info.crowds == ["Square"] for f in found for info in f.objects)


def test_stays_are_measured_and_short_absences_do_not_end_them(folder):
    of = zone(folder, "time-threshold=1500\ngap-ms=300", kind="dwell-time")
    inside, outside = (300, 300), (900, 900)
    path = (
        [outside] * 3 + [inside] * 10 + [outside] * 2 + [inside] * 10 + [outside] * 6 + [inside] * 2
    )
    found = walk(of, paths(path))
    stays = [f.objects[0].dwell_s.get("Square") for f in found]
    assert stays[:4] == [None, None, None, 0.0]
    assert stays[12] == pytest.approx(0.9)
    assert stays[13:16] == [None, None, pytest.approx(1.2)]
    assert stays[-1] == pytest.approx(0.1)  # the long absence ended it
    assert events(found, "dwell") == [(18, "Square", 0)]
    assert found[20].frame.dwell_s["Square"] == pytest.approx(1.7)


def test_a_stay_is_nobody_elses(folder):
    of = zone(folder, "gap-ms=60000", kind="dwell-time")
    walk(of, [{0: (300, 300)}] * 5)
    found = walk(of, [{1: (300, 300)}], start=200)
    assert found[0].slots == [0]
    assert found[0].objects[0].dwell_s == {"Square": 0.0}


def test_a_zones_mean_stay_is_of_those_who_are_there(folder):
    of = zone(folder, kind="dwell-time")
    found = walk(of, paths([(300, 300)] * 11, [None] * 5 + [(400, 400)] * 6))
    assert found[10].frame.dwell_s["Square"] == pytest.approx((1.0 + 0.5) / 2)


@given(
    speed=st.floats(0.2, 40),
    heading=st.floats(0, 6.28),
    dropped=st.sets(st.integers(3, 14), max_size=8),
)
def test_a_speed_over_the_ground_is_exact_for_whoever_keeps_it(folder, speed, heading, dropped):
    corners = np.array([[100, 900], [900, 900], [650, 200], [350, 200]], np.float32)
    metres = np.array([[0, 0], [40, 0], [40, 60], [0, 60]], np.float32)
    ground = ";".join(f"{x};{y};{a};{b}" for (x, y), (a, b) in zip(corners, metres, strict=True))
    of = zone(folder, shapes=f"ground-street={ground}\n", kind="speed")
    to_picture = cv2.getPerspectiveTransform(metres, corners)
    way = speed * np.array((np.cos(heading), np.sin(heading)))
    places = np.array((20, 25)) + np.arange(16)[:, None] * way * 0.05
    path = cv2.perspectiveTransform(places[None].astype(np.float64), to_picture)[0]
    if (path < 0).any() or (path > 999).any():
        return
    frames = [{} if n in dropped else {0: tuple(at)} for n, at in enumerate(path)]
    found = walk(of, frames, step_ns=SECOND_NS // 20)
    assert found[1].objects[0].speed_m_s is None
    # The boxes are float32: hundredths of a pixel at most, far away some centimetres.
    assert found[-1].objects[0].speed_m_s == pytest.approx(speed, rel=1e-3, abs=0.02)


@given(times=st.lists(st.integers(0, 3000), min_size=1, max_size=20))
def test_a_heat_map_holds_the_seconds_that_objects_stood_there(folder, times):
    of = zone(folder, "cell-size=100", shapes="", kind="heat-map")
    now, stood_s = 0, 0.0
    of.step(frame({}), time_ns=0, frame_num=0)
    for n, step_ms in enumerate(times):
        now += step_ms * 1_000_000
        stood_s += min(step_ms, 1000) / 1000  # where they were in a longer gap, nobody knows
        found = of.step(frame({0: (250, 370), -1: (999, 999)}), time_ns=now, frame_num=n)
    heat = found.frame.heat
    assert heat.shape == (10, 10)
    assert heat[3, 2] == heat[9, 9] == pytest.approx(stood_s, abs=1e-3)
    assert heat.sum() == pytest.approx(2 * stood_s, abs=1e-3)


def test_heat_fades_to_one_half_in_its_half_life(folder):
    of = zone(folder, "cell-size=500\nhalf-life-s=1", shapes="", kind="heat-map")
    found = walk(of, [{0: (10, 10)}] * 11 + [{}] * 10)
    assert found[20].frame.heat[0, 0] == pytest.approx(found[10].frame.heat[0, 0] / 2, rel=1e-4)


@pytest.mark.parametrize(
    ("step", "named"),
    [((8, 0), "East"), ((6, 6), "South"), ((0, -8), ""), ((0.1, 0.1), ""), ((-8, 1), "West")],
)
def test_a_direction_is_the_one_that_fits_best(folder, step, named):
    shapes = "direction-East=0;0;10;0\ndirection-South=0;0;9;10\ndirection-West=500;500;400;500\n"
    of = zone(folder, shapes=shapes, kind="direction-detection")
    path = [(500 + n * step[0], 500 + n * step[1]) for n in range(12)]
    found = walk(of, [{0: at, -1: at} for at in path])
    assert found[-1].objects[0].direction == named
    assert found[-1].objects[1].direction == ""
    assert found[2].objects[0].direction == ""  # two steps tell nothing
    assert found[-1].objects[0].status == ("STOPPED" if step == (0.1, 0.1) else "")


def test_counts_of_classes_are_the_most_frequent_within_the_window(folder):
    of = analyser(folder, f"[roi-filtering-stream-0]\n{SQUARE}", properties="obj-cnt-win-in-ms=450")
    counts = [2, 2, 2, 1, 2, 0, 0, 0, 0, 0]
    found = walk(of, [dict.fromkeys(range(count), (1, 1)) for count in counts])
    assert [f.frame.objects[0] for f in found] == [2, 2, 2, 2, 2, 2, 0, 0, 0, 0]
