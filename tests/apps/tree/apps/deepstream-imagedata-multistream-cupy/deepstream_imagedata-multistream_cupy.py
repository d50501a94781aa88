#!/usr/bin/env python3
# Pixels in the GPU's memory as a CuPy array, changed in place.
import sys
sys.path.append('../')
import argparse
import ctypes
import gi
gi.require_version('Gst', '1.0')
from gi.repository import GLib, Gst
from common.platform_info import PlatformInfo
from common.bus_call import bus_call
import cupy as cp
import pyds


def tiler_sink_pad_buffer_probe(pad, info, u_data):
    gst_buffer = info.get_buffer()
    batch_meta = pyds.gst_buffer_get_nvds_batch_meta(hash(gst_buffer))
    l_frame = batch_meta.frame_meta_list
    while l_frame is not None:
        frame_meta = pyds.NvDsFrameMeta.cast(l_frame.data)
        data_type, shape, strides, dataptr, size = pyds.get_nvds_buf_surface_gpu(hash(gst_buffer), frame_meta.batch_id)
        ctypes.pythonapi.PyCapsule_GetPointer.restype = ctypes.c_void_p
        ctypes.pythonapi.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
        c_data_ptr = ctypes.pythonapi.PyCapsule_GetPointer(dataptr, None)
        unownedmem = cp.cuda.UnownedMemory(c_data_ptr, size, None)
        memptr = cp.cuda.MemoryPointer(unownedmem, 0)
        n_frame_gpu = cp.ndarray(shape=shape, dtype=data_type, memptr=memptr, strides=strides, order='C')
        stream = cp.cuda.stream.Stream(null=True)
        with stream:
            n_frame_gpu[:, :, 0] = 0.5 * n_frame_gpu[:, :, 0] + 0.5
        stream.synchronize()
        print("Frame Number={}".format(frame_meta.frame_num))
        l_frame = l_frame.next
    return Gst.PadProbeReturn.OK


def main(uris):
    Gst.init(None)
    PlatformInfo()
    pipeline = Gst.parse_launch(
        "nvstreammux name=mux batch-size=1 width=640 height=360 ! nvvideoconvert "
        "! video/x-raw(memory:NVMM),format=RGBA ! nvmultistreamtiler name=tiler ! fakesink "
        "uridecodebin uri=%s ! mux.sink_0" % uris[0])
    loop = GLib.MainLoop()
    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message", bus_call, loop)
    pipeline.get_by_name("tiler").get_static_pad("sink").add_probe(
        Gst.PadProbeType.BUFFER, tiler_sink_pad_buffer_probe, 0)
    pipeline.set_state(Gst.State.PLAYING)
    loop.run()
    pipeline.set_state(Gst.State.NULL)


if __name__ == '__main__':
    parser = argparse.ArgumentParser()
    parser.add_argument("-i", "--input", nargs="+", required=True)
    sys.exit(main(parser.parse_args().input))
