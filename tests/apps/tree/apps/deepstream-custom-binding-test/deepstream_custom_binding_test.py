#!/usr/bin/env python3
# The application's own structure as user metadata, written behind the mux and read further on.
import sys
sys.path.append('../')
import gi
gi.require_version('Gst', '1.0')
from gi.repository import GLib, Gst
from common.bus_call import bus_call

import pyds

MUXER_BATCH_TIMEOUT_USEC = 33000


def streammux_src_pad_buffer_probe(pad, info, u_data):
    gst_buffer = info.get_buffer()
    if not gst_buffer:
        print("Unable to get GstBuffer ")
        return
    batch_meta = pyds.gst_buffer_get_nvds_batch_meta(hash(gst_buffer))
    pyds.nvds_acquire_meta_lock(batch_meta)
    l_frame = batch_meta.frame_meta_list
    while l_frame is not None:
        try:
            frame_meta = pyds.NvDsFrameMeta.cast(l_frame.data)
        except StopIteration:
            pyds.nvds_release_meta_lock(batch_meta)
            break
        frame_number = frame_meta.frame_num
        user_meta = pyds.nvds_acquire_user_meta_from_pool(batch_meta)
        if user_meta:
            print('adding user meta')
            test_string = 'test message ' + str(frame_number)
            data = pyds.alloc_custom_struct(user_meta)
            data.message = test_string
            data.message = pyds.get_string(data.message)
            data.structId = frame_number
            data.sampleInt = frame_number + 1
            user_meta.user_meta_data = data
            user_meta.base_meta.meta_type = pyds.NvDsMetaType.NVDS_USER_META
            pyds.nvds_add_user_meta_to_frame(frame_meta, user_meta)
        else:
            print('failed to acquire user meta')
        try:
            l_frame = l_frame.next
        except StopIteration:
            break
    pyds.nvds_release_meta_lock(batch_meta)
    return Gst.PadProbeReturn.OK


def fakesink_sink_pad_buffer_probe(pad, info, u_data):
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
        l_usr = frame_meta.frame_user_meta_list
        while l_usr is not None:
            try:
                user_meta = pyds.NvDsUserMeta.cast(l_usr.data)
            except StopIteration:
                break
            if user_meta.base_meta.meta_type != pyds.NvDsMetaType.NVDS_USER_META:
                l_usr = l_usr.next
                continue
            custom_msg_meta = pyds.CustomDataStruct.cast(user_meta.user_meta_data)
            print(f'event msg meta, otherAttrs = {pyds.get_string(custom_msg_meta.message)}')
            print(f'custom meta structId::  {custom_msg_meta.structId}')
            print(f'custom meta msg::  {pyds.get_string(custom_msg_meta.message)}')
            print(f'custom meta sampleInt::  {custom_msg_meta.sampleInt}')
            try:
                l_usr = l_usr.next
            except StopIteration:
                break
        try:
            l_frame = l_frame.next
        except StopIteration:
            break
    return Gst.PadProbeReturn.OK


def main(args):
    if len(args) != 2:
        sys.stderr.write("usage: %s <h264 file>\n" % args[0])
        sys.exit(1)
    Gst.init(None)
    pipeline = Gst.Pipeline()
    names = [("filesrc", "file-source"), ("h264parse", "h264-parser"), ("nvv4l2decoder", "nvv4l2-decoder"),
             ("nvstreammux", "Stream-muxer"), ("queue", "queue"), ("queue", "queue2"), ("fakesink", "nvvideo-renderer")]
    elements = []
    for factory, name in names:
        element = Gst.ElementFactory.make(factory, name)
        if not element:
            sys.stderr.write(" Unable to create %s \n" % factory)
        elements.append(element)
        pipeline.add(element)
    source, h264parser, decoder, streammux, queue, queue1, sink = elements
    source.set_property('location', args[1])
    streammux.set_property('width', 1920)
    streammux.set_property('height', 1080)
    streammux.set_property('batch-size', 1)
    streammux.set_property('batched-push-timeout', MUXER_BATCH_TIMEOUT_USEC)
    source.link(h264parser)
    h264parser.link(decoder)
    sinkpad = streammux.request_pad_simple("sink_0")
    srcpad = decoder.get_static_pad("src")
    srcpad.link(sinkpad)
    streammux.link(queue)
    queue.link(queue1)
    queue1.link(sink)
    loop = GLib.MainLoop()
    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message", bus_call, loop)
    streammux.get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, streammux_src_pad_buffer_probe, 0)
    sink.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, fakesink_sink_pad_buffer_probe, 0)
    pipeline.set_state(Gst.State.PLAYING)
    try:
        loop.run()
    except:
        pass
    pipeline.set_state(Gst.State.NULL)


if __name__ == '__main__':
    sys.exit(main(sys.argv))
