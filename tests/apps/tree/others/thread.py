# A class that is a thread, runs the loop in it, and is polled from the main thread.
import queue
import threading
import gi
gi.require_version("Gst", "1.0")
gi.require_version("GLib", "2.0")
from gi.repository import GLib, GObject, Gst
import pyds

GObject.threads_init()
Gst.init(None)


class DeepStreamPipeline(threading.Thread):
    def __init__(self, uri):
        super().__init__()
        self.daemon = True
        self.results = queue.Queue()
        self.pipeline = Gst.Pipeline.new("worker")
        self.mux = self.make("nvstreammux", **{"batch-size": 1, "width": 640, "height": 360})
        self.source = self.make("uridecodebin", uri=uri)
        self.pgie = self.make("nvinfer", **{"config-file-path": "pgie.yml"})
        self.sink = self.make("fakesink", sync=False)
        self.source.connect("pad-added", self.on_pad_added)
        self.mux.link(self.pgie)
        self.pgie.link(self.sink)
        self.pgie.get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, self.on_buffer, None)
        self.loop = GLib.MainLoop()
        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect("message", self.on_message)

    def make(self, factory, **properties):
        element = Gst.ElementFactory.make(factory)
        for name, value in properties.items():
            element.set_property(name, value)
        self.pipeline.add(element)
        return element

    def on_pad_added(self, element, pad):
        if pad.query_caps().to_string().startswith("video"):
            pad.link(self.mux.get_request_pad("sink_0"))

    def on_buffer(self, pad, info, data):
        batch = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
        frame = pyds.NvDsFrameMeta.cast(batch.frame_meta_list.data)
        self.results.put((frame.frame_num, frame.num_obj_meta))
        return Gst.PadProbeReturn.OK

    def on_message(self, bus, message):
        if message.type in (Gst.MessageType.EOS, Gst.MessageType.ERROR):
            self.loop.quit()

    def run(self):
        self.pipeline.set_state(Gst.State.PLAYING)
        self.loop.run()
        self.pipeline.set_state(Gst.State.NULL)
        self.results.put(None)


worker = DeepStreamPipeline("file:///opt/nvidia/deepstream/deepstream/samples/streams/sample_walk.mov")
worker.start()
frames = list(iter(worker.results.get, None))
worker.join()
print("frames", [number for number, _ in frames] == list(range(100)), "seen", sum(n > 0 for _, n in frames))
