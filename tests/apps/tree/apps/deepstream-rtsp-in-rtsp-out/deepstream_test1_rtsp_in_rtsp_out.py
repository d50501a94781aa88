#!/usr/bin/env python3
# RTSP cameras in, one tiled RTSP stream out; with --rtsp-ts the cameras' own clocks are told.
import sys
sys.path.append("../")
import argparse
import datetime
import math
import gi
gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer
from common.bus_call import bus_call
from common.platform_info import PlatformInfo
import pyds

ts_from_rtsp = False


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
        print("Frame Number={} source={} Number of Objects={}".format(
            frame_meta.frame_num, frame_meta.source_id, frame_meta.num_obj_meta), flush=True)
        if ts_from_rtsp:
            ts = frame_meta.ntp_timestamp / 1000000000
            print("RTSP Timestamp:", datetime.datetime.utcfromtimestamp(ts).strftime('%Y-%m-%d %H:%M:%S.%f'), flush=True)
        try:
            l_frame = l_frame.next
        except StopIteration:
            break
    return Gst.PadProbeReturn.OK


def cb_newpad(decodebin, decoder_src_pad, data):
    caps = decoder_src_pad.get_current_caps()
    if caps.get_structure(0).get_name().find("video") != -1:
        if caps.get_features(0).contains("memory:NVMM"):
            if not data.get_static_pad("src").set_target(decoder_src_pad):
                sys.stderr.write("Failed to link decoder src pad to source bin ghost pad\n")
        else:
            sys.stderr.write(" Error: Decodebin did not pick nvidia decoder plugin.\n")


def decodebin_child_added(child_proxy, Object, name, user_data):
    print("Decodebin child added:", name, flush=True)
    if name.find("decodebin") != -1:
        Object.connect("child-added", decodebin_child_added, user_data)
    if ts_from_rtsp:
        if name.find("source") != -1:
            pyds.configure_source_for_ntp_sync(hash(Object))


def create_source_bin(index, uri):
    nbin = Gst.Bin.new("source-bin-%02d" % index)
    uri_decode_bin = Gst.ElementFactory.make("uridecodebin", "uri-decode-bin")
    uri_decode_bin.set_property("uri", uri)
    uri_decode_bin.connect("pad-added", cb_newpad, nbin)
    uri_decode_bin.connect("child-added", decodebin_child_added, nbin)
    Gst.Bin.add(nbin, uri_decode_bin)
    bin_pad = nbin.add_pad(Gst.GhostPad.new_no_target("src", Gst.PadDirection.SRC))
    if not bin_pad:
        sys.stderr.write(" Failed to add ghost pad in source bin \n")
        return None
    return nbin


def main(args):
    Gst.init(None)
    number_sources = len(args.input)
    platform_info = PlatformInfo()
    pipeline = Gst.Pipeline()
    streammux = Gst.ElementFactory.make("nvstreammux", "Stream-muxer")
    pipeline.add(streammux)
    for i, uri_name in enumerate(args.input):
        source_bin = create_source_bin(i, uri_name)
        pipeline.add(source_bin)
        sinkpad = streammux.request_pad_simple("sink_%u" % i)
        srcpad = source_bin.get_static_pad("src")
        srcpad.link(sinkpad)
    if args.gie == "nvinfer":
        pgie = Gst.ElementFactory.make("nvinfer", "primary-inference")
        pgie.set_property("config-file-path", "dstest1_pgie_config.txt")
    else:
        pgie = Gst.ElementFactory.make("nvinferserver", "primary-inference")
        pgie.set_property("config-file-path", "dstest1_pgie_inferserver_config.txt")
    nvvidconv = Gst.ElementFactory.make("nvvideoconvert", "convertor")
    tiler = Gst.ElementFactory.make("nvmultistreamtiler", "nvtiler")
    nvosd = Gst.ElementFactory.make("nvdsosd", "onscreendisplay")
    nvvidconv_postosd = Gst.ElementFactory.make("nvvideoconvert", "convertor_postosd")
    caps = Gst.ElementFactory.make("capsfilter", "filter")
    caps.set_property("caps", Gst.Caps.from_string("video/x-raw(memory:NVMM), format=I420"))
    encoder = Gst.ElementFactory.make("nvv4l2%senc" % args.codec.lower(), "encoder")
    encoder.set_property("bitrate", args.bitrate)
    if platform_info.is_integrated_gpu():
        encoder.set_property("preset-level", 1)
        encoder.set_property("insert-sps-pps", 1)
    rtppay = Gst.ElementFactory.make("rtp%spay" % args.codec.lower(), "rtppay")
    sink = Gst.ElementFactory.make("udpsink", "udpsink")
    sink.set_property("host", "224.224.255.255")
    sink.set_property("port", args.udp_port)
    sink.set_property("async", False)
    sink.set_property("sync", 1)
    streammux.set_property("width", 1920)
    streammux.set_property("height", 1080)
    streammux.set_property("batch-size", number_sources)
    streammux.set_property("batched-push-timeout", 33000)
    if ts_from_rtsp:
        streammux.set_property("attach-sys-ts", 0)
    pgie_batch_size = pgie.get_property("batch-size")
    if pgie_batch_size != number_sources:
        print("WARNING: Overriding infer-config batch-size", pgie_batch_size, "with", number_sources)
        pgie.set_property("batch-size", number_sources)
    tiler_rows = int(math.sqrt(number_sources))
    tiler_columns = int(math.ceil((1.0 * number_sources) / tiler_rows))
    tiler.set_property("rows", tiler_rows)
    tiler.set_property("columns", tiler_columns)
    tiler.set_property("width", 1280)
    tiler.set_property("height", 720)
    sink.set_property("qos", 0)
    chain = [streammux, pgie, nvvidconv, tiler, nvosd, nvvidconv_postosd, caps, encoder, rtppay, sink]
    for element in chain[1:]:
        pipeline.add(element)
    for first, second in zip(chain, chain[1:]):
        first.link(second)
    loop = GLib.MainLoop()
    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message", bus_call, loop)
    pgie_src_pad = pgie.get_static_pad("src")
    pgie_src_pad.add_probe(Gst.PadProbeType.BUFFER, pgie_src_pad_buffer_probe, 0)
    server = GstRtspServer.RTSPServer.new()
    server.props.service = "%d" % args.rtsp_port
    server.attach(None)
    factory = GstRtspServer.RTSPMediaFactory.new()
    factory.set_launch('( udpsrc name=pay0 port=%d buffer-size=524288 caps="application/x-rtp, media=video, '
                       'clock-rate=90000, encoding-name=(string)%s, payload=96 " )' % (args.udp_port, args.codec))
    factory.set_shared(True)
    server.get_mount_points().add_factory("/ds-test", factory)
    print("\n *** DeepStream: Launched RTSP Streaming at rtsp://localhost:%d/ds-test ***\n\n" % args.rtsp_port, flush=True)
    pipeline.set_state(Gst.State.PLAYING)
    try:
        loop.run()
    except BaseException:
        pass
    pipeline.set_state(Gst.State.NULL)


def parse_args():
    global ts_from_rtsp
    parser = argparse.ArgumentParser(description="RTSP Output Sample Application Help ")
    parser.add_argument("-i", "--input", nargs="+", required=True)
    parser.add_argument("-g", "--gie", default="nvinfer", choices=["nvinfer", "nvinferserver"])
    parser.add_argument("-c", "--codec", default="H264", choices=["H264", "H265"])
    parser.add_argument("-b", "--bitrate", default=4000000, type=int)
    parser.add_argument("--rtsp-ts", action="store_true", default=False)
    parser.add_argument("--rtsp-port", default=8554, type=int)
    parser.add_argument("--udp-port", default=5400, type=int)
    if len(sys.argv) == 1:
        parser.print_help(sys.stderr)
        sys.exit(1)
    args = parser.parse_args()
    ts_from_rtsp = args.rtsp_ts
    return args


if __name__ == "__main__":
    sys.exit(main(parse_args()))
