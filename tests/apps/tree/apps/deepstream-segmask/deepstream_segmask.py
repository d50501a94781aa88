#!/usr/bin/env python3
# mask_params of objects: resized, made binary, saved; nvdsosd draws them.
import sys
sys.path.append('../')
import argparse
import math
import os
import os.path
from os import path
import syslog
import gi
gi.require_version('Gst', '1.0')
from gi.repository import GLib, Gst
import cv2
import numpy as np
from common.platform_info import PlatformInfo
from common.bus_call import bus_call
import pyds

MAX_DISPLAY_LEN = 64
MUXER_OUTPUT_WIDTH = 960
MUXER_OUTPUT_HEIGHT = 576
TILED_OUTPUT_WIDTH = 960
TILED_OUTPUT_HEIGHT = 576


def resize_mask(maskparams, target_width, target_height):
    src = maskparams.get_mask_array()
    original_height = maskparams.height
    original_width = maskparams.width
    ratio_h = float(original_height) / float(target_height)
    ratio_w = float(original_width) / float(target_width)
    threshold = maskparams.threshold
    channel = 1
    dst = np.zeros((target_height, target_width, 3), dtype=np.uint8)
    y, x = np.mgrid[0:target_height, 0:target_width]
    rows = np.clip((y * ratio_h).astype(int), 0, original_height - 1)
    columns = np.clip((x * ratio_w).astype(int), 0, original_width - 1)
    values = src.reshape(original_height, original_width)[rows, columns]
    dst[values > threshold] = 255
    return dst


def pgie_src_pad_buffer_probe(pad, info, u_data):
    gst_buffer = info.get_buffer()
    if not gst_buffer:
        syslog.syslog("Unable to get GstBuffer ")
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
        masks = 0
        while l_obj is not None:
            try:
                obj_meta = pyds.NvDsObjectMeta.cast(l_obj.data)
            except StopIteration:
                break
            rectparams = obj_meta.rect_params
            maskparams = obj_meta.mask_params
            mask_image = resize_mask(maskparams, math.floor(rectparams.width), math.floor(rectparams.height))
            img_path = "{}/stream_{}/frame_{}.jpg".format(folder_name, frame_meta.pad_index, frame_number)
            cv2.imwrite(img_path, mask_image)
            masks += 1
            print("mask of", maskparams.width, "x", maskparams.height, "share",
                  round(float((mask_image[..., 0] > 0).mean()), 3), "of", math.floor(rectparams.width), "x",
                  math.floor(rectparams.height))
            try:
                l_obj = l_obj.next
            except StopIteration:
                break
        print("Frame Number={} masks={}".format(frame_number, masks))
        try:
            l_frame = l_frame.next
        except StopIteration:
            break
    return Gst.PadProbeReturn.OK


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


def main(stream_paths, output_folder):
    global folder_name
    folder_name = output_folder
    if path.exists(folder_name):
        sys.stderr.write("The output folder %s already exists. Please remove it first.\n" % folder_name)
        sys.exit(1)
    os.mkdir(folder_name)
    number_sources = len(stream_paths)
    Gst.init(None)
    platform_info = PlatformInfo()
    pipeline = Gst.Pipeline()
    streammux = Gst.ElementFactory.make("nvstreammux", "Stream-muxer")
    pipeline.add(streammux)
    for i in range(number_sources):
        os.mkdir(folder_name + "/stream_" + str(i))
        source_bin = create_source_bin(i, stream_paths[i])
        pipeline.add(source_bin)
        source_bin.get_static_pad("src").link(streammux.request_pad_simple("sink_%u" % i))
    queue1 = Gst.ElementFactory.make("queue", "queue1")
    pgie = Gst.ElementFactory.make("nvinfer", "primary-inference")
    queue2 = Gst.ElementFactory.make("queue", "queue2")
    tiler = Gst.ElementFactory.make("nvmultistreamtiler", "nvtiler")
    nvvidconv = Gst.ElementFactory.make("nvvideoconvert", "convertor")
    nvosd = Gst.ElementFactory.make("nvdsosd", "onscreendisplay")
    sink = Gst.ElementFactory.make("nveglglessink", "nvvideo-renderer")
    nvosd.set_property("display_mask", True)
    nvosd.set_property('process_mode', 0)
    streammux.set_property('width', MUXER_OUTPUT_WIDTH)
    streammux.set_property('height', MUXER_OUTPUT_HEIGHT)
    streammux.set_property('batch-size', number_sources)
    streammux.set_property('batched-push-timeout', 33000)
    pgie.set_property('config-file-path', "dstest_segmask_config.txt")
    if pgie.get_property("batch-size") != number_sources:
        pgie.set_property("batch-size", number_sources)
    tiler_rows = int(math.sqrt(number_sources))
    tiler.set_property("rows", tiler_rows)
    tiler.set_property("columns", int(math.ceil((1.0 * number_sources) / tiler_rows)))
    tiler.set_property("width", TILED_OUTPUT_WIDTH)
    tiler.set_property("height", TILED_OUTPUT_HEIGHT)
    sink.set_property("qos", 0)
    sink.set_property("sync", 0)
    if not platform_info.is_integrated_gpu():
        mem_type = int(pyds.NVBUF_MEM_CUDA_UNIFIED)
        for element in (streammux, nvvidconv, tiler):
            element.set_property("nvbuf-memory-type", mem_type)
    chain = [streammux, queue1, pgie, queue2, tiler, nvvidconv, nvosd, sink]
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
    pipeline.set_state(Gst.State.PLAYING)
    try:
        loop.run()
    except:
        pass
    pipeline.set_state(Gst.State.NULL)


def parse_args():
    parser = argparse.ArgumentParser()
    parser.add_argument("-i", "--input", nargs="+", metavar="URIs", required=True)
    parser.add_argument("-o", "--output", metavar="output folder name", default="out")
    args = parser.parse_args()
    return args.input, args.output


if __name__ == '__main__':
    stream_paths, output_folder = parse_args()
    sys.exit(main(stream_paths, output_folder))
