"""A probe that leaves a batch locked does not stop the pipeline."""

import pyds
from penstock.gst import Gst
from penstock.gst.probes import failures
from streams import finish

WAIT_S = 2
PIPELINE = (
    "videotestsrc num-buffers=5 ! nvvideoconvert ! "
    "video/x-raw(memory:NVMM),format=NV12,width=64,height=48 ! mux.sink_0 "
    "nvstreammux name=mux batch-size=1 width=64 height=48 ! identity name=first ! queue ! "
    "identity name=second ! fakesink sync=false"
)


def play_with(first):
    """Run with `first(batch)` in one thread and the lock taken in another."""
    pipeline, taken = Gst.parse_launch(PIPELINE), []

    def on_first(_pad, info):
        first(pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer())))
        return Gst.PadProbeReturn.OK

    def on_second(_pad, info):
        batch = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
        if batch._core.lock.acquire(timeout=WAIT_S):
            taken.append(batch)
            batch._core.lock.release()
        return Gst.PadProbeReturn.OK

    for name, probe in (("first", on_first), ("second", on_second)):
        pad = pipeline.get_by_name(name).get_static_pad("src")
        pad.add_probe(Gst.PadProbeType.BUFFER, probe)
    message = finish(pipeline)
    assert message.type == Gst.MessageType.EOS
    return taken


def test_a_probe_that_raises_while_it_holds_the_lock_leaves_it_free(capfd):
    def first(batch):
        pyds.nvds_acquire_meta_lock(batch)
        pyds.nvds_acquire_meta_lock(batch)
        raise KeyError("in between")

    assert len(play_with(first)) == 5
    shown = capfd.readouterr().err
    assert "on_first left a batch locked: it was unlocked" in shown
    assert shown.count("left a batch locked") == 1
    assert max(n for kind, n in failures.items() if "on_first left" in kind) >= 5


def test_a_probe_that_returns_early_with_the_lock_leaves_it_free():
    assert len(play_with(pyds.nvds_acquire_meta_lock)) == 5


def test_a_lock_that_is_held_around_a_probe_stays_held():
    from penstock.gst.probes import guard

    batch = pyds.nvds_create_batch_meta(1)
    pyds.nvds_acquire_meta_lock(batch)
    other = pyds.nvds_create_batch_meta(1)

    def probe(_pad, _info):
        pyds.nvds_acquire_meta_lock(other)
        pyds.nvds_release_meta_lock(other)
        return Gst.PadProbeReturn.OK

    guard(probe)(None, None)
    pyds.nvds_release_meta_lock(batch)  # raises if it was not held any more
