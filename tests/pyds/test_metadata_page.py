"""`docs/metadata.md`: every example runs, and both spellings of a task do the same."""

import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import penstock
from penstock.gst import Gst, attach
from penstock.meta import (
    BatchMeta,
    ClassifierMeta,
    FrameMeta,
    LabelInfo,
    Mask,
    ObjectMeta,
    SegmentationMeta,
    Surfaces,
    TensorLayer,
    TensorMeta,
    UserMeta,
)
from penstock.surface import Colorimetry, CpuSurface
from streams import play

PAGE = (Path(__file__).parents[2] / "docs" / "metadata.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
PROBE, *TASKS, COLUMNS = BLOCKS
PAIRS = list(zip(TASKS[::2], TASKS[1::2], strict=True))
ANSWERS = {
    "count_people": 2,
    "mark_uncertain": None,
    "write_count": None,
    "colours": [("red", 0.8)],
    "attach_speed": (50, "km/h"),
    "highest_score": ("scores", 0.9375),
    "covered": [0.5],
    "class_map": [[0, -1], [2, 1]],
    "blacken_corner": 100.0,
}


def scene():
    """A buffer with two frames: a car and two people, one uncertain, and what networks put out."""
    picture = np.full((48, 64, 4), 100, np.uint8)
    color = Colorimetry("bt709")
    surface = CpuSurface.from_planes((picture,), "RGBA", colorimetry=color, exclusive=True)
    batch = BatchMeta([FrameMeta(n, size=(64, 48)) for n in (0, 1)], surfaces=Surfaces([surface]))
    first, second = batch
    car = first.add(ObjectMeta((1, 2, 30, 20), class_id=0, label="car", confidence=0.9))
    car.classifiers += [ClassifierMeta(2, [LabelInfo("red", 4, 0, 0.8)])]
    car.classifiers += [ClassifierMeta(3, [LabelInfo("van", 1, 0, 0.6)])]
    car.mask = Mask(np.array([[0.0, 1.0], [1.0, 0.0]], np.float32), 0.5)
    first.add(ObjectMeta((5, 5, 10, 20), class_id=2, label="person", confidence=0.4))
    second.add(ObjectMeta((5, 5, 10, 20), class_id=2, label="person", confidence=0.7))
    scores = TensorLayer("scores", np.array([[0.25, 0.9375], [0.5, 0.125]], np.float32))
    for data in (TensorMeta([scores], 1), SegmentationMeta(np.array([[0, -1], [2, 1]], np.int32))):
        first.user.append(UserMeta(data, meta_type=data.META_TYPE))
    buffer = Gst.Buffer.new()
    attach(buffer, batch)
    return buffer, batch


def left_by(batch):
    """What drawing code sees of a batch."""
    return [
        (
            [(repr(obj), repr(obj.rect), repr(obj.text)) for obj in frame.objects],
            [[repr(text) for text in display.texts] for display in frame.display],
        )
        for frame in batch
    ]


def run(code):
    """Executes a block of the page; returns its function."""
    names = {"__name__": "page"}
    exec(code, names)
    (name,) = re.findall(r"^def (\w+)", code, re.MULTILINE)
    return names[name]


def test_the_probe_of_three_lines_runs_in_a_pipeline(capsys):
    on_buffer = run(PROBE)

    def look(buffer):
        return on_buffer(None, SimpleNamespace(get_buffer=lambda: buffer))

    description = (
        "videotestsrc num-buffers=2 ! nvvideoconvert ! video/x-raw(memory:NVMM),format=NV12 ! "
        "mux.sink_0 nvstreammux name=mux batch-size=1 width=64 height=48 ! fakesink"
    )
    message, seen = play(description, probe=look, at="mux")
    assert message.type == Gst.MessageType.EOS
    assert seen == [Gst.PadProbeReturn.OK] * 2
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" frame ")[0] for line in lines] == ["source 0"] * 2
    assert lines[0].endswith(": 0 objects")


@pytest.mark.parametrize("pair", PAIRS, ids=list(ANSWERS))
def test_both_spellings_do_the_same(pair):
    imports = "import pyds, penstock\n"
    (one, first), (other, second) = scene(), scene()
    before = left_by(first)
    spelt_in_c, spelt_in_python = run(imports + pair[0]), run(imports + pair[1])
    name = spelt_in_c.__name__
    assert spelt_in_python.__name__ == name
    assert "import pyds" not in pair[1]
    assert spelt_in_c(one) == spelt_in_python(other) == ANSWERS[name]
    assert left_by(first) == left_by(second)
    assert (left_by(first) != before) == (name in ("mark_uncertain", "write_count"))
    corners = [batch.surfaces[0].planes("RGBA")[0][15, 15, 0] for batch in (first, second)]
    assert corners == ([0, 0] if name == "blacken_corner" else [100, 100])


def test_every_task_has_two_spellings():
    assert [re.findall(r"^def (\w+)", block, re.MULTILINE) for block in TASKS] == [
        [name] for name in ANSWERS for _ in range(2)
    ]


def test_columns_of_a_frame_are_computed_with():
    buffer, _ = scene()
    assert run("import penstock\n" + COLUMNS)(buffer) == 600.0


def test_lookups_of_the_table_do_what_it_says():
    class Speed(float):
        pass

    obj = ObjectMeta()
    obj.user += [UserMeta(Speed(50)), UserMeta(60, meta_type="acme.speed")]
    rows = re.findall(r"^\| (`obj\.user.*?|`Speed in.*?) \|", PAGE, re.MULTILINE)
    spelt = [code for row in rows for code in re.findall(r"`([^`]+)`", row)]
    assert {code: eval(code, {"obj": obj, "Speed": Speed}) for code in spelt} == {
        "obj.user[Speed]": 50,
        "obj.user.get(Speed)": 50,
        "obj.user.of(Speed)": [50],
        "Speed in obj.user": True,
        'obj.user["acme.speed"]': 60,
        "obj.user.get(12)": None,
        "obj.user[0]": obj.user[0],
    }


def test_names_of_the_front_door_are_there():
    for name in re.findall(r"`penstock\.(\w+)", PAGE):
        assert hasattr(penstock, name)
