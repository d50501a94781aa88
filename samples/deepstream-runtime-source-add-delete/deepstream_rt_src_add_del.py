"""deepstream-runtime-source-add-delete: streams come and go while the pipeline plays.

N x uridecodebin ! nvstreammux ! nvinfer ! nvmultistreamtiler ! nvvideoconvert ! nvdsosd ! nveglglessink
"""  # noqa: E501 - one pipeline, one line

from __future__ import annotations

import argparse
import random
import sys
from pathlib import Path

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402

import pyds  # noqa: E402, F401 - registers the elements

PIPELINE = """
    nvstreammux name=mux width=1920 height=1080 live-source=1 batched-push-timeout=25000
    ! queue ! nvinfer name=detector ! queue ! nvmultistreamtiler name=tiler width=1280 height=720
    ! queue ! nvvideoconvert ! queue ! nvdsosd ! queue ! {screen}
"""
SHOWN, HIDDEN = "nveglglessink sync=false qos=false", "fakesink sync=false"


class Wall:
    """A pipeline and the streams that are in it at the moment.

    Attributes:
        pipeline: It plays from the first stream on.
        streams: Number of a stream, which is that of the mux's pad, and what opens it.
    """

    def __init__(self, uri: str, *, most: int, config: Path, screen: str) -> None:
        self.pipeline = Gst.parse_launch(PIPELINE.format(screen=screen))
        self.streams: dict[int, Gst.Element] = {}
        self._uri = uri
        self._mux = self.pipeline.get_by_name("mux")
        detector, tiler = map(self.pipeline.get_by_name, ("detector", "tiler"))
        detector.set_property("config-file-path", str(config))
        for element in (self._mux, detector):
            element.set_property("batch-size", most)
        tiler.set_property("columns", 2)
        tiler.set_property("rows", (most + 1) // 2)

    def start(self, number: int) -> None:
        """Let a stream join."""
        print(f"Calling Start {number}", flush=True)
        source = Gst.ElementFactory.make("uridecodebin", f"source-{number}")
        source.set_property("uri", self._uri)
        source.connect("pad-added", self._link, number)
        self.streams[number] = source
        self.pipeline.add(source)
        source.sync_state_with_parent()

    def _link(self, _source: Gst.Element, pad: Gst.Pad, number: int) -> None:
        """The mux waits for a stream from the moment it has a pad for it: not before this."""
        if pad.query_caps(None).get_structure(0).get_name().startswith("video"):
            pad.link(self._mux.request_pad_simple(f"sink_{number}"))

    def stop(self, number: int) -> None:
        """Let a stream leave."""
        print(f"Calling Stop {number}", flush=True)
        source = self.streams.pop(number)
        source.set_state(Gst.State.NULL)
        pad = self._mux.get_static_pad(f"sink_{number}")
        if pad is not None:  # none where it never had pictures
            pad.send_event(Gst.Event.new_flush_stop(False))
            self._mux.release_request_pad(pad)
        self.pipeline.remove(source)


class Schedule:
    """One change at each tick: streams join until there are `most`, then leave at random."""

    def __init__(self, wall: Wall, loop: GLib.MainLoop, *, most: int) -> None:
        self._wall, self._loop, self._most = wall, loop, most
        self._started = 0

    def tick(self) -> bool:
        """The next change; a GLib timeout."""
        if self._started < self._most:
            self._wall.start(self._started)
            self._started += 1
        elif self._wall.streams:
            self._wall.stop(random.choice(list(self._wall.streams)))
        return self._goes_on()

    def ended(self, number: int) -> None:
        """A stream has ended by itself."""
        if number in self._wall.streams:
            self._wall.stop(number)
            self._goes_on()

    def _goes_on(self) -> bool:
        if self._wall.streams or self._started < self._most:
            return True
        print("All sources stopped quitting")
        self._loop.quit()
        return False


def play(wall: Wall, *, most: int, interval_s: float) -> int:
    """Play until the last stream has left; returns the exit code."""
    loop, failed = GLib.MainLoop(), []
    schedule = Schedule(wall, loop, most=most)

    def on_message(_bus: Gst.Bus, message: Gst.Message) -> None:
        if message.type == Gst.MessageType.WARNING:
            print(f"Warning: {message.parse_warning()[0].message}", file=sys.stderr)
        elif message.type == Gst.MessageType.ERROR:
            failed.append(message)
            print(f"Error: {message.parse_error()[0].message}", file=sys.stderr)
            loop.quit()
        elif (said := message.get_structure()) is not None and said.has_name("stream-eos"):
            number = said.get_uint("stream-id")[1]
            print(f"Got EOS from stream {number}", flush=True)
            schedule.ended(number)

    bus = wall.pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message", on_message)
    schedule.tick()
    wall.pipeline.set_state(Gst.State.PLAYING)
    GLib.timeout_add(int(interval_s * 1000), schedule.tick)
    try:
        loop.run()
    except KeyboardInterrupt:
        print("Stopped", file=sys.stderr)
    finally:
        wall.pipeline.set_state(Gst.State.NULL)
    return 1 if failed else 0


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description="Streams come and go while the pipeline plays.")
    parser.add_argument("uri", help="of a video or a camera, shown several times")
    parser.add_argument("--interval", type=float, default=10.0, help="seconds between changes")
    parser.add_argument("--most", type=int, default=4, help="how many streams at most")
    parser.add_argument("--config", type=Path, help="nvinfer configuration of another detector")
    parser.add_argument("--no-display", action="store_true", help="show nothing")
    arguments = parser.parse_args()
    Gst.init(None)
    screen = HIDDEN if arguments.no_display else SHOWN
    config = arguments.config or default_config()
    wall = Wall(arguments.uri, most=arguments.most, config=config, screen=screen)
    return play(wall, most=arguments.most, interval_s=arguments.interval)


def default_config() -> Path:
    """The configuration of the kit's detector, which is fetched on first use."""
    from penstock import kit

    return kit.config_of("yolov4-tiny")


if __name__ == "__main__":
    sys.exit(main())
