# Four cameras on a wall; a timer shows one of them alone, then all of them again.
import gi
gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst
import pyds

Gst.init(None)
pipeline = Gst.parse_launch(
    "nvstreammux name=mux batch-size=4 width=320 height=180 live-source=1 batched-push-timeout=40000 "
    "! nvmultistreamtiler name=tiler rows=2 columns=2 width=640 height=360 "
    "! nvvideoconvert ! video/x-raw(memory:NVMM),format=RGBA ! fakesink name=sink "
    + " ".join("videotestsrc is-live=1 pattern=%s ! video/x-raw,width=320,height=180,framerate=10/1 "
               "! nvvideoconvert ! video/x-raw(memory:NVMM) ! mux.sink_%d" % (pattern, n)
               for n, pattern in enumerate(["red", "green", "blue", "white"])))
tiler = pipeline.get_by_name("tiler")
colours = ["red", "green", "blue", "white"]
shown = []


def colour_at(picture, x, y):
    r, g, b = (int(v) > 128 for v in picture[y, x, :3])
    return {(1, 0, 0): "red", (0, 1, 0): "green", (0, 0, 1): "blue", (1, 1, 1): "white"}.get((r, g, b), "?")


def probe(pad, info):
    buffer = info.get_buffer()
    picture = pyds.get_nvds_buf_surface(hash(buffer), 0)
    corners = tuple(colour_at(picture, x, y) for y in (90, 270) for x in (160, 480))
    if "?" not in corners and (not shown or shown[-1] != corners):
        shown.append(corners)
        print("shown", *corners, flush=True)
    return Gst.PadProbeReturn.OK


def show(source):
    tiler.set_property("show-source", source)
    print("show-source", tiler.get_property("show-source"), flush=True)
    return False


pipeline.get_by_name("sink").get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, probe)
loop = GLib.MainLoop()
pipeline.set_state(Gst.State.PLAYING)


def step(wanted, following):
    if shown and shown[-1] == wanted:
        if following is None:
            loop.quit()
        else:
            show(following[0])
            GLib.timeout_add(50, step, *following[1:])
        return False
    return True


ALL = tuple(colours)
GLib.timeout_add(50, step, ALL, (2, ("blue",) * 4, (0, ("red",) * 4, (-1, ALL, None))))
GLib.timeout_add_seconds(40, loop.quit)
loop.run()
pipeline.set_state(Gst.State.NULL)
