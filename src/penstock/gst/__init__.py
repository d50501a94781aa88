"""The staircase: the only room that imports `gi`.

Initialises GStreamer, carries metadata on buffers, guards probes, turns property tables into
GObject properties and exceptions into bus errors, and registers elements.
"""

import penstock.gst.gi  # noqa: F401 - first: GStreamer may load elements while it starts
from penstock.gst.batch_output import BatchOutput
from penstock.gst.blocks import hand_over
from penstock.gst.buffers import MappedBuffer, new_buffer, push
from penstock.gst.callbacks import weak
from penstock.gst.carrier import attach, batch_at, batch_of
from penstock.gst.converter import VideoConverter
from penstock.gst.converter_plan import FLIP_METHOD, Rectangle
from penstock.gst.device import COMPUTE_HW_PROPERTY, GPU_ID, INTERPOLATION, memory_type
from penstock.gst.display import DisplaySink
from penstock.gst.earlier_frames import Unbatched
from penstock.gst.element import Element, nvmm_caps, pad_template, sink_and_src
from penstock.gst.encoder import VideoEncoder
from penstock.gst.enums import EnumType
from penstock.gst.formats import SOURCE_FORMATS, TARGET_FORMATS, is_yuv
from penstock.gst.frame_rates import FrameRates
from penstock.gst.gi import NVMM, GLib, GObject, Gst, GstBase, GstVideo
from penstock.gst.headless import hide_displays
from penstock.gst.in_flight import InFlight
from penstock.gst.jpeg import IDCT_METHOD, JpegDecoder, JpegEncoder
from penstock.gst.log import Log
from penstock.gst.messages import post_error, post_info, post_warning
from penstock.gst.multi_source import MultiUriSource
from penstock.gst.mux import MUX_SOURCE_FORMATS, MUX_TARGET_FORMATS, StreamMux
from penstock.gst.mux_inputs import MUX_SIGNALS
from penstock.gst.mux_source import MuxArrival
from penstock.gst.mux_target import MuxTarget
from penstock.gst.network_element import NetworkElement
from penstock.gst.nvmm_label import NvmmLabel, ignore_qos
from penstock.gst.picture_watch import PictureWatch
from penstock.gst.properties import Property, gproperties
from penstock.gst.record_sources import record, stop_recording
from penstock.gst.request_pads import given_out
from penstock.gst.rest_settings import RunTimeSettings
from penstock.gst.rtsp import Login, is_rtsp
from penstock.gst.rtsp_retry import Retry
from penstock.gst.script_watch import ScriptWatch
from penstock.gst.smart_record import Recorder, Recording, RecordSettings
from penstock.gst.smart_record_info import RecordingInfo, pointer_to, write_session
from penstock.gst.splitting import split
from penstock.gst.stream_clock import StreamClock
from penstock.gst.stream_output import StreamOutput
from penstock.gst.stream_state import StreamState
from penstock.gst.surfaces import (
    HELD_FORMAT,
    PictureCaps,
    colorimetry_text,
    layout_of,
    surface_of,
    surfaces,
)
from penstock.gst.tile_config import CustomTile, CustomTileConfig, Shares, read_tiles
from penstock.gst.transform import BatchTransform, batch_in
from penstock.gst.uri_source import UriSource
from penstock.gst.uri_source_connection import ConnectionSettings
from penstock.gst.uri_source_properties import (
    CAMERA_PROPERTIES,
    COUNTERS,
    RECORD_PROPERTIES,
    connection_of,
    retry_of,
)

__all__ = [
    "CAMERA_PROPERTIES",
    "COMPUTE_HW_PROPERTY",
    "COUNTERS",
    "FLIP_METHOD",
    "GPU_ID",
    "HELD_FORMAT",
    "IDCT_METHOD",
    "INTERPOLATION",
    "MUX_SIGNALS",
    "MUX_SOURCE_FORMATS",
    "MUX_TARGET_FORMATS",
    "NVMM",
    "RECORD_PROPERTIES",
    "SOURCE_FORMATS",
    "TARGET_FORMATS",
    "BatchOutput",
    "BatchTransform",
    "ConnectionSettings",
    "CustomTile",
    "CustomTileConfig",
    "DisplaySink",
    "Element",
    "EnumType",
    "FrameRates",
    "GLib",
    "GObject",
    "Gst",
    "GstBase",
    "GstVideo",
    "InFlight",
    "JpegDecoder",
    "JpegEncoder",
    "Log",
    "Login",
    "MappedBuffer",
    "MultiUriSource",
    "MuxArrival",
    "MuxTarget",
    "NetworkElement",
    "NvmmLabel",
    "PictureCaps",
    "PictureWatch",
    "Property",
    "RecordSettings",
    "Recorder",
    "Recording",
    "RecordingInfo",
    "Rectangle",
    "Retry",
    "RunTimeSettings",
    "ScriptWatch",
    "Shares",
    "StreamClock",
    "StreamMux",
    "StreamOutput",
    "StreamState",
    "Unbatched",
    "UriSource",
    "VideoConverter",
    "VideoEncoder",
    "attach",
    "batch_at",
    "batch_in",
    "batch_of",
    "colorimetry_text",
    "connection_of",
    "given_out",
    "gproperties",
    "hand_over",
    "hide_displays",
    "ignore_qos",
    "is_rtsp",
    "is_yuv",
    "layout_of",
    "memory_type",
    "new_buffer",
    "nvmm_caps",
    "pad_template",
    "pointer_to",
    "post_error",
    "post_info",
    "post_warning",
    "push",
    "read_tiles",
    "record",
    "retry_of",
    "sink_and_src",
    "split",
    "stop_recording",
    "surface_of",
    "surfaces",
    "weak",
    "write_session",
]
