"""The few C functions that PyGObject does not offer, or offers with a copy or a reference too many.

`PyDLL` keeps the GIL: only for calls that take no lock. `CDLL` releases it: for all others.
"""

from __future__ import annotations

import ctypes
from typing import Any

from penstock.gst import gi  # noqa: F401 - initialises GStreamer before anything is called

Pointer = ctypes.c_void_p
"""A C address."""

_quick_gst = ctypes.PyDLL("libgstreamer-1.0.so.0")
_slow_gst = ctypes.CDLL("libgstreamer-1.0.so.0")
_quick_gobject = ctypes.PyDLL("libgobject-2.0.so.0")


class GValue(ctypes.Structure):
    """A `GValue`."""

    _fields_ = [("g_type", ctypes.c_size_t), ("data", ctypes.c_uint64 * 2)]


class EnumValue(ctypes.Structure):
    """A `GEnumValue`."""

    _fields_ = [
        ("value", ctypes.c_int),
        ("name", ctypes.c_char_p),
        ("nick", ctypes.c_char_p),
    ]


class MapInfo(ctypes.Structure):
    """A `GstMapInfo`."""

    _fields_ = [
        ("memory", Pointer),
        ("flags", ctypes.c_int),
        ("data", Pointer),
        ("size", ctypes.c_size_t),
        ("maxsize", ctypes.c_size_t),
        ("user_data", Pointer * 4),
        ("reserved", Pointer * 4),
    ]


class BufferFields(ctypes.Structure):
    """The public fields of a `GstBuffer`, which have been at these places since 1.0."""

    _fields_ = [
        ("g_type", ctypes.c_size_t),
        ("refcount", ctypes.c_int),
        ("lockstate", ctypes.c_int),
        ("flags", ctypes.c_uint),
        ("copy", Pointer),
        ("dispose", Pointer),
        ("free", Pointer),
        ("priv_uint", ctypes.c_uint),
        ("priv_pointer", Pointer),
        ("pool", Pointer),
        ("pts", ctypes.c_uint64),
        ("dts", ctypes.c_uint64),
        ("duration", ctypes.c_uint64),
        ("offset", ctypes.c_uint64),
        ("offset_end", ctypes.c_uint64),
    ]


TransformFunction = ctypes.CFUNCTYPE(
    ctypes.c_int, Pointer, Pointer, Pointer, ctypes.c_uint, Pointer, Pointer
)
"""`GstCustomMetaTransformFunction`."""


def _function(library: ctypes.CDLL, name: str, result: Any, *arguments: Any) -> Any:
    function = getattr(library, name)
    function.restype, function.argtypes = result, list(arguments)
    return function


_text = ctypes.c_char_p
gst_buffer_new = _function(_quick_gst, "gst_buffer_new", Pointer)
gst_meta_register_custom = _function(
    _quick_gst,
    "gst_meta_register_custom",
    Pointer,
    _text,
    Pointer,
    TransformFunction,
    Pointer,
    Pointer,
)
gst_buffer_add_custom_meta = _function(
    _quick_gst, "gst_buffer_add_custom_meta", Pointer, Pointer, _text
)
gst_buffer_get_custom_meta = _function(
    _quick_gst, "gst_buffer_get_custom_meta", Pointer, Pointer, _text
)
gst_custom_meta_get_structure = _function(
    _quick_gst, "gst_custom_meta_get_structure", Pointer, Pointer
)
gst_structure_set_value = _function(
    _quick_gst, "gst_structure_set_value", None, Pointer, _text, Pointer
)
gst_structure_copy = _function(_quick_gst, "gst_structure_copy", Pointer, Pointer)
gst_event_new_custom = _function(_quick_gst, "gst_event_new_custom", Pointer, ctypes.c_int, Pointer)
gst_element_send_event = _function(
    _slow_gst, "gst_element_send_event", ctypes.c_int, Pointer, Pointer
)
gst_pad_push_event = _function(_slow_gst, "gst_pad_push_event", ctypes.c_int, Pointer, Pointer)
gst_debug_category_new = _function(
    _quick_gst, "_gst_debug_category_new", Pointer, _text, ctypes.c_uint, _text
)
gst_debug_category_get_threshold = _function(
    _quick_gst, "gst_debug_category_get_threshold", ctypes.c_int, Pointer
)
gst_debug_log_literal = _function(
    _slow_gst,
    "gst_debug_log_literal",
    None,
    Pointer,
    ctypes.c_int,
    _text,
    _text,
    ctypes.c_int,
    Pointer,
    _text,
)
gst_mini_object_is_writable = _function(
    _quick_gst, "gst_mini_object_is_writable", ctypes.c_int, Pointer
)
gst_mini_object_ref = _function(_quick_gst, "gst_mini_object_ref", Pointer, Pointer)
gst_mini_object_unref = _function(_slow_gst, "gst_mini_object_unref", None, Pointer)
gst_allocator_alloc = _function(
    _slow_gst, "gst_allocator_alloc", Pointer, Pointer, ctypes.c_size_t, Pointer
)
gst_memory_map = _function(
    _quick_gst, "gst_memory_map", ctypes.c_int, Pointer, ctypes.POINTER(MapInfo), ctypes.c_int
)
gst_memory_unmap = _function(_quick_gst, "gst_memory_unmap", None, Pointer, ctypes.POINTER(MapInfo))
gst_buffer_replace_memory_range = _function(
    _slow_gst,
    "gst_buffer_replace_memory_range",
    None,
    Pointer,
    ctypes.c_uint,
    ctypes.c_int,
    Pointer,
)
gst_pad_push = _function(_slow_gst, "gst_pad_push", ctypes.c_int, Pointer, Pointer)
gst_buffer_map = _function(
    _slow_gst, "gst_buffer_map", ctypes.c_int, Pointer, ctypes.POINTER(MapInfo), ctypes.c_int
)
gst_buffer_unmap = _function(_slow_gst, "gst_buffer_unmap", None, Pointer, ctypes.POINTER(MapInfo))
g_type_from_name = _function(_quick_gobject, "g_type_from_name", ctypes.c_size_t, _text)
g_object_ref = _function(_quick_gobject, "g_object_ref", Pointer, Pointer)
g_object_unref = _function(_quick_gobject, "g_object_unref", None, Pointer)
g_object_force_floating = _function(_quick_gobject, "g_object_force_floating", None, Pointer)
g_value_init = _function(_quick_gobject, "g_value_init", Pointer, Pointer, ctypes.c_size_t)
g_value_set_boxed = _function(_quick_gobject, "g_value_set_boxed", None, Pointer, ctypes.py_object)
g_value_unset = _function(_quick_gobject, "g_value_unset", None, Pointer)
g_enum_register_static = _function(
    _quick_gobject, "g_enum_register_static", ctypes.c_size_t, _text, Pointer
)
