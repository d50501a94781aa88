#!/usr/bin/env python3
# Faces covered with black, persons shaded, by bg_color; crops of faces saved; RTSP out.
import sys
sys.path.append("../")
import argparse
import math
import os
import os.path
from os import path
import gi
gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer
import cv2
import numpy as np
import pyds
from common.bus_call import bus_call
from common.FPS import PERF_DATA
from common.platform_info import PlatformInfo

perf_data = None
MAX_DISPLAY_LEN = 64
PGIE_CLASS_ID_PERSON = 0
PGIE_CLASS_ID_FACE = 2
pgie_classes_str = ["Person", "Bag", "Face"]
frame_count = {}
saved_count = {}


def tiler_sink_pad_buffer_probe(pad, info, u_data):
    gst_buffer = info.get_buffer()
    if not gst_buffer:
        print("Unable to get GstBuffer ")
        return
    batch_meta = pyds.gst_buffer_get_nvds_batch_meta(hash(gst_buffer))
    l_frame = batch_meta.frame_meta_list
    while l_frame is not None:
        try:
            frame_meta = pyds.NvDsFrameMeta.cast(l_frame.data)
        except StopIteration:
            break
        frame_number = frame_meta.frame_num
        l_obj = frame_meta.obj_meta_list
        num_rects = frame_meta.num_obj_meta
        is_first_obj = True
        save_image = False
        obj_counter = {PGIE_CLASS_ID_PERSON: 0, 1: 0, PGIE_CLASS_ID_FACE: 0}
        while l_obj is not None:
            try:
                obj_meta = pyds.NvDsObjectMeta.cast(l_obj.data)
            except StopIteration:
                break
            obj_counter[obj_meta.class_id] += 1
            rect_params = pyds.NvOSD_RectParams.cast(obj_meta.rect_params)
            if obj_meta.class_id == PGIE_CLASS_ID_PERSON:
                rect_params.border_width = 0
                rect_params.has_bg_color = 1
                rect_params.bg_color.red = 0.0
                rect_params.bg_color.green = 0.0
                rect_params.bg_color.blue = 0.0
                rect_params.bg_color.alpha = 0.5
            if obj_meta.class_id == PGIE_CLASS_ID_FACE:
                rect_params.border_width = 0
                rect_params.has_bg_color = 1
                rect_params.bg_color.red = 0.0
                rect_params.bg_color.green = 0.0
                rect_params.bg_color.blue = 0.0
                rect_params.bg_color.alpha = 1.0
                if saved_count["stream_" + str(frame_meta.pad_index)] % 10 == 0:
                    if is_first_obj:
                        is_first_obj = False
                        n_frame = pyds.get_nvds_buf_surface(hash(gst_buffer), frame_meta.batch_id)
                        n_frame = crop_object(n_frame, obj_meta)
                        frame_copy = np.array(n_frame, copy=True, order="C")
                        frame_copy = cv2.cvtColor(frame_copy, cv2.COLOR_RGBA2BGRA)
                    save_image = True
                saved_count["stream_" + str(frame_meta.pad_index)] += 1
            try:
                l_obj = l_obj.next
            except StopIteration:
                break
        print("Frame Number={} Number of Objects={} Face_count={} Person_count={}".format(
            frame_number, num_rects, obj_counter[PGIE_CLASS_ID_FACE], obj_counter[PGIE_CLASS_ID_PERSON]))
        perf_data.update_fps("stream{0}".format(frame_meta.pad_index))
        if save_image:
            cv2.imwrite(folder_name + "/stream_" + str(frame_meta.pad_index) + "/frame_" + str(frame_number) + ".jpg",
                        frame_copy)
        try:
            l_frame = l_frame.next
        except StopIteration:
            break
    return Gst.PadProbeReturn.OK


def crop_object(image, obj_meta):
    rect_params = obj_meta.rect_params
    top = int(rect_params.top)
    left = int(rect_params.left)
    width = int(rect_params.width)
    height = int(rect_params.height)
    return image[top:top + height, left:left + width]


def cb_newpad(decodebin, decoder_src_pad, data):
    caps = decoder_src_pad.get_current_caps()
    if caps.get_structure(0).get_name().find("video") != -1:
        if caps.get_features(0).contains("memory:NVMM"):
            data.get_static_pad("src").set_target(decoder_src_pad)
        else:
            sys.stderr.write(" Error: Decodebin did not pick nvidia decoder plugin.\n")


def create_source_bin(index, uri):
    nbin = Gst.Bin.new("source-bin-%02d" % index)
    uri_decode_bin = Gst.ElementFactory.make("uridecodebin", "uri-decode-bin")
    uri_decode_bin.set_property("uri", uri)
    uri_decode_bin.connect("pad-added", cb_newpad, nbin)
    Gst.Bin.add(nbin, uri_decode_bin)
    nbin.add_pad(Gst.GhostPad.new_no_target("src", Gst.PadDirection.SRC))
    return nbin


def main(args):
    global perf_data
    number_sources = len(args.input)
    perf_data = PERF_DATA(number_sources)
    platform_info = PlatformInfo()
    Gst.init(None)
    pipeline = Gst.Pipeline()
    streammux = Gst.ElementFactory.make("nvstreammux", "Stream-muxer")
    pipeline.add(streammux)
    for i in range(number_sources):
        os.mkdir(folder_name + "/stream_" + str(i))
        frame_count["stream_" + str(i)] = 0
        saved_count["stream_" + str(i)] = 0
        source_bin = create_source_bin(i, args.input[i])
        pipeline.add(source_bin)
        source_bin.get_static_pad("src").link(streammux.request_pad_simple("sink_%u" % i))
    pgie = Gst.ElementFactory.make("nvinfer", "primary-inference")
    nvvidconv1 = Gst.ElementFactory.make("nvvideoconvert", "convertor1")
    filter1 = Gst.ElementFactory.make("capsfilter", "filter1")
    filter1.set_property("caps", Gst.Caps.from_string("video/x-raw(memory:NVMM), format=RGBA"))
    tiler = Gst.ElementFactory.make("nvmultistreamtiler", "nvtiler")
    nvvidconv = Gst.ElementFactory.make("nvvideoconvert", "convertor")
    nvosd = Gst.ElementFactory.make("nvdsosd", "onscreendisplay")
    nvvidconv_postosd = Gst.ElementFactory.make("nvvideoconvert", "convertor_postosd")
    caps = Gst.ElementFactory.make("capsfilter", "filter")
    caps.set_property("caps", Gst.Caps.from_string("video/x-raw(memory:NVMM), format=I420"))
    encoder = Gst.ElementFactory.make("nvv4l2%senc" % args.codec.lower(), "encoder")
    encoder.set_property("bitrate", args.bitrate)
    rtppay = Gst.ElementFactory.make("rtp%spay" % args.codec.lower(), "rtppay")
    sink = Gst.ElementFactory.make("udpsink", "udpsink")
    sink.set_property("host", "224.224.255.255")
    sink.set_property("port", args.udp_port)
    sink.set_property("async", False)
    sink.set_property("sync", 0)
    streammux.set_property("width", 1280)
    streammux.set_property("height", 720)
    streammux.set_property("batch-size", number_sources)
    streammux.set_property("batched-push-timeout", 33000)
    pgie.set_property("config-file-path", "config_infer_primary_peoplenet.txt")
    if pgie.get_property("batch-size") != number_sources:
        pgie.set_property("batch-size", number_sources)
    tiler_rows = int(math.sqrt(number_sources))
    tiler.set_property("rows", tiler_rows)
    tiler.set_property("columns", int(math.ceil((1.0 * number_sources) / tiler_rows)))
    tiler.set_property("width", 1280)
    tiler.set_property("height", 720)
    if not platform_info.is_integrated_gpu():
        mem_type = int(pyds.NVBUF_MEM_CUDA_UNIFIED)
        for element in (streammux, nvvidconv, nvvidconv1, tiler):
            element.set_property("nvbuf-memory-type", mem_type)
    chain = [streammux, pgie, nvvidconv1, filter1, tiler, nvvidconv, nvosd, nvvidconv_postosd, caps, encoder, rtppay, sink]
    for element in chain[1:]:
        pipeline.add(element)
    for first, second in zip(chain, chain[1:]):
        first.link(second)
    loop = GLib.MainLoop()
    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message", bus_call, loop)
    tiler.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, tiler_sink_pad_buffer_probe, 0)
    GLib.timeout_add(5000, perf_data.perf_print_callback)
    server = GstRtspServer.RTSPServer.new()
    server.props.service = "%d" % args.rtsp_port
    server.attach(None)
    factory = GstRtspServer.RTSPMediaFactory.new()
    factory.set_launch('( udpsrc name=pay0 port=%d buffer-size=524288 caps="application/x-rtp, media=video, '
                       'clock-rate=90000, encoding-name=(string)%s, payload=96 " )' % (args.udp_port, args.codec))
    factory.set_shared(True)
    server.get_mount_points().add_factory("/ds-test", factory)
    print("\n *** DeepStream: Launched RTSP Streaming at rtsp://localhost:%d/ds-test ***\n\n" % args.rtsp_port)
    pipeline.set_state(Gst.State.PLAYING)
    try:
        loop.run()
    except:
        pass
    print("Exiting app\n")
    pipeline.set_state(Gst.State.NULL)


def parse_args():
    parser = argparse.ArgumentParser()
    parser.add_argument("-i", "--input", nargs="+", required=True)
    parser.add_argument("-c", "--codec", default="H264", choices=["H264", "H265"])
    parser.add_argument("-b", "--bitrate", default=4000000, type=int)
    parser.add_argument("--rtsp-port", default=8554, type=int)
    parser.add_argument("--udp-port", default=5400, type=int)
    return parser.parse_args()


if __name__ == "__main__":
    folder_name = "out_crops"
    if path.exists(folder_name):
        sys.stderr.write("The output folder %s already exists. Please remove it first.\n" % folder_name)
        sys.exit(1)
    os.mkdir(folder_name)
    sys.exit(main(parse_args()))
