"""How long frames take, measured in a real pipeline."""

import os
import re
import subprocess
import sys
from types import SimpleNamespace

import pyds
from penstock.gst import Gst, attach, latency
from penstock.meta import BatchMeta, FrameMeta

SCRIPT = """
import pyds
from penstock.gst import Gst
import sys, time

pipeline = Gst.parse_launch(
    "videotestsrc num-buffers=6 ! nvvideoconvert ! "
    "video/x-raw(memory:NVMM),format=NV12,width=64,height=48 ! mux.sink_0 "
    "videotestsrc num-buffers=6 ! nvvideoconvert ! "
    "video/x-raw(memory:NVMM),format=NV12,width=64,height=48 ! mux.sink_1 "
    "nvstreammux name=mux batch-size=2 width=64 height=48 ! queue ! nvdsosd name=osd ! "
    "nvmultistreamtiler name=tiler width=64 height=48 ! fakesink name=sink sync=false"
)

def slow(pad, info):
    time.sleep(0.02)
    return Gst.PadProbeReturn.OK

def measure(pad, info):
    print("answer", pyds.nvds_measure_buffer_latency(hash(info.get_buffer())))
    return Gst.PadProbeReturn.OK

add = lambda name, pad, probe: pipeline.get_by_name(name).get_static_pad(pad).add_probe(
    Gst.PadProbeType.BUFFER, probe)
add("osd", "sink", slow)
add("sink", "sink", measure)
for _ in range(2):
    pipeline.set_state(Gst.State.PLAYING)
    message = pipeline.get_bus().timed_pop_filtered(
        30 * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR)
    pipeline.set_state(Gst.State.NULL)
sys.exit(0 if message and message.type == Gst.MessageType.EOS else 1)
"""


def run(**environment):
    plain = {name: value for name, value in os.environ.items() if not name.startswith("NVDS_")}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={**plain, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_nothing_is_printed_where_nobody_asked():
    assert set(run()) == {"answer 0"}
    assert set(run(NVDS_ENABLE_COMPONENT_LATENCY_MEASUREMENT="1")) == {"answer 0"}


def test_each_frames_latency_is_printed_under_the_batchs_number():
    lines = run(NVDS_ENABLE_LATENCY_MEASUREMENT="1")
    heads = [line for line in lines if line.startswith("*")]
    assert heads[0] == "************BATCH-NUM = 0**************"
    assert heads[-1] == f"************BATCH-NUM = {len(heads) - 1}**************"
    frames = [
        re.fullmatch(r"Source id = (\d) Frame_num = (\d) Frame latency = ([\d.]+) \(ms\) ", line)
        for line in lines
        if line.startswith("Source")
    ]
    assert sorted((int(m[1]), int(m[2])) for m in frames) == [
        (source, number) for source in (0, 1) for number in range(6) for _ in range(2)
    ]
    assert all(float(m[3]) > 20 for m in frames)  # the probe slept so long
    answers = [int(line.split()[1]) for line in lines if line.startswith("answer")]
    assert sum(answers) == 24
    assert not any("Comp name" in line for line in lines)


def test_each_elements_latency_is_printed_where_asked():
    lines = run(NVDS_ENABLE_LATENCY_MEASUREMENT="1", NVDS_ENABLE_COMPONENT_LATENCY_MEASUREMENT="1")
    passed = [
        re.fullmatch(
            r"Comp name = (\w+) Source id = (\d) Frame_num = (\d) in_system_timestamp = ([\d.]+) "
            r"out_system_timestamp = ([\d.]+) component latency= ([\d.]+)",
            line,
        )
        for line in lines
        if line.startswith("Comp")
    ]
    once = [(source, number) for source in (0, 1) for number in range(6) for _ in range(2)]
    for name in ("mux", "osd", "tiler"):
        assert sorted((int(m[2]), int(m[3])) for m in passed if m[1] == name) == once
    for m in passed:
        entered, left, took = (float(number) for number in m.groups()[3:])
        assert abs(left - entered - took) < 1e-3


def test_a_buffer_without_a_batch_is_answered_0(monkeypatch, capsys):
    monkeypatch.setenv("NVDS_ENABLE_LATENCY_MEASUREMENT", "1")
    assert pyds.nvds_measure_buffer_latency(4711) == 0
    buffer = Gst.Buffer.new()
    attach(buffer, BatchMeta([FrameMeta(3, frame_num=4)]))
    assert pyds.nvds_measure_buffer_latency(hash(buffer)) == 1
    assert "Source id = 3 Frame_num = 4 Frame latency = " in capsys.readouterr().out


def test_an_element_inside_another_ends_only_itself():
    buffer = Gst.Buffer.new()
    batch = BatchMeta([FrameMeta()])
    attach(buffer, batch)
    info = SimpleNamespace(get_buffer=lambda: buffer)
    for name in ("outer", "inner"):
        latency._entering(None, info, name)
    latency._leaving(None, info, "inner", False)
    passed = latency.component_latencies(batch.user)
    assert [(one.component, one.duration_ns > 0) for one in passed] == [
        ("outer", False),
        ("inner", True),
    ]
