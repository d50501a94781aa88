"""deepstream-imagedata-multistream-cupy: change frames with CuPy where they are, on the GPU.

N x nvurisrcbin ! nvstreammux ! nvinfer ! nvvideoconvert ! RGBA ! nvmultistreamtiler ! nvvideoconvert
    ! nvdsosd ! nveglglessink
"""  # noqa: E501 - one pipeline, one line

from __future__ import annotations

import argparse
import ctypes
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402

import pyds  # noqa: E402 - registers the elements

try:
    import cupy
except ImportError:
    cupy = None

# Memory of type 3 is unified, and a GPU's as well as a CPU's.
PIPELINE = """
    nvstreammux name=mux width=1920 height=1080 batched-push-timeout=33000 nvbuf-memory-type=3
    ! queue ! nvinfer name=detector
    ! queue ! nvvideoconvert nvbuf-memory-type=3 ! video/x-raw(memory:NVMM),format=RGBA
    ! nvmultistreamtiler name=tiler width=1280 height=720 nvbuf-memory-type=3
    ! queue ! nvvideoconvert ! nvdsosd ! {screen}
"""
SHOWN, HIDDEN = "nveglglessink sync=false", "fakesink sync=false"
ON_CPU = "on a CPU, samples/deepstream-imagedata-multistream shows how pixels are changed"


class Grayer:
    """Pad probe: turns frames gray in which there is nobody."""

    def __call__(self, pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        """Print what each frame shows; change some."""
        buffer = info.get_buffer()
        batch = pyds.gst_buffer_get_nvds_batch_meta(hash(buffer))
        for frame in items(batch.frame_meta_list, pyds.NvDsFrameMeta):
            objects = items(frame.obj_meta_list, pyds.NvDsObjectMeta)
            persons = sum(obj.obj_label == "person" for obj in objects)
            print(
                f"Frame Number={frame.frame_num} Source={frame.pad_index} "
                f"Number of Objects={frame.num_obj_meta} Person_count={persons}"
            )
            if persons:
                continue
            try:
                described = pyds.get_nvds_buf_surface_gpu(hash(buffer), frame.batch_id)
            except RuntimeError as error:  # the frames are not on a GPU
                fail(pad.get_parent_element(), f"{error}; {ON_CPU}")
                return Gst.PadProbeReturn.REMOVE
            gray(on_gpu(*described))
        return Gst.PadProbeReturn.OK


def on_gpu(dtype: Any, shape: Any, strides: Any, pointer: Any, size: int) -> Any:
    """The pixels as CuPy's array, not copied; valid as long as the buffer is.

    Args:
        dtype: uint8.
        shape: `(H, W, 4)`.
        strides: Bytes from row to row, from pixel to pixel, from channel to channel.
        pointer: A capsule with their address.
        size: Bytes.
    """
    ctypes.pythonapi.PyCapsule_GetPointer.restype = ctypes.c_void_p
    ctypes.pythonapi.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
    address = ctypes.pythonapi.PyCapsule_GetPointer(pointer, None)
    memory = cupy.cuda.UnownedMemory(address, size, owner=pointer)
    start = cupy.cuda.MemoryPointer(memory, 0)
    return cupy.ndarray(shape=shape, dtype=dtype, memptr=start, strides=strides, order="C")


def gray(picture: Any) -> None:
    """Take the colour out of an RGBA picture, in place."""
    stream = cupy.cuda.stream.Stream(null=True)  # in which nvvideoconvert waits for us
    with stream:
        red, green, blue = (picture[:, :, n].astype(cupy.float32) for n in range(3))
        luma = 0.299 * red + 0.587 * green + 0.114 * blue
        picture[:, :, :3] = luma.astype(cupy.uint8)[:, :, None]
    stream.synchronize()


def items(node: Any, kind: Any) -> Iterator[Any]:
    """Walk a metadata list."""
    while node is not None:
        yield kind.cast(node.data)
        node = node.next


def fail(element: Gst.Element, text: str) -> None:
    """Post an error on the bus: nothing that is raised in a probe gets out of it."""
    error = GLib.Error.new_literal(Gst.stream_error_quark(), text, Gst.StreamError.FAILED)
    element.post_message(Gst.Message.new_error(element, error, ""))


def missing() -> str | None:
    """What CuPy lacks here."""
    if cupy is None:
        return "this sample needs CuPy and an NVIDIA GPU: pip install cupy-cuda12x"
    try:
        cupy.cuda.runtime.getDeviceCount()
    except cupy.cuda.runtime.CUDARuntimeError as error:
        return f"CuPy finds no NVIDIA GPU: {error}"
    return None


def build(arguments: argparse.Namespace) -> Gst.Pipeline:
    """Make the pipeline; the probe sits where frames are RGBA and still apart."""
    screen = HIDDEN if arguments.no_display else SHOWN
    pipeline = Gst.parse_launch(PIPELINE.format(screen=screen))
    mux, detector, tiler = map(pipeline.get_by_name, ("mux", "detector", "tiler"))
    streams = len(arguments.input)
    mux.set_property("live-source", any(uri.startswith("rtsp") for uri in arguments.input))
    detector.set_property("config-file-path", str(arguments.config or default_config()))
    for element in (mux, detector):
        element.set_property("batch-size", streams)
    rows = int(math.sqrt(streams))
    tiler.set_property("rows", rows)
    tiler.set_property("columns", math.ceil(streams / rows))
    for number, uri in enumerate(arguments.input):
        add_stream(pipeline, mux, number=number, uri=uri)
    tiler.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, Grayer())
    return pipeline


def default_config() -> Path:
    """The configuration of the kit's detector, which is fetched on first use."""
    from penstock import kit

    return kit.config_of("yolov4-tiny")


def add_stream(pipeline: Gst.Pipeline, mux: Gst.Element, *, number: int, uri: str) -> None:
    """Put a source in front of the mux."""
    source = Gst.ElementFactory.make("nvurisrcbin", f"source-{number}")
    source.set_property("uri", uri)
    pipeline.add(source)
    sink = mux.request_pad_simple(f"sink_{number}")

    def link(_source: Gst.Element, pad: Gst.Pad) -> None:
        if pad.get_name().startswith("vsrc"):
            pad.link(sink)

    if (pad := source.get_static_pad("vsrc_0")) is not None:
        link(source, pad)
    else:
        source.connect("pad-added", link)


def play(pipeline: Gst.Pipeline) -> int:
    """Play to the end; returns the exit code."""
    loop, failed = GLib.MainLoop(), []

    def on_message(_bus: Gst.Bus, message: Gst.Message) -> None:
        if message.type == Gst.MessageType.EOS:
            print("End-of-stream")
            loop.quit()
        elif message.type == Gst.MessageType.WARNING:
            print(f"Warning: {message.parse_warning()[0].message}", file=sys.stderr)
        elif message.type == Gst.MessageType.ERROR and not failed:
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
    parser = argparse.ArgumentParser(description="Turn frames without people gray, on the GPU.")
    parser.add_argument("-i", "--input", nargs="+", required=True, help="URIs: file:, rtsp: …")
    parser.add_argument("--config", type=Path, help="configuration of another detector")
    parser.add_argument(
        "--no-display", action="store_true", help="show nothing, as fast as possible"
    )
    arguments = parser.parse_args()
    if (lack := missing()) is not None:
        sys.exit(f"Error: {lack}; {ON_CPU}")
    Gst.init(None)
    return play(build(arguments))


if __name__ == "__main__":
    sys.exit(main())
