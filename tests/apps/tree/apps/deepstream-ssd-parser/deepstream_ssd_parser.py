#!/usr/bin/env python3
# nvinferserver gives bare tensors; a probe reads them, clusters, and adds objects. Video to out.mp4.
import sys
sys.path.append("../")
import os
import gi
gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst
from common.platform_info import PlatformInfo
from common.bus_call import bus_call
from ssd_parser import nvds_infer_parse_custom_tf_ssd
from nms import cluster_and_fill_detection_output_nms
import pyds

CLASS_NB = 91
ACCURACY_ALL_CLASS = 0.5
UNTRACKED_OBJECT_ID = 0xFFFFFFFFFFFFFFFF
IMAGE_HEIGHT = 1080
IMAGE_WIDTH = 1920
OUTPUT_VIDEO_NAME = "./out.mp4"


def get_label_names_from_file(filepath):
    with open(filepath) as file:
        return [line.strip() for line in file]


def make_elm_or_print_err(factoryname, name, printedname, detail=""):
    print("Creating", printedname)
    elm = Gst.ElementFactory.make(factoryname, name)
    if not elm:
        sys.stderr.write("Unable to create " + printedname + " \n")
        if detail:
            sys.stderr.write(detail)
    return elm


def osd_sink_pad_buffer_probe(pad, info, u_data):
    gst_buffer = info.get_buffer()
    batch_meta = pyds.gst_buffer_get_nvds_batch_meta(hash(gst_buffer))
    l_frame = batch_meta.frame_meta_list
    while l_frame is not None:
        try:
            frame_meta = pyds.NvDsFrameMeta.cast(l_frame.data)
        except StopIteration:
            break
        obj_counter = {}
        l_obj = frame_meta.obj_meta_list
        while l_obj is not None:
            try:
                obj_meta = pyds.NvDsObjectMeta.cast(l_obj.data)
            except StopIteration:
                break
            obj_counter[obj_meta.class_id] = obj_counter.get(obj_meta.class_id, 0) + 1
            try:
                l_obj = l_obj.next
            except StopIteration:
                break
        display_meta = pyds.nvds_acquire_display_meta_from_pool(batch_meta)
        display_meta.num_labels = 1
        py_nvosd_text_params = display_meta.text_params[0]
        disp_string = "Frame Number={} Number of Objects={} Vehicle_count={} Person_count={}"
        py_nvosd_text_params.display_text = disp_string.format(
            frame_meta.frame_num, frame_meta.num_obj_meta, obj_counter.get(3, 0), obj_counter.get(1, 0))
        py_nvosd_text_params.x_offset = 10
        py_nvosd_text_params.y_offset = 12
        py_nvosd_text_params.font_params.font_name = "Serif"
        py_nvosd_text_params.font_params.font_size = 10
        py_nvosd_text_params.font_params.font_color.set(1.0, 1.0, 1.0, 1.0)
        py_nvosd_text_params.set_bg_clr = 1
        py_nvosd_text_params.text_bg_clr.set(0.0, 0.0, 0.0, 1.0)
        print(pyds.get_string(py_nvosd_text_params.display_text))
        pyds.nvds_add_display_meta_to_frame(frame_meta, display_meta)
        try:
            l_frame = l_frame.next
        except StopIteration:
            break
    return Gst.PadProbeReturn.OK


def add_obj_meta_to_frame(frame_object, batch_meta, frame_meta, label_names):
    obj_meta = pyds.nvds_acquire_obj_meta_from_pool(batch_meta)
    rect_params = obj_meta.rect_params
    rect_params.left = int(IMAGE_WIDTH * frame_object.left)
    rect_params.top = int(IMAGE_HEIGHT * frame_object.top)
    rect_params.width = int(IMAGE_WIDTH * frame_object.width)
    rect_params.height = int(IMAGE_HEIGHT * frame_object.height)
    rect_params.has_bg_color = 1
    rect_params.bg_color.set(1, 1, 0, 0.4)
    rect_params.border_width = 3
    rect_params.border_color.set(1, 0, 0, 1)
    obj_meta.confidence = frame_object.detectionConfidence
    obj_meta.class_id = frame_object.classId
    obj_meta.object_id = UNTRACKED_OBJECT_ID
    lbl_id = frame_object.classId
    if lbl_id >= len(label_names):
        lbl_id = 0
    obj_meta.obj_label = label_names[lbl_id]
    txt_params = obj_meta.text_params
    if txt_params.display_text:
        pyds.free_buffer(txt_params.display_text)
    txt_params.x_offset = int(rect_params.left)
    txt_params.y_offset = max(0, int(rect_params.top) - 10)
    txt_params.display_text = label_names[lbl_id] + " " + "{:04.3f}".format(frame_object.detectionConfidence)
    txt_params.font_params.font_name = "Serif"
    txt_params.font_params.font_size = 10
    txt_params.font_params.font_color.set(1.0, 1.0, 1.0, 1.0)
    txt_params.set_bg_clr = 1
    txt_params.text_bg_clr.set(0.0, 0.0, 0.0, 1.0)
    pyds.nvds_add_obj_meta_to_frame(frame_meta, obj_meta, None)


def pgie_src_pad_buffer_probe(pad, info, u_data):
    gst_buffer = info.get_buffer()
    batch_meta = pyds.gst_buffer_get_nvds_batch_meta(hash(gst_buffer))
    l_frame = batch_meta.frame_meta_list
    while l_frame is not None:
        try:
            frame_meta = pyds.NvDsFrameMeta.cast(l_frame.data)
        except StopIteration:
            break
        l_user = frame_meta.frame_user_meta_list
        while l_user is not None:
            try:
                user_meta = pyds.NvDsUserMeta.cast(l_user.data)
            except StopIteration:
                break
            if user_meta.base_meta.meta_type != pyds.NvDsMetaType.NVDSINFER_TENSOR_OUTPUT_META:
                continue
            tensor_meta = pyds.NvDsInferTensorMeta.cast(user_meta.user_meta_data)
            layers_info = []
            for i in range(tensor_meta.num_output_layers):
                layers_info.append(pyds.get_nvds_LayerInfo(tensor_meta, i))
            frame_object_list = nvds_infer_parse_custom_tf_ssd(layers_info, ACCURACY_ALL_CLASS, 1, 1)
            label_names = get_label_names_from_file(u_data)
            for frame_object in cluster_and_fill_detection_output_nms(frame_object_list, 0.5):
                add_obj_meta_to_frame(frame_object, batch_meta, frame_meta, label_names)
            try:
                l_user = l_user.next
            except StopIteration:
                break
        frame_meta.bInferDone = True
        try:
            l_frame = l_frame.next
        except StopIteration:
            break
    return Gst.PadProbeReturn.OK


def main(args):
    if len(args) != 2:
        sys.stderr.write("usage: %s <media file>\n" % args[0])
        sys.exit(1)
    Gst.init(None)
    platform_info = PlatformInfo()
    print("Creating Pipeline")
    pipeline = Gst.Pipeline()
    source = make_elm_or_print_err("filesrc", "file-source", "Source")
    h264parser = make_elm_or_print_err("h264parse", "h264-parser", "H264 Parser")
    decoder = make_elm_or_print_err("nvv4l2decoder", "nvv4l2-decoder", "Nvv4l2 Decoder")
    streammux = make_elm_or_print_err("nvstreammux", "Stream-muxer", "NvStreamMux")
    pgie = make_elm_or_print_err("nvinferserver", "primary-inference", "Nvinferserver")
    nvvidconv = make_elm_or_print_err("nvvideoconvert", "convertor", "Nvvidconv")
    nvosd = make_elm_or_print_err("nvdsosd", "onscreendisplay", "OSD (nvosd)")
    queue = make_elm_or_print_err("queue", "queue", "Queue")
    nvvidconv2 = make_elm_or_print_err("nvvideoconvert", "convertor2", "Converter 2 (nvvidconv2)")
    capsfilter = make_elm_or_print_err("capsfilter", "capsfilter", "capsfilter")
    capsfilter.set_property("caps", Gst.Caps.from_string("video/x-raw, format=I420"))
    encoder = make_elm_or_print_err("avenc_mpeg4", "encoder", "Encoder")
    encoder.set_property("bitrate", 2000000)
    codeparser = make_elm_or_print_err("mpeg4videoparse", "mpeg4-parser", "Code Parser")
    container = make_elm_or_print_err("qtmux", "qtmux", "Container")
    sink = make_elm_or_print_err("filesink", "filesink", "Sink")
    sink.set_property("location", OUTPUT_VIDEO_NAME)
    sink.set_property("sync", 0)
    sink.set_property("async", 0)
    print("Playing file %s " % args[1])
    source.set_property("location", args[1])
    streammux.set_property("width", IMAGE_WIDTH)
    streammux.set_property("height", IMAGE_HEIGHT)
    streammux.set_property("batch-size", 1)
    streammux.set_property("batched-push-timeout", 33000)
    pgie.set_property("config-file-path", "dstest_ssd_nopostprocess.txt")
    chain = [streammux, pgie, nvvidconv, nvosd, queue, nvvidconv2, capsfilter, encoder, codeparser, container, sink]
    for element in [source, h264parser, decoder] + chain:
        pipeline.add(element)
    source.link(h264parser)
    h264parser.link(decoder)
    decoder.get_static_pad("src").link(streammux.request_pad_simple("sink_0"))
    for first, second in zip(chain, chain[1:]):
        first.link(second)
    loop = GLib.MainLoop()
    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message", bus_call, loop)
    labels = "/opt/nvidia/deepstream/deepstream/samples/triton_model_repo/ssd_inception_v2_coco_2018_01_28/labels.txt"
    if not os.path.exists(labels):
        sys.stderr.write("no labels\n")
        sys.exit(1)
    pgie.get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, pgie_src_pad_buffer_probe, labels)
    nvosd.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, osd_sink_pad_buffer_probe, 0)
    print("Starting pipeline")
    pipeline.set_state(Gst.State.PLAYING)
    try:
        loop.run()
    except:
        pass
    pipeline.set_state(Gst.State.NULL)


if __name__ == "__main__":
    sys.exit(main(sys.argv))
