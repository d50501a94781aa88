# An asyncio program: probes hand over to its loop, the bus is polled in a task; split recording.
import asyncio
import glob
import gi
gi.require_version("Gst", "1.0")
from gi.repository import Gst
import pyds


async def main():
    Gst.init(None)
    pipeline = Gst.parse_launch(
        "nvurisrcbin uri=file:///opt/nvidia/deepstream/deepstream/samples/streams/sample_walk.mov ! mux.sink_0 "
        "nvstreammux name=mux batch-size=1 width=640 height=360 ! nvinfer config-file-path=pgie.yml ! nvtracker "
        "! nvdsosd name=osd ! nvvideoconvert ! nvv4l2h264enc bitrate=1000000 iframeinterval=10 ! h264parse "
        "! splitmuxsink location=part_%02d.mp4 max-size-time=1000000000")
    loop, results = asyncio.get_running_loop(), asyncio.Queue()

    def probe(pad, info):
        frame = pyds.NvDsFrameMeta.cast(
            pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer())).frame_meta_list.data)
        loop.call_soon_threadsafe(results.put_nowait, (frame.frame_num, frame.num_obj_meta))
        return Gst.PadProbeReturn.OK

    pipeline.get_by_name("osd").get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, probe)
    pipeline.set_state(Gst.State.PLAYING)
    bus = pipeline.get_bus()
    while (message := bus.pop_filtered(Gst.MessageType.EOS | Gst.MessageType.ERROR)) is None:
        await asyncio.sleep(0.02)
    pipeline.set_state(Gst.State.NULL)
    if message.type == Gst.MessageType.ERROR:
        print(message.parse_error())
    rows = [results.get_nowait() for _ in range(results.qsize())]
    print("frames", len(rows), "most", max(n for _, n in rows), "parts", len(glob.glob("part_*.mp4")))


asyncio.run(main())
