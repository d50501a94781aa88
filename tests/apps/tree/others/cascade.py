# A detector on the objects of a detector, and a classifier on what that one found.
import gi
gi.require_version("Gst", "1.0")
from gi.repository import Gst
import pyds

Gst.init(None)
pipeline = Gst.parse_launch(
    "uridecodebin uri=file:///opt/nvidia/deepstream/deepstream/samples/streams/yoga.mp4 ! mux.sink_0 "
    "nvstreammux name=mux batch-size=1 width=1280 height=720 ! nvinfer config-file-path=pgie.yml interval=49 "
    "! nvinfer config-file-path=cascade_sgie1.txt ! nvinfer config-file-path=cascade_sgie2.txt name=last ! fakesink")


def probe(pad, info):
    batch = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
    frame = pyds.NvDsFrameMeta.cast(batch.frame_meta_list.data)
    node = frame.obj_meta_list
    while node is not None:
        obj = pyds.NvDsObjectMeta.cast(node.data)
        node = node.next
        labels = []
        l_class = obj.classifier_meta_list
        while l_class is not None:
            classifier = pyds.NvDsClassifierMeta.cast(l_class.data)
            l_label = classifier.label_info_list
            while l_label is not None:
                labels.append((classifier.unique_component_id, pyds.NvDsLabelInfo.cast(l_label.data).result_label))
                l_label = l_label.next
            l_class = l_class.next
        parent = obj.parent
        inside = ""
        if parent is not None:
            box, outer = obj.rect_params, parent.rect_params
            inside = (outer.left - 1 <= box.left and outer.top - 1 <= box.top
                      and box.left + box.width <= outer.left + outer.width + 1
                      and box.top + box.height <= outer.top + outer.height + 1)
        print("frame", frame.frame_num, "by", obj.unique_component_id, "label", obj.obj_label, "inside", inside,
              "labels", labels)
    return Gst.PadProbeReturn.OK


pipeline.get_by_name("last").get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, probe)
pipeline.set_state(Gst.State.PLAYING)
message = pipeline.get_bus().timed_pop_filtered(Gst.CLOCK_TIME_NONE, Gst.MessageType.EOS | Gst.MessageType.ERROR)
print(message.type.first_value_nick, message.parse_error() if message.type == Gst.MessageType.ERROR else "")
pipeline.set_state(Gst.State.NULL)
