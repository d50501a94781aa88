"""Sources of nvstreammux that differ, change, come and go."""

import gc
import os
import threading
from itertools import pairwise

import pytest
from muxes import FORMAT, Playing, caps_of, mux, numbers, source

from penstock.gst import batch_of
from streams import Gst, play

TIMEOUT = {"batched_push_timeout": 20_000}
SLOW = "! identity sleep-time=2000"


def test_sources_of_any_rate_size_and_length_lose_nothing():
    sources = [(100, 64, 36, 50), (40, 320, 240, 20), (13, 17, 33, 5), (1, 640, 360, 1)]
    description = mux(4, width=80, height=60) + "".join(
        source(pad, frames=frames, caps=caps_of(width, height, fps))
        for pad, (frames, width, height, fps) in enumerate(sources)
    )

    def look(buffer):
        return [(f.source_id, f.frame_num, f.source_width) for f in batch_of(buffer).frames]

    message, batches = play(description, probe=look, at="mux")
    assert message.type == Gst.MessageType.EOS
    assert numbers(batches) == {
        pad: list(range(frames)) for pad, (frames, *_) in enumerate(sources)
    }
    assert {(pad, width) for batch in batches for pad, _, width in batch} == {
        (pad, width) for pad, (_, width, *_) in enumerate(sources)
    }


def test_a_source_may_change_its_size_while_another_goes_on():
    def look(buffer):
        return [
            (f.source_id, f.frame_num, (f.source_width, f.source_height), f.to_source.ltwh(BOX))
            for f in batch_of(buffer).frames
        ]

    changing = (
        f"concat name=join ! nvvideoconvert ! video/x-raw(memory:NVMM) ! mux.sink_1 "
        f"videotestsrc num-buffers=5 ! {caps_of(128, 72, 25)} ! join. "
        f"videotestsrc num-buffers=5 ! {caps_of(32, 18, 25)} ! join. "
    )
    message, batches = play(mux(2) + source(0) + changing, probe=look, at="mux")
    assert message.type == Gst.MessageType.EOS
    assert numbers(batches) == {0: list(range(10)), 1: list(range(10))}
    seen = [frame[2:] for batch in batches for frame in batch if frame[0] == 1]
    assert seen[:5] == [((128, 72), (0, 0, 128, 72))] * 5
    assert seen[5:] == [((32, 18), (0, 0, 32, 18))] * 5


BOX = (0, 0, 64, 36)


def test_the_size_of_the_batch_may_change_while_playing():
    def look(buffer):
        frame = batch_of(buffer).frames[0]
        return [(frame.width, frame.height, frame.surface.size)]

    with Playing(mux(1) + source(0, frames=-1), look) as playing:
        playing.wait_for_more()
        playing.mux.set_property("width", 128)
        playing.wait(lambda batches: batches[-1] == [(128, 36, (128, 36))])
        playing.wait_for_more()
        caps = playing.mux.get_static_pad("src").get_current_caps().get_structure(0)
    assert caps.get_value("width") == 128


@pytest.mark.parametrize("count", [-1, 3], ids=["with data flowing", "after EOS"])
def test_a_source_may_come_and_go_on_the_same_pad(count):
    with Playing(mux(3, **TIMEOUT) + source(0, frames=-1, extra=SLOW)) as it:
        for cycle in range(5):
            added, pad = it.add(1, f"videotestsrc num-buffers={count} ! {FORMAT}")
            it.wait(lambda _batches, cycle=cycle: it.count(of=1) >= 3 * (cycle + 1))
            it.remove(added, pad)
            it.wait_for_more(of=0)
        found = numbers(it.batches)
    assert found[0] == list(range(len(found[0])))
    assert found[1].count(0) == 5, "a pad that is requested again begins anew"


def test_a_pad_may_go_before_anything_came():
    with Playing(mux(3, **TIMEOUT) + source(0, frames=-1, extra=SLOW)) as it:
        for _ in range(5):
            pad = it.mux.request_pad_simple("sink_1")
            it.wait_for_more(of=0)
            it.mux.release_request_pad(pad)
        assert set(numbers(it.batches)) == {0}


def test_a_pad_may_go_while_it_is_blocked():
    with Playing(mux(2, **TIMEOUT) + source(0, frames=-1, extra=SLOW)) as it:
        added, pad = it.add(1)
        it.wait_for_more(of=1)
        blocked = threading.Event()
        pad.add_probe(
            Gst.PadProbeType.BLOCK_DOWNSTREAM,
            lambda _pad, _info: blocked.set() or Gst.PadProbeReturn.OK,
        )
        assert blocked.wait(20)
        it.mux.release_request_pad(pad)
        added.set_state(Gst.State.NULL)
        it.pipeline.remove(added)
        it.wait_for_more(of=0)


def test_a_pad_is_released_while_its_source_still_pushes():
    with Playing(mux(2, **TIMEOUT) + source(0, frames=-1, extra=SLOW)) as it:
        added, pad = it.add(1)
        it.wait_for_more(of=1)
        it.mux.release_request_pad(pad)
        it.wait_for_more(5, of=0)
        added.set_state(Gst.State.NULL)
        it.pipeline.remove(added)
        found = numbers(it.batches)
    assert found[0] == list(range(len(found[0])))


def test_the_times_of_batches_rise_also_when_a_file_joins_late_and_stays_longest():
    def look(buffer):
        return [(f.source_id, f.frame_num, buffer.pts) for f in batch_of(buffer).frames]

    with Playing(mux(2) + source(0, frames=200, extra=SLOW), look) as it:
        it.wait_for_more(100)
        it.add(1, f"videotestsrc num-buffers=300 ! {FORMAT}")
        assert it.end().type == Gst.MessageType.EOS
    times = [batch[0][2] for batch in it.batches]
    steps = {later - earlier for earlier, later in pairwise(times)}
    assert steps == {40_000_000}
    assert numbers(it.batches) == {0: list(range(200)), 1: list(range(300))}


def test_after_a_seek_a_file_that_joined_late_begins_with_the_others():
    def look(buffer):
        return [(f.source_id, f.pts_ns, buffer.pts) for f in batch_of(buffer).frames]

    def begun(batches):
        return [batch for batch in batches if [time for _, time, _ in batch] == [0, 0]]

    with Playing(mux(2) + source(0, frames=-1, extra=SLOW), look) as it:
        it.wait_for_more(50)
        it.add(1)
        it.wait_for_more(of=1)
        assert it.pipeline.seek_simple(Gst.Format.TIME, Gst.SeekFlags.FLUSH, 0)
        it.wait(begun)
        assert [pts for *_, pts in begun(it.batches)[0]] == [0, 0]


def test_two_batches_of_one_moment_have_different_times():
    _, times = play(mux(1) + source(0) + source(1), probe=lambda buffer: buffer.pts, at="mux")
    assert len(times) == len(set(times)) == 20
    assert times == sorted(times)


def test_a_source_can_be_stopped_while_its_frame_waits_because_downstream_is_paused():
    with Playing(mux(2, then="queue ! fakesink sync=true", **TIMEOUT) + source(0, frames=-1)) as it:
        it.wait_for_more()
        it.pipeline.set_state(Gst.State.PAUSED)
        removed = threading.Event()

        def cycle():
            for number in (1, 2, 1):
                added, pad = it.add(number)
                it.until(lambda: it.entered > 1)
                it.remove(added, pad)
            removed.set()

        threading.Thread(target=cycle, daemon=True).start()
        assert removed.wait(20)
        it.pipeline.set_state(Gst.State.PLAYING)
        it.wait_for_more(of=0)


def test_200_sources_that_come_and_go_leave_nothing_behind():
    def level():
        gc.collect()
        pads = [thing for thing in gc.get_objects() if isinstance(thing, Gst.Pad)]
        surfaces = sum(type(thing).__name__ == "CpuSurface" for thing in gc.get_objects())
        threads = len(os.listdir("/proc/self/task"))
        files = len(os.listdir("/proc/self/fd"))
        return len(pads), surfaces, threads, files

    description = mux(2, **TIMEOUT) + source(0, frames=-1, extra=SLOW)
    with Playing(description) as it:
        for cycle in range(210):
            added, pad = it.add(1)
            if cycle % 20 == 0:
                it.wait_for_more(1, of=1)
            it.remove(added, pad)
            del added, pad
            if cycle == 9:
                before = level()
        it.wait_for_more(of=0)
        after = level()
        found = numbers(it.batches)
    assert found[0] == list(range(len(found[0])))
    for had, have in zip(before, after, strict=True):
        assert have <= had + 6, f"(pads, surfaces, threads, files): {before} became {after}"
