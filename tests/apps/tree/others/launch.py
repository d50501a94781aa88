# One string, configured by YAML; Python only counts.
import sys
import gi
gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst
import pyds

Gst.init(sys.argv)
STREAM = "/opt/nvidia/deepstream/deepstream-6.3/samples/streams/sample_walk.mov"
pipeline = Gst.parse_launch(f"""
    filesrc location={STREAM} ! qtdemux ! h264parse ! nvv4l2decoder ! m.sink_0
    nvstreammux name=m batch-size=1 width=960 height=540 live-source=0 batched-push-timeout=40000
    ! nvinfer config-file-path=pgie.yml ! nvvideoconvert ! nvdsosd name=osd display-text=1 process-mode=0
    ! fakesink sync=0
""")
total = 0


def on_buffer(pad, info):
    global total
    batch = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
    node = batch.frame_meta_list
    while node:
        total += pyds.NvDsFrameMeta.cast(node.data).num_obj_meta
        node = node.next
    return Gst.PadProbeReturn.OK


pipeline.get_by_name("osd").get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, on_buffer)
loop = GLib.MainLoop()
bus = pipeline.get_bus()
bus.add_signal_watch()
bus.connect("message::eos", lambda *_: loop.quit())
bus.connect("message::error", lambda _bus, message: (print(message.parse_error()), loop.quit()))
pipeline.set_state(Gst.State.PLAYING)
loop.run()
pipeline.set_state(Gst.State.NULL)
print("objects", total)
