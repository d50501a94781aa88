# A folder of numbered JPEGs in, each with its boxes drawn out again as JPEG.
import os
import gi
gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst
import cv2
import pyds

SDK = "/opt/nvidia/deepstream/deepstream/samples/streams/"
os.makedirs("in", exist_ok=True)
os.makedirs("out", exist_ok=True)
with open(SDK + "sample_720p.jpg", "rb") as file:
    data = file.read()
for number in range(6):
    with open("in/image_%03d.jpg" % number, "wb") as file:
        file.write(data)
Gst.init(None)
pipeline = Gst.Pipeline()


def make(factory, **properties):
    element = Gst.ElementFactory.make(factory)
    for name, value in properties.items():
        element.set_property(name, value)
    pipeline.add(element)
    return element


source = make("multifilesrc", location="in/image_%03d.jpg", caps=Gst.Caps.from_string("image/jpeg,framerate=5/1"))
parser, decoder = make("jpegparse"), make("nvjpegdec")
mux = make("nvstreammux", batch_size=1, width=1280, height=720)
pgie = make("nvinfer", config_file_path="pgie.yml", interval=0)
conv, osd, conv2 = make("nvvideoconvert"), make("nvdsosd", process_mode=0, display_text=1), make("nvvideoconvert")
encoder, sink = make("nvjpegenc", quality=85), make("multifilesink", location="out/drawn_%03d.jpg", sync=False)
source.link(parser)
parser.link(decoder)
decoder.get_static_pad("src").link(mux.get_request_pad("sink_0"))
for first, second in zip([mux, pgie, conv, osd, conv2, encoder], [pgie, conv, osd, conv2, encoder, sink]):
    first.link(second)
objects = []


def probe(pad, info):
    frame = pyds.NvDsFrameMeta.cast(
        pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer())).frame_meta_list.data)
    objects.append(frame.num_obj_meta)
    return Gst.PadProbeReturn.OK


osd.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, probe)
loop = GLib.MainLoop()
bus = pipeline.get_bus()
bus.add_signal_watch()
bus.connect("message::eos", lambda *_: loop.quit())
bus.connect("message::error", lambda b, m: (print(m.parse_error()), loop.quit()))
pipeline.set_state(Gst.State.PLAYING)
loop.run()
pipeline.set_state(Gst.State.NULL)
changed = [(cv2.imread("out/" + name).astype(int) - cv2.imread("in/image_000.jpg")).__abs__().max() > 100
           for name in sorted(os.listdir("out"))]
print("pictures", len(changed), "drawn on", sum(changed), "objects", min(objects))
