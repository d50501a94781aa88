"""The configuration of the new nvstreammux."""

from pathlib import Path

import pytest

from penstock.config import MuxConfig, MuxSourceConfig
from penstock.config.keys import reference
from penstock.config.mux_keys import PROPERTY_KEYS, SOURCE_KEYS
from penstock.errors import ConfigError

PAGE = Path(__file__).parents[2] / "docs" / "batching.md"
EVERYTHING = """\
[property]
algorithm-type=1
batch-size=30
max-fps-control=1
overall-max-fps-n=60
overall-max-fps-d=2
overall-min-fps-n=10
overall-min-fps-d=3
max-same-source-frames=2
adaptive-batching=0
enable-source-rate-control=1

[source-config-12]
max-fps-n=25
max-fps-d=2
min-fps-n=5
min-fps-d=4
priority=3
max-num-frames-per-batch=2
"""


def test_every_key_of_both_groups_is_read(write):
    config = MuxConfig.read(write(EVERYTHING))
    assert config.warnings == ()
    assert (config.batch_size, config.adaptive, config.max_same_source_frames) == (30, False, 2)
    assert (config.controls_max_fps, config.controls_sources) == (True, True)
    assert (config.overall_max_fps_n, config.overall_max_fps_d) == (60, 2)
    assert (config.overall_min_fps_n, config.overall_min_fps_d) == (10, 3)
    assert config.source(12) == MuxSourceConfig(25, 2, 5, 4, 3, 2)
    assert config.source(0) == MuxSourceConfig()


def test_yaml_says_the_same(write):
    text = "property:\n  batch-size: 4\nsource-config-0:\n  priority: 1\n"
    config = MuxConfig.read(write(text, "mux.yml"))
    assert (config.batch_size, config.source(0).priority) == (4, 1)


def test_the_documented_defaults_hold(write):
    config = MuxConfig.read(write("[property]\n[source-config-0]\n"))
    assert config == MuxConfig(file=config.file, sources={0: MuxSourceConfig()})
    for table, holder in ((PROPERTY_KEYS, config), (SOURCE_KEYS, config.source(0))):
        for key, known in table.items():
            assert int(getattr(holder, known.setting)) == int(known.default), key


def test_what_is_unknown_is_warned_about_once_with_its_line(write):
    path = write(
        "[property]\npriority=1\nbatch-sise=1\n[source-config]\n[source-config-0]\nfps=1\n"
    )
    assert MuxConfig.read(path).warnings == (
        f"{path}, line 4: unknown group [source-config], ignored; did you mean source-config-0?",
        f"{path}, line 2, [property] priority: unknown key, ignored; "
        "it belongs in [source-config-N]",
        f"{path}, line 3, [property] batch-sise: unknown key, ignored; did you mean batch-size?",
        f"{path}, line 6, [source-config-0] fps: unknown key, ignored",
    )


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("algorithm-type=2", "a whole number from 1 to 1, got '2'"),
        ("batch-size=0", "a whole number from 1 to 1024, got '0'"),
        ("adaptive-batching=maybe", r"1 \(true\) or 0 \(false\), got 'maybe'"),
        ("overall-min-fps-n=0", "a whole number of 1 or more, got '0'"),
    ],
)
def test_a_bad_value_names_file_key_and_line(write, line, wanted):
    path = write(f"[property]\n{line}\n")
    key = line.partition("=")[0]
    with pytest.raises(ConfigError, match=rf"line 2, \[property\] {key}: wanted {wanted}"):
        MuxConfig.read(path)


def test_another_kind_of_file_is_refused(write):
    with pytest.raises(ConfigError, match=r"wanted a \[property\] group, got \[application\]"):
        MuxConfig.read(write("[application]\n"))
    with pytest.raises(ConfigError, match=r"config-file-path: cannot read .*nowhere.txt"):
        MuxConfig.read("nowhere.txt")


def test_the_page_has_the_reference():
    page = PAGE.read_text()
    for table in (PROPERTY_KEYS, SOURCE_KEYS):
        assert reference(table) in page, f"put this into {PAGE}:\n{reference(table)}"
