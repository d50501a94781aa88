"""The stub file, from which editors and type checkers know the module."""

import subprocess
import sys
from pathlib import Path

import pyds

STUB = Path(pyds.__file__).with_suffix(".pyi")
PROBE = """
import pyds


def probe(address: int) -> float:
    batch = pyds.gst_buffer_get_nvds_batch_meta(address)
    if batch is None:
        return 0.0
    total = 0.0
    node = batch.frame_meta_list
    while node:
        frame = pyds.NvDsFrameMeta.cast(node.data)
        objects = frame.obj_meta_list
        while objects:
            obj = pyds.NvDsObjectMeta.cast(objects.data)
            obj.text_params.display_text = f"{obj.obj_label} {obj.class_id}"
            obj.rect_params.border_color.set(1, 0, 0, 1)
            obj.rect_params.border_width = 2
            total += obj.confidence
            objects = objects.next
        display = pyds.nvds_acquire_display_meta_from_pool(batch)
        display.num_labels = 1
        display.text_params[0].font_params.font_size = 10
        pyds.nvds_add_display_meta_to_frame(frame, display)
        node = node.next
    return total


def event(user: pyds.NvDsUserMeta) -> bool:
    message = pyds.NvDsEventMsgMeta()
    message.type = pyds.NvDsEventType.NVDS_EVENT_MOVING
    message.sensorStr = "sensor-0"
    user.user_meta_data = message
    return user.base_meta.meta_type == pyds.NVDS_EVENT_MSG_META
"""


def test_the_stub_in_the_package_is_up_to_date(tmp_path):
    script = Path(__file__).parents[2] / "scripts" / "pyds_stub.py"
    before = STUB.read_text()
    made = subprocess.run(
        [sys.executable, script, "--print"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
        check=True,
    )
    assert made.stdout == before, "run: python scripts/pyds_stub.py"


def test_a_type_checker_accepts_a_usual_probe_and_finds_its_mistakes(tmp_path):
    (tmp_path / "good.py").write_text(PROBE)
    (tmp_path / "bad.py").write_text(
        "import pyds\n"
        "obj = pyds.NvDsObjectMeta.cast(None)\n"
        "obj.obj_lable\n"
        "obj.text_params.display_text = 5\n"
        "label: int = obj.obj_label\n"
        "pyds.NvDsInferDims().numDims = 3\n"
        "pyds.nvds_add_display_meta_to_frame(obj, obj)\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", tmp_path, "good.py", "bad.py"],
        cwd=tmp_path,
        env={"MYPYPATH": str(STUB.parents[1])},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    lines = {line.split(":")[1] for line in done.stdout.splitlines() if line.startswith("bad.py")}
    assert "good.py" not in done.stdout, done.stdout
    assert lines == {"3", "4", "5", "6", "7"}, done.stdout + done.stderr
