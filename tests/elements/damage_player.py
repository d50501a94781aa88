"""Plays videos one after another: `python damage_player.py CONFIG FILES...`.

A process of its own, so that a crash is one too. There are two lines of JSON for each file, one
before and one after it is played, and between them now and then what is left behind.
"""

import faulthandler
import gc
import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from streams import Gst

HANG_S = 20
DEMUXERS = {"mp4": "qtdemux", "mkv": "matroskademux", "avi": "avidemux", "ts": "tsdemux"}
WANTED = Gst.MessageType.EOS | Gst.MessageType.ERROR


def pipeline(path, config):
    """From a file `CODEC-SEED.CONTAINER` to drawn pictures in system memory.

    No decodebin: it may lose a demuxer's error, and then waits for ever.
    """
    name, codec = path.stem, path.stem.split("-")[0]
    demuxer = DEMUXERS.get(path.suffix[1:])
    demux = f"! {demuxer} name=demux-{name}" if demuxer else ""
    return Gst.parse_launch(
        "nvstreammux name=mux batch-size=1 width=160 height=120 "
        f"! nvinfer config-file-path={config} ! nvdsosd ! nvvideoconvert "
        "! video/x-raw,format=RGBA ! fakesink name=end "
        f"filesrc location={path} name=read-{name} {demux} ! {codec}parse name=parse-{name} "
        f"! nvv4l2decoder name=decode-{name} ! mux.sink_0"
    )


def play(path, config):
    """How it ended, `EOS`, `hang` or the error, and how many pictures came before."""
    line = pipeline(path, config)
    message = None
    try:
        line.set_state(Gst.State.PLAYING)
        message = line.get_bus().timed_pop_filtered(HANG_S * Gst.SECOND, WANTED)
        pictures = line.get_by_name("end").get_property("stats").get_value("rendered")
    finally:
        if message is None:
            faulthandler.dump_traceback()
        line.set_state(Gst.State.NULL)
    return {"ended": "hang" if message is None else ending(message), "pictures": pictures}


def ending(message):
    if message.type == Gst.MessageType.EOS:
        return "EOS"
    error, _ = message.parse_error()
    return f"{message.src.get_path_string()}: {error.message}"


def left_behind():
    gc.collect()
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    memory = Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]
    return {
        "files": len(os.listdir("/proc/self/fd")),
        "threads": len(os.listdir("/proc/self/task")),
        "children": len(children),
        "peak_mb": int(memory) // 1024,
    }


def say(**facts):
    print(json.dumps(facts), flush=True)


def main(config, *paths):
    for number, path in enumerate(map(Path, paths)):
        faulthandler.dump_traceback_later(3 * HANG_S, exit=True)
        if number % 50 == 10:
            say(**left_behind())
        say(playing=path.name)
        say(played=path.name, **play(path, config))
    say(**left_behind())


if __name__ == "__main__":
    main(*sys.argv[1:])
