import numpy as np
import pytest

import penstock.surface as pixels
from penstock.errors import StreamError
from penstock.gst.window import Window
from penstock.surface import Colorimetry
from streams import Gst


@pytest.fixture
def surface():
    picture = np.full((36, 64, 3), (10, 200, 30), np.uint8)
    return pixels.CpuSurface.from_planes((picture,), "RGB", colorimetry=Colorimetry())


@pytest.fixture
def window():
    """Whose screen is GStreamer's fakesink."""
    opened = Window("fakesink")
    yield opened
    opened.close()


def shown(window):
    """The picture on the screen, `(H, W, 4)` BGRx."""
    sample = window.pipeline.get_by_name("sink").get_property("last-sample")
    caps = sample.get_caps().get_structure(0)
    size = caps.get_int("height")[1], caps.get_int("width")[1]
    assert caps.get_string("format") == "BGRx"
    buffer = sample.get_buffer()
    return np.frombuffer(buffer.extract_dup(0, buffer.get_size()), np.uint8).reshape(*size, 4)


def wait_until_shown(window):
    """Let the inner pipeline finish what it was given."""
    window._feed.emit("end-of-stream")
    bus = window.pipeline.get_bus()
    assert bus.timed_pop_filtered(30 * Gst.SECOND, Gst.MessageType.EOS)


@pytest.mark.parametrize("size", [(64, 36), (33, 17), (128, 128)])
def test_a_picture_is_shown_in_its_colours_and_the_size_asked_for(window, surface, size):
    window.show(surface, size)
    wait_until_shown(window)
    assert shown(window).shape == (size[1], size[0], 4)
    assert (shown(window)[..., :3] == (30, 200, 10)).all()


def test_the_size_may_change_between_pictures(window, surface):
    for size in ((64, 36), (32, 18), (64, 36), (16, 16)):
        window.show(surface, size)
    wait_until_shown(window)
    assert shown(window).shape == (16, 16, 4)


def test_closing_it_is_an_error_at_the_next_picture(window, surface):
    window.show(surface, (64, 36))
    code = int(Gst.ResourceError.NOT_FOUND)
    window.pipeline.get_by_name("sink").message_full(  # as ximagesink does
        Gst.MessageType.ERROR, Gst.resource_error_quark(), code,
        "Output window was closed", None, "", "", 0,
    )  # fmt: skip
    with pytest.raises(StreamError, match="Output window was closed"):
        window.show(surface, (64, 36))


def test_a_sink_that_is_not_there_is_an_error():
    with pytest.raises(StreamError, match="nosuchsink is not installed"):
        Window("nosuchsink")


def test_nothing_opens_where_the_environment_names_no_display(monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert Window.opened() is None


def test_every_display_that_cannot_be_reached_is_named(monkeypatch):
    monkeypatch.setenv("DISPLAY", ":4711")
    monkeypatch.setenv("WAYLAND_DISPLAY", "nowhere")
    with pytest.raises(StreamError, match=r"WAYLAND_DISPLAY=nowhere: .*; DISPLAY=:4711: ximage"):
        Window.opened()
