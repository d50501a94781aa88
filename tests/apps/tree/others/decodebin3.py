# uridecodebin3, whose decoders a deep-element-added handler sets up.
import sys
import gi
gi.require_version("Gst", "1.0")
from gi.repository import Gst
import pyds

Gst.init(None)
pipeline = Gst.Pipeline()
mux = Gst.ElementFactory.make("nvstreammux", "mux")
mux.set_property("batch-size", len(sys.argv) - 1)
mux.set_property("width", 640)
mux.set_property("height", 360)
sink = Gst.ElementFactory.make("fakesink", "sink")
sink.set_property("sync", False)
pipeline.add(mux)
pipeline.add(sink)
mux.link(sink)


def on_pad(source, pad, index):
    caps = pad.get_current_caps() or pad.query_caps(None)
    if caps.get_structure(0).get_name().startswith("video"):
        print("memory", caps.get_features(0).to_string())
        pad.link(mux.get_request_pad("sink_%d" % index))


def on_element(bin, child, element):
    if element.get_name().startswith("nvv4l2decoder"):
        element.set_property("drop-frame-interval", 2)


pipeline.connect("deep-element-added", lambda p, b, e: on_element(p, b, e))
for index, uri in enumerate(sys.argv[1:]):
    source = Gst.ElementFactory.make("uridecodebin3", "source%d" % index)
    source.set_property("uri", uri)
    source.connect("pad-added", on_pad, index)
    pipeline.add(source)
frames = {}


def probe(pad, info):
    node = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer())).frame_meta_list
    while node is not None:
        frame = pyds.NvDsFrameMeta.cast(node.data)
        frames[frame.source_id] = frames.get(frame.source_id, 0) + 1
        node = node.next
    return Gst.PadProbeReturn.OK


sink.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, probe)
pipeline.set_state(Gst.State.PLAYING)
message = pipeline.get_bus().timed_pop_filtered(60 * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR)
print(message.type.first_value_nick if message else "timeout", sorted(frames.items()))
pipeline.set_state(Gst.State.NULL)
