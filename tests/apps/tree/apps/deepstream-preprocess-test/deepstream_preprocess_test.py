#!/usr/bin/env python3
# Regions to the network; encoder, payloader, udpsink and an RTSP server in the script.
import sys
sys.path.append("../")
import argparse
import math
import gi
gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer
from common.platform_info import PlatformInfo
from common.bus_call import bus_call
from common.FPS import PERF_DATA
import pyds

perf_data = None
preprocess_config = "config_preprocess.txt"


def pgie_src_pad_buffer_probe(pad, info, u_data):
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
        obj_counter = {0: 0, 1: 0, 2: 0, 3: 0}
        outside = 0
        l_obj = frame_meta.obj_meta_list
        while l_obj is not None:
            try:
                obj_meta = pyds.NvDsObjectMeta.cast(l_obj.data)
            except StopIteration:
                break
            obj_counter[obj_meta.class_id] += 1
            rect = obj_meta.rect_params
            outside += rect.left + rect.width > 1861 or rect.top + rect.height > 1041
            try:
                l_obj = l_obj.next
            except StopIteration:
                break
        print(f"Frame Number={frame_meta.frame_num} source={frame_meta.pad_index} "
              f"Number of Objects={frame_meta.num_obj_meta} Vehicle_count={obj_counter[0]} "
              f"Person_count={obj_counter[2]} outside={outside}")
        perf_data.update_fps("stream{0}".format(frame_meta.pad_index))
        try:
            l_frame = l_frame.next
        except StopIteration:
            break
    return Gst.PadProbeReturn.OK


def cb_newpad(decodebin, decoder_src_pad, data):
    caps = decoder_src_pad.get_current_caps() or decoder_src_pad.query_caps()
    if caps.get_structure(0).get_name().find("video") != -1:
        if caps.get_features(0).contains("memory:NVMM"):
            if not data.get_static_pad("src").set_target(decoder_src_pad):
                sys.stderr.write("Failed to link decoder src pad to source bin ghost pad\n")


def create_source_bin(index, uri):
    nbin = Gst.Bin.new("source-bin-%02d" % index)
    uri_decode_bin = Gst.ElementFactory.make("uridecodebin", "uri-decode-bin")
    uri_decode_bin.set_property("uri", uri)
    uri_decode_bin.connect("pad-added", cb_newpad, nbin)
    Gst.Bin.add(nbin, uri_decode_bin)
    nbin.add_pad(Gst.GhostPad.new_no_target("src", Gst.PadDirection.SRC))
    return nbin


def main(args, codec, bitrate, rtsp_port, udp_port):
    global perf_data
    perf_data = PERF_DATA(len(args))
    platform_info = PlatformInfo()
    Gst.init(None)
    pipeline = Gst.Pipeline()
    streammux = Gst.ElementFactory.make("nvstreammux", "Stream-muxer")
    pipeline.add(streammux)
    for i, uri_name in enumerate(args):
        source_bin = create_source_bin(i, uri_name)
        pipeline.add(source_bin)
        source_bin.get_static_pad("src").link(streammux.request_pad_simple("sink_%u" % i))
    preprocess = Gst.ElementFactory.make("nvdspreprocess", "preprocess-plugin")
    pgie = Gst.ElementFactory.make("nvinfer", "primary-inference")
    tiler = Gst.ElementFactory.make("nvmultistreamtiler", "nvtiler")
    nvvidconv = Gst.ElementFactory.make("nvvideoconvert", "convertor")
    nvosd = Gst.ElementFactory.make("nvdsosd", "onscreendisplay")
    nvvidconv_postosd = Gst.ElementFactory.make("nvvideoconvert", "convertor_postosd")
    caps = Gst.ElementFactory.make("capsfilter", "filter")
    caps.set_property("caps", Gst.Caps.from_string("video/x-raw(memory:NVMM), format=I420"))
    if codec == "H264":
        encoder = Gst.ElementFactory.make("nvv4l2h264enc", "encoder")
        rtppay = Gst.ElementFactory.make("rtph264pay", "rtppay")
    else:
        encoder = Gst.ElementFactory.make("nvv4l2h265enc", "encoder")
        rtppay = Gst.ElementFactory.make("rtph265pay", "rtppay")
    encoder.set_property("bitrate", bitrate)
    if platform_info.is_integrated_gpu():
        encoder.set_property("preset-level", 1)
        encoder.set_property("insert-sps-pps", 1)
    sink = Gst.ElementFactory.make("udpsink", "udpsink")
    sink.set_property("host", "224.224.255.255")
    sink.set_property("port", udp_port)
    sink.set_property("async", False)
    sink.set_property("sync", 0)
    streammux.set_property("width", 1920)
    streammux.set_property("height", 1080)
    streammux.set_property("batch-size", len(args))
    streammux.set_property("batched-push-timeout", 33000)
    preprocess.set_property("config-file", preprocess_config)
    pgie.set_property("config-file-path", "config_infer.txt")
    pgie.set_property("input-tensor-meta", True)
    tiler_rows = int(math.sqrt(len(args)))
    tiler.set_property("rows", tiler_rows)
    tiler.set_property("columns", int(math.ceil((1.0 * len(args)) / tiler_rows)))
    tiler.set_property("width", 1280)
    tiler.set_property("height", 720)
    chain = [streammux]
    for number, element in enumerate([preprocess, pgie, tiler, nvvidconv, nvosd], 1):
        queue = Gst.ElementFactory.make("queue", "queue%d" % number)
        for new in (queue, element):
            pipeline.add(new)
            chain.append(new)
    for new in (nvvidconv_postosd, caps, encoder, rtppay, sink):
        pipeline.add(new)
        chain.append(new)
    for first, second in zip(chain, chain[1:]):
        if not first.link(second):
            sys.stderr.write("could not link %s to %s\n" % (first.get_name(), second.get_name()))
    loop = GLib.MainLoop()
    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message", bus_call, loop)
    pgie.get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, pgie_src_pad_buffer_probe, 0)

    server = GstRtspServer.RTSPServer.new()
    server.props.service = "%d" % rtsp_port
    server.attach(None)
    factory = GstRtspServer.RTSPMediaFactory.new()
    factory.set_launch('( udpsrc name=pay0 port=%d buffer-size=524288 caps="application/x-rtp, media=video, '
                       'clock-rate=90000, encoding-name=(string)%s, payload=96 " )' % (udp_port, codec))
    factory.set_shared(True)
    server.get_mount_points().add_factory("/ds-test", factory)
    print("\n *** DeepStream: Launched RTSP Streaming at rtsp://localhost:%d/ds-test ***\n\n" % rtsp_port)
    pipeline.set_state(Gst.State.PLAYING)
    GLib.timeout_add(5000, perf_data.perf_print_callback)
    try:
        loop.run()
    except:
        pass
    pipeline.set_state(Gst.State.NULL)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("-i", "--input", nargs="+", required=True)
    parser.add_argument("-c", "--codec", default="H264", choices=["H264", "H265"])
    parser.add_argument("-b", "--bitrate", default=4000000, type=int)
    parser.add_argument("--rtsp-port", default=8554, type=int)
    parser.add_argument("--udp-port", default=5400, type=int)
    args = parser.parse_args()
    sys.exit(main(args.input, args.codec, args.bitrate, args.rtsp_port, args.udp_port))
