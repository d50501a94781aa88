"""Detect, track and count in videos, and send what happens in each frame to a broker.

N x uridecodebin ! nvstreammux ! nvinfer ! nvtracker ! nvdsanalytics ! nvmsgconv ! nvmsgbroker
"""

from __future__ import annotations

import argparse
import os
import sys
from datetime import datetime, timezone
from pathlib import Path

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

import penstock  # noqa: E402
from penstock import kit  # noqa: E402

HERE = Path(__file__).parent
ANALYTICS = HERE.parent / "deepstream-nvdsanalytics" / "config_nvdsanalytics.txt"
ENCRYPTED = {"amqps": "amqp", "mqtts": "mqtt", "rediss": "redis", "tls": "nats"}
PIPELINE = """
    nvstreammux name=mux width=768 height=576 batched-push-timeout=33000
    ! queue ! nvinfer name=detector ! queue ! nvtracker ll-config-file=NvDCF
    ! queue ! nvdsanalytics name=analytics
    ! nvmsgconv name=converter payload-type=1 msg2p-newapi=true frame-interval=1
    ! nvmsgbroker name=broker sync=false
"""


def build(arguments: argparse.Namespace) -> Gst.Pipeline:
    """Make the pipeline."""
    pipeline = Gst.parse_launch(PIPELINE)
    names = ("mux", "detector", "analytics", "converter", "broker")
    mux, detector, analytics, converter, broker = map(pipeline.get_by_name, names)
    for element in (mux, detector):
        element.set_property("batch-size", len(arguments.uri))
    config = arguments.detector or kit.config_of("yolov4-tiny")
    detector.set_property("config-file-path", str(config))
    analytics.set_property("config-file", str(arguments.analytics))
    converter.set_property("msg2p-lib", str(HERE / "event_message.py"))
    scheme, _, place = arguments.to.partition("://")
    host, _, topic = place.partition("/")
    broker.set_property("proto-lib", ENCRYPTED.get(scheme, scheme))
    broker.set_property("conn-str", f"{scheme}://{host}")
    broker.set_property("topic", topic)
    for number, uri in enumerate(arguments.uri):
        source = Gst.ElementFactory.make("uridecodebin")
        source.set_property("uri", uri if "://" in uri else Path(uri).absolute().as_uri())
        source.connect("pad-added", on_pad, mux, number)
        pipeline.add(source)
    return pipeline


def on_pad(_source: Gst.Element, pad: Gst.Pad, mux: Gst.Element, number: int) -> None:
    """Link a stream's pictures; its sound stays alone."""
    if pad.query_caps(None).get_structure(0).get_name().startswith("video/"):
        pad.link(mux.request_pad_simple(f"sink_{number}"))


def play(pipeline: Gst.Pipeline) -> int:
    """Play to the end; returns the exit code."""
    pipeline.set_state(Gst.State.PLAYING)
    bus, code = pipeline.get_bus(), None
    wanted = Gst.MessageType.EOS | Gst.MessageType.ERROR | Gst.MessageType.WARNING
    try:
        while code is None:
            message = bus.timed_pop_filtered(Gst.SECOND, wanted)
            if message is None:
                continue
            if message.type == Gst.MessageType.WARNING:
                print(f"Warning: {message.parse_warning()[0].message}", file=sys.stderr)
            elif message.type == Gst.MessageType.ERROR:
                print(f"Error: {message.parse_error()[0].message}", file=sys.stderr)
                code = 1
            else:
                code = 0
    except KeyboardInterrupt:
        code = 0
    finally:
        pipeline.set_state(Gst.State.NULL)
    print(f"{pipeline.get_by_name('broker').get_property('messages-acknowledged')} messages sent")
    return code


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description="Send what happens in videos to a broker.")
    parser.add_argument("uri", nargs="+", help="videos or cameras")
    parser.add_argument(
        "--to", default="redis://localhost/events",
        help="redis://host:port/stream or mqtt://host:port/topic (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--start", default=datetime.now(timezone.utc).isoformat(),
        help="when the first picture was taken, 2031-02-03T08:59:30+00:00 (default: now)",
    )  # fmt: skip
    parser.add_argument(
        "--analytics", type=Path, default=ANALYTICS, help="nvdsanalytics' lines and zones"
    )
    parser.add_argument(
        "--detector", type=Path, metavar="FILE", help="nvinfer configuration instead of the kit's"
    )
    arguments = parser.parse_args()
    os.environ["EVENTS_START"] = arguments.start  # event_message.py reads it
    penstock.init()
    return play(build(arguments))


if __name__ == "__main__":
    sys.exit(main())
