#!/usr/bin/env python3
# nvof, nvofvisual, vectors as NumPy, an MP4 by avenc_mpeg4. URIs, then the folder to make.
import sys
sys.path.append('../')
import os
import os.path
from os import path
import math
import gi
gi.require_version('Gst', '1.0')
from gi.repository import GLib, Gst
import cv2
import numpy as np
from common.bus_call import bus_call
import pyds

MAX_DISPLAY_LEN = 64
folder_name = ""


def ofvisual_queue_src_pad_buffer_probe(pad, info, u_data):
    gst_buffer = info.get_buffer()
    if not gst_buffer:
        print("Unable to get GstBuffer ")
        return
    batch_meta = pyds.gst_buffer_get_nvds_batch_meta(hash(gst_buffer))
    l_frame = batch_meta.frame_meta_list
    while l_frame is not None:
        try:
            frame_meta = pyds.glist_get_nvds_frame_meta(l_frame.data)
        except StopIteration:
            break
        frame_number = frame_meta.frame_num
        l_user = frame_meta.frame_user_meta_list
        while l_user is not None:
            try:
                of_user_meta = pyds.NvDsUserMeta.cast(l_user.data)
            except StopIteration:
                break
            try:
                of_meta = pyds.NvDsOpticalFlowMeta.cast(of_user_meta.user_meta_data)
                flow_vectors = pyds.get_optical_flow_vectors(of_meta)
                flow_vectors = flow_vectors.reshape(of_meta.rows, of_meta.cols, 2)
                print("Got OF meta", of_meta.rows, of_meta.cols, "still",
                      int((np.abs(flow_vectors) < 32).all(axis=2).mean() * 100))
                hsv = visualize_optical_flowvectors(flow_vectors)
                cv2.imwrite("{}/stream_{}/frame_{}.jpg".format(folder_name, frame_meta.pad_index, frame_number), hsv)
            except StopIteration:
                break
            try:
                l_user = l_user.next
            except StopIteration:
                break
        try:
            l_frame = l_frame.next
        except StopIteration:
            break
    return Gst.PadProbeReturn.OK


def visualize_optical_flowvectors(flow):
    shape_visual = (flow.shape[0], flow.shape[1], 3)
    hsv = np.zeros(shape_visual, dtype=np.uint8)
    hsv[..., 1] = 255
    mag, ang = cv2.cartToPolar(flow[..., 0].astype(np.float32), flow[..., 1].astype(np.float32))
    hsv[..., 0] = ang * 180 / np.pi / 2
    hsv[..., 2] = cv2.normalize(mag, None, 0, 255, cv2.NORM_MINMAX)
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR)


def cb_newpad(decodebin, decoder_src_pad, data):
    caps = decoder_src_pad.get_current_caps()
    if caps.get_structure(0).get_name().find("video") != -1:
        if caps.get_features(0).contains("memory:NVMM"):
            data.get_static_pad("src").set_target(decoder_src_pad)


def create_source_bin(index, uri):
    nbin = Gst.Bin.new("source-bin-%02d" % index)
    uri_decode_bin = Gst.ElementFactory.make("uridecodebin", "uri-decode-bin")
    uri_decode_bin.set_property("uri", uri)
    uri_decode_bin.connect("pad-added", cb_newpad, nbin)
    Gst.Bin.add(nbin, uri_decode_bin)
    nbin.add_pad(Gst.GhostPad.new_no_target("src", Gst.PadDirection.SRC))
    return nbin


def main(args):
    global folder_name
    folder_name = args[-1]
    if path.exists(folder_name):
        sys.stderr.write("The output folder %s already exists. Please remove it first.\n" % folder_name)
        sys.exit(1)
    number_sources = len(args) - 2
    os.mkdir(folder_name)
    Gst.init(None)
    pipeline = Gst.Pipeline()
    streammux = Gst.ElementFactory.make("nvstreammux", "Stream-muxer")
    pipeline.add(streammux)
    for i in range(number_sources):
        os.mkdir(folder_name + "/stream_" + str(i))
        source_bin = create_source_bin(i, args[i + 1])
        pipeline.add(source_bin)
        source_bin.get_static_pad("src").link(streammux.request_pad_simple("sink_%u" % i))
    names = ["queue", "nvof", "queue", "nvofvisual", "queue", "nvmultistreamtiler", "queue", "nvvideoconvert",
             "nvdsosd", "queue", "nvvideoconvert", "capsfilter", "avenc_mpeg4", "mpeg4videoparse", "qtmux", "filesink"]
    chain = [streammux]
    for number, factory in enumerate(names):
        element = Gst.ElementFactory.make(factory, "%s-%d" % (factory, number))
        if not element:
            sys.stderr.write(" Unable to create %s\n" % factory)
        pipeline.add(element)
        chain.append(element)
    of_queue, tiler, caps, encoder, sink = chain[5], chain[6], chain[12], chain[13], chain[16]
    streammux.set_property('batched-push-timeout', 33000)
    streammux.set_property('width', 960)
    streammux.set_property('height', 540)
    streammux.set_property('batch-size', number_sources)
    streammux.set_property('sync-inputs', 1)
    tiler_rows = int(math.sqrt(number_sources))
    tiler.set_property("rows", tiler_rows)
    tiler.set_property("columns", int(math.ceil((1.0 * number_sources) / tiler_rows)))
    tiler.set_property("width", 1280)
    tiler.set_property("height", 720)
    caps.set_property("caps", Gst.Caps.from_string("video/x-raw, format=I420"))
    encoder.set_property("bitrate", 2000000)
    sink.set_property("location", "./out.mp4")
    sink.set_property("sync", 0)
    sink.set_property("async", 0)
    for first, second in zip(chain, chain[1:]):
        if not first.link(second):
            sys.stderr.write("no link %s %s\n" % (first.get_name(), second.get_name()))
    loop = GLib.MainLoop()
    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message", bus_call, loop)
    of_queue.get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, ofvisual_queue_src_pad_buffer_probe, 0)
    pipeline.set_state(Gst.State.PLAYING)
    try:
        loop.run()
    except:
        pass
    print("Exiting app\n")
    pipeline.set_state(Gst.State.NULL)


if __name__ == '__main__':
    sys.exit(main(sys.argv))
