# The object encoder: a JPEG file and metadata for objects that are sure enough.
import os
import gi
gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst
import pyds

Gst.init(None)
os.makedirs("crops", exist_ok=True)
pipeline = Gst.parse_launch(
    "uridecodebin uri=file:///opt/nvidia/deepstream/deepstream/samples/streams/sample_walk.mov ! mux.sink_0 "
    "nvstreammux name=mux batch-size=1 width=960 height=540 ! nvinfer config-file-path=pgie.yml name=pgie "
    "! queue name=behind ! fakesink name=sink")
context = pyds.nvds_obj_enc_create_context(0)
attached = 0


def objects(info):
    buffer = info.get_buffer()
    frame = pyds.NvDsFrameMeta.cast(pyds.gst_buffer_get_nvds_batch_meta(hash(buffer)).frame_meta_list.data)
    l_obj = frame.obj_meta_list
    while l_obj is not None:
        yield buffer, frame, pyds.NvDsObjectMeta.cast(l_obj.data)
        l_obj = l_obj.next


def encode(pad, info):
    for buffer, frame, obj in objects(info):
        if obj.confidence > 0.5:
            args = pyds.NvDsObjEncUsrArgs()
            args.saveImg = True
            args.attachUsrMeta = True
            args.quality = 80
            args.fileNameImg = "crops/%d_%d.jpg" % (frame.frame_num, int(obj.rect_params.left))
            pyds.nvds_obj_enc_process(context, args, hash(buffer), obj, frame)
    pyds.nvds_obj_enc_finish(context)
    return Gst.PadProbeReturn.OK


def look(pad, info):
    global attached
    for buffer, frame, obj in objects(info):
        l_user = obj.obj_user_meta_list
        while l_user is not None:
            user = pyds.NvDsUserMeta.cast(l_user.data)
            if user.base_meta.meta_type == pyds.NvDsMetaType.NVDS_CROP_IMAGE_META:
                attached += len(pyds.NvDsObjEncOutParams.cast(user.user_meta_data).outBuffer()) > 100
            l_user = l_user.next
    return Gst.PadProbeReturn.OK


pipeline.get_by_name("pgie").get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, encode)
pipeline.get_by_name("sink").get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, look)
pipeline.set_state(Gst.State.PLAYING)
pipeline.get_bus().timed_pop_filtered(Gst.CLOCK_TIME_NONE, Gst.MessageType.EOS | Gst.MessageType.ERROR)
pipeline.set_state(Gst.State.NULL)
pyds.nvds_obj_enc_destroy_context(context)
print("files", len(os.listdir("crops")), "attached", attached)
