#!/usr/bin/env python3
# Encoder, payloader, multicast udpsink, and an RTSP server that reads it again; -e 1 is x264enc.
import argparse
import sys
sys.path.append("../")
import gi
gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer
from common.bus_call import bus_call
from common.is_aarch_64 import is_aarch64
import pyds

PGIE_CLASS_ID_PERSON = 2


def osd_sink_pad_buffer_probe(pad, info, u_data):
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
        people = 0
        l_obj = frame_meta.obj_meta_list
        while l_obj is not None:
            try:
                obj_meta = pyds.NvDsObjectMeta.cast(l_obj.data)
            except StopIteration:
                break
            people += obj_meta.class_id == PGIE_CLASS_ID_PERSON
            try:
                l_obj = l_obj.next
            except StopIteration:
                break
        display_meta = pyds.nvds_acquire_display_meta_from_pool(batch_meta)
        display_meta.num_labels = 1
        text = display_meta.text_params[0]
        text.display_text = "Frame Number={} Number of Objects={} Person_count={}".format(
            frame_meta.frame_num, frame_meta.num_obj_meta, people)
        text.x_offset = 10
        text.y_offset = 12
        text.font_params.font_name = "Serif"
        text.font_params.font_size = 10
        text.font_params.font_color.red = 1.0
        text.font_params.font_color.alpha = 1.0
        print(pyds.get_string(text.display_text), flush=True)
        pyds.nvds_add_display_meta_to_frame(frame_meta, display_meta)
        try:
            l_frame = l_frame.next
        except StopIteration:
            break
    return Gst.PadProbeReturn.OK


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
    nvvidconv_postosd = Gst.ElementFactory.make("nvvideoconvert", "convertor_postosd")
    caps = Gst.ElementFactory.make("capsfilter", "filter")
    if args.enc_type == 0:
        caps.set_property("caps", Gst.Caps.from_string("video/x-raw(memory:NVMM), format=I420"))
        encoder = Gst.ElementFactory.make("nvv4l2%senc" % args.codec.lower(), "encoder")
        encoder.set_property('bitrate', args.bitrate)
        if is_aarch64():
            encoder.set_property('preset-level', 1)
            encoder.set_property('insert-sps-pps', 1)
    else:
        caps.set_property("caps", Gst.Caps.from_string("video/x-raw, format=I420"))
        encoder = Gst.ElementFactory.make("x%senc" % args.codec[1:], "encoder")
        encoder.set_property('bitrate', args.bitrate // 1000)
    rtppay = Gst.ElementFactory.make("rtp%spay" % args.codec.lower(), "rtppay")
    sink = Gst.ElementFactory.make("udpsink", "udpsink")
    sink.set_property('host', '224.224.255.255')
    sink.set_property('port', args.udp_port)
    sink.set_property('async', False)
    sink.set_property('sync', 1)
    source.set_property('location', args.input)
    streammux.set_property('width', 1280)
    streammux.set_property('height', 720)
    streammux.set_property('batch-size', 1)
    streammux.set_property('batched-push-timeout', 33000)
    pgie.set_property('config-file-path', "dstest1_pgie_config.txt")
    chain = [streammux, pgie, nvvidconv, nvosd, nvvidconv_postosd, caps, encoder, rtppay, sink]
    for element in [source, h264parser, decoder] + chain:
        pipeline.add(element)
    source.link(h264parser)
    h264parser.link(decoder)
    decoder.get_static_pad("src").link(streammux.get_request_pad("sink_0"))
    for first, second in zip(chain, chain[1:]):
        first.link(second)
    loop = GLib.MainLoop()
    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message", bus_call, loop)
    server = GstRtspServer.RTSPServer.new()
    server.props.service = "%d" % args.rtsp_port
    server.attach(None)
    factory = GstRtspServer.RTSPMediaFactory.new()
    factory.set_launch("( udpsrc name=pay0 port=%d buffer-size=524288 caps=\"application/x-rtp, media=video, "
                       "clock-rate=90000, encoding-name=(string)%s, payload=96 \" )" % (args.udp_port, args.codec))
    factory.set_shared(True)
    server.get_mount_points().add_factory("/ds-test", factory)
    print("\n *** DeepStream: Launched RTSP Streaming at rtsp://localhost:%d/ds-test ***\n\n" % args.rtsp_port, flush=True)
    nvosd.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, osd_sink_pad_buffer_probe, 0)
    pipeline.set_state(Gst.State.PLAYING)
    try:
        loop.run()
    except:
        pass
    pipeline.set_state(Gst.State.NULL)


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description='RTSP Output Sample Application Help ')
    parser.add_argument("-i", "--input", required=True)
    parser.add_argument("-c", "--codec", default="H264", choices=['H264', 'H265'])
    parser.add_argument("-b", "--bitrate", default=4000000, type=int)
    parser.add_argument("-e", "--enc_type", default=0, choices=[0, 1], type=int)
    parser.add_argument("--rtsp-port", default=8554, type=int)
    parser.add_argument("--udp-port", default=5400, type=int)
    sys.exit(main(parser.parse_args()))
