# One probe takes objects away, the next one adds its own; the last one sees what is left.
import gi
gi.require_version("Gst", "1.0")
from gi.repository import Gst
import pyds

Gst.init(None)
PERSON = 2
pipeline = Gst.parse_launch(
    "uridecodebin uri=file:///opt/nvidia/deepstream/deepstream/samples/streams/sample_walk.mov ! queue ! mux.sink_0 "
    "nvstreammux name=mux batch-size=1 width=960 height=540 ! nvinfer config-file-path=pgie.yml name=gie "
    "! nvtracker name=tracker ll-lib-file=/opt/nvidia/deepstream/deepstream/lib/libnvds_nvmultiobjecttracker.so "
    "! nvdsosd name=osd ! fakesink")
found, removed, people, ours, ids = 0, 0, 0, 0, set()


def objects(frame):
    l_obj = frame.obj_meta_list
    while l_obj is not None:
        obj = pyds.NvDsObjectMeta.cast(l_obj.data)
        l_obj = l_obj.next  # first: the node goes with the object
        yield obj


def frames(info):
    batch = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
    l_frame = batch.frame_meta_list
    while l_frame is not None:
        yield batch, pyds.NvDsFrameMeta.cast(l_frame.data)
        l_frame = l_frame.next


def remove_people(pad, info):
    global found, removed
    for batch, frame in frames(info):
        for obj in objects(frame):
            found += 1
            if obj.class_id == PERSON:
                removed += 1
                pyds.nvds_remove_obj_meta_from_frame(frame, obj)
        if frame.bInferDone:
            new = pyds.nvds_acquire_obj_meta_from_pool(batch)
            new.unique_component_id = 77
            new.class_id = 9
            new.object_id = 0xFFFFFFFFFFFFFFFF
            new.confidence = 0.75
            new.obj_label = "ours"
            rect = new.rect_params
            rect.left, rect.top, rect.width, rect.height = 400 + frame.frame_num, 200, 80, 60
            new.detector_bbox_info.org_bbox_coords.left = rect.left
            rect.border_width = 2
            rect.border_color.set(0.0, 1.0, 0.0, 1.0)
            pyds.nvds_add_obj_meta_to_frame(frame, new, None)
    return Gst.PadProbeReturn.OK


def look(pad, info):
    global people, ours
    for batch, frame in frames(info):
        for obj in objects(frame):
            people += obj.class_id == PERSON
            if obj.class_id == 9:
                ours += 1
                ids.add(obj.object_id)
    return Gst.PadProbeReturn.OK


pipeline.get_by_name("gie").get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, remove_people)
pipeline.get_by_name("osd").get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, look)
pipeline.set_state(Gst.State.PLAYING)
message = pipeline.get_bus().timed_pop_filtered(Gst.CLOCK_TIME_NONE, Gst.MessageType.EOS | Gst.MessageType.ERROR)
pipeline.set_state(Gst.State.NULL)
print(message.type.first_value_nick, "found", found, "removed", removed, "people", people, "ours", ours, "ids", len(ids))
