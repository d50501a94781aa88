"""deepstream-test4: send what a detector finds to a message broker.

filesrc ! h264parse ! nvv4l2decoder ! nvstreammux ! nvinfer ! nvvideoconvert ! nvdsosd ! tee
tee ! queue ! nvmsgconv ! nvmsgbroker
tee ! queue ! nveglglessink
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402

import pyds  # noqa: E402 - registers the elements
from penstock import kit  # noqa: E402

HERE = Path(__file__).parent
PIPELINE = """
    filesrc name=file ! h264parse ! nvv4l2decoder ! mux.sink_0
    nvstreammux name=mux batch-size=1 width=1920 height=1080
    ! nvinfer name=detector ! nvvideoconvert ! nvdsosd name=osd ! tee name=tee
    tee. ! queue ! nvmsgconv name=converter ! nvmsgbroker name=broker sync=false
    tee. ! queue ! {screen}
"""
SHOWN, HIDDEN = "nveglglessink", "fakesink sync=false"
VEHICLES = {"bicycle", "motorbike", "car", "bus", "truck"}
EVERY = 30  # frames from one event to the next
MAX_TIME_STAMP_LEN = 32
WHITE, BLACK = (1.0, 1.0, 1.0, 1.0), (0.0, 0.0, 0.0, 1.0)


def on_frame(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
    """Pad probe: label the objects, count them, and make an event of the first one now and then."""
    batch = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
    for frame in items(batch.frame_meta_list, pyds.NvDsFrameMeta):
        objects = list(items(frame.obj_meta_list, pyds.NvDsObjectMeta))
        for obj in objects:
            write_label(obj)
        known = [obj for obj in objects if is_vehicle(obj) or is_person(obj)]
        if known and frame.frame_num % EVERY == 0:
            add_event(batch, frame, known[0])
        counts = Counter("vehicle" if is_vehicle(obj) else "person" for obj in known)
        print(
            f"Frame Number = {frame.frame_num} Vehicle Count = {counts['vehicle']} "
            f"Person Count = {counts['person']}"
        )
    return Gst.PadProbeReturn.OK


def add_event(batch: Any, frame: Any, obj: Any) -> None:
    """Attach an event about one object to its frame; nvmsgconv turns it into a message."""
    user = pyds.nvds_acquire_user_meta_from_pool(batch)
    if not user:
        print("Error in attaching event meta to buffer", file=sys.stderr)
        return
    # Its copies behind the tee are deep ones, for it was made for this user metadata.
    event = pyds.alloc_nvds_event_msg_meta(user)
    event.bbox.left = obj.rect_params.left
    event.bbox.top = obj.rect_params.top
    event.bbox.width = obj.rect_params.width
    event.bbox.height = obj.rect_params.height
    event.frameId = frame.frame_num
    event.trackingId = obj.object_id
    event.confidence = obj.confidence
    event.sensorId = event.placeId = event.moduleId = 0
    event.sensorStr = "sensor-0"
    event.ts = pyds.alloc_buffer(MAX_TIME_STAMP_LEN + 1)
    pyds.generate_ts_rfc3339(event.ts, MAX_TIME_STAMP_LEN)
    event.objClassId = obj.class_id
    event.objectId = obj.obj_label
    if is_vehicle(obj):
        describe_vehicle(event, obj.obj_label)
    else:
        describe_person(event)
    user.user_meta_data = event
    user.base_meta.meta_type = pyds.NvDsMetaType.NVDS_EVENT_MSG_META
    pyds.nvds_add_user_meta_to_frame(frame, user)


def describe_vehicle(event: Any, kind: str) -> None:
    """A vehicle moves. A classifier could tell more about it; here it is made up."""
    event.type = pyds.NvDsEventType.NVDS_EVENT_MOVING
    event.objType = pyds.NvDsObjectType.NVDS_OBJECT_TYPE_VEHICLE
    vehicle = pyds.NvDsVehicleObject.cast(pyds.alloc_nvds_vehicle_object())
    vehicle.type, vehicle.color = kind, "blue"
    vehicle.make, vehicle.model = "Acme", "One"
    vehicle.license, vehicle.region = "XX1234", "BE"
    event.extMsg = vehicle
    event.extMsgSize = sys.getsizeof(pyds.NvDsVehicleObject)


def describe_person(event: Any) -> None:
    """A person comes in."""
    event.type = pyds.NvDsEventType.NVDS_EVENT_ENTRY
    event.objType = pyds.NvDsObjectType.NVDS_OBJECT_TYPE_PERSON
    person = pyds.NvDsPersonObject.cast(pyds.alloc_nvds_person_object())
    person.age, person.gender = 45, "unknown"
    person.cap, person.hair, person.apparel = "none", "black", "formal"
    event.extMsg = person
    event.extMsgSize = sys.getsizeof(pyds.NvDsPersonObject)


def is_vehicle(obj: Any) -> bool:
    """Whether the detector calls it one."""
    return obj.obj_label in VEHICLES


def is_person(obj: Any) -> bool:
    """Whether the detector calls it one."""
    return bool(obj.obj_label == "person")


def write_label(obj: Any) -> None:
    """What nvdsosd writes beside the box."""
    text = obj.text_params
    text.display_text = obj.obj_label
    text.font_params.font_name, text.font_params.font_size = "Serif", 10
    text.font_params.font_color.set(*WHITE)
    text.set_bg_clr = 1
    text.text_bg_clr.set(*BLACK)


def items(node: Any, kind: Any) -> Iterator[Any]:
    """Walk a metadata list."""
    while node is not None:
        yield kind.cast(node.data)
        node = node.next


def build(arguments: argparse.Namespace) -> Gst.Pipeline:
    """Make the pipeline and put the probe in front of the OSD."""
    screen = HIDDEN if arguments.no_display else SHOWN
    pipeline = Gst.parse_launch(PIPELINE.format(screen=screen))
    pipeline.get_by_name("file").set_property("location", str(arguments.input_file))
    config = arguments.detector or kit.config_of("yolov4-tiny")
    pipeline.get_by_name("detector").set_property("config-file-path", str(config))
    converter, broker = pipeline.get_by_name("converter"), pipeline.get_by_name("broker")
    converter.set_property("config", str(HERE / "dstest4_msgconv_config.txt"))
    converter.set_property("payload-type", arguments.schema_type)
    broker.set_property("proto-lib", arguments.proto_lib)
    for name, value in (
        ("conn-str", arguments.conn_str),
        ("config", arguments.cfg_file and str(arguments.cfg_file)),
        ("topic", arguments.topic),
    ):
        if value:
            broker.set_property(name, value)
    pad = pipeline.get_by_name("osd").get_static_pad("sink")
    pad.add_probe(Gst.PadProbeType.BUFFER, on_frame)
    return pipeline


def play(pipeline: Gst.Pipeline) -> int:
    """Play to the end; returns the exit code."""
    loop, failed = GLib.MainLoop(), []

    def on_message(_bus: Gst.Bus, message: Gst.Message) -> None:
        if message.type == Gst.MessageType.EOS:
            loop.quit()
            print("End-of-stream")
        elif message.type == Gst.MessageType.WARNING:
            print(f"Warning: {message.parse_warning()[0].message}", file=sys.stderr)
        elif message.type == Gst.MessageType.ERROR:
            failed.append(message)
            loop.quit()
            print(f"Error: {message.parse_error()[0].message}", file=sys.stderr)

    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message", on_message)
    pipeline.set_state(Gst.State.PLAYING)
    try:
        loop.run()
    except KeyboardInterrupt:
        print("Stopped", file=sys.stderr)
    finally:
        pipeline.set_state(Gst.State.NULL)
    return 1 if failed else 0


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description="Send what a detector finds to a broker.")
    parser.add_argument(
        "-i", "--input-file", required=True, type=Path, help="an H.264 elementary stream"
    )
    parser.add_argument(
        "-p", "--proto-lib", required=True, help="libnvds_redis_proto.so, or a name: redis"
    )
    parser.add_argument("--conn-str", default="", help="where the broker is: host;port")
    parser.add_argument("-c", "--cfg-file", type=Path, help="the adapter's file, cfg_redis.txt")
    parser.add_argument("-t", "--topic", default="", help="where messages go")
    parser.add_argument(
        "-s", "--schema-type", type=int, choices=(0, 1), default=0,
        help="0: full messages, 1: minimal ones (default: 0)",
    )  # fmt: skip
    parser.add_argument("--no-display", action="store_true", help="show nothing, as fast as can be")
    parser.add_argument(
        "--detector", type=Path, metavar="FILE", help="nvinfer configuration instead of the kit's"
    )
    Gst.init(None)
    return play(build(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
