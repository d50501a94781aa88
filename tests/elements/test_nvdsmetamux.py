"""`nvdsmetamux` in real pipelines: what several branches found out about the same frames."""

import re
import threading
import time
from importlib import import_module

import pytest
from batches import visit
from colours import source

import streams
from footage import detector
from penstock.config import MetaMuxConfig
from penstock.errors import ConfigError
from penstock.meta import ClassifierMeta, LabelInfo, ObjectMeta, UserMeta
from streams import Gst, error_text, finish, play

FRAMES = 8


def finds(model, *, box=(10.0, 10.0, 20.0, 20.0), label=""):
    """A probe like a network: adds an object to every frame."""

    def find(batch):
        for frame in batch:
            obj = ObjectMeta(box, label=label or f"of {model}", component_id=model)
            frame.add(obj).text.text = f"{frame.source_id}.{frame.frame_num}"

    return find


def joined(branches, *, sources=1, mux="", join="", inputs="", common=()):
    """Play a `tee` whose branches meet again; `{(source, frame): objects}` behind, in order.

    Args:
        branches: For each one what stands in it; the element named `b<N>` is what finds.
    """
    inputs = inputs or "".join(source(n, frames=FRAMES) for n in range(sources))
    ways = " ".join(
        f"t. ! queue ! {what} ! nvdsosd name=b{n} display-bbox=false display-text=false ! "
        f"join.sink_{n}"
        for n, (what, _) in enumerate(branches)
    )
    pipeline = Gst.parse_launch(
        f"nvstreammux name=mux batch-size={sources} width=160 height=120 {mux} "
        f"! identity name=common ! tee name=t {ways} "
        f"nvdsmetamux name=join {join} ! fakesink name=end {inputs}"
    )
    for find in common:
        visit(pipeline, "common", find)
    for n, (_, find) in enumerate(branches):
        if find:
            visit(pipeline, f"b{n}", find)
    seen = {}

    def look(batch):
        assert batch.surfaces is not None
        for frame in batch:
            seen[frame.source_id, frame.frame_num] = frame

    visit(pipeline, "end", look, pad="sink")
    message = finish(pipeline)
    assert message.type == Gst.MessageType.EOS, error_text(message)
    return seen


def labels(frames):
    return {key: [obj.label for obj in frame.objects] for key, frame in frames.items()}


@pytest.mark.parametrize("active", [0, 1])
def test_the_active_branch_gets_the_others_objects_of_the_same_frames(active):
    slow = ("identity sleep-time=3000", finds(2))
    frames = joined([("identity", finds(1)), slow], join=f"active-pad=sink_{active}")
    order = ["of 1", "of 2"] if active == 0 else ["of 2", "of 1"]
    assert labels(frames) == {(0, n): order for n in range(FRAMES)}
    for (_, number), frame in frames.items():
        assert [obj.text.text for obj in frame.objects] == [f"0.{number}"] * 2
        assert all(obj.frame is frame for obj in frame.objects)


def test_every_source_gets_what_is_its_own():
    frames = joined([("identity", finds(1)), ("identity", finds(2))], sources=3)
    assert len(frames) == 3 * FRAMES
    for (source_id, number), frame in frames.items():
        assert [o.text.text for o in frame.objects] == [f"{source_id}.{number}"] * 2


def test_the_file_says_which_models_count_for_which_sources(tmp_path):
    config = tmp_path / "metamux.txt"
    config.write_text(
        "[property]\nenable=1\nactive-pad=sink_1\npts-tolerance=20000\n[user-configs]\nmine=1\n"
        "[group-0]\nsrc-ids-model-1=0;2\nsrc-ids-model-2=1,2\n"
    )
    ways = [("identity", finds(n)) for n in (1, 2, 3)]
    frames = joined(ways, sources=3, join=f"config-file={config}")
    assert {key: set(found) for key, found in labels(frames).items() if key[1] == 5} == {
        (0, 5): {"of 1", "of 3"},
        (1, 5): {"of 2", "of 3"},
        (2, 5): {"of 1", "of 2", "of 3"},
    }


def test_an_object_that_both_branches_have_stays_one_and_has_the_answers_of_both():
    def classify(model):
        def answer(batch):
            for frame in batch:
                obj = frame.objects[0]
                obj.classifiers.append(ClassifierMeta(model, [LabelInfo(f"by {model}")]))
                part = ObjectMeta((1.0, model, 2.0, 2.0), label=f"part {model}", component_id=model)
                frame.add(part, parent=obj)
                frame.user.append(UserMeta(model, meta_type=f"acme.{model}"))

        return answer

    ways = [("identity", classify(2)), ("identity", classify(3))]
    frames = joined(ways, common=[finds(1, label="car")])
    for frame in frames.values():
        car, *parts = frame.objects
        assert [part.label for part in parts] == ["part 2", "part 3"]
        assert all(part.parent is car for part in parts)
        assert [one.label for one in car.classifications] == ["by 2", "by 3"]
        assert [user.meta_type for user in frame.user] == ["acme.2", "acme.3"]


def test_boxes_of_a_branch_of_another_size_come_in_the_active_ones_pixels():
    half = "nvvideoconvert ! video/x-raw(memory:NVMM),width=80,height=60"
    frames = joined([("identity", None), (half, finds(1, box=(10.0, 5.0, 20.0, 30.0)))])
    assert {f.objects[0].ltwh for f in frames.values()} == {(20.0, 10.0, 40.0, 60.0)}
    assert {(f.width, f.height) for f in frames.values()} == {(160, 120)}


def test_a_branch_that_drops_frames_gives_what_it_has():
    ways = [("identity", finds(1)), ("identity drop-probability=0.5", finds(2))]
    frames = joined(ways, join="pts-tolerance=0")
    found = labels(frames)
    assert sorted(found) == [(0, n) for n in range(FRAMES)]
    assert all(one[0] == "of 1" and len(one) <= 2 for one in found.values())


def test_within_the_tolerance_the_nearest_frame_counts():
    ways = [("identity", finds(1)), ("videorate drop-only=true max-rate=5", finds(2))]
    frames = joined(ways, join="pts-tolerance=90000", inputs=source(0, frames=10, rate="10/1"))
    for (_, number), frame in frames.items():
        near = [obj.text.text for obj in frame.objects if obj.component_id == 2]
        assert len(near) <= 1
        if number % 2 == 0:
            assert near == [f"0.{number}"]


def test_more_batches_than_the_mux_has_slots_pass():
    slow = ("identity sleep-time=2000", finds(2))
    frames = joined(
        [("identity", finds(1)), slow], mux="buffer-pool-size=1", inputs=source(0, frames=60)
    )
    assert len(frames) == 60
    assert all(len(frame.objects) == 2 for frame in frames.values())


def test_branches_see_nothing_of_each_other():
    seen = []
    inputs = source(0, frames=FRAMES)
    pipeline = Gst.parse_launch(
        "nvstreammux name=mux batch-size=1 width=160 height=120 ! tee name=t "
        "t. ! queue ! join.sink_0 t. ! queue ! nvdsosd name=b1 ! join.sink_1 "
        "t. ! queue ! identity sleep-time=10000 ! fakesink name=third sync=false "
        f"nvdsmetamux name=join ! fakesink {inputs}"
    )
    visit(pipeline, "b1", finds(2))
    visit(pipeline, "third", lambda batch: seen.append(len(batch.frames[0].objects)), pad="sink")
    assert finish(pipeline).type == Gst.MessageType.EOS
    assert seen == [0] * FRAMES


def test_switched_off_it_passes_the_active_branch(tmp_path):
    (tmp_path / "off.txt").write_text("[property]\nenable=0\n")
    join = f"config-file={tmp_path / 'off.txt'}"
    frames = joined([("identity", finds(1)), ("identity", finds(2))], join=join)
    assert labels(frames) == {(0, n): ["of 1"] for n in range(FRAMES)}


def test_a_branch_that_is_silent_is_not_waited_for_for_ever(monkeypatch):
    import penstock.elements.nvdsmetamux as module

    monkeypatch.setattr(module, "_PATIENCE_S", 0.2)
    pipeline = Gst.parse_launch(
        "nvstreammux name=mux batch-size=1 width=160 height=120 ! tee name=t "
        "t. ! queue ! join.sink_0 t. ! queue ! valve drop=true ! join.sink_1 "
        f"nvdsmetamux name=join ! fakesink name=end {source(0, frames=FRAMES)}"
    )
    warning = finish(pipeline, kinds=Gst.MessageType.WARNING | Gst.MessageType.EOS)
    assert warning.type == Gst.MessageType.WARNING
    assert warning.parse_warning()[0].message == (
        "join: nothing came on sink_1 for 0 s: batches leave without it"
    )


AHEAD = (
    "{active} ! join.sink_0 nvstreammux name=mux batch-size=1 width=160 height=120 ! tee name=t "
    f"t. ! queue ! join.sink_1 t. ! queue ! fakesink name=other {source(0, frames=60)} "
    "nvdsmetamux name=join ! fakesink async=false"
)


def test_when_the_active_branch_has_ended_the_others_flow_on(monkeypatch):
    monkeypatch.setattr(streams, "WAIT_S", 10)
    short = (
        "videotestsrc num-buffers=1 ! nvvideoconvert ! first.sink_0 "
        "nvstreammux name=first batch-size=1 width=160 height=120"
    )
    message, _ = play(AHEAD.format(active=short))
    assert message.type == Gst.MessageType.EOS, error_text(message)


def test_a_pad_whose_branch_waits_can_be_given_back():
    pipeline = Gst.parse_launch(AHEAD.format(active="appsrc name=silent"))
    join, seen = pipeline.get_by_name("join"), []
    pad = join.get_static_pad("sink_1")
    visit(pipeline, "t", lambda _batch: seen.append(1), pad="sink")
    pipeline.set_state(Gst.State.PLAYING)
    try:
        until_s = time.monotonic() + 20
        while len(seen) < 33 and time.monotonic() < until_s:
            time.sleep(0.01)
        time.sleep(0.2)  # the thread waits for the active branch now
        peer = pad.get_peer()
        back = threading.Thread(target=join.release_request_pad, args=(pad,), daemon=True)
        back.start()
        back.join(10)
        assert not back.is_alive()
        assert join.get_static_pad("sink_1") is None
        assert peer.get_peer() is None
    finally:
        pipeline.set_state(Gst.State.NULL)


def test_a_pad_that_is_not_there_cannot_be_active():
    message, _ = play(
        "nvstreammux name=mux batch-size=1 width=160 height=120 ! join.sink_0 "
        f"nvdsmetamux name=join active-pad=sink_7 ! fakesink {source(0)}"
    )
    assert error_text(message) == "join: active-pad=sink_7: no such pad, there are sink_0"


def test_buffers_that_are_no_batches_are_refused():
    message, _ = play("videotestsrc num-buffers=2 ! nvdsmetamux name=join ! fakesink")
    assert "the buffer carries no batch" in error_text(message)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[group-0]\nsrc-ids-model-1=0\n", "wanted a [property] group, got [group-0]"),
        ("[property]\n[group-0]\nsrc-ids-model-1=a\n", "line 3, [group-0] src-ids-model-1: wanted"),
        ("[property]\npts-tolerance=-1\n", "line 2, [property] pts-tolerance: wanted"),
    ],
)
def test_a_wrong_file_is_named_with_its_line(tmp_path, text, said):
    path = tmp_path / "metamux.txt"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        MetaMuxConfig.read(path)
    assert said in str(caught.value)
    message, _ = play(f"nvdsmetamux name=join config-file={path} ! fakesink")
    assert said in error_text(message)


def test_unknown_keys_and_groups_are_told(tmp_path):
    path = tmp_path / "metamux.txt"
    path.write_text("[property]\nactive-pda=x\n[group-0]\nsrc-ids=1\n[groups]\na=1\n")
    told = MetaMuxConfig.read(path).warnings
    assert [text.removeprefix(f"{path}, ") for text in told] == [
        "line 2, [property] active-pda: unknown key, ignored; did you mean active-pad?",
        "line 4, [group-0] src-ids: unknown key, ignored",
        "line 5: unknown group [groups], ignored; did you mean group-0?",
    ]


def test_an_explicit_tolerance_wins_over_the_file(tmp_path):
    path = tmp_path / "metamux.txt"
    path.write_text("[property]\npts-tolerance=7\n")
    for lines, expected in (
        (f"config-file={path}", 7),
        (f"pts-tolerance=5 config-file={path}", 5),
        (f"config-file={path} pts-tolerance=5", 5),
    ):
        element = Gst.parse_launch(f"nvdsmetamux {lines}")
        assert element.get_property("pts-tolerance") == expected


def test_the_line_of_the_documentation_plays(tmp_path):
    text = import_module("penstock.elements.nvdsmetamux").__doc__
    line = re.search(r"gst-launch-1.0 (.*)", text.replace("\\\n", ""), re.DOTALL)[1]
    for name in ("config_infer_2.txt", "config_infer.txt"):
        line = line.replace(name, str(detector(tmp_path / name, name=name)))
    message, _ = play(line)
    assert message.type == Gst.MessageType.EOS, error_text(message)
