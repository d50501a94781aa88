#!/usr/bin/env python3
# ruff: noqa - written as DeepStream's users write, not as this project does
# Two branches behind a tee: one is shown, the other only counts what the first has changed.

import sys

sys.path.append("../")
from optparse import OptionParser
import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst
import pyds

MAX_DISPLAY_LEN = 64
PGIE_CLASS_ID_VEHICLE = 0
PGIE_CLASS_ID_PERSON = 2
pgie_classes_str = ["Vehicle", "TwoWheeler", "Person", "Roadsign"]

input_file = None
no_display = False
branch_frames = 0
texts_seen = 0


def osd_sink_pad_buffer_probe(pad, info, u_data):
    obj_counter = {0: 0, 1: 0, 2: 0, 3: 0}
    gst_buffer = info.get_buffer()
    if not gst_buffer:
        print("Unable to get GstBuffer ")
        return
    batch_meta = pyds.gst_buffer_get_nvds_batch_meta(hash(gst_buffer))
    if not batch_meta:
        return Gst.PadProbeReturn.OK
    l_frame = batch_meta.frame_meta_list
    while l_frame is not None:
        try:
            frame_meta = pyds.NvDsFrameMeta.cast(l_frame.data)
        except StopIteration:
            continue
        is_first_object = True
        l_obj = frame_meta.obj_meta_list
        while l_obj is not None:
            try:
                obj_meta = pyds.NvDsObjectMeta.cast(l_obj.data)
            except StopIteration:
                continue
            txt_params = obj_meta.text_params
            txt_params.display_text = pgie_classes_str[obj_meta.class_id]
            obj_counter[obj_meta.class_id] += 1
            txt_params.font_params.font_name = "Serif"
            txt_params.font_params.font_size = 10
            txt_params.font_params.font_color.set(1.0, 1.0, 1.0, 1.0)
            txt_params.set_bg_clr = 1
            txt_params.text_bg_clr.set(0.0, 0.0, 0.0, 1.0)
            if is_first_object and (frame_meta.frame_num % 30) == 0:
                rect = obj_meta.rect_params
                print(
                    "First object at",
                    int(rect.left),
                    int(rect.top),
                    int(rect.width),
                    int(rect.height),
                    obj_meta.obj_label,
                    "%.2f" % obj_meta.confidence,
                )
                is_first_object = False
            try:
                l_obj = l_obj.next
            except StopIteration:
                break
        print(
            "Frame Number =",
            frame_meta.frame_num,
            "Vehicle Count =",
            obj_counter[PGIE_CLASS_ID_VEHICLE],
            "Person Count =",
            obj_counter[PGIE_CLASS_ID_PERSON],
        )
        try:
            l_frame = l_frame.next
        except StopIteration:
            break
    return Gst.PadProbeReturn.OK


def branch_probe(pad, info, u_data):
    global branch_frames, texts_seen
    batch_meta = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
    l_frame = batch_meta.frame_meta_list
    while l_frame is not None:
        frame_meta = pyds.NvDsFrameMeta.cast(l_frame.data)
        branch_frames += 1
        l_obj = frame_meta.obj_meta_list
        while l_obj is not None:
            obj_meta = pyds.NvDsObjectMeta.cast(l_obj.data)
            if pyds.get_string(obj_meta.text_params.display_text) == "Person":
                texts_seen += 1
            l_obj = l_obj.next
        l_frame = l_frame.next
    return Gst.PadProbeReturn.OK


def bus_call(bus, message, loop):
    t = message.type
    if t == Gst.MessageType.EOS:
        sys.stdout.write("End-of-stream\n")
        loop.quit()
    elif t == Gst.MessageType.ERROR:
        err, debug = message.parse_error()
        sys.stderr.write("Error: %s: %s\n" % (err, debug))
        loop.quit()
    return True


def main(args):
    Gst.init(None)
    pipeline = Gst.Pipeline()
    source = Gst.ElementFactory.make("filesrc", "file-source")
    h264parser = Gst.ElementFactory.make("h264parse", "h264-parser")
    decoder = Gst.ElementFactory.make("nvv4l2decoder", "nvv4l2-decoder")
    streammux = Gst.ElementFactory.make("nvstreammux", "Stream-muxer")
    pgie = Gst.ElementFactory.make("nvinfer", "primary-inference")
    nvvidconv = Gst.ElementFactory.make("nvvideoconvert", "convertor")
    nvosd = Gst.ElementFactory.make("nvdsosd", "onscreendisplay")
    tee = Gst.ElementFactory.make("tee", "nvsink-tee")
    queue1 = Gst.ElementFactory.make("queue", "nvtee-que1")
    queue2 = Gst.ElementFactory.make("queue", "nvtee-que2")
    counting = Gst.ElementFactory.make("fakesink", "counting")
    if no_display:
        sink = Gst.ElementFactory.make("fakesink", "fakesink")
    else:
        sink = Gst.ElementFactory.make("nveglglessink", "nvvideo-renderer")
    elements = [
        source,
        h264parser,
        decoder,
        streammux,
        pgie,
        nvvidconv,
        nvosd,
        tee,
        queue1,
        queue2,
        counting,
        sink,
    ]
    for element in elements:
        if not element:
            sys.stderr.write(" Unable to create an element \n")
            return 1
        pipeline.add(element)

    source.set_property("location", input_file)
    streammux.set_property("width", 1920)
    streammux.set_property("height", 1080)
    streammux.set_property("batch-size", 1)
    streammux.set_property("batched-push-timeout", 33000)
    pgie.set_property("config-file-path", "dstest1_pgie_config.txt")
    sink.set_property("sync", 0)

    source.link(h264parser)
    h264parser.link(decoder)
    sinkpad = streammux.request_pad_simple("sink_0")
    srcpad = decoder.get_static_pad("src")
    srcpad.link(sinkpad)
    streammux.link(pgie)
    pgie.link(nvvidconv)
    nvvidconv.link(nvosd)
    nvosd.link(tee)
    queue1.link(counting)
    queue2.link(sink)
    sink_pad = queue1.get_static_pad("sink")
    tee_count_pad = tee.get_request_pad("src_%u")
    tee_render_pad = tee.get_request_pad("src_%u")
    if not tee_count_pad or not tee_render_pad:
        sys.stderr.write("Unable to get request pads\n")
    tee_count_pad.link(sink_pad)
    sink_pad = queue2.get_static_pad("sink")
    tee_render_pad.link(sink_pad)

    loop = GLib.MainLoop()
    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message", bus_call, loop)
    osdsinkpad = nvosd.get_static_pad("sink")
    osdsinkpad.add_probe(Gst.PadProbeType.BUFFER, osd_sink_pad_buffer_probe, 0)
    counting.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, branch_probe, 0)

    pipeline.set_state(Gst.State.PLAYING)
    try:
        loop.run()
    except:
        pass
    print("Branch frames =", branch_frames, "texts =", texts_seen)
    pipeline.set_state(Gst.State.NULL)


def parse_args():
    global input_file, no_display
    parser = OptionParser()
    parser.add_option(
        "-i", "--input-file", dest="input_file", help="input h264 stream", metavar="FILE"
    )
    parser.add_option(
        "", "--no-display", action="store_true", dest="no_display", default=False, help="no window"
    )
    (options, args) = parser.parse_args()
    input_file = options.input_file
    no_display = options.no_display
    if not input_file:
        print("print help: -i is missing")
        return 1


if __name__ == "__main__":
    ret = parse_args()
    if ret == 1:
        sys.exit(1)
    sys.exit(main(sys.argv))
