import gc
import os
import shutil
import subprocess
import time
import weakref

import numpy as np
import pytest
from batches import pictures, watch

from streams import Gst, error_text, finish, play

SINKS = ["nveglglessink", "nv3dsink"]
OF_BASE = {"sync": False, "qos": False, "async": False, "enable-last-sample": False}
OF_A_WINDOW = {
    "gpu-id": 1,
    "window-x": 10,
    "window-y": 10,
    "window-width": 640,
    "window-height": 360,
    "plane-id": 1,
}
OWN = {
    "nveglglessink": OF_A_WINDOW,
    "nv3dsink": OF_A_WINDOW,
    "nvdrmvideosink": {"conn_id": 0, "plane_id": 1, "set_mode": True, "offset-x": 1920},
    "nvoverlaysink": {"overlay-x": 10, "overlay-y": 20, "overlay-w": 640, "overlay-h": 360,
                      "overlay": 2, "overlay-depth": 2, "display-id": 1},
}  # fmt: skip
RAW = "video/x-raw,format=I420,width=64,height=48,framerate={rate}"
NVMM = "nvvideoconvert ! video/x-raw(memory:NVMM),format=NV12"


def source(*, frames=5, rate="25/1", pattern="ball"):
    return f"videotestsrc num-buffers={frames} pattern={pattern} ! {RAW.format(rate=rate)}"


@pytest.fixture(autouse=True)
def _no_display(monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)


# Without a display


@pytest.mark.parametrize("sink", SINKS)
def test_without_a_display_pictures_keep_their_time(sink):
    start = time.monotonic()
    message, seen = play(
        f"{source(frames=26)} ! {NVMM} ! {sink} name=end", probe=id, at="end", pad="sink"
    )
    assert message.type == Gst.MessageType.EOS
    assert len(seen) == 26
    assert time.monotonic() - start > 0.8


@pytest.mark.parametrize("sink", SINKS)
def test_without_sync_they_do_not_wait(sink):
    ten_minutes = source(frames=60, rate="1/10")
    message, seen = play(
        f"{ten_minutes} ! {NVMM} ! {sink} name=end sync=false", probe=id, at="end", pad="sink"
    )
    assert message.type == Gst.MessageType.EOS
    assert len(seen) == 60


@pytest.mark.parametrize("sink", OWN)
def test_it_has_the_properties_that_applications_set(sink):
    element = Gst.ElementFactory.make(sink)
    assert element.get_property("sync") is True
    for name, value in {**OF_BASE, **OWN[sink]}.items():
        element.set_property(name, value)
        assert element.get_property(name) == value
    element.set_property("qos", 1)
    element.set_property("sync", 0)


@pytest.mark.parametrize("sink", SINKS)
def test_it_prerolls_and_keeps_the_last_picture_as_other_sinks_do(sink):
    pipeline = Gst.parse_launch(f"{source()} ! {NVMM} ! {sink} name=end sync=false")
    assert pipeline.set_state(Gst.State.PAUSED) == Gst.StateChangeReturn.ASYNC
    change, state, _ = pipeline.get_state(10 * Gst.SECOND)
    assert (change, state) == (Gst.StateChangeReturn.SUCCESS, Gst.State.PAUSED)
    element = pipeline.get_by_name("end")
    assert element.get_property("last-sample").get_buffer().pts == 0
    pipeline.set_state(Gst.State.PLAYING)
    kinds = Gst.MessageType.EOS | Gst.MessageType.ERROR
    assert pipeline.get_bus().timed_pop_filtered(10 * Gst.SECOND, kinds)
    assert element.get_property("last-sample").get_buffer().pts == 4 * 40_000_000
    pipeline.set_state(Gst.State.NULL)


def test_system_memory_and_every_form_of_nvmm_are_taken():
    mux = "nvstreammux name=mux batch-size=1 width=64 height=48"
    for text in (
        f"{source()} ! nveglglessink sync=false",
        f"{source()} ! {NVMM} ! nvegltransform ! nveglglessink sync=false",
        f"{mux} ! nveglglessink sync=false {source()} ! nvvideoconvert ! mux.sink_0",
        f"{mux} ! nvvideoconvert ! nv3dsink sync=false {source()} ! nvvideoconvert ! mux.sink_0",
        f"{mux} ! nvdrmvideosink sync=false {source()} ! nvvideoconvert ! mux.sink_0",
        f"{source()} ! {NVMM} ! nvoverlaysink sync=false",
    ):
        message = finish(Gst.parse_launch(text))
        assert message.type == Gst.MessageType.EOS, error_text(message)


def test_a_display_that_does_not_answer_is_warned_about_and_playing_goes_on(monkeypatch):
    monkeypatch.setenv("DISPLAY", ":4711")
    monkeypatch.setenv("WAYLAND_DISPLAY", "nowhere")
    pipeline = Gst.parse_launch(f"{source()} ! {NVMM} ! nveglglessink name=end")
    texts = []
    pipeline.get_bus().set_sync_handler(note_warning, texts)
    assert finish(pipeline).type == Gst.MessageType.EOS
    assert len(texts) == 1
    assert texts[0].startswith("end: nothing is shown: ")
    assert "DISPLAY=:4711" in texts[0]


def note_warning(_bus, message, texts):
    if message.type == Gst.MessageType.WARNING:
        texts.append(message.parse_warning()[0].message)
    return Gst.BusSyncReply.PASS


def test_playing_again_and_again_works_and_the_element_is_freed():
    pipeline = Gst.parse_launch(f"{source()} ! {NVMM} ! nveglglessink name=end sync=false")
    for _ in range(10):
        assert finish(pipeline).type == Gst.MessageType.EOS
    gone = weakref.ref(pipeline.get_by_name("end"))
    del pipeline
    gc.collect()
    assert gone() is None


# No frame is lost


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    encode = "x264enc speed-preset=ultrafast bframes=3 ! h264parse ! mp4mux"
    text = f"{source(frames=50, rate='50/1')} ! {encode} ! filesink location={path}"
    assert finish(Gst.parse_launch(text)).type == Gst.MessageType.EOS
    return path


@pytest.mark.parametrize("place", ["behind the decoder", "behind the mux", "in a probe"])
def test_a_slow_pipeline_loses_no_frame_of_a_file(clip, place):
    slow = "! identity sleep-time=22000"  # a frame lasts 20 ms
    pipeline = Gst.parse_launch(
        f"filesrc location={clip} ! qtdemux ! h264parse ! nvv4l2decoder "
        f"{slow if place == 'behind the decoder' else ''} ! mux.sink_0 "
        "nvstreammux name=mux batch-size=1 width=64 height=48 ! nvvideoconvert ! nvdsosd name=osd "
        f"{slow if place == 'behind the mux' else ''} ! queue max-size-buffers=1 "
        "! nveglglessink name=end sync=true qos=true"
    )
    if place == "in a probe":
        watch(pipeline, "osd", lambda _buffer: time.sleep(0.022))
    message, stamps = play(pipeline, probe=lambda buffer: buffer.pts, at="end", pad="sink")
    assert message.type == Gst.MessageType.EOS
    assert stamps == [n * 20_000_000 for n in range(50)]


# With a display


@pytest.fixture
def screen(monkeypatch):
    """A virtual X display of 640x480."""
    if shutil.which("Xvfb") is None:
        pytest.fail("Xvfb is missing: install the Debian package xvfb")
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "640x480x24", "-noreset"]
    with subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL) as server:
        os.close(write)
        with os.fdopen(read) as pipe:
            number = pipe.readline().strip()
        monkeypatch.setenv("DISPLAY", f":{number}")
        yield f":{number}"
        server.terminate()


def screenshot(display):
    """`(480, 640, 3)` RGB."""
    pipeline = Gst.parse_launch(
        f"ximagesrc display-name={display} num-buffers=1 use-damage=false show-pointer=false "
        "! fakesink name=end"
    )
    seen = pictures(pipeline, "end")
    assert finish(pipeline).type == Gst.MessageType.EOS
    return seen[0]


def until(condition, *, patience_s=20):
    """Wait until X has done what it was asked to."""
    end = time.monotonic() + patience_s
    while not (found := condition()) and time.monotonic() < end:
        time.sleep(0.02)
    return found


@pytest.mark.parametrize("sink", SINKS)
@pytest.mark.parametrize("state", [Gst.State.PAUSED, Gst.State.PLAYING])
def test_the_window_shows_the_picture(screen, sink, state):
    assert screenshot(screen).max() < 10
    pipeline = Gst.parse_launch(
        "videotestsrc pattern=smpte is-live=false ! video/x-raw,width=320,height=240,framerate=25/1"
        f" ! {NVMM} ! {sink}"
    )
    try:
        pipeline.set_state(state)
        bars = until(lambda: bars_on(screenshot(screen)))
    finally:
        pipeline.set_state(Gst.State.NULL)
    assert bars == [
        "white",
        "yellow",
        "cyan",
        "green",
        "magenta",
        "red",
        "blue",
    ]
    assert until(lambda: screenshot(screen).max() < 10)  # the window closes


def bars_on(picture):
    """The colours of SMPTE's seven bars in the bounding box of what is shown, or none."""
    lit = np.argwhere(picture.max(axis=2) > 40)
    if len(lit) < 1000:
        return None
    (top, left), (bottom, right) = lit.min(axis=0), lit.max(axis=0)
    row = picture[top + (bottom - top) // 3]
    names = []
    for bar in range(7):
        red, green, blue = row[left + int((right - left) * (bar + 0.5) / 7)] > 100
        names.append(COLOURS[bool(red), bool(green), bool(blue)])
    return names


COLOURS = {
    (True, True, True): "white",
    (True, True, False): "yellow",
    (False, True, True): "cyan",
    (False, True, False): "green",
    (True, False, True): "magenta",
    (True, False, False): "red",
    (False, False, True): "blue",
    (False, False, False): "black",
}


@pytest.mark.parametrize(
    ("sink", "size"),
    [
        ("nveglglessink window-width=200 window-height=100", (200, 100)),
        ("nvoverlaysink overlay-w=200 overlay-h=100", (200, 100)),
        ("nvdrmvideosink set-mode=1", (64, 48)),
    ],
)
def test_the_window_has_the_size_that_was_asked_for(screen, sink, size):
    pipeline = Gst.parse_launch(
        f"videotestsrc pattern=white ! {RAW.format(rate='25/1')} ! {NVMM} ! {sink}"
    )
    try:
        pipeline.set_state(Gst.State.PLAYING)
        assert until(lambda: extent(screenshot(screen)) == size)
    finally:
        pipeline.set_state(Gst.State.NULL)


def extent(picture):
    lit = np.argwhere(picture.max(axis=2) > 200)
    if not len(lit):
        return None
    height, width = lit.max(axis=0) - lit.min(axis=0) + 1
    return int(width), int(height)


def test_of_a_batch_the_first_frame_is_shown_and_the_rest_warned_about_once(screen):
    one = f"{source(frames=5)} ! nvvideoconvert ! mux.sink"
    pipeline = Gst.parse_launch(
        "nvstreammux name=mux batch-size=2 width=64 height=48 ! nveglglessink name=end sync=false "
        f"{one}_0 {one}_1"
    )
    texts = []
    pipeline.get_bus().set_sync_handler(note_warning, texts)
    assert finish(pipeline).type == Gst.MessageType.EOS
    (text,) = texts
    assert text == "end: only the first of 2 frames is shown: put nvmultistreamtiler in front"


# Passing on


def test_nvegltransform_passes_batches_and_frames_on_untouched():
    pipeline = Gst.parse_launch(
        f"{source()} ! {NVMM} ! nvegltransform name=egl ! fakesink name=end"
    )
    addresses = {"egl": [], "end": []}
    for name, seen in addresses.items():
        watch(pipeline, name, lambda buffer, to=seen: to.append(hash(buffer)), pad="sink")
    assert finish(pipeline).type == Gst.MessageType.EOS
    assert addresses["egl"] == addresses["end"] != []


def test_nvegltransform_takes_nvmm_only():
    element = Gst.ElementFactory.make("nvegltransform")
    for name in ("sink", "src"):
        pad = element.get_static_pad(name)
        assert not pad.query_accept_caps(Gst.Caps.from_string(RAW.format(rate="25/1")))
