# Two pipelines on one loop, each counted by its own probe; the second starts when the first has ended.
import gi
gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst
import pyds

Gst.init(None)
STREAMS = "file:///opt/nvidia/deepstream/deepstream/samples/streams/"
loop = GLib.MainLoop()
counts = {"first": [], "second": [], "third": []}


def build(name, stream):
    pipeline = Gst.parse_launch(
        "uridecodebin uri=%s%s ! queue ! mux.sink_0 nvstreammux name=mux batch-size=1 width=640 height=360 "
        "! nvinfer config-file-path=pgie.yml name=gie ! fakesink sync=false" % (STREAMS, stream))
    pipeline.set_name(name)

    def probe(pad, info, name):
        frame = pyds.NvDsFrameMeta.cast(pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer())).frame_meta_list.data)
        counts[name].append(frame.num_obj_meta)
        return Gst.PadProbeReturn.OK

    pipeline.get_by_name("gie").get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, probe, name)
    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message", on_message, pipeline)
    return pipeline


def on_message(bus, message, pipeline):
    if message.type == Gst.MessageType.ERROR:
        print("error", message.parse_error())
        loop.quit()
    if message.type == Gst.MessageType.EOS:
        print("ended", pipeline.get_name())
        pipeline.set_state(Gst.State.NULL)
        running.remove(pipeline)
        if pipeline.get_name() == "first":
            running.append(build("third", "sample_walk.mov"))
            running[-1].set_state(Gst.State.PLAYING)
        if not running:
            loop.quit()


running = [build("first", "sample_walk.mov"), build("second", "sample_cam5.mp4")]
for pipeline in list(running):
    pipeline.set_state(Gst.State.PLAYING)
loop.run()
for name, numbers in counts.items():
    print(name, len(numbers), max(numbers))
