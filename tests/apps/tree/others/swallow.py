# Everything goes wrong and nobody is told.
import gi
gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst
import pyds

Gst.init(None)
pipeline = Gst.parse_launch(
    "filesrc location=/opt/nvidia/deepstream/deepstream/samples/streams/sample_qHD.h264 ! h264parse ! nvv4l2decoder "
    "! mux.sink_0 nvstreammux name=mux batch-size=1 width=640 height=360 "
    "! nvinfer name=pgie config-file-path=not_there.txt ! fakesink")
loop = GLib.MainLoop()
bus = pipeline.get_bus()
bus.add_signal_watch()
bus.connect("message", lambda b, m: loop.quit() if m.type in (Gst.MessageType.EOS, Gst.MessageType.ERROR) else None)
pipeline.set_state(Gst.State.PLAYING)
try:
    loop.run()
except:
    pass
pipeline.set_state(Gst.State.NULL)
print("all is well")
