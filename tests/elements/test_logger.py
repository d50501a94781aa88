import gc
import re
import threading
import time
import weakref

from batches import visit
from colours import source

from penstock.gst import FrameRates, nvevents
from streams import Gst, error_text, finish

S = 1_000_000_000


def logged(inputs, logger="", *, sources=2):
    return Gst.parse_launch(
        f"nvstreammux name=mux batch-size={sources} width=64 height=64 "
        f"! nvdslogger name=logger {logger} ! fakesink name=end sync=true {inputs}"
    )


def ended(pipeline):
    message = finish(pipeline)
    assert message.type == Gst.MessageType.EOS, error_text(message)


def test_a_rate_is_that_since_it_was_asked_for_before():
    rates = FrameRates()
    for number in range(26):
        rates.count(0, now_ns=number * S // 25)
    assert rates.read(now_ns=S) == {0: 25.0}
    for number in range(20):
        rates.count(0, now_ns=S + number * S // 10)
    assert rates.read(now_ns=3 * S) == {0: 10.0}
    assert rates.read(now_ns=4 * S) == {0: 0.0}


def test_a_source_counts_from_its_first_frame_on():
    rates = FrameRates()
    rates.count(0, now_ns=0)
    for number in range(6):
        rates.count(7, now_ns=4 * S + number * S // 5)
    assert rates.read(now_ns=5 * S)[7] == 5.0


def test_a_source_that_ended_has_rate_0_and_one_that_is_gone_has_none():
    rates = FrameRates()
    for source_id in (3, 1, 2):
        for number in range(3):
            rates.count(source_id, now_ns=number)
    rates.end(1)
    rates.remove(2)
    rates.end(9)
    assert list(rates.read(now_ns=S)) == [1, 3]
    assert rates.read(now_ns=2 * S)[1] == 0.0
    for number in range(5):
        rates.count(1, now_ns=2 * S + number)
    assert rates.read(now_ns=3 * S)[1] > 0


def test_lines_have_every_sources_rate(capfd):
    inputs = source(0, frames=60, rate="50/1") + source(3, frames=60, rate="50/1")
    ended(logged(inputs, "fps-measurement-interval-sec=1"))
    lines = [line for line in capfd.readouterr().out.splitlines() if line.startswith("**PERF")]
    assert len(lines) == 1
    found = re.fullmatch(r"\*\*PERF : FPS_0 \(([\d.]+)\)\tFPS_3 \(([\d.]+)\)\t", lines[0])
    assert found
    assert all(20 < float(rate) < 60 for rate in found.groups())


def test_ended_sources_have_rate_0_and_removed_ones_none():
    inputs = source(0) + source(1) + source(2, frames=1)
    pipeline = logged(inputs, sources=3)
    mux, logger = pipeline.get_by_name("mux").get_static_pad("src"), pipeline.get_by_name("logger")
    sent, found = [], []

    def tell(_batch):
        sent.append(1)
        if len(sent) == 3:
            nvevents.push_source_event(mux, nvevents.STREAM_EOS, 0)
        elif len(sent) == 4:
            nvevents.push_source_event(mux, nvevents.PAD_DELETED, 2)

    def read(_batch):
        found.append(logger._rates.read(now_ns=time.monotonic_ns()))

    visit(pipeline, "mux", tell)
    visit(pipeline, "logger", read)
    ended(pipeline)
    assert [sorted(rates) for rates in found] == [[0, 1, 2]] * 3 + [[0, 1]]
    assert all(rates[1] > 0 for rates in found[1:])
    assert [rates[0] > 0 for rates in found] == [False, True, False, True]  # it began anew


def test_show_fps_false_and_interval_0_print_nothing(capfd):
    ended(logged(source(0, frames=27), "fps_measurement_interval_sec=0", sources=1))
    off = "fps-measurement-interval-sec=1 show-fps=false"
    ended(logged(source(0, frames=27), off, sources=1))
    assert "PERF" not in capfd.readouterr().out


def test_show_latency_prints_every_frames(capfd):
    ended(logged(source(0, frames=3) + source(1, frames=3), "show-latency=true"))
    lines = capfd.readouterr().out.splitlines()
    assert [line for line in lines if "BATCH-NUM" in line] == [
        f"************BATCH-NUM = {n}**************" for n in range(3)
    ]
    frames = [
        re.fullmatch(r"Source id = (\d) Frame_num = (\d) Frame latency = ([\d.]+) \(ms\)", line)
        for line in lines
        if line.startswith("Source")
    ]
    assert {(int(f[1]), int(f[2])) for f in frames} == {(s, n) for s in range(2) for n in range(3)}
    assert all(float(f[3]) >= 0 for f in frames)


def test_handoffs_are_signalled_where_asked_for():
    for setting, expected in (("", 0), ("signal-handoffs=true", 4)):
        pipeline, seen = logged(source(0), setting, sources=1), []
        pipeline.get_by_name("logger").connect(
            "handoff", lambda _e, buffer, s=seen: s.append(buffer.pts)
        )
        ended(pipeline)
        assert len(seen) == expected


def test_batches_pass_unchanged_and_so_does_anything_else():
    pipeline, seen, sent = logged(source(0) + source(1)), [], []
    visit(pipeline, "mux", lambda batch: sent.append(id(batch)))
    visit(pipeline, "end", lambda batch: seen.append(id(batch)), pad="sink")
    ended(pipeline)
    assert seen == sent
    ended(Gst.parse_launch("audiotestsrc num-buffers=5 ! nvdslogger show-latency=true ! fakesink"))


def test_its_thread_ends_with_the_pipeline_and_it_is_freed():
    pipeline = logged(source(0), sources=1)
    for _ in range(3):
        ended(pipeline)
    assert not [thread for thread in threading.enumerate() if "frame rates" in thread.name]
    gone = weakref.ref(pipeline.get_by_name("logger"))
    del pipeline
    gc.collect()
    assert gone() is None


def test_nvdsxfer_passes_batches_on_unchanged():
    pipeline = Gst.parse_launch(
        "nvstreammux name=mux batch-size=1 width=64 height=64 "
        f"! nvdsxfer gpu-id=1 p2p-gpu-id=0 buffer-pool-size=8 ! fakesink name=end {source(0)}"
    )
    seen, sent = [], []
    visit(pipeline, "mux", lambda batch: sent.append(id(batch)))
    visit(pipeline, "end", lambda batch: seen.append(id(batch)), pad="sink")
    ended(pipeline)
    assert seen == sent
    assert len(sent) == 4
