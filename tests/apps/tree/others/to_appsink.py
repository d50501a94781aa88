# appsink: encoded pictures with the metadata of their frames, pulled in a callback.
import gi
gi.require_version("Gst", "1.0")
gi.require_version("GstApp", "1.0")
from gi.repository import GLib, Gst, GstApp
import pyds

Gst.init(None)
pipeline = Gst.parse_launch(
    "uridecodebin uri=file:///opt/nvidia/deepstream/deepstream/samples/streams/sample_walk.mov ! queue ! mux.sink_0 "
    "nvstreammux name=mux batch-size=1 width=640 height=360 ! nvinfer config-file-path=pgie.yml "
    "! nvvideoconvert ! video/x-raw,format=RGBA ! appsink name=sink emit-signals=true sync=false max-buffers=4")
rows = []


def on_new_sample(sink):
    sample = sink.emit("pull-sample")
    buffer = sample.get_buffer()
    batch_meta = pyds.gst_buffer_get_nvds_batch_meta(hash(buffer))
    frame_meta = pyds.NvDsFrameMeta.cast(batch_meta.frame_meta_list.data)
    ok, mapped = buffer.map(Gst.MapFlags.READ)
    rows.append((frame_meta.frame_num, frame_meta.num_obj_meta, len(mapped.data)))
    buffer.unmap(mapped)
    return Gst.FlowReturn.OK


pipeline.get_by_name("sink").connect("new-sample", on_new_sample)
loop = GLib.MainLoop()
bus = pipeline.get_bus()
bus.add_signal_watch()
bus.connect("message::eos", lambda *_: loop.quit())
bus.connect("message::error", lambda b, m: (print(m.parse_error()), loop.quit()))
pipeline.set_state(Gst.State.PLAYING)
loop.run()
pipeline.set_state(Gst.State.NULL)
print("samples", len(rows), "bytes", rows[0][2], "objects", max(n for _, n, _ in rows))
