# A process for each camera, forked from one that has imported everything; results by a queue.
import multiprocessing
import sys
import gi
gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst
import pyds

Gst.init(None)


def worker(number, uri, results):
    pipeline = Gst.parse_launch(
        "uridecodebin uri=%s ! mux.sink_0 nvstreammux name=mux batch-size=1 width=640 height=360 "
        "! nvinfer config-file-path=pgie.yml name=pgie ! nvtracker ! nvdsosd ! fakesink" % uri)
    counts = []

    def probe(pad, info):
        frame = pyds.NvDsFrameMeta.cast(
            pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer())).frame_meta_list.data)
        counts.append(frame.num_obj_meta)
        return Gst.PadProbeReturn.OK

    pipeline.get_by_name("pgie").get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, probe)
    loop = GLib.MainLoop()
    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message::eos", lambda *_: loop.quit())
    bus.connect("message::error", lambda b, m: (print(m.parse_error()), loop.quit()))
    pipeline.set_state(Gst.State.PLAYING)
    loop.run()
    pipeline.set_state(Gst.State.NULL)
    results.put((number, len(counts), max(counts, default=0)))


if __name__ == "__main__":
    multiprocessing.set_start_method("fork")
    results = multiprocessing.Queue()
    processes = [multiprocessing.Process(target=worker, args=(n, uri, results)) for n, uri in enumerate(sys.argv[1:])]
    for process in processes:
        process.start()
    for row in sorted(results.get(timeout=60) for _ in processes):
        print("process", *row)
    for process in processes:
        process.join()
        print("exit", process.exitcode)
