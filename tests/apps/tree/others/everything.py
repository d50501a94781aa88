# Detector, tracker, zones, and each object of each tenth frame to a broker: msg2p-newapi makes the messages.
import configparser
import sys
import gi
gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst
import pyds

proto_lib, conn_str, topic = sys.argv[1:]
Gst.init(None)
pipeline = Gst.Pipeline()


def make(factory, **properties):
    element = Gst.ElementFactory.make(factory, None)
    if element is None:
        raise RuntimeError("no " + factory)
    for name, value in properties.items():
        element.set_property(name.replace("_", "-"), value)
    pipeline.add(element)
    return element


source = make("nvurisrcbin", uri="file:///opt/nvidia/deepstream/deepstream/samples/streams/sample_walk.mov")
mux = make("nvstreammux", batch_size=1, width=960, height=540, batched_push_timeout=40000)
pgie = make("nvinfer", config_file_path="pgie.yml", interval=1)
tracker = make("nvtracker")
config = configparser.ConfigParser()
config.read("tracker.txt")
for key in config["tracker"]:
    if key in ("tracker-width", "tracker-height", "gpu-id"):
        tracker.set_property(key, config.getint("tracker", key))
    if key in ("ll-lib-file", "ll-config-file"):
        tracker.set_property(key, config.get("tracker", key))
analytics = make("nvdsanalytics", config_file="config_nvdsanalytics.txt")
tee = make("tee")
queue1, queue2 = make("queue"), make("queue")
msgconv = make("nvmsgconv", config="msgconv.yml", payload_type=1, msg2p_newapi=1, frame_interval=10)
msgbroker = make("nvmsgbroker", proto_lib=proto_lib, conn_str=conn_str, topic=topic, sync=0)
tiler = make("nvmultistreamtiler", rows=1, columns=1, width=960, height=540)
conv, osd = make("nvvideoconvert"), make("nvdsosd")
sink = make("nveglglessink", sync=0)
source.connect("pad-added", lambda s, pad: pad.link(mux.get_request_pad("sink_0")) if pad.get_name().startswith("vsrc") else None)
for chain in ([mux, pgie, tracker, analytics, tee], [queue1, msgconv, msgbroker], [queue2, tiler, conv, osd, sink]):
    for first, second in zip(chain, chain[1:]):
        if not first.link(second):
            sys.exit("cannot link %s to %s" % (first.get_name(), second.get_name()))
tee.get_request_pad("src_%u").link(queue1.get_static_pad("sink"))
tee.get_request_pad("src_%u").link(queue2.get_static_pad("sink"))
seen, in_yard = set(), 0


def probe(pad, info):
    global in_yard
    batch = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
    frame = pyds.NvDsFrameMeta.cast(batch.frame_meta_list.data)
    l_obj = frame.obj_meta_list
    while l_obj is not None:
        obj = pyds.NvDsObjectMeta.cast(l_obj.data)
        seen.add(obj.object_id)
        l_user = obj.obj_user_meta_list
        while l_user is not None:
            user = pyds.NvDsUserMeta.cast(l_user.data)
            if user.base_meta.meta_type == pyds.nvds_get_user_meta_type("NVIDIA.DSANALYTICSOBJ.USER_META"):
                in_yard += "YARD" in pyds.NvDsAnalyticsObjInfo.cast(user.user_meta_data).roiStatus
            l_user = l_user.next
        l_obj = l_obj.next
    return Gst.PadProbeReturn.OK


analytics.get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, probe)
loop = GLib.MainLoop()
bus = pipeline.get_bus()
bus.add_signal_watch()


def on_message(bus, message):
    if message.type == Gst.MessageType.ERROR:
        print(*message.parse_error())
    if message.type in (Gst.MessageType.EOS, Gst.MessageType.ERROR):
        loop.quit()


bus.connect("message", on_message)
pipeline.set_state(Gst.State.PLAYING)
loop.run()
pipeline.set_state(Gst.State.NULL)
print("tracks", len(seen), "in the yard", in_yard)
