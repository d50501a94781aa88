"""custom-user-meta: attach a struct of your own to every frame, and read it further down.

filesrc ! h264parse ! nvv4l2decoder ! nvstreammux ! queue ! queue ! fakesink
                                              write ^       ^ read
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Any

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402

import pyds  # noqa: E402


def write(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
    """Pad probe: give each frame a `CustomDataStruct`."""
    batch = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
    pyds.nvds_acquire_meta_lock(batch)
    try:
        l_frame = batch.frame_meta_list
        while l_frame is not None:
            frame = pyds.NvDsFrameMeta.cast(l_frame.data)
            attach(batch, frame)
            l_frame = l_frame.next
    finally:
        pyds.nvds_release_meta_lock(batch)
    return Gst.PadProbeReturn.OK


def attach(batch: Any, frame: Any) -> None:
    """Attach one struct; the attachment copies and releases it wherever the buffer goes."""
    user = pyds.nvds_acquire_user_meta_from_pool(batch)
    data = pyds.alloc_custom_struct(user)
    data.structId = frame.frame_num
    data.message = f"written at frame {frame.frame_num}"
    data.sampleInt = data.structId + 1
    user.user_meta_data = data
    user.base_meta.meta_type = pyds.NvDsMetaType.NVDS_USER_META
    pyds.nvds_add_user_meta_to_frame(frame, user)


def read(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
    """Pad probe: print what `write` attached."""
    batch = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
    l_frame = batch.frame_meta_list
    while l_frame is not None:
        frame = pyds.NvDsFrameMeta.cast(l_frame.data)
        l_user = frame.frame_user_meta_list
        while l_user is not None:
            user = pyds.NvDsUserMeta.cast(l_user.data)
            if user.base_meta.meta_type == pyds.NvDsMetaType.NVDS_USER_META:
                data = pyds.CustomDataStruct.cast(user.user_meta_data)
                # A string field reads as an address.
                print(
                    f"Frame Number={frame.frame_num} structId={data.structId} "
                    f"message={pyds.get_string(data.message)!r} sampleInt={data.sampleInt}"
                )
            l_user = l_user.next
        l_frame = l_frame.next
    return Gst.PadProbeReturn.OK


def make(factory: str, **properties: Any) -> Gst.Element:
    """Make an element, or end with a sentence."""
    element = Gst.ElementFactory.make(factory)
    if element is None:
        sys.exit(f"Error: there is no element {factory}")
    for name, value in properties.items():
        element.set_property(name.replace("_", "-"), value)
    return element


def build(video: str) -> Gst.Pipeline:
    """Make the pipeline and put the two probes on it."""
    pipeline = Gst.Pipeline()
    source, parser = make("filesrc", location=video), make("h264parse")
    decoder, mux = make("nvv4l2decoder"), make("nvstreammux", batch_size=1, width=1280, height=720)
    first, second, sink = make("queue"), make("queue"), make("fakesink")
    for element in (source, parser, decoder, mux, first, second, sink):
        pipeline.add(element)
    source.link(parser)
    parser.link(decoder)
    request = getattr(mux, "request_pad_simple", None) or mux.get_request_pad
    decoder.get_static_pad("src").link(request("sink_0"))
    mux.link(first)
    first.link(second)
    second.link(sink)
    probes: tuple[tuple[Gst.Element, Callable[..., Any]], ...] = ((first, write), (second, read))
    for element, probe in probes:
        element.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, probe)
    return pipeline


def play(pipeline: Gst.Pipeline) -> int:
    """Play to the end; returns the exit code."""
    loop, failed = GLib.MainLoop(), []

    def on_message(_bus: Gst.Bus, message: Gst.Message) -> None:
        if message.type == Gst.MessageType.EOS:
            print("End-of-stream")
            loop.quit()
        elif message.type == Gst.MessageType.WARNING:
            print(f"Warning: {message.parse_warning()[0].message}", file=sys.stderr)
        elif message.type == Gst.MessageType.ERROR:
            failed.append(message)
            print(f"Error: {message.parse_error()[0].message}", file=sys.stderr)
            loop.quit()

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
    parser = argparse.ArgumentParser(description="Attach a struct of your own to every frame.")
    parser.add_argument("video", help="an H.264 elementary stream")
    arguments = parser.parse_args()
    Gst.init(None)
    return play(build(arguments.video))


if __name__ == "__main__":
    sys.exit(main())
