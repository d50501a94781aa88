"""nvmsgconv's file: what is read, and what is said about what cannot be."""

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.config import AnalyticsModule, MessagesConfig, Place, Sensor
from penstock.errors import ConfigError

WHOLE = """\
[sensor0]
enable=1
type=Camera
id=dock-7
description="Dock, north"
location=1.5;2.5;3
coordinate=0;0;-1;
[place3]
enable=true
id=9
type=yard
name=Depot
location=0;0;0
coordinate=0;1;2
place-sub-field1=A1
place-sub-field2=North
place-sub-field3=L0
[analytics0]
enable=1
id=m1
description=counter
source=demo
version=1.0
[sensor1]
enable=0
id=off
"""
YAML = """\
sensor0:
  enable: 1
  id: dock-7
  location: [1.5, 2.5, 3]
place3:
  enable: 1
  coordinate: 0;1;2
ds3d::datamap:
  lidar_element_size: 4
"""
CSV = """\
camera,id,description,x,one,two,three
c0, dock-7 ,"Dock, north",-,A1,North,L0

c1,gate,Gate,-,B1,South,L1,more
"""


@pytest.fixture
def read(tmp_path):
    def read(text, name="config.txt"):
        (tmp_path / name).write_text(text)
        return MessagesConfig.read(tmp_path / name)

    return read


def test_sensors_places_and_modules_are_found_by_their_number(read):
    config = read(WHOLE)
    assert config.sensors == {
        0: Sensor("dock-7", "Camera", '"Dock, north"', (1.5, 2.5, 3.0), (0.0, 0.0, -1.0))
    }
    sub_fields = ("A1", "North", "L0")
    assert config.places == {
        3: Place("9", "Depot", "yard", (0.0, 0.0, 0.0), (0.0, 1.0, 2.0), sub_fields)
    }
    assert config.modules == {0: AnalyticsModule("m1", "counter", "demo", "1.0")}
    assert config.warnings == ()


def test_yaml_has_the_same_groups(read):
    config = read(YAML, "config.yml")
    assert config.sensors == {0: Sensor("dock-7", location=(1.5, 2.5, 3.0))}
    assert config.places == {3: Place(coordinate=(0.0, 1.0, 2.0))}
    assert config.warnings == ()


def test_rows_of_a_csv_file_are_numbered_from_0(read):
    config = read(CSV, "config.csv")
    assert config.sensors == {
        0: Sensor("dock-7", "Camera", "Dock, north"),
        1: Sensor("gate", "Camera", "Gate"),
    }
    assert config.places[1] == Place(
        "Id", "endeavor", "building/garage", sub_fields=("B1", "South", "L1")
    )
    assert config.modules == {0: AnalyticsModule(version="1.0"), 1: AnalyticsModule(version="1.0")}


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        (
            "[sensor0]\nenable=1\nlocation=1;2\n",
            "c.txt",
            "line 3, [sensor0] location: wanted three numbers a;b;c, got '1;2'",
        ),
        (
            "[place0]\ncoordinate=1;2;x\n",
            "c.txt",
            "line 2, [place0] coordinate: wanted a list 0.5;1;2 of numbers, got '1;2;x'",
        ),
        ("[sensor0]\nenable=yes\n", "c.txt", "line 2, [sensor0] enable: wanted 1 (true) or 0"),
        ("[sensor]\nenable=1\n", "c.txt", "line 1, [sensor]: wanted a number after 'sensor'"),
        (
            "[sensor0]\nenable=1\n[sensor00]\nenable=1\n",
            "c.txt",
            "line 3, [sensor00]: wanted each number once, got sensor 0 again after [sensor0]",
        ),
        ("sensor0:\n  enable: [", "c.yml", "line 2: wanted YAML"),
        ("a,b\nc0,dock\n", "c.csv", "line 2: wanted at least 7 columns (the 2nd is the sensor's"),
        ('a,b\n"' + "x" * 200_000, "c.csv", "wanted CSV: field larger than field limit"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(read, text, name, said):
    with pytest.raises(ConfigError, match=re.escape(said)):
        read(text, name)


def test_a_missing_file_is_an_error(tmp_path):
    for name in ("no.txt", "no.csv"):
        with pytest.raises(ConfigError, match=rf"config: cannot read .*{name}: No such file"):
            MessagesConfig.read(tmp_path / name)


def test_unknown_keys_and_groups_and_groups_without_enable_are_warnings(read):
    config = read("[sensor0]\nid=a\n[place0]\nenable=1\nnmae=x\n[senser1]\n")
    unused, typo, group = config.warnings
    assert unused.endswith("line 1, [sensor0]: not used, because it has no enable; wanted enable=1")
    assert typo.endswith("line 5, [place0] nmae: unknown key, ignored; did you mean name?")
    assert group.endswith("line 6, [senser1]: unknown group, ignored; did you mean sensor?")
    assert config.sensors == {}


@given(st.text(max_size=200), st.sampled_from(["c.txt", "c.yml", "c.csv"]))
def test_any_text_is_read_or_refused(tmp_path_factory, text, name):
    path = tmp_path_factory.getbasetemp() / name
    path.write_text("[sensor0]\n" + text, errors="replace")
    with contextlib.suppress(ConfigError):
        assert MessagesConfig.read(path).file == path
