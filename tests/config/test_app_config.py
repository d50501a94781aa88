"""deepstream-app's configuration: what it says, and what is said about mistakes."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.config import AppConfig
from penstock.config.app_grammar import HARDWARE
from penstock.config.app_keys import GROUPS
from penstock.config.keys import reference
from penstock.errors import ConfigError

DOCS = Path(__file__).parents[2] / "docs" / "app.md"
MUX = "[streammux]\nwidth=640\nheight=360\n"
SOURCE = "[source0]\nenable=1\ntype=2\nuri=file:///street.mp4\n"
FACTS = """
application tiled-display source source-list source-attr-all streammux sink osd primary-gie
secondary-gie tracker nvds-analytics pre-process secondary-pre-process dewarper message-converter
message-consumer img-save segvisual ds-example tests
"""


@pytest.fixture
def read(tmp_path):
    """Read text as a file; the small things that every file needs are added."""

    def read_text(text, *, name="app.txt", base=SOURCE + MUX):
        path = tmp_path / name
        path.write_text(base + text)
        return AppConfig.read(path)

    return read_text


@pytest.fixture
def refused(read):
    def read_text(text, **options):
        with pytest.raises(ConfigError) as caught:
            read(text, **options)
        return str(caught.value)

    return read_text


def test_every_group_of_deepstream_is_known():
    assert sorted(GROUPS) == sorted(FACTS.split())


@pytest.mark.parametrize("group", GROUPS)
def test_the_page_has_the_reference(group):
    own = {name: key for name, key in GROUPS[group].keys.items() if name not in HARDWARE}
    assert reference(own) in DOCS.read_text(), f"put this into {DOCS}:\n{reference(own)}"
    assert f"### `[{group}{'N' if GROUPS[group].numbered else ''}]`" in DOCS.read_text()


@pytest.mark.parametrize("language", ["ini", "python"])
def test_the_examples_of_the_page_work(tmp_path, monkeypatch, language):
    (example,) = re.findall(f"```{language}\n(.*?)```", DOCS.read_text(), re.DOTALL)
    (tmp_path / "config_infer.txt").touch()
    (tmp_path / "app.txt").write_text(example if language == "ini" else SOURCE + MUX)
    if language == "ini":
        config = AppConfig.read(tmp_path / "app.txt")
        assert (config.warnings, len(config.sources)) == ((), 2)
        assert config.primary.border_colors == {2: (0, 1, 0, 1)}
        assert config.tracker.properties == {"ll-config-file": "NvDCF"}
    else:
        monkeypatch.chdir(tmp_path)
        with pytest.raises(ConfigError, match=r"source file:///street\.mp4: there is no such file"):
            exec(example, {})


@pytest.mark.parametrize("group", GROUPS)
def test_a_key_is_read_or_has_a_reason_why_not(group):
    for name, key in GROUPS[group].keys.items():
        assert (key.read is None) == key.status.startswith("accepted, ignored because "), name
        assert (key.read is None) == (not key.setting), name


def test_ini_and_yaml_say_the_same(read):
    ini = read("[osd]\nenable=1\nborder-width=3\n[sink0]\nenable=1\ntype=1\nsync=1\n")
    yaml = read(
        "source0:\n  enable: 1\n  type: 2\n  uri: file:///street.mp4\nstreammux:\n  width: 640\n"
        "  height: 360\nosd:\n  enable: 1\n  border-width: 3\n"
        "sink0:\n  enable: 1\n  type: 1\n  sync: 1\n",
        name="app.yml",
        base="",
    )
    assert yaml == ini
    assert ini.osd.border_width == 3
    assert ini.sinks[0].sync


def test_a_group_that_is_switched_off_may_hold_anything(read):
    config = read("[sink0]\nenable=0\ntype=lots\nno such=1\n[frame-dump]\nenable=0\nfps=1\n")
    assert (config.sinks, config.warnings) == ((), ())


def test_a_group_without_its_switch_is_not_used_and_warned_about(read):
    config = read("[sink0]\ntype=1\n")
    assert config.sinks == ()
    (told,) = config.warnings
    assert re.search(r"app.txt, line 8, \[sink0\]: not used, because it has no enable", told)


def test_unknown_groups_and_keys_are_warned_about_with_file_and_line(read):
    told = read("[sinc0]\nenable=1\n[osd]\nenable=1\nboarder-width=2\n").warnings
    assert [re.sub(r"^.*app.txt", "", text) for text in told] == [
        ", line 8, [sinc0]: unknown group, ignored; did you mean sink0?",
        ", line 12, [osd] boarder-width: unknown key, ignored; did you mean border-width?",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[sink0]\nenable=1\ntype=9\n", r"line 10, \[sink0\] type: wanted 1 \(nowhere\)"),
        ("[sink0]\nenable=1\ntype=3\n", r"line 8, \[sink0\]: wanted output-file"),
        ("[sink0]\nenable=1\ntype=6\n", r"\[sink0\]: wanted msg-broker-proto-lib"),
        ("[sink0]\nenable=1\ntype=4\ncodec=3\n", r"\[sink0\]: wanted codec 1 \(H.264\) or 2"),
        ("[sink0]\nenable=yes\n", r"line 9, \[sink0\] enable: wanted a whole number .* 'yes'"),
        ("[primary-gie]\nenable=1\n", r"\[primary-gie\]: wanted config-file"),
        (
            "[primary-gie]\nenable=1\nconfig-file=none.txt\n",
            r"line 10, \[primary-gie\] config-file: wanted a file, got 'none.txt'",
        ),
        (
            "[source1]\nenable=1\ntype=3\nuri=file:a_%d.mp4\nnum-sources=100000000\n",
            r"line 12, \[source1\] num-sources: wanted a whole number from 1 to 1024",
        ),
        (
            "[sink0]\nenable=1\ntype=3\noutput-file=o.mp4\n"
            "[sink2]\nenable=1\ntype=3\noutput-file=./o.mp4\n",
            r"\[sink2\]: output-file .*o.mp4 is that of .*app.txt, line 8, \[sink0\]",
        ),
        ("[img-save]\nenable=1\n", r"\[img-save\]: wanted output-folder-path"),
        ("[source1]\nenable=1\nuri=file:///b\n", r"\[source1\]: wanted type"),
        ("[source1]\nenable=1\ntype=4\n", r"\[source1\]: wanted uri"),
        ("[source1]\nenable=1\ncsv-file-path=a.csv\n", r"wanted it in a group called source, wi"),
        ("[source1]\nenable=1\ntype=5\n", r"type: wanted 1 \(camera\).*a Jetson's own camera"),
        ("[source1]\nenable=1\ntype=6\n", r"type: wanted 1 \(camera\).*sound"),
        ("[osd]\nenable=1\ntext-color=1;1\n", r"line 10, \[osd\] text-color: wanted red;green"),
    ],
)
def test_mistakes_are_named_with_file_and_line(refused, text, said):
    assert re.search(rf"app\.txt.*{said}", refused(text))


def test_a_source_is_asked_for(refused):
    assert "wanted a group [source0] with enable=1" in refused("", base=MUX)


@pytest.mark.parametrize("written", ["file://{}", "file:{}", "file:///{}", "{}", "file://a b.mp4"])
def test_a_file_may_be_written_in_all_the_ways_that_are_in_use(read, tmp_path, written):
    path = tmp_path / "a b.mp4"
    config = read(f"[source0]\nenable=1\ntype=2\nuri={written.format(path)}\n{MUX}", base="")
    assert [source.uri for source in config.sources] == [path.as_uri()]


def test_a_bare_path_starts_at_the_files_folder_and_other_uris_stay(read, tmp_path):
    text = "".join(
        f"[source{n}]\nenable=1\ntype=2\nuri={uri}\n"
        for n, uri in enumerate(("clips/a.mp4", "http://camera/?x=1", "v4l2:///dev/video0"))
    )
    assert [source.uri for source in read(text + MUX, base="").sources] == [
        (tmp_path / "clips/a.mp4").as_uri(),
        "http://camera/?x=1",
        "v4l2:///dev/video0",
    ]


def test_several_uris_are_counted_and_all_but_the_first_come_last(read, tmp_path):
    config = read(
        "[source0]\nenable=1\ntype=3\nuri=file://a_%d.mp4\nnum-sources=3\n"
        "[source1]\nenable=1\ntype=4\nuri=rtsp://camera/1\nlatency=200\n",
        base=MUX,
    )
    here = tmp_path.as_uri()
    names = [f"{here}/a_0.mp4", "rtsp://camera/1", f"{here}/a_1.mp4", f"{here}/a_2.mp4"]
    assert [source.uri for source in config.sources] == names
    assert config.sources[1].properties == {"latency": 200}


def test_a_table_of_sources_is_read(read, tmp_path):
    (tmp_path / "sources.csv").write_text(
        "enable,type,uri,num-sources,gpu-id\n1,2,file://a.mp4,1,0\n0,9,,,\n1,4,rtsp://c/1,1,0\n"
    )
    config = read(
        "source:\n  csv-file-path: sources.csv\n  gpu-id: 0\nstreammux:\n  width: 64\n",
        name="app.yml",
        base="",
    )
    assert [re.sub("^.*app.yml", "", text) for text in config.warnings] == [
        ", line 3, [source] gpu-id: not used beside csv-file-path"
    ]
    assert [source.uri for source in config.sources] == [
        (tmp_path / "a.mp4").as_uri(),
        "rtsp://c/1",
    ]


def test_a_mistake_in_a_table_names_its_own_line(refused, tmp_path):
    (tmp_path / "sources.csv").write_text("enable,type,uri\n1,2,file://a.mp4\n1,7,file://b.mp4\n")
    text = "source:\n  csv-file-path: sources.csv\nstreammux:\n  width: 64\n  height: 64\n"
    assert "sources.csv, line 3, [source1] type" in refused(text, name="app.yml", base="")


def test_a_list_of_sources_takes_what_holds_for_all(read):
    config = read(
        "[source-list]\nnum-source-bins=2\nlist=file:///a.mp4;usb:1\n"
        "[source-attr-all]\nenable=1\ntype=3\nlatency=50\n",
        base=MUX,
    )
    assert [(one.kind, one.uri, one.device) for one in config.sources] == [
        (2, "file:///a.mp4", 0),
        (1, "usb:1", 1),
    ]
    assert all(one.properties == {"latency": 50} for one in config.sources)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("list=file:///a\nnum-source-bins=3\n", "as many URIs as num-source-bins says, 3"),
        ("list=a.mp4\n", "wanted URIs a;b;c, or usb:0"),
        ("list=file:///a\nsensor-id-list=x;y\n", "sensor-id-list: wanted 1 entries, got 2"),
    ],
)
def test_mistakes_in_a_list_are_named(refused, text, said):
    assert said in refused(f"[source-list]\n{text}", base=MUX)


def test_sources_that_come_and_go_set_the_secondary_networks_batch(read, tmp_path):
    (tmp_path / "net.txt").touch()
    config = read(
        "[source-list]\nlist=file:///a.mp4\nuse-nvmultiurisrcbin=1\nmax-batch-size=8\n"
        "sgie-batch-size=16\nhttp-port=0\n[primary-gie]\nenable=1\nconfig-file=net.txt\n"
        "[secondary-gie0]\nenable=1\nconfig-file=net.txt\nbatch-size=4\n",
        base=MUX,
    )
    assert config.sources == ()
    assert config.listed.properties == {"max-batch-size": 8, "port": "0"}
    assert config.primary.properties["batch-size"] == 8
    assert config.secondaries[0].properties["batch-size"] == 16


def test_colours_of_classes_and_the_rest_of_a_network(read, tmp_path):
    (tmp_path / "net.txt").touch()
    gie = read(
        "[primary-gie]\nenable=1\nconfig-file=net.txt\nmodel-engine-file=/none.engine\n"
        "bbox-border-color=1;0;0;1\nbbox-border-color2=0;1;0;1\nbbox-bg-color0=0;0;1;0.5\n"
        "gie-unique-id=4\ninterval=2\noperate-on-class-ids=0;2\n"
    ).primary
    assert gie.border_colors == {-1: (1, 0, 0, 1), 2: (0, 1, 0, 1)}
    assert gie.bg_colors == {0: (0, 0, 1, 0.5)}
    assert gie.properties == {"unique-id": 4, "interval": 2, "infer-on-class-ids": "0:2"}


def test_a_message_sink_tells_converter_and_broker_apart(read):
    (sink,) = read(
        "[sink0]\nenable=1\ntype=6\nmsg-broker-proto-lib=libnvds_redis_proto.so\n"
        "msg-conv-payload-type=1\ntopic=cars\nmsg-conv-comp-id=3\nmsg-broker-comp-id=4\n"
    ).sinks
    assert sink.converter == {"payload-type": 1, "comp-id": 3}
    broker = {"proto-lib": "libnvds_redis_proto.so", "topic": "cars", "comp-id": 4}
    assert sink.broker == broker


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_with_its_file(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("any") / "app.txt"
    path.write_text(SOURCE + MUX + text, encoding="utf-8", errors="surrogatepass")
    try:
        AppConfig.read(path)
    except ConfigError as error:
        assert "app.txt" in str(error)  # noqa: PT017 - either is right
