"""nvdsanalytics' file: what is read, and what is said about what cannot be."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.analytics import Plan, grammars
from penstock.config.analytics_keys import COMMON_KEYS, PROPERTY_KEYS
from penstock.config.keys import reference
from penstock.errors import ConfigError

PAGE = Path(__file__).parents[2] / "docs" / "analytics.md"
WHOLE = """\
[property]
enable=1
config-width=768
config-height=432
osd-mode=1
display-font-size=10
obj-cnt-win-in-ms=500
display-obj-cnt=1
proof-file=proof.jsonl
[roi-filtering-stream-0]
enable=1
roi-Left=0;0;100;0;100;100;
roi-Two words=10;10;20;10;20;20;10;20;10;10
inverse-roi=0
class-id=0;2
[overcrowding-stream-2]
roi-Door=0;0;100;0;100;100
object-threshold=3
time-threshold=500
class-id=-1
[line-crossing-stream-0]
line-crossing-In=50;0;50;100;0;50;100;50
line-crossing-Out-0=50;100;50;0;0;50;100;50
mode=strict
extended=0
[direction-detection-stream-0]
direction-South=0;0;0;10
mode=loose
[dwell-time-stream-0]
roi-Left=0;0;100;0;100;100
time-threshold=3000
[speed-stream-0]
ground-street=0;0;0;0;100;0;10;0;100;100;10;10;0;100;0;10
[heat-map-stream-0]
cell-size=16
[line-crossing-stream-1]
enable=0
"""


@pytest.fixture
def read(tmp_path):
    def read(text, name="analytics.txt"):
        path = tmp_path / name
        path.write_text(text)
        return Plan.read(path).config

    return read


def refused(read, group, line, name="analytics.txt"):
    with pytest.raises(ConfigError) as caught:
        read(f"[property]\nconfig-width=768\nconfig-height=432\n[{group}]\n{line}\n", name)
    return str(caught.value)


def test_a_whole_file_is_read(read, tmp_path):
    config = read(WHOLE)
    assert config.warnings == ()
    assert (config.size, config.osd_mode, config.font_size) == ((768, 432), 1, 10)
    assert (config.count_window_ms, config.display_counts) == (500, True)
    assert config.proof_file == tmp_path / "proof.jsonl"
    groups = {(group.kind, group.stream): group for group in config.groups}
    zones = groups["roi-filtering", 0]
    assert zones.class_ids == (0, 2)
    assert zones.shapes["Left"] == ((0, 0), (100, 0), (100, 100))
    assert len(zones.shapes["Two words"]) == 4  # the first corner was repeated
    crowd = groups["overcrowding", 2]
    assert (crowd.class_ids, crowd.settings) == ((), {"objects": 3, "time_ms": 500})
    lines = groups["line-crossing", 0]
    assert list(lines.shapes) == ["In", "Out-0"]
    assert lines.shapes["In"].direction == ((50, 0), (50, 100))
    assert lines.shapes["In"].ends == ((0, 50), (100, 50))
    assert lines.settings == {"mode": "strict", "extended": False}
    assert ("line-crossing", 1) not in groups  # switched off


def test_yaml_says_the_same(read):
    text = "\n".join(
        f"{line[1:-1]}:" if line.startswith("[") else "  " + line.replace("=", ": ", 1)
        for line in WHOLE.splitlines()
    )
    assert read(text, "analytics.yml") == read(WHOLE)


def test_what_is_missing_has_deepstreams_default(read):
    config = read("[roi-filtering-stream-0]\nroi-A=0;0;9;0;9;9\n[property]\nosd-mode=7\n")
    assert (config.enable, config.size, config.osd_mode) == (True, (1920, 1080), 2)
    (warning,) = config.warnings
    assert warning.endswith(
        "[property]: config-width and config-height are missing; its points are taken to be for "
        "1920x1080"
    )


def test_what_nobody_knows_is_a_warning_with_its_place(read):
    config = read(
        "[property]\nconfig-width=10\nconfig-height=10\nosd-mod=1\n"
        "[roi-filterin-stream-0]\nroi-A=1\n[tests]\n"
        "[roi-filtering-stream-0]\nroi-A=0;0;9;0;9;9\ninverse_roi=1\nosd-mode=1\n"
    )
    assert [text.partition("analytics.txt, ")[2] for text in config.warnings] == [
        "line 4, [property] osd-mod: unknown key, ignored; did you mean osd-mode?",
        "line 5: unknown group [roi-filterin-stream-0], ignored; did you mean "
        "roi-filtering-stream-0?",
        "line 7: unknown group [tests], ignored",
        "line 10, [roi-filtering-stream-0] inverse_roi: unknown key, ignored; did you mean "
        "inverse-roi?",
        "line 11, [roi-filtering-stream-0] osd-mode: unknown key, ignored; it belongs in "
        "[property]",
    ]


@pytest.mark.parametrize(
    ("group", "line", "said"),
    [
        ("roi-filtering-stream-0", "roi-A=0;0;9;9", "three corners or more, x1;y1;x2;y2;x3;y3;…"),
        ("roi-filtering-stream-0", "roi-A=0;0;9;9", ": that is 2 corners"),
        ("overcrowding-stream-0", "roi-A=0;0;9;9;5", "a polygon x1;y1;x2;y2;x3;y3;…"),
        ("overcrowding-stream-0", "roi-A=", "a polygon x1;y1;x2;y2;x3;y3;…"),
        ("roi-filtering-stream-0", "roi-A=a;b;c;d", "a list 0.5;1;2 of numbers"),
        ("roi-filtering-stream-0", "roi-A=0;0;5;5;9;9", "an area, got '0;0;5;5;9;9': its corners"),
        ("roi-filtering-stream-0", "roi-=0;0;9;0;9;9", "wanted a name behind roi-"),
        ("roi-filtering-stream-0", "class-id=a", "a list 1;2;3 of whole numbers"),
        ("line-crossing-stream-0", "line-crossing-A=0;0", "a direction from 1 to 2 and a line"),
        ("line-crossing-stream-0", "line-crossing-A=0;0;9;9", ": that is 2 points"),
        (
            "line-crossing-stream-0",
            "line-crossing-A=0;0;9;9;5;5;5;5",
            "a line between two points, got '0;0;9;9;5;5;5;5': both ends are the same point",
        ),
        (
            "line-crossing-stream-0",
            "line-crossing-A=3;3;3;3;0;0;9;9",
            "a direction from a point to another, got '3;3;3;3;0;0;9;9': both are the same",
        ),
        (
            "line-crossing-stream-0",
            "line-crossing-A=0;1;5;6;0;0;9;9",
            ": it runs along the line, so no side of it is the other one",
        ),
        ("line-crossing-stream-0", "mode=quick", "one of strict, balanced, loose, got 'quick'"),
        ("direction-detection-stream-0", "direction-A=0;0;0;0", "from a point to another"),
        ("speed-stream-0", "ground-a=0;0;1;1;2;2;3;3", "four pairs or more of x;y"),
        (
            "speed-stream-0",
            "ground-a=0;0;0;0;1;1;9;0;2;2;9;9;3;3;0;9",
            ": in the picture no four of the points lie in general position",
        ),
        (
            "speed-stream-0",
            "ground-a=0;0;0;0;9;0;9;0;9;9;9;9;0;9;0;9\nground-b=0;0;0;0;9;0;9;0;9;9;9;9;0;9;0;9",
            "wanted 1 ground-<name>=…, got 2",
        ),
        ("heat-map-stream-0", "cell-size=1", "a whole number from 4 to 4096, got '1'"),
    ],
)
def test_a_mistake_is_an_error_that_names_file_line_group_and_key(read, group, line, said):
    text = refused(read, group, line)
    assert said in text
    assert re.search(rf"analytics\.txt, line [45], \[{group}\]", text)


def test_a_polygon_whose_sides_cross_says_which_ones(read):
    text = refused(read, "roi-filtering-stream-3", "roi-Bow tie=0;0;100;100;100;0;0;100")
    assert text.endswith(
        "analytics.txt, line 5, [roi-filtering-stream-3] roi-Bow tie: wanted a polygon whose sides "
        "do not cross, got '0;0;100;100;100;0;0;100': side (0, 0)-(100, 100) crosses side "
        "(100, 0)-(0, 100); list the corners in the order of walking"
    )


@pytest.mark.parametrize(
    "corners",
    [
        "0;0;10;0;10;10;5;10;5;0;0;10",
        "0;0;9;0;9;9;9;4;9;12;0;9",
        "0;0;9;0;9;9;4;0;0;9",
        "0;9;0;0;9;9;9;0",
    ],
    ids=["touches", "runs back along itself", "touches in a corner", "crosses its last side"],
)
def test_a_polygon_that_touches_itself_is_refused_too(read, corners):
    assert "sides do not cross" in refused(read, "overcrowding-stream-0", f"roi-A={corners}")


def test_a_group_that_is_off_or_empty_stops_nobody(read):
    config = read(
        "[property]\nconfig-width=9\nconfig-height=9\n"
        "[roi-filtering-stream-0]\nenable=0\nroi-A=1;2\n[overcrowding-stream-1]\nenable=1\n"
    )
    assert config.groups == ()
    (warning,) = config.warnings
    assert warning.endswith(
        "line 7, [overcrowding-stream-1]: there is no roi-<name>=… in it, ignored"
    )


@given(
    angles=st.lists(st.floats(0, 6.28), min_size=3, max_size=12, unique=True),
    radii=st.lists(st.floats(20, 100), min_size=12, max_size=12),
)
def test_polygons_around_a_point_are_taken(angles, radii, tmp_path_factory):
    from math import cos, pi, sin

    angles = sorted(angles)
    gaps = [b - a for a, b in zip(angles, [*angles[1:], angles[0] + 2 * pi], strict=True)]
    if max(gaps) >= pi - 0.01 or min(gaps) < 0.01:
        return  # it does not wind around the point
    corners = ";".join(
        f"{100 + r * cos(a):.3f};{100 + r * sin(a):.3f}"
        for a, r in zip(angles, radii, strict=False)
    )
    path = tmp_path_factory.getbasetemp() / "polygon.txt"
    path.write_text(f"[property]\n[roi-filtering-stream-0]\nroi-A={corners}\n")
    (group,) = Plan.read(path).config.groups
    assert len(group.shapes["A"]) == len(angles)


@pytest.mark.parametrize("stream", ["x", "-1", "", "1.5", "1234567"])
def test_a_stream_that_is_no_number_is_an_error_with_its_line(read, stream):
    text = refused(read, f"line-crossing-stream-{stream}", "enable=1")
    assert f"line 4: [line-crossing-stream-{stream}] is about an unknown stream" in text
    assert text.endswith("wanted [line-crossing-stream-0], [line-crossing-stream-1], …")


@pytest.mark.parametrize("name", ["analytics.txt", "analytics.yaml"])
def test_a_name_that_is_used_twice_is_an_error_with_both_lines(read, name):
    two = ["roi-A=0;0;9;0;9;9", "roi-A=0;0;8;0;8;8"]
    if name.endswith("yaml"):
        text = "roi-filtering-stream-0:\n" + "".join(f"  {t.replace('=', ': ')}\n" for t in two)
    else:
        text = "[roi-filtering-stream-0]\n" + "\n".join(two)
    with pytest.raises(ConfigError) as caught:
        read(text, name)
    assert str(caught.value).endswith(
        f"{name}, line 3, [roi-filtering-stream-0] roi-A: the name A is taken by line 2; wanted "
        "another name for each shape of a group"
    )


def test_two_groups_for_one_stream_are_an_error(read):
    zone = "roi-A=0;0;9;0;9;9"
    with pytest.raises(ConfigError, match=r"\[roi-filtering-stream-00\] is there twice, first on"):
        read(f"[roi-filtering-stream-0]\n{zone}\n[roi-filtering-stream-00]\n{zone}\n")


def test_the_page_has_every_key():
    text = PAGE.read_text()
    assert reference(PROPERTY_KEYS) in text
    assert reference(COMMON_KEYS) in text
    for kind, grammar in grammars().items():
        assert f"\n## {kind}\n" in text
        if grammar.keys:
            assert reference(grammar.keys) in text
        if grammar.shapes is not None:
            assert f"`{grammar.shapes.prefix}<name>`: {grammar.shapes.effect}" in text
