# nvinfer only computes; NumPy reads its layers through ctypes, and makes objects of the grid.
import ctypes
import gi
gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst
import numpy as np
import pyds

Gst.init(None)
CLASSES, PERSON, STRIDE, NORM = 4, 2, 16, 35.0
pipeline = Gst.parse_launch(
    "uridecodebin uri=file:///opt/nvidia/deepstream/deepstream/samples/streams/sample_walk.mov ! mux.sink_0 "
    "nvstreammux name=mux batch-size=1 width=960 height=544 ! nvinfer config-file-path=tensors_pgie.txt name=pgie "
    "! nvvideoconvert ! nvdsosd name=osd ! fakesink")
made, seen, names = 0, 0, set()


def layers_of(frame_meta):
    l_user = frame_meta.frame_user_meta_list
    while l_user is not None:
        user_meta = pyds.NvDsUserMeta.cast(l_user.data)
        if user_meta.base_meta.meta_type == pyds.NvDsMetaType.NVDSINFER_TENSOR_OUTPUT_META:
            tensor_meta = pyds.NvDsInferTensorMeta.cast(user_meta.user_meta_data)
            found = {}
            for i in range(tensor_meta.num_output_layers):
                layer = pyds.get_nvds_LayerInfo(tensor_meta, i)
                ptr = ctypes.cast(pyds.get_ptr(layer.buffer), ctypes.POINTER(ctypes.c_float))
                dims = layer.inferDims
                shape = tuple(dims.d[k] for k in range(dims.numDims))
                found[layer.layerName] = np.array(np.ctypeslib.as_array(ptr, shape=shape), copy=True)
            yield found
        l_user = l_user.next


def on_tensors(pad, info, u_data):
    global made
    batch_meta = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
    frame_meta = pyds.NvDsFrameMeta.cast(batch_meta.frame_meta_list.data)
    for layers in layers_of(frame_meta):
        names.update("%s%s" % (name.split("/")[0], array.shape) for name, array in layers.items())
        cov = next(a for n, a in layers.items() if "cov" in n)[PERSON]
        box = next(a for n, a in layers.items() if "bbox" in n)[4 * PERSON:4 * PERSON + 4]
        row, column = np.unravel_index(cov.argmax(), cov.shape)
        if cov[row, column] < 0.2:
            continue
        centre = (column * STRIDE + 0.5, row * STRIDE + 0.5)
        left, top = centre[0] - box[0, row, column] * NORM, centre[1] - box[1, row, column] * NORM
        right, bottom = centre[0] + box[2, row, column] * NORM, centre[1] + box[3, row, column] * NORM
        obj_meta = pyds.nvds_acquire_obj_meta_from_pool(batch_meta)
        obj_meta.class_id = PERSON
        obj_meta.obj_label = "person"
        obj_meta.confidence = float(cov[row, column])
        rect = obj_meta.rect_params
        rect.left, rect.top, rect.width, rect.height = float(left), float(top), float(right - left), float(bottom - top)
        rect.border_width = 3
        pyds.nvds_add_obj_meta_to_frame(frame_meta, obj_meta, None)
        frame_meta.bInferDone = True
        made += 1
    return Gst.PadProbeReturn.OK


def on_objects(pad, info, u_data):
    global seen
    frame_meta = pyds.NvDsFrameMeta.cast(
        pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer())).frame_meta_list.data)
    l_obj = frame_meta.obj_meta_list
    while l_obj is not None:
        rect = pyds.NvDsObjectMeta.cast(l_obj.data).rect_params
        seen += 0 < rect.width < 300 and 20 < rect.height < 400
        l_obj = l_obj.next
    return Gst.PadProbeReturn.OK


pipeline.get_by_name("pgie").get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, on_tensors, 0)
pipeline.get_by_name("osd").get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, on_objects, 0)
loop = GLib.MainLoop()
bus = pipeline.get_bus()
bus.add_signal_watch()
bus.connect("message::eos", lambda *_: loop.quit())
bus.connect("message::error", lambda b, m: (print(m.parse_error()), loop.quit()))
pipeline.set_state(Gst.State.PLAYING)
loop.run()
pipeline.set_state(Gst.State.NULL)
print("made", made, "seen", seen, *sorted(names))
