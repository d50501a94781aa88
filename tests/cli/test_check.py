"""`penstock check`: what scripts and configurations use, without running them."""

import json
import re
import shutil
from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from footage import detector, penstock
from penstock.checking import IGNORED, SUPPORTED, UNSUPPORTED, check
from penstock.cli import app
from penstock.cli.check import check as command
from penstock.cli.script_imports import EXPLAINED, SAMPLE_MODULES
from penstock.errors import ConfigError

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted([*ROOT.glob("samples/*/*.py"), *ROOT.glob("tests/samples/idiom/*.py")])

TRAPS = """\
import sys
import no_such_module
import cupy as cp
from common.bus_call import bus_call
from gi.repository import Gst, GstRtspServer
import pyds
from pyds import NvDsObjectMeta, NvDsNothing

open("was_run", "w")
GIE = "nvinfer"


def make(kind, name):
    return Gst.ElementFactory.make(kind, name)


def tune(box):
    box.set_property("intervall", 3)


def probe(pad, info, u_data):
    batch_meta = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
    frame_meta = pyds.NvDsFrameMeta.cast(batch_meta.frame_meta_list.data)
    print(frame_meta.frame_num, frame_meta.frame_nub)
    obj = NvDsObjectMeta.cast(frame_meta.obj_meta_list.data)
    obj.rect_params.boarder_width = 2
    pyds.nvds_do_magic(1)
    return pyds.NvDsMetaType.NVDS_NOTHING_META


gie = make(GIE, "gie")
gie.set_property("config-file-path", "gie.txt")
gie.set_property("gpu_id", 0)
gie.props.batchsize = 4
tune(gie)
typo = make("nvinferr", "gie2")
typo.set_property("whatever", 0)
sink = Gst.ElementFactory.make("nv3dsink" if len(sys.argv) else "nveglglessink", "sink")
sink.set_property("sync", 0)
sink.set_property("bogus", 0)
line = "videotestsrc num-bufers=3 ! video/x-raw,width=3 ! nvstreammux0 name=m ! {end} m.sink_0"
pipeline = Gst.parse_launch(line.format(end="fakesink name=end"))
pipeline.get_by_name("end").set_property("sinc", 0)
try:
    import tensorrt_of_theirs
except (OSError, ImportError):
    tensorrt_of_theirs = None
other = pipeline.get_by_name(sys.argv[1])
other.set_property("drop-on-latency", True)
other.set_property("flux-capacitor", True)
server = GstRtspServer.RTSPServer.new()
server.props.service = "8554"
sink.set_property("no-such-config", "none.txt")
gie.set_property("config-file-path", "none.txt")
for factory, name in (("x264enc", "a"), ["nvv4l2h264enc", "b"]):
    encoder = make(factory, name)
    encoder.set_property("insert-sps-pps", 1)
    encoder.set_property("preset-levle", 1)
try:
    import engine_of_theirs
except ImportError:
    sys.exit("no engine")


def branch():
    other_make = Gst.ElementFactory.make
    away = other_make("udpsink", "away")
    away.set_property("host", "127.0.0.1")
    away.set_property("hosst", "127.0.0.1")
"""
EXPECTED = {
    (2, "import", "no_such_module", UNSUPPORTED, "pip install no_such_module"),
    (3, "import", "cupy", UNSUPPORTED, "NVIDIA GPU"),
    (4, "import", "common.bus_call", SUPPORTED, ""),
    (7, "pyds", "pyds.NvDsNothing", UNSUPPORTED, "no such name"),
    (7, "pyds", "pyds.NvDsObjectMeta", SUPPORTED, ""),
    (18, "property", "nvinfer.intervall", UNSUPPORTED, "did you mean interval?"),
    (24, "pyds", "pyds.NvDsFrameMeta.frame_num", SUPPORTED, ""),
    (24, "pyds", "pyds.NvDsFrameMeta.frame_nub", UNSUPPORTED, "did you mean frame_num?"),
    (26, "pyds", "pyds.NvOSD_RectParams.boarder_width", UNSUPPORTED, "mean border_width?"),
    (27, "pyds", "pyds.nvds_do_magic", UNSUPPORTED, "no such name"),
    (28, "pyds", "pyds.NvDsMetaType.NVDS_NOTHING_META", UNSUPPORTED, "no such member"),
    (10, "element", "nvinfer", SUPPORTED, ""),
    (33, "property", "nvinfer.gpu_id", IGNORED, "without effect here"),
    (34, "property", "nvinfer.batchsize", UNSUPPORTED, "did you mean batch-size?"),
    (36, "element", "nvinferr", UNSUPPORTED, "did you mean nvinfer?"),
    (38, "element", "nv3dsink", SUPPORTED, ""),
    (38, "element", "nveglglessink", SUPPORTED, ""),
    (39, "property", "nv3dsink|nveglglessink.sync", SUPPORTED, ""),
    (40, "property", "nv3dsink|nveglglessink.bogus", UNSUPPORTED, "no such property"),
    (42, "property", "videotestsrc.num-bufers", UNSUPPORTED, "did you mean num-buffers?"),
    (42, "element", "nvstreammux0", UNSUPPORTED, "did you mean nvstreammux?"),
    (42, "element", "fakesink", SUPPORTED, ""),
    (43, "property", "fakesink.sinc", UNSUPPORTED, "did you mean sync?"),
    (45, "import", "tensorrt_of_theirs", IGNORED, "the script goes on without it"),
    (49, "property", "drop-on-latency", SUPPORTED, "as of"),
    (50, "property", "flux-capacitor", UNSUPPORTED, "none here has it"),
    (55, "element", "nvv4l2h264enc", SUPPORTED, ""),
    (57, "property", "nvv4l2h264enc|x264enc.insert-sps-pps", SUPPORTED, "x264enc has no such"),
    (58, "property", "nvv4l2h264enc|x264enc.preset-levle", UNSUPPORTED, "mean preset-level?"),
    (60, "import", "engine_of_theirs", UNSUPPORTED, "pip install engine_of_theirs"),
    (54, "config", "none.txt", UNSUPPORTED, "there is no file"),
    (67, "element", "udpsink", SUPPORTED, ""),
    (68, "property", "udpsink.host", SUPPORTED, ""),
    (69, "property", "udpsink.hosst", UNSUPPORTED, "did you mean host?"),
}
GIE = """\
[property]
onnx-file=missing.onnx
num-detected-classes=4
batchsize=3
model-engine-file=x.engine
[class-attrs-all]
topk=20
[classattrs-1]
a=1
"""


def look(*files):
    return check(files, provided={"cuda", *SAMPLE_MODULES}, explained=EXPLAINED)


def problems(report):
    return [(one.name, one.reason) for one in report.findings if one.state == UNSUPPORTED]


@pytest.fixture
def traps(tmp_path):
    (tmp_path / "gie.txt").write_text(GIE)
    (tmp_path / "labels.txt").write_text("car\nbus\n")
    script = tmp_path / "traps.py"
    script.write_text(TRAPS)
    return script


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_everything_in_the_samples_and_in_deepstreams_idiom_is_supported(script, tmp_path):
    folder = tmp_path / script.parent.name
    shutil.copytree(script.parent, folder, ignore=shutil.ignore_patterns("__pycache__"))
    detector(folder, name="dstest1_pgie_config.txt")  # what those tests put beside them
    detector(folder / "model")  # what make downloads for one of them
    shutil.copy(folder / "model" / "detector.onnx", folder / "model" / "yolov4-tiny.onnx")
    (folder / "model" / "labels.txt").write_text("thing\n" * 80)
    report = look(folder / script.name)
    assert problems(report) == []
    assert report.counts[SUPPORTED] >= 4


def test_a_script_full_of_traps_is_seen_through_and_not_run(traps):
    report = look(traps)
    found = {
        (one.line, one.kind, one.name): (one.state, one.reason)
        for one in report.findings
        if one.file == traps
    }
    for line, kind, name, state, reason in EXPECTED:
        assert found[line, kind, name][0] == state, name
        assert reason in found[line, kind, name][1]
    bad = {(line, kind, name) for line, kind, name, state, _ in EXPECTED if state == UNSUPPORTED}
    others = {key for key, (state, _) in found.items() if state == UNSUPPORTED} - bad
    assert others == {(53, "property", "nv3dsink|nveglglessink.no-such-config")}
    assert not (traps.parent / "was_run").exists()
    assert not Path("was_run").exists()


def test_a_name_is_what_was_last_assigned_to_it_above_the_line(tmp_path):
    script = tmp_path / "twice.py"
    script.write_text(
        "import pyds\n"
        "def probe(user_meta, foreign):\n"
        "    while meta is not None:\n"
        "        print(data.roiStatus, data.objCnt)\n"  # of the round before: the last one
        "        data = pyds.NvDsAnalyticsObjInfo.cast(user_meta.data)\n"
        "        print(data.roiStatus, data.objLCCurrCnt)\n"
        "        data = pyds.NvDsAnalyticsFrameMeta.cast(data.roiStatus)\n"
        "        print(data.roiStatus, data.objLCCurrCnt)\n"
        "        data = None\n"
        "    data.lcStatus\n"
        "    data = foreign.data\n"
        "    data.whatever\n"
    )
    found = look(script).findings
    wrong = {(one.line, one.name.split(".", 1)[1]) for one in found if one.state == UNSUPPORTED}
    frame, thing = "NvDsAnalyticsFrameMeta.roiStatus", "NvDsAnalyticsObjInfo.objLCCurrCnt"
    assert wrong == {(6, thing), (8, frame), (10, "NvDsAnalyticsFrameMeta.lcStatus")}


def test_a_loop_over_properties_sets_its_own_and_no_others(tmp_path):
    script = tmp_path / "loops.py"
    script.write_text(
        "from gi.repository import Gst\n"
        "def set_if(element, key, value):\n"
        "    element.set_property(key, value)\n"
        "def made(kind, settings):\n"
        "    return Gst.ElementFactory.make(kind)\n"
        "mux, tiler = made('nvstreammux'), made('nvmultistreamtiler')\n"
        "for key, value in (('batch-size', 1), ('live-source', 0)):\n"
        "    mux.set_property(key, value)\n"
        "for key, value in [('rows', 1), ('columns', 2), ('batch-size', 2)]:\n"
        "    for element in (tiler,):\n"
        "        element.set_property(key, value)\n"
        "for key, value in settings.items():\n"
        "    tiler.set_property(key, value)\n"
        "def inside():\n"
        "    key = 'sync-inputs'\n"
        "    mux.set_property(key, 1)\n"
    )
    report = look(script)
    assert problems(report) == [
        ("nvmultistreamtiler.batch-size", "nvmultistreamtiler has no such property")
    ]
    names = {one.name for one in report.findings if one.kind == "property"}
    assert names == {
        *(f"nvstreammux.{name}" for name in ("batch-size", "live-source", "sync-inputs")),
        *(f"nvmultistreamtiler.{name}" for name in ("rows", "columns", "batch-size")),
    }


def test_the_configurations_that_a_script_names_are_looked_at(traps):
    found = {
        (one.line, one.kind, one.name): one.state
        for one in look(traps).findings
        if one.file.name == "gie.txt"
    }
    assert found == {
        (0, "config", "nvinfer"): UNSUPPORTED,  # its network is missing
        (2, "model", "missing.onnx"): UNSUPPORTED,
        (3, "key", "[property] num-detected-classes"): SUPPORTED,
        (4, "key", "[property] batchsize"): UNSUPPORTED,
        (5, "key", "[property] model-engine-file"): IGNORED,
        (7, "key", "[class-attrs-all] topk"): SUPPORTED,
        (8, "key", "[classattrs-1]"): UNSUPPORTED,
    }


@pytest.mark.parametrize(
    ("name", "text", "whose", "bad"),
    [
        ("a.txt", "[property]\nconfig-width=9\nconfig-height=9\n[roi-filtering-stream-0]\n"
         "enable=1\nroi-a=0;0;9;0;9;9\nno=1\n", "nvdsanalytics", "[roi-filtering-stream-0] no"),
        ("a.txt", "[property]\nnetwork-input-shape=1;3;8;8\n[user-configs]\nmine=1\n[group-0]\n"
         "src-ids=0\nroi-params-src-0=0;0;8;8\nno=1\n", "nvdspreprocess", "[group-0] no"),
        ("a.txt", "[property]\nactive-pad=sink_0\nno=1\n[user-configs]\nmine=1\n[group-0]\n"
         "src-ids-model-1=0;1\n", "nvdsmetamux", "[property] no"),
        ("a.txt", "[property]\n[surface0]\nprojection-type=3\nfocal-length=9\nno=1\n",
         "nvdewarper", "[surface0] no"),
        ("a.txt", "[property]\nalgorithm-type=1\nno=1\n", "nvstreammux", "[property] no"),
        ("a.csv.txt", "[sensor0]\nenable=1\nid=x\nno=1\n", "nvmsgconv", "[sensor0] no"),
        ("a.txt", "[message-broker]\nusername=x\nno=1\n", "nvmsgbroker", "[message-broker] no"),
        ("a.yml", "%YAML:1.0\nTargetManagement:\n  maxTargetsPerStream: 3\n  no: 1\n", "nvtracker",
         "[TargetManagement] no"),
        ("a.txt", "[source0]\nenable=1\ntype=2\nuri=file:///a\n[streammux]\nwidth=8\nheight=8\n"
         "no=1\n[sink0]\nenable=0\nno=1\n", "deepstream-app", "[streammux] no"),
        ("a.yml", "source:\n  csv-file-path: a.csv\n  no: 1\nstreammux:\n  width: 8\n",
         "deepstream-app", "[source] no"),
        ("a.txt", "[tracker]\ntracker-width=64\nll-config-file=NvDCF\nno=1\n", "scripts",
         "[tracker] no"),
    ],
)  # fmt: skip
def test_every_grammar_is_recognised_and_its_unknown_keys_named(tmp_path, name, text, whose, bad):
    (tmp_path / "a.csv").write_text("enable,type,uri\n1,2,file:///b\n")
    (tmp_path / name).write_text(text)
    report = look(tmp_path / name)
    assert report.findings[0].name == whose
    assert problems(report) == [(bad, "unknown key")]


def test_a_model_of_another_format_is_supported_where_an_onnx_network_stands_in(tmp_path):
    detector(tmp_path, name="net.txt")
    text = (tmp_path / "net.txt").read_text().replace("onnx-file=detector.onnx", "model-file=a.uff")
    (tmp_path / "net.txt").write_text(text.replace("model-engine-file", "# model-engine-file"))
    (problem,) = problems(look(tmp_path / "net.txt"))
    assert "convert the network to ONNX" in problem[1]
    (tmp_path / "detector.onnx").rename(tmp_path / "a.uff.onnx")
    report = look(tmp_path / "net.txt")
    assert problems(report) == []
    (model,) = [one for one in report.findings if one.name == "a.uff"]
    assert (model.kind, model.state) == ("model", SUPPORTED)
    assert model.reason == f"{tmp_path / 'a.uff.onnx'} stands in for it"


def test_a_file_of_nvinferserver_is_looked_at_field_by_field(tmp_path):
    path = tmp_path / "server.txt"
    path.write_text(
        "infer_config {\n  unique_id: 1\n  gpu_ids: [0]\n  backend { triton {\n"
        '    model_name: "none"\n    no: 1\n    model_repo { root: "models" log_level: 2 }\n'
        "  } }\n}\ninput_control { process_mode: PROCESS_MODE_FULL_FRAME }\n"
    )
    states = {one.name: (one.line, one.state) for one in look(path).findings if one.line}
    triton = "infer_config.backend.triton"
    assert states["infer_config.unique_id"] == (2, SUPPORTED)
    assert states[f"{triton}.no"] == (6, UNSUPPORTED)
    assert states[f"{triton}.model_repo.log_level"] == (7, IGNORED)
    assert states["input_control.process_mode"] == (10, SUPPORTED)


def test_a_group_of_another_name_is_told_the_known_one(tmp_path):
    path = tmp_path / "app.txt"
    path.write_text(
        "[source0]\nenable=1\ntype=2\nuri=file:///a\n[streammux]\nwidth=8\nheight=8\n"
        "[nvdsanalytics]\nenable=1\n[nvds-analytics]\nenable=0\n"
    )
    hint = "unknown group; did you mean nvds-analytics?"
    assert problems(look(path)) == [("[nvdsanalytics]", hint)]


def test_files_that_a_configuration_names_are_looked_at_too(tmp_path):
    detector(tmp_path, name="net.txt")
    (tmp_path / "net.txt").write_text((tmp_path / "net.txt").read_text() + "nmz-iou=1\n")
    (tmp_path / "tracker.yml").write_text("%YAML:1.0\nSegmenter:\n  segmenterType: 1\n")
    app = tmp_path / "app.txt"
    app.write_text(
        "[source0]\nenable=1\ntype=2\nuri=file:///a\n[streammux]\nwidth=8\nheight=8\n"
        "[primary-gie]\nenable=1\nconfig-file=net.txt\nbbox-border-color2=1;0;0;1\n"
        "[tracker]\nenable=1\nll-config-file=tracker.yml;none.yml\n"
    )
    report = look(app)
    names = {name for name, _ in problems(report)}
    assert names == {"[class-attrs-all] nmz-iou", "none.yml"}
    (idle,) = [one for one in report.findings if "segmenterType" in one.name]
    assert (idle.state, idle.reason) == (IGNORED, "tracking by segmentation is not built")


@pytest.fixture
def told(capsys):
    """Run the command here; gives its exit code, its output and its errors."""

    def run(*files, **options):
        with pytest.raises(typer.Exit) as ended:
            command(list(files), **{"json": False, "problems": False, **options})
        said = capsys.readouterr()
        return ended.value.exit_code, said.out, said.err

    return run


def test_lines_json_and_the_exit_code_say_the_same(told, traps):
    code, lines, _ = told(traps, problems=True)
    assert re.search(r"^unsupported .*traps.py:18: property nvinfer.intervall: ", lines, re.M)
    assert not re.search(r"^supported", lines, re.M)
    answer, text, _ = told(traps, json=True)
    assert (code, answer) == (1, 1)
    said = json.loads(text)
    counts = "{supported} supported, {ignored} ignored, {unsupported} unsupported"
    assert lines.splitlines()[-1] == counts.format(**said["counts"])
    assert set(said["findings"][0]) == {"file", "line", "kind", "name", "state", "reason"}


def test_as_a_process_what_works_ends_with_0_and_what_cannot_be_read_with_2(tmp_path):
    (tmp_path / "fine.py").write_text("import pyds\n")
    done = penstock("check", tmp_path / "fine.py")
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == "1 supported, 0 ignored, 0 unsupported"
    assert penstock("check", tmp_path / "none.py").returncode == 2


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("none.py", None, "none.py cannot be read: No such file"),
        ("none.txt", None, "none.txt: No such file"),
        ("a.py", "x = (\n", "a.py, line 1: wanted Python"),
        ("a.py", "x = " + " + ".join(["'a'"] * 3000) + "\n", "a.py: its expressions are too deep"),
        ("a" * 300 + ".py", None, "cannot be read: File name too long"),
        ("a.txt", "car\nbus\n", "a.txt, line 1: wanted"),
        ("a.txt", "[cars]\nred=1\n", "a.txt: its groups belong to no grammar"),
    ],
)
def test_what_cannot_be_read_is_one_sentence_and_ends_with_2(told, tmp_path, name, text, said):
    if text is not None:
        (tmp_path / name).write_text(text)
    code, lines, errors = told(tmp_path / name)
    assert (code, lines) == (2, "")
    assert said in errors
    assert len(errors.splitlines()) == 1


def test_the_page_says_what_there_is(traps, monkeypatch):
    page = (ROOT / "docs" / "check.md").read_text()
    kinds = set(re.findall(r"^\| `(\w+)` \|", page, re.M))
    assert kinds == {one.kind for one in look(traps).findings}
    options = [one.opts[0] for one in typer.main.get_command(app).commands["check"].params]
    listed = re.findall(r"^\| `(--\w+)` \|", page, re.M)
    assert sorted(listed) == sorted(name for name in options if name.startswith("--"))
    (example,) = re.findall("```python\n(.*?)```", page, re.DOTALL)
    traps.rename(traps.parent / "app.py")
    monkeypatch.chdir(traps.parent)
    names = {}
    exec(example, names)
    assert not names["report"].works


def test_descriptions_that_grow_line_by_line_are_seen_whole(tmp_path):
    path = tmp_path / "app.py"
    path.write_text(
        "from gi.repository import Gst\n"
        "text = 'filesrc ! '\n"
        "text = text + 'nvinferr ! '\n"
        "text = text + 'fakesink nonsense=1'\n"
        "Gst.parse_launch(text)\n"
        "Gst.parse_launch('queue').set_property(property_name='silent', value=True)\n"
        f"name = {'x' * 300!r} + '.txt'; other = {'x' * 300 + '.txt'!r}\n"
    )
    bad = {one.name for one in look(path).findings if one.state == UNSUPPORTED}
    assert bad == {"nvinferr", "fakesink.nonsense"}


@given(st.text(max_size=150), st.sampled_from([".py", ".txt", ".yml"]))
def test_any_text_is_looked_at_or_refused(tmp_path_factory, text, suffix):
    path = tmp_path_factory.mktemp("any") / f"any{suffix}"
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    try:
        look(path)
    except ConfigError as error:
        assert f"any{suffix}" in str(error)  # noqa: PT017 - either is right
