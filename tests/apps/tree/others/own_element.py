# An element of the script's own between DeepStream's, and properties set in every way there is.
import gi
gi.require_version("Gst", "1.0")
gi.require_version("GstBase", "1.0")
from gi.repository import GLib, GObject, Gst, GstBase
import pyds

Gst.init(None)
STREAMS = "/opt/nvidia/deepstream/deepstream/samples/streams/"
CAPS = Gst.Caps.from_string("video/x-raw(memory:NVMM)")


class Counter(GstBase.BaseTransform):
    __gstmetadata__ = ("Counter", "Filter", "Counts objects", "somebody")
    __gsttemplates__ = (
        Gst.PadTemplate.new("sink", Gst.PadDirection.SINK, Gst.PadPresence.ALWAYS, CAPS),
        Gst.PadTemplate.new("src", Gst.PadDirection.SRC, Gst.PadPresence.ALWAYS, CAPS))
    least = GObject.Property(type=float, default=0.0)

    def __init__(self):
        super().__init__()
        self.frames = self.objects = 0

    def do_transform_ip(self, buffer):
        batch_meta = pyds.gst_buffer_get_nvds_batch_meta(hash(buffer))
        l_frame = batch_meta.frame_meta_list
        while l_frame is not None:
            frame_meta = pyds.NvDsFrameMeta.cast(l_frame.data)
            self.frames += 1
            l_obj = frame_meta.obj_meta_list
            while l_obj is not None:
                obj_meta = pyds.NvDsObjectMeta.cast(l_obj.data)
                l_obj = l_obj.next
                if obj_meta.confidence >= self.least:
                    self.objects += 1
                else:
                    pyds.nvds_remove_obj_meta_from_frame(frame_meta, obj_meta)
            l_frame = l_frame.next
        return Gst.FlowReturn.OK


GObject.type_register(Counter)
Gst.Element.register(None, "counter", Gst.Rank.NONE, Counter)

pipeline = Gst.Pipeline.new(None)
first = Gst.ElementFactory.make("uridecodebin", "first")
first.props.uri = "file://" + STREAMS + "sample_walk.mov"
second = Gst.ElementFactory.make_with_properties("filesrc", ["location"], [STREAMS + "sample_qHD.h264"]) \
    if hasattr(Gst.ElementFactory, "make_with_properties") else Gst.ElementFactory.make("filesrc")
second.set_properties(location=STREAMS + "sample_qHD.h264")
parser, decoder = Gst.ElementFactory.make("h264parse"), Gst.ElementFactory.make("nvv4l2decoder")
mux = Gst.ElementFactory.make("nvstreammux", "mux")
mux.props.batch_size = 2
mux.props.width, mux.props.height = 640, 360
mux.set_properties(batched_push_timeout=40000, live_source=0)
pgie = Gst.ElementFactory.make("nvinfer", "pgie")
Gst.util_set_object_arg(pgie, "config-file-path", "pgie.yml")
counter = Gst.ElementFactory.make("counter", "counter")
counter.props.least = 0.5
sink = Gst.ElementFactory.make("fakesink", "sink")
for element in (first, second, parser, decoder, mux, pgie, counter, sink):
    pipeline.add(element)
first.connect("pad-added", lambda _, pad: pad.link(mux.request_pad_simple("sink_0")))
second.link(parser)
parser.link_filtered(decoder, Gst.Caps.from_string("video/x-h264"))
decoder.link_pads("src", mux, "sink_1")
mux.link(pgie)
pgie.link(counter)
counter.link(sink)
loop = GLib.MainLoop()
bus = pipeline.get_bus()
bus.add_signal_watch()
bus.connect("message::eos", lambda *_: loop.quit())
bus.connect("message::error", lambda b, m: (print(m.parse_error()), loop.quit()))
pipeline.set_state(Gst.State.PAUSED)
print(pipeline.get_state(20 * Gst.SECOND)[0].value_nick)
pipeline.set_state(Gst.State.PLAYING)
loop.run()
pipeline.set_state(Gst.State.NULL)
print("frames", counter.frames, "sure", counter.objects > 0)
