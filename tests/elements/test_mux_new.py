"""The new nvstreammux: no scaling, a file of its own."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
import test_elements_docs as elements_docs
from batches import visit
from muxes import Playing, caps_of, mux, numbers, record, source

from penstock.elements import load
from penstock.elements.nvstreammux2 import NvStreamMux2
from penstock.gst import Gst, batch_of
from penstock.meta import ObjectMeta
from streams import error_text, play

PAGE = Path(__file__).parents[2] / "docs" / "batching.md"
MS = 1_000_000


@pytest.fixture(scope="module", autouse=True)
def registered():
    Gst.Element.register(None, "newmux", 0, NvStreamMux2)


@pytest.fixture
def config(tmp_path):
    def write(text, name="mux.txt"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def new(sources, **properties):
    return mux(sources, factory="newmux", **properties)


PATIENT = {"batched_push_timeout": 2_000_000_000}


# Which mux


@pytest.mark.parametrize(("said", "new"), [("yes", True), ("no", False), (None, False)])
def test_the_environment_chooses_the_mux(said, new):
    environment = {k: v for k, v in os.environ.items() if k != "USE_NEW_NVSTREAMMUX"}
    if said:
        environment["USE_NEW_NVSTREAMMUX"] = said
    program = (
        "import penstock; penstock.init(); from penstock.gst import Gst\n"
        "mux = Gst.ElementFactory.make('nvstreammux')\n"
        "mux.set_property('width', 1280); mux.set_property('live-source', 1)\n"  # as apps do
        "print(mux.find_property('sort-batch') is None, mux.get_factory().get_name())"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == [str(new), "nvstreammux"]


def test_the_other_mux_is_the_default_here():
    assert load("nvstreammux") is not NvStreamMux2


# Frames


def test_frames_keep_their_sizes():
    def look(buffer):
        return [
            (f.source_id, f.frame_num, (f.width, f.height), f.surface.size, f.to_source.ltwh(BOX))
            for f in batch_of(buffer).frames
        ]

    message, batches = play(
        new(2, **PATIENT)
        + source(0, caps=caps_of(64, 36, 25))
        + source(1, caps=caps_of(100, 50, 25)),
        probe=look,
        at="mux",
    )
    assert message.type == Gst.MessageType.EOS
    for n, batch in enumerate(batches):
        assert batch == [(0, n, (64, 36), (64, 36), BOX), (1, n, (100, 50), (100, 50), BOX)]


BOX = (1, 2, 3, 4)


def test_frames_of_any_size_can_be_tiled_and_drawn_on():
    then = "nvdsosd ! nvmultistreamtiler rows=1 columns=2 width=200 height=50 ! nvvideoconvert "
    message, _ = play(
        new(2, then=then + "! video/x-raw,format=I420,width=200,height=50 ! fakesink")
        + source(0, caps=caps_of(64, 36, 25))
        + source(1, caps=caps_of(100, 50, 25))
    )
    assert message.type == Gst.MessageType.EOS


@pytest.mark.parametrize(
    ("convert", "size"),
    [
        ("! video/x-raw(memory:NVMM),format=RGBA", (64, 36)),
        ("! video/x-raw(memory:NVMM),width=16,height=8", (16, 8)),
        ("flip-method=clockwise", (36, 64)),
    ],
)
def test_boxes_stay_on_their_pixels_when_frames_of_any_size_are_converted(convert, size):
    then = f"identity name=found ! nvvideoconvert {convert} ! fakesink name=end"
    sources = source(0, caps=caps_of(64, 36, 25)) + source(1, caps=caps_of(32, 18, 25))
    pipeline = Gst.parse_launch(new(2, then=then, **PATIENT) + sources)

    def find(batch):
        for frame in batch.frames:
            frame.add(ObjectMeta((0.0, 0.0, frame.width / 2, frame.height / 2)))

    def look(batch):
        assert [surface.size for surface in batch.surfaces] == [size, size]
        one, other = batch.frames
        assert (one.width, one.height) == (other.width, other.height) == size
        assert one.objects[0].ltwh == other.objects[0].ltwh
        assert one.objects[0].ltwh[2:] == (size[0] / 2, size[1] / 2)

    visit(pipeline, "found", find)
    visit(pipeline, "end", look, pad="sink")
    message, _ = play(pipeline)
    assert message.type == Gst.MessageType.EOS, error_text(message)


def test_what_is_cropped_must_be_in_frames_of_every_size():
    then = "nvvideoconvert name=c src-crop=40:20:20:10 ! fakesink"
    sources = source(0, caps=caps_of(64, 36, 25)) + source(1, caps=caps_of(32, 18, 25))
    message, _ = play(new(2, then=then, **PATIENT) + sources)
    assert error_text(message) == "c: src-crop=40:20:20:10 has no pixel of the 32x18 picture"


def test_the_caps_follow_the_size_of_the_first_source():
    changing = (
        f"concat name=join ! nvvideoconvert ! video/x-raw(memory:NVMM) ! mux.sink_0 "
        f"videotestsrc num-buffers=5 ! {caps_of(128, 72, 25)} ! join. "
        f"videotestsrc num-buffers=5 ! {caps_of(32, 18, 25)} ! join. "
    )
    pipeline = Gst.parse_launch(new(1) + changing)
    pad = pipeline.get_by_name("mux").get_static_pad("src")

    def look(buffer):
        structure = pad.get_current_caps().get_structure(0)
        frame = batch_of(buffer).frames[0]
        return frame.frame_num, frame.width, structure.get_value("width")

    message, batches = play(pipeline, probe=look, at="mux")
    assert message.type == Gst.MessageType.EOS
    assert batches == [(n, size, size) for n, size in enumerate([128] * 5 + [32] * 5)]


# Its file


def test_a_batch_is_as_large_as_sources_run_unless_the_file_says_otherwise(config, monkeypatch):
    def sizes(*, adaptive, **properties):
        path = config(f"[property]\nadaptive-batching={adaptive}\nbatch-size=2\n")
        description = new(0, config_file_path=path, **PATIENT, **properties).replace(
            "batch-size=0", ""
        )
        _, batches = play(
            description + "".join(source(n) for n in range(4)), probe=record, at="mux"
        )
        assert sorted(numbers(batches)) == [0, 1, 2, 3]
        return {len(batch) for batch in batches}

    assert sizes(adaptive=1) == {4}
    assert max(sizes(adaptive=0)) == 2
    assert max(sizes(adaptive=0, batch_size=3)) == 3
    monkeypatch.setenv("NVSTREAMMUX_ADAPTIVE_BATCHING", "yes")
    assert sizes(adaptive=0) == {4}


def test_a_fast_source_may_have_several_frames_in_a_batch(config):
    path = config(
        "property:\n  max-same-source-frames: 3\n  adaptive-batching: 0\n"
        "source-config-0:\n  max-num-frames-per-batch: 4\n",
        "mux.yml",
    )
    message, batches = play(
        new(4, config_file_path=path, **PATIENT) + source(0, frames=12) + source(1, frames=4),
        probe=record,
        at="mux",
    )
    assert message.type == Gst.MessageType.EOS
    assert numbers(batches) == {0: list(range(12)), 1: list(range(4))}
    assert max(sum(s == 0 for s, *_ in batch) for batch in batches) == 3
    assert max(sum(s == 1 for s, *_ in batch) for batch in batches) == 1


def test_batches_leave_no_faster_than_the_overall_rate(config):
    path = config("[property]\nmax-fps-control=1\noverall-max-fps-n=50\noverall-max-fps-d=1\n")
    message, batches = play(
        new(1, config_file_path=path) + source(0),
        probe=lambda _buffer: time.monotonic_ns(),
        at="mux",
    )
    assert message.type == Gst.MessageType.EOS
    assert batches[-1] - batches[0] >= 9 * 20 * MS - 5 * MS


def test_an_incomplete_batch_waits_for_a_period_of_the_least_rate(config):
    path = config("[property]\noverall-min-fps-n=100\noverall-min-fps-d=3\n")
    for properties, expected_ms in (
        ({}, 33),
        ({"config_file_path": path}, 30),
        ({"config_file_path": path, "batched_push_timeout": 7000}, 7),
    ):
        with Playing(new(1, **properties) + source(0, frames=-1, live=True)) as playing:
            query = Gst.Query.new_latency()
            assert playing.mux.get_static_pad("src").query(query)
            assert query.parse_latency()[1] == (40 + expected_ms) * MS


def test_what_is_odd_about_the_file_is_told_once(config):
    path = config("[property]\nbatchsize=4\noverall-max-fps-d=2\n[source-config-1]\npriorty=1\n")
    pipeline = Gst.parse_launch(new(1, config_file_path=path) + source(0))
    assert warnings(pipeline) == [
        f"mux: {path}, line 2, [property] batchsize: unknown key, ignored; "
        "did you mean batch-size?",
        f"mux: {path}, line 5, [source-config-1] priorty: unknown key, ignored; "
        "did you mean priority?",
    ]
    assert warnings(pipeline) == []


def warnings(pipeline):
    """What was warned about in one run."""
    said, wanted = [], Gst.MessageType.WARNING | Gst.MessageType.EOS
    pipeline.set_state(Gst.State.PLAYING)
    while message := pipeline.get_bus().timed_pop_filtered(30 * Gst.SECOND, wanted):
        if message.type == Gst.MessageType.EOS:
            break
        said.append(message.parse_warning()[0].message)
    pipeline.set_state(Gst.State.NULL)
    return said


def test_a_bad_value_is_an_error_that_names_file_key_and_line(config):
    path = config("[property]\n\noverall-max-fps-d=0\n")
    message, _ = play(new(1, config_file_path=path) + source(0))
    text = error_text(message)
    assert f"{path}, line 3, [property] overall-max-fps-d: wanted a whole number" in text
    assert text.endswith("got '0'")


# Documentation


def test_the_page_has_its_properties():
    page = PAGE.read_text()
    expected = [elements_docs.row(p) for p in NvStreamMux2.PROPERTIES if not p.accepted_only]
    rows = [line for line in page.splitlines() if re.match(r"\| `[^`]*` \| (bool|u?int|str)", line)]
    assert rows == expected
    accepted = ", ".join(f"`{p.name}`" for p in NvStreamMux2.PROPERTIES if p.accepted_only)
    assert f"Accepted only: {accepted}." in page.replace("\n", " ")


def test_every_property_of_the_element_is_in_its_table():
    element = Gst.ElementFactory.make("newmux")
    ours = {spec.name for spec in element.list_properties() if spec.owner_type == element.__gtype__}
    assert ours == {prop.name for prop in NvStreamMux2.PROPERTIES}
    for prop in NvStreamMux2.PROPERTIES:
        assert element.get_property(prop.name) == prop.default
