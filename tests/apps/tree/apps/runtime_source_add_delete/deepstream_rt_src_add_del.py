#!/usr/bin/env python3
# Sources are added and deleted while playing, by timers; DeepStream 5 spelling.
import sys
sys.path.append('../')
import configparser
import random
import gi
gi.require_version('Gst', '1.0')
from gi.repository import GObject, Gst
import math
from common.is_aarch_64 import is_aarch64
from common.FPS import GETFPS
import pyds

MAX_NUM_SOURCES = 4
PERIOD_S = 1
g_num_sources = 0
g_source_id_list = [0] * MAX_NUM_SOURCES
g_eos_list = [False] * MAX_NUM_SOURCES
g_source_enabled = [False] * MAX_NUM_SOURCES
g_source_bin_list = [None] * MAX_NUM_SOURCES
fps_streams = {}
uri = ""
loop = None
pipeline = None
streammux = None


def decodebin_child_added(child_proxy, Object, name, user_data):
    print("Decodebin child added:", name, "\n")
    if name.find("decodebin") != -1:
        Object.connect("child-added", decodebin_child_added, user_data)
    if name.find("nvv4l2decoder") != -1:
        if is_aarch64():
            Object.set_property("enable-max-performance", True)
            Object.set_property("drop-frame-interval", 0)
        else:
            Object.set_property("gpu_id", 0)


def cb_newpad(decodebin, pad, data):
    global streammux
    print("In cb_newpad\n")
    caps = pad.get_current_caps()
    gststruct = caps.get_structure(0)
    gstname = gststruct.get_name()
    print("gstname=", gstname)
    if gstname.find("video") != -1:
        source_id = data
        pad_name = "sink_%u" % source_id
        print(pad_name)
        sinkpad = streammux.get_request_pad(pad_name)
        if not sinkpad:
            sys.stderr.write("Unable to create sink pad bin \n")
        if pad.link(sinkpad) == Gst.PadLinkReturn.OK:
            print("Decodebin linked to pipeline")
        else:
            sys.stderr.write("Failed to link decodebin to pipeline\n")


def create_uridecode_bin(index, filename):
    global g_source_id_list
    print("Creating uridecodebin for [%s]" % filename)
    g_source_id_list[index] = index
    bin = Gst.ElementFactory.make("uridecodebin", "source-bin-%02d" % index)
    if not bin:
        sys.stderr.write(" Unable to create uri decode bin \n")
    bin.set_property("uri", filename)
    bin.connect("pad-added", cb_newpad, g_source_id_list[index])
    bin.connect("child-added", decodebin_child_added, g_source_id_list[index])
    g_source_enabled[index] = True
    return bin


def stop_release_source(source_id):
    global g_num_sources, g_source_bin_list, streammux, pipeline
    state_return = g_source_bin_list[source_id].set_state(Gst.State.NULL)
    if state_return == Gst.StateChangeReturn.SUCCESS:
        print("STATE CHANGE SUCCESS\n")
        pad_name = "sink_%u" % source_id
        print(pad_name)
        sinkpad = streammux.get_static_pad(pad_name)
        sinkpad.send_event(Gst.Event.new_flush_stop(False))
        streammux.release_request_pad(sinkpad)
        pipeline.remove(g_source_bin_list[source_id])
        g_num_sources -= 1
    elif state_return == Gst.StateChangeReturn.FAILURE:
        print("STATE CHANGE FAILURE\n")
    elif state_return == Gst.StateChangeReturn.ASYNC:
        g_source_bin_list[source_id].get_state(Gst.CLOCK_TIME_NONE)
        print("STATE CHANGE ASYNC\n")
        sinkpad = streammux.get_static_pad("sink_%u" % source_id)
        sinkpad.send_event(Gst.Event.new_flush_stop(False))
        streammux.release_request_pad(sinkpad)
        pipeline.remove(g_source_bin_list[source_id])
        g_num_sources -= 1


def delete_sources(data):
    global loop, g_num_sources, g_eos_list, g_source_enabled
    for source_id in range(MAX_NUM_SOURCES):
        if g_eos_list[source_id] and g_source_enabled[source_id]:
            g_source_enabled[source_id] = False
            stop_release_source(source_id)
    if g_num_sources == 0:
        loop.quit()
        print("All sources stopped quitting")
        return False
    source_id = random.randrange(0, MAX_NUM_SOURCES)
    while not g_source_enabled[source_id]:
        source_id = random.randrange(0, MAX_NUM_SOURCES)
    g_source_enabled[source_id] = False
    print("Calling Stop %d " % source_id)
    stop_release_source(source_id)
    if g_num_sources == 0:
        loop.quit()
        print("All sources stopped quitting")
        return False
    return True


def add_sources(data):
    global g_num_sources, g_source_enabled, g_source_bin_list
    source_id = g_num_sources
    source_id = random.randrange(0, MAX_NUM_SOURCES)
    while g_source_enabled[source_id]:
        source_id = random.randrange(0, MAX_NUM_SOURCES)
    g_source_enabled[source_id] = True
    print("Calling Start %d " % source_id)
    source_bin = create_uridecode_bin(source_id, uri)
    if not source_bin:
        sys.stderr.write("Failed to create source bin. Exiting.")
        exit(1)
    g_source_bin_list[source_id] = source_bin
    pipeline.add(source_bin)
    state_return = g_source_bin_list[source_id].set_state(Gst.State.PLAYING)
    if state_return == Gst.StateChangeReturn.SUCCESS:
        print("STATE CHANGE SUCCESS\n")
        source_id += 1
    elif state_return == Gst.StateChangeReturn.FAILURE:
        print("STATE CHANGE FAILURE\n")
    elif state_return == Gst.StateChangeReturn.ASYNC:
        state_return = g_source_bin_list[source_id].get_state(Gst.CLOCK_TIME_NONE)
        source_id += 1
    elif state_return == Gst.StateChangeReturn.NO_PREROLL:
        print("STATE CHANGE NO PREROLL\n")
    g_num_sources += 1
    if g_num_sources == MAX_NUM_SOURCES:
        GObject.timeout_add_seconds(PERIOD_S, delete_sources, g_source_bin_list)
        return False
    return True


def bus_call(bus, message, loop):
    global g_eos_list
    t = message.type
    if t == Gst.MessageType.EOS:
        sys.stdout.write("End-of-stream\n")
        loop.quit()
    elif t == Gst.MessageType.WARNING:
        err, debug = message.parse_warning()
        sys.stderr.write("Warning: %s: %s\n" % (err, debug))
    elif t == Gst.MessageType.ERROR:
        err, debug = message.parse_error()
        sys.stderr.write("Error: %s: %s\n" % (err, debug))
        loop.quit()
    elif t == Gst.MessageType.ELEMENT:
        struct = message.get_structure()
        if struct is not None and struct.has_name("stream-eos"):
            parsed, stream_id = struct.get_uint("stream-id")
            if parsed:
                print("Got EOS from stream %d" % stream_id)
                g_eos_list[stream_id] = True
    return True


def main(args):
    global g_num_sources, g_source_bin_list, uri, loop, pipeline, streammux
    if len(args) != 2:
        sys.stderr.write("usage: %s <uri1>\n" % args[0])
        sys.exit(1)
    num_sources = len(args) - 1
    GObject.threads_init()
    Gst.init(None)
    pipeline = Gst.Pipeline()
    streammux = Gst.ElementFactory.make("nvstreammux", "Stream-muxer")
    streammux.set_property("batched-push-timeout", 25000)
    streammux.set_property("batch-size", 30)
    streammux.set_property("gpu_id", 0)
    pipeline.add(streammux)
    streammux.set_property("live-source", 1)
    uri = args[1]
    for i in range(num_sources):
        fps_streams["stream{0}".format(i)] = GETFPS(i)
        source_bin = create_uridecode_bin(i, uri)
        g_source_bin_list[i] = source_bin
        pipeline.add(source_bin)
    g_num_sources = num_sources
    pgie = Gst.ElementFactory.make("nvinfer", "primary-inference")
    tracker = Gst.ElementFactory.make("nvtracker", "nvtracker")
    tiler = Gst.ElementFactory.make("nvmultistreamtiler", "nvtiler")
    nvvideoconvert = Gst.ElementFactory.make("nvvideoconvert", "nvvideo-converter")
    nvosd = Gst.ElementFactory.make("nvdsosd", "nv-onscreendisplay")
    if is_aarch64():
        sink = Gst.ElementFactory.make("nv3dsink", "nv3d-sink")
    else:
        sink = Gst.ElementFactory.make("nveglglessink", "nvvideo-renderer")
    streammux.set_property('width', 1920)
    streammux.set_property('height', 1080)
    pgie.set_property('config-file-path', "dstest_pgie_config.txt")
    pgie.set_property("batch-size", MAX_NUM_SOURCES)
    pgie.set_property("gpu_id", 0)
    config = configparser.ConfigParser()
    config.read("dstest_tracker_config.txt")
    for key in config['tracker']:
        if key == 'tracker-width':
            tracker.set_property('tracker-width', config.getint('tracker', key))
        if key == 'tracker-height':
            tracker.set_property('tracker-height', config.getint('tracker', key))
        if key == 'll-lib-file':
            tracker.set_property('ll-lib-file', config.get('tracker', key))
        if key == 'll-config-file':
            tracker.set_property('ll-config-file', config.get('tracker', key))
        if key == 'enable-batch-process':
            tracker.set_property('enable_batch_process', config.getint('tracker', key))
    tiler_rows = int(math.sqrt(num_sources))
    tiler.set_property("rows", 2)
    tiler.set_property("columns", 2)
    tiler.set_property("width", 1280)
    tiler.set_property("height", 720)
    tiler.set_property("gpu_id", 0)
    nvvideoconvert.set_property("gpu_id", 0)
    nvosd.set_property("gpu_id", 0)
    if not is_aarch64():
        sink.set_property("gpu_id", 0)
    chain = [streammux, pgie, tracker, tiler, nvvideoconvert, nvosd, sink]
    for element in chain[1:]:
        pipeline.add(element)
    for first, second in zip(chain, chain[1:]):
        first.link(second)
    sink.set_property("sync", 0)
    sink.set_property("qos", 0)
    loop = GObject.MainLoop()
    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message", bus_call, loop)
    pipeline.set_state(Gst.State.PAUSED)
    print("Now playing...")
    pipeline.set_state(Gst.State.PLAYING)
    GObject.timeout_add_seconds(PERIOD_S, add_sources, g_source_bin_list)
    try:
        loop.run()
    except:
        pass
    print("Exiting app\n")
    pipeline.set_state(Gst.State.NULL)


if __name__ == '__main__':
    sys.exit(main(sys.argv))
