# OpenCV reads and draws; appsrc pushes; the pipeline detects; what it found comes back.
import gi
gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst
import cv2
import numpy as np
import pyds

Gst.init(None)
pipeline = Gst.Pipeline()
appsrc = Gst.ElementFactory.make("appsrc", "numpy-source")
appsrc.set_property("caps", Gst.Caps.from_string("video/x-raw,format=RGBA,width=640,height=480,framerate=30/1"))
appsrc.set_property("format", Gst.Format.TIME)
appsrc.set_property("do-timestamp", True)
nvvidconvsrc = Gst.ElementFactory.make("nvvideoconvert", "convertor_src2")
nvvidconvsrc.set_property("nvbuf-memory-type", int(pyds.NVBUF_MEM_CUDA_UNIFIED))
caps = Gst.ElementFactory.make("capsfilter", "nvmm_caps")
caps.set_property("caps", Gst.Caps.from_string("video/x-raw(memory:NVMM),format=NV12,width=640,height=480,framerate=30/1"))
streammux = Gst.ElementFactory.make("nvstreammux", "Stream-muxer")
streammux.set_property("width", 640)
streammux.set_property("height", 480)
streammux.set_property("batch-size", 1)
streammux.set_property("batched-push-timeout", 4000000)
sink = Gst.ElementFactory.make("fakesink", "sink")
for element in (appsrc, nvvidconvsrc, caps, streammux, sink):
    pipeline.add(element)
appsrc.link(nvvidconvsrc)
nvvidconvsrc.link(caps)
caps.get_static_pad("src").link(streammux.get_request_pad("sink_0"))
convert = Gst.parse_bin_from_description("nvvideoconvert ! video/x-raw(memory:NVMM),format=RGBA ! identity name=end", True)
pipeline.add(convert)
streammux.link(convert)
convert.link(sink)
greens = []


def probe(pad, info):
    buffer = info.get_buffer()
    frame = pyds.NvDsFrameMeta.cast(pyds.gst_buffer_get_nvds_batch_meta(hash(buffer)).frame_meta_list.data)
    picture = pyds.get_nvds_buf_surface(hash(buffer), frame.batch_id)
    greens.append(int(picture[240, 20 * frame.frame_num, 1]))
    return Gst.PadProbeReturn.OK


sink.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, probe)
loop = GLib.MainLoop()
bus = pipeline.get_bus()
bus.add_signal_watch()
bus.connect("message::eos", lambda *_: loop.quit())
bus.connect("message::error", lambda b, m: (print(m.parse_error()), loop.quit()))
pipeline.set_state(Gst.State.PLAYING)
for number in range(20):
    picture = np.zeros((480, 640, 4), np.uint8)
    cv2.circle(picture, (20 * number, 240), 15, (0, 255, 0, 255), -1)
    buffer = Gst.Buffer.new_wrapped(picture.tobytes())
    appsrc.emit("push-buffer", buffer)
appsrc.emit("end-of-stream")
loop.run()
pipeline.set_state(Gst.State.NULL)
print("frames", len(greens), "green", min(greens[1:]))
