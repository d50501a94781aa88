"""A pipeline in a process of its own that sends numbered messages, until it ends or is killed.

python outage_player.py SETTINGS, a JSON object: `broker`, the properties of nvmsgbroker; `sources`;
`first` and `end`, the numbers of each source's messages; `accepted`, a file that says how many
numbers of every source nvmsgbroker has accepted, and that outlives this process however it ends.
"""

import json
import os
import sys
import time
from pathlib import Path

import penstock
from penstock.gst import Gst

PACE_US = 1500  # between one batch and the next
WRITER = """\
def nvds_msg2p_generate_new(objects, context):
    frame = context.frame
    return f"{{frame.source_id}};{{frame.frame_num + {first}}}"
"""


def main(settings):
    penstock.init()
    pipeline = Gst.parse_launch(line(settings))
    broker = pipeline.get_by_name("broker")
    for name, value in settings["broker"].items():
        broker.set_property(name, value)
    accepted = os.open(settings["accepted"], os.O_WRONLY | os.O_CREAT)
    allowed = os.open(settings["allowed"], os.O_RDONLY)
    batches = iter(range(settings["first"], settings["end"] + 1))

    def on_batch(_pad, _info):
        """When a batch comes, the ones before it are accepted."""
        number = next(batches)
        os.pwrite(accepted, f"{number:9d}".encode(), 0)
        while number > int(os.pread(allowed, 9, 0) or 0):
            time.sleep(0.005)
        return Gst.PadProbeReturn.OK

    broker.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, on_batch)
    pipeline.set_state(Gst.State.PLAYING)
    wanted = Gst.MessageType.EOS | Gst.MessageType.ERROR
    message = pipeline.get_bus().timed_pop_filtered(Gst.CLOCK_TIME_NONE, wanted)
    pipeline.set_state(Gst.State.NULL)
    if message.type == Gst.MessageType.ERROR:
        sys.exit(message.parse_error()[0].message)
    sys.stdout.write(str(broker.get_property("messages-spooled")))


def line(settings):
    count = settings["end"] - settings["first"]
    writer = Path(settings["accepted"]).with_suffix(".py")
    writer.write_text(WRITER.format(first=settings["first"]))
    sources = settings["sources"]
    return (
        f"nvstreammux name=mux batch-size={sources} width=32 height=32 "
        f"! identity sleep-time={PACE_US} ! nvmsgconv payload-type=1 msg2p-newapi=1 "
        f"frame-interval=1 msg2p-lib={writer} ! nvmsgbroker name=broker sync=false "
    ) + " ".join(
        f"videotestsrc num-buffers={count} ! video/x-raw,width=32,height=32 ! nvvideoconvert "
        f"! mux.sink_{number}"
        for number in range(sources)
    )


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
