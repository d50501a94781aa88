#!/usr/bin/env python3
# nvstreamdemux: each source has a branch and a sink of its own.
import sys
sys.path.append("../")
import argparse
import gi
gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst
from common.bus_call import bus_call
from common.platform_info import PlatformInfo
import pyds

platform_info = PlatformInfo()
MUXER_OUTPUT_WIDTH = 540
MUXER_OUTPUT_HEIGHT = 540
branches = {0: [], 1: []}


def pgie_src_pad_buffer_probe(pad, info, u_data):
    gst_buffer = info.get_buffer()
    if not gst_buffer:
        return
    batch_meta = pyds.gst_buffer_get_nvds_batch_meta(hash(gst_buffer))
    l_frame = batch_meta.frame_meta_list
    while l_frame is not None:
        try:
            frame_meta = pyds.NvDsFrameMeta.cast(l_frame.data)
        except StopIteration:
            break
        print("Frame Number=", frame_meta.frame_num, "Number of Objects=", frame_meta.num_obj_meta,
              "source", frame_meta.source_id)
        try:
            l_frame = l_frame.next
        except StopIteration:
            break
    return Gst.PadProbeReturn.OK


def branch_probe(pad, info, number):
    batch_meta = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
    frame_meta = pyds.NvDsFrameMeta.cast(batch_meta.frame_meta_list.data)
    branches[number].append((frame_meta.frame_num, frame_meta.source_id, batch_meta.num_frames_in_batch))
    return Gst.PadProbeReturn.OK


def cb_newpad(decodebin, decoder_src_pad, data):
    caps = decoder_src_pad.get_current_caps()
    gstname = caps.get_structure(0).get_name()
    features = caps.get_features(0)
    if gstname.find("video") != -1:
        if features.contains("memory:NVMM"):
            bin_ghost_pad = data.get_static_pad("src")
            if not bin_ghost_pad.set_target(decoder_src_pad):
                sys.stderr.write("Failed to link decoder src pad to source bin ghost pad\n")
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


def make_element(element_name, i):
    element = Gst.ElementFactory.make(element_name, element_name)
    if not element:
        sys.stderr.write(" Unable to create {0}".format(element_name))
    element.set_property("name", "{0}-{1}".format(element_name, str(i)))
    return element


def main(args):
    Gst.init(None)
    pipeline = Gst.Pipeline()
    streammux = Gst.ElementFactory.make("nvstreammux", "Stream-muxer")
    pipeline.add(streammux)
    for i, uri in enumerate(args):
        source_bin = create_source_bin(i, uri)
        pipeline.add(source_bin)
        sinkpad = streammux.request_pad_simple("sink_%u" % i)
        source_bin.get_static_pad("src").link(sinkpad)
    queue1 = Gst.ElementFactory.make("queue", "queue1")
    pgie = Gst.ElementFactory.make("nvinfer", "primary-inference")
    nvstreamdemux = Gst.ElementFactory.make("nvstreamdemux", "nvstreamdemux")
    for element in (queue1, pgie, nvstreamdemux):
        pipeline.add(element)
    pgie.set_property("config-file-path", "ds_demux_pgie_config.txt")
    pgie.set_property("batch-size", len(args))
    streammux.set_property("width", MUXER_OUTPUT_WIDTH)
    streammux.set_property("height", MUXER_OUTPUT_HEIGHT)
    streammux.set_property("batch-size", len(args))
    streammux.set_property("batched-push-timeout", 33000)
    streammux.link(queue1)
    queue1.link(pgie)
    pgie.link(nvstreamdemux)
    for i in range(len(args)):
        queue = make_element("queue", i)
        nvvideoconvert = make_element("nvvideoconvert", i)
        nvdsosd = make_element("nvdsosd", i)
        nvdsosd.set_property("process-mode", 1)
        nvdsosd.set_property("display-text", 1)
        if platform_info.is_integrated_gpu() or platform_info.is_platform_aarch64():
            sink = make_element("nv3dsink", i)
        else:
            sink = make_element("nveglglessink", i)
        for element in (queue, nvvideoconvert, nvdsosd, sink):
            pipeline.add(element)
        demuxsrcpad = nvstreamdemux.get_request_pad("src_%u" % i)
        queuesinkpad = queue.get_static_pad("sink")
        demuxsrcpad.link(queuesinkpad)
        queue.link(nvvideoconvert)
        nvvideoconvert.link(nvdsosd)
        nvdsosd.link(sink)
        sink.set_property("qos", 0)
        sink.set_property("sync", 0)
        nvdsosd.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, branch_probe, i)
    loop = GLib.MainLoop()
    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message", bus_call, loop)
    pgie.get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, pgie_src_pad_buffer_probe, 0)
    pipeline.set_state(Gst.State.PLAYING)
    try:
        loop.run()
    except:
        pass
    for number, frames in branches.items():
        print("branch", number, "frames", len(frames), "in order", frames == sorted(frames),
              "sources and batches", set(frame[1:] for frame in frames))
    print("Exiting app\n")
    pipeline.set_state(Gst.State.NULL)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("-i", "--input", nargs="+", metavar="URIs", required=True)
    sys.exit(main(parser.parse_args().input))
