"""A script may end while a pipeline plays: no crash, no hang, and its own exit status."""

import signal
import subprocess
import sys
import textwrap
import time

import pytest

PLAYING = """
import os, signal, sys, threading, time
import penstock
penstock.init()
from penstock.gst import GLib, Gst, ending
pipeline = Gst.parse_launch(
    "videotestsrc is-live=true ! video/x-raw,format=I420,width=320,height=240,framerate=100/1 "
    "! nvvideoconvert ! mux.sink_0 nvstreammux name=mux batch-size=1 width=320 height=240 "
    "! queue ! nvdsosd name=osd ! tee name=t ! queue ! nvmultistreamtiler ! nvvideoconvert "
    "! video/x-raw,format=I420 ! fakesink sync=false "
    "t. ! queue ! fakesink sync=false async=false"
)
arrived = threading.Event()
def probe(pad, info):
    arrived.set()
    return Gst.PadProbeReturn.OK
pipeline.get_by_name("osd").get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, probe)
pipeline.set_state(Gst.State.PLAYING)
assert arrived.wait(60)
"""
ENDS = {
    "its last line": ("", 0),
    "sys.exit": ("sys.exit(3)", 3),
    "an exception": ("raise ValueError('over')", 1),
    "Ctrl-C": ("signal.raise_signal(signal.SIGINT)", -signal.SIGINT),
    "Ctrl-C in a main loop": (
        "threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
        "GLib.MainLoop().run()",
        -signal.SIGINT,
    ),
    "os._exit": ("os._exit(4)", 4),
    "dropping the pipeline": ("pipeline.set_state(Gst.State.NULL); del pipeline", 0),
    "a daemon thread that goes on": (
        "threading.Thread(target=time.sleep, args=(100,), daemon=True).start()",
        0,
    ),
    "a fork that ends": (
        "child = os.fork()\nif child == 0: sys.exit(7)\n"
        "sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))",
        7,
    ),
    "a probe on a pipeline without elements of ours": (
        "pipeline.set_state(Gst.State.NULL)\n"
        "other = Gst.parse_launch('videotestsrc ! identity name=i ! fakesink sync=false')\n"
        "arrived.clear()\n"
        "def add(): other.get_by_name('i').get_static_pad('src').add_probe(\n"
        "    Gst.PadProbeType.BUFFER, probe)\n"
        "add()\n"
        "other.set_state(Gst.State.PLAYING)\n"
        "assert arrived.wait(60)",
        0,
    ),
}


def run(code):
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PLAYING + code],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("repetition", range(3))
def test_a_script_may_end_while_a_pipeline_plays(end, repetition):
    code, status = ENDS[end]
    done = run(code)
    assert done.returncode == status, done.stderr
    for complaint in ("CRITICAL", "terminate", "Fatal", "did not stop"):
        assert complaint not in done.stderr


def test_ctrl_c_in_a_callback_of_a_script_that_ends_at_once_says_nothing_more():
    done = run(
        textwrap.dedent("""
        from penstock.gst import messages
        messages._RETURN_S = 0.5  # by when the interpreter is ending, also on a busy machine
        def interrupted(pad, info):
            raise KeyboardInterrupt
        pad = Gst.Pad.new("src", Gst.PadDirection.SRC)
        pad.set_active(True)
        pad.add_probe(Gst.PadProbeType.IDLE, interrupted)
        sys.exit(3)
        """)
    )
    assert (done.returncode, done.stderr) == (3, "")


def test_an_element_that_does_not_stop_is_named_and_left_behind():
    started = time.monotonic()
    done = run(
        textwrap.dedent("""
        ending._PATIENCE_S = 0.5
        def stuck(pad, info):
            time.sleep(300)
        pipeline.set_name("cameras")
        pad = pipeline.get_by_name("osd").get_static_pad("src")
        pad.add_probe(Gst.PadProbeType.BUFFER, stuck)
        time.sleep(0.3)
        sys.exit(5)
        """)
    )
    assert time.monotonic() - started < 100
    assert done.returncode == 5, done.stderr
    assert "cameras was not stopped before the script ended, and did not stop" in done.stderr
