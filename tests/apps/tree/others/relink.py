# Blocks a pad, puts an element in between, and seeks back once at the end; a probe watches events.
import gi
gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst
import pyds

Gst.init(None)
pipeline = Gst.parse_launch(
    "uridecodebin uri=file:///opt/nvidia/deepstream/deepstream/samples/streams/sample_walk.mov ! mux.sink_0 "
    "nvstreammux name=mux batch-size=1 width=320 height=180 ! identity name=before ! fakesink name=sink")
before, sink = pipeline.get_by_name("before"), pipeline.get_by_name("sink")
loop = GLib.MainLoop()
events, frames, drawn, rounds = [], [], 0, 0


def on_frame(pad, info):
    frame = pyds.NvDsFrameMeta.cast(pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer())).frame_meta_list.data)
    frames.append(frame.frame_num)
    if len(frames) == 20:
        before.get_static_pad("src").add_probe(Gst.PadProbeType.BLOCK_DOWNSTREAM, on_blocked)
    return Gst.PadProbeReturn.OK


def on_drawn(pad, info):
    global drawn
    drawn += 1
    return Gst.PadProbeReturn.OK


def on_blocked(pad, info):
    osd = Gst.ElementFactory.make("nvdsosd", "late-osd")
    pipeline.add(osd)
    before.unlink(sink)
    before.link(osd)
    osd.link(sink)
    osd.sync_state_with_parent()
    osd.get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, on_drawn)
    return Gst.PadProbeReturn.REMOVE


def on_event(pad, info):
    events.append(info.get_event().type.value_nick)
    return Gst.PadProbeReturn.OK


def on_message(bus, message):
    global rounds
    if message.type == Gst.MessageType.ERROR:
        print(message.parse_error())
        loop.quit()
    if message.type == Gst.MessageType.EOS:
        rounds += 1
        if rounds == 2:
            loop.quit()
        else:
            print("seek", pipeline.seek_simple(Gst.Format.TIME, Gst.SeekFlags.FLUSH | Gst.SeekFlags.KEY_UNIT, 0))


before.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, on_frame)
before.get_static_pad("sink").add_probe(Gst.PadProbeType.EVENT_DOWNSTREAM | Gst.PadProbeType.EVENT_FLUSH, on_event)
bus = pipeline.get_bus()
bus.add_signal_watch()
bus.connect("message", on_message)
pipeline.set_state(Gst.State.PLAYING)
loop.run()
pipeline.set_state(Gst.State.NULL)
print("frames", len(frames), "drawn", drawn, "eos", events.count("eos"), "flush", events.count("flush-start"))
