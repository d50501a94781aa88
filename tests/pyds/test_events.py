"""Events and settings that pyds sends to elements, found by their address."""

import threading
import time

import pytest

import pyds
from penstock.gst import Gst, nvevents
from penstock.gst.ntp import ntp_ns_of


@pytest.fixture
def playing():
    """A live pipeline, and the events that have come out of its middle."""
    pipeline = Gst.parse_launch(
        "videotestsrc is-live=true ! identity name=middle ! fakesink sync=false"
    )
    events = []

    def on_event(_pad, info):
        event = info.get_event()
        events.append((nvevents.stream_reset_of(event), nvevents.interval_update_of(event)))
        return Gst.PadProbeReturn.OK

    pad = pipeline.get_by_name("middle").get_static_pad("src")
    pad.add_probe(Gst.PadProbeType.EVENT_DOWNSTREAM, on_event)
    pipeline.set_state(Gst.State.PLAYING)
    yield pipeline, events
    pipeline.set_state(Gst.State.NULL)


def test_a_stream_reset_passes_through_the_element_with_its_source(playing):
    pipeline, events = playing
    middle = pipeline.get_by_name("middle")
    assert pyds.gst_element_send_nvevent_new_stream_reset(hash(middle), 3) is True
    assert (3, None) in events


def test_an_interval_update_passes_with_its_stream(playing):
    pipeline, events = playing
    middle = pipeline.get_by_name("middle")
    assert pyds.gst_element_send_nvevent_interval_update(hash(middle), 'cam "1"', 4) is True
    assert (None, ('cam "1"', 4)) in events


def test_a_stream_reset_is_pushed_by_a_pad(playing):
    pipeline, events = playing
    source = next(e for e in pipeline.children if e.get_factory().get_name() == "videotestsrc")
    assert nvevents.push_stream_reset(source.get_static_pad("src"), 5)
    assert (5, None) in events


def test_an_element_is_found_though_python_holds_only_its_pipeline(playing):
    pipeline, events = playing
    address = hash(pipeline.get_by_name("middle"))
    assert pyds.gst_element_send_nvevent_new_stream_reset(address, 0)
    assert (0, None) in events


def test_a_wild_address_and_wrong_arguments_are_refused(playing):
    pipeline, _ = playing
    send = pyds.gst_element_send_nvevent_new_stream_reset
    with pytest.raises(ValueError, match=r"no element lives at 4711: pass hash\(element\), and"):
        send(4711, 0)
    with pytest.raises(TypeError, match=r"takes the address of an element, .*, got 'middle'"):
        send("middle", 0)
    with pytest.raises(TypeError, match=r"source_id takes a whole number from 0 to"):
        send(hash(pipeline), -1)
    with pytest.raises(TypeError, match=r"stream_id takes a str, got 7"):
        pyds.gst_element_send_nvevent_interval_update(hash(pipeline), 7, 1)
    with pytest.raises(ValueError, match=r"configure_source_for_ntp_sync: no element lives at 1"):
        pyds.configure_source_for_ntp_sync(1)


def test_a_camera_brings_its_clock_along(rtsp_camera):
    pipeline = Gst.Pipeline.new()
    source = Gst.ElementFactory.make("uridecodebin")
    sink = Gst.ElementFactory.make("fakesink")
    source.set_property("uri", rtsp_camera)
    pyds.configure_source_for_ntp_sync(hash(source))
    pipeline.add(source)
    pipeline.add(sink)
    source.connect("pad-added", lambda _source, pad: pad.link(sink.get_static_pad("sink")))
    stamped, times = threading.Event(), []

    def on_buffer(_pad, info):
        times.append(ntp_ns_of(info.get_buffer()))
        if times[-1]:
            stamped.set()
        return Gst.PadProbeReturn.OK

    sink.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, on_buffer)
    pipeline.set_state(Gst.State.PLAYING)
    came = stamped.wait(60)
    pipeline.set_state(Gst.State.NULL)
    assert came, f"{len(times)} frames without the camera's time"
    assert abs(times[-1] - time.time_ns()) < 3600 * Gst.SECOND


def test_a_frame_without_such_a_clock_has_no_time():
    assert ntp_ns_of(Gst.Buffer.new()) == 0


@pytest.fixture
def rtsp_camera():
    """The address of a camera that tells the time."""
    import gi

    gi.require_version("GstRtspServer", "1.0")
    from gi.repository import GLib, GstRtspServer

    factory = GstRtspServer.RTSPMediaFactory.new()
    factory.set_launch(
        "( videotestsrc is-live=true ! video/x-raw,width=64,height=48,framerate=25/1 ! "
        "x264enc tune=zerolatency key-int-max=10 ! rtph264pay name=pay0 config-interval=1 )"
    )
    context = GLib.MainContext.new()
    loop = GLib.MainLoop.new(context, False)
    server = GstRtspServer.RTSPServer.new()
    server.set_service("0")
    server.get_mount_points().add_factory("/camera", factory)
    server.attach(context)
    thread = threading.Thread(target=loop.run)
    thread.start()
    yield f"rtsp://127.0.0.1:{server.get_bound_port()}/camera"
    loop.quit()
    thread.join(10)
