# ruff: noqa: N801 - the names are DeepStream's
"""The enums of pyds. Their members are names of the module too: `pyds.NVDS_USER_META`."""

from __future__ import annotations

from enum import IntEnum
from typing import Any


class BoundEnum(IntEnum):
    """Compares with numbers and prints its name, as pybind11's enums do.

    A number without a name is a member too, called `???`: types of an application's own, and those
    that newer versions know.
    """

    def __str__(self) -> str:
        return f"{type(self).__name__}.{self.name}"

    def __reduce_ex__(self, protocol: object) -> tuple[type[BoundEnum], tuple[int]]:
        return type(self), (int(self),)  # by number: one without a name is not found by it

    @classmethod
    def _missing_(cls, value: Any) -> BoundEnum | None:
        if not isinstance(value, int) or not -(2**31) <= value < 2**31:
            return None
        member = int.__new__(cls, value)
        member._name_, member._value_ = "???", int(value)
        return member


class NvOSD_Mode(BoundEnum):
    """Where the OSD draws."""

    MODE_CPU = 0
    MODE_GPU = 1
    MODE_NONE = 2
    MODE_HW = 2  # its name before version 1.1.6


class NvOSD_Arrow_Head_Direction(BoundEnum):
    """Which end of an arrow has a head."""

    START_HEAD = 0
    END_HEAD = 1
    BOTH_HEAD = 2


class NvDsMetaType(BoundEnum):
    """What a metadata object is; other numbers are an application's own types."""

    NVDS_INVALID_META = -1
    NVDS_BATCH_META = 1
    NVDS_FRAME_META = 2
    NVDS_OBJ_META = 3
    NVDS_DISPLAY_META = 4
    NVDS_CLASSIFIER_META = 5
    NVDS_LABEL_INFO_META = 6
    NVDS_USER_META = 7
    NVDS_PAYLOAD_META = 8
    NVDS_EVENT_MSG_META = 9
    NVDS_OPTICAL_FLOW_META = 10
    NVDS_LATENCY_MEASUREMENT_META = 11
    NVDSINFER_TENSOR_OUTPUT_META = 12
    NVDSINFER_SEGMENTATION_META = 13
    NVDS_CROP_IMAGE_META = 14
    NVDS_TRACKER_PAST_FRAME_META = 15
    NVDS_TRACKER_BATCH_REID_META = 16
    NVDS_TRACKER_OBJ_REID_META = 17
    NVDS_AUDIO_BATCH_META = 24
    NVDS_AUDIO_FRAME_META = 25
    NVDS_RESERVED_META = 4095
    NVDS_GST_CUSTOM_META = 4096
    NVDS_START_USER_META = 8193
    NVDS_FORCE32_META = 0x7FFFFFFF


class NvDsEventType(BoundEnum):
    """What happened, in an event message."""

    NVDS_EVENT_ENTRY = 0
    NVDS_EVENT_EXIT = 1
    NVDS_EVENT_MOVING = 2
    NVDS_EVENT_STOPPED = 3
    NVDS_EVENT_EMPTY = 4
    NVDS_EVENT_PARKED = 5
    NVDS_EVENT_RESET = 6
    NVDS_EVENT_RESERVED = 256
    NVDS_EVENT_CUSTOM = 257
    NVDS_EVENT_FORCE32 = 0x7FFFFFFF


class NvDsObjectType(BoundEnum):
    """What an event message is about."""

    NVDS_OBJECT_TYPE_VEHICLE = 0
    NVDS_OBJECT_TYPE_PERSON = 1
    NVDS_OBJECT_TYPE_FACE = 2
    NVDS_OBJECT_TYPE_BAG = 3
    NVDS_OBJECT_TYPE_BICYCLE = 4
    NVDS_OBJECT_TYPE_ROADSIGN = 5
    NVDS_OBJECT_TYPE_VEHICLE_EXT = 6
    NVDS_OBJECT_TYPE_PERSON_EXT = 7
    NVDS_OBJECT_TYPE_FACE_EXT = 8
    NVDS_OBJECT_TYPE_RESERVED = 256
    NVDS_OBJECT_TYPE_CUSTOM = 257
    NVDS_OBJECT_TYPE_UNKNOWN = 258
    NVDS_OBEJCT_TYPE_FORCE32 = 0x7FFFFFFF


class NvDsPayloadType(BoundEnum):
    """Schema of a message."""

    NVDS_PAYLOAD_DEEPSTREAM = 0
    NVDS_PAYLOAD_DEEPSTREAM_MINIMAL = 1
    NVDS_PAYLOAD_RESERVED = 256
    NVDS_PAYLOAD_CUSTOM = 257
    NVDS_PAYLOAD_FORCE32 = 0x7FFFFFFF


class ROI_STATUS_360D(BoundEnum):
    """Where an object is relative to a region of a 360 degree camera."""

    ROI_ENTRY_360D = 1
    ROI_EXIT_360D = 2
    INSIDE_AISLE_360D = 4


class GstNvDsMetaType(BoundEnum):
    """What a buffer's metadata belongs to."""

    NVDS_GST_INVALID_META = -1
    NVDS_BATCH_GST_META = 4097
    NVDS_DECODER_GST_META = 4098
    NVDS_DEWARPER_GST_META = 4099
    NVDS_RESERVED_GST_META = 8192
    NVDS_GST_META_FORCE32 = 0x7FFFFFFF


class NvBufSurfaceMemMapFlags(BoundEnum):
    """What a surface is mapped for."""

    NVBUF_MAP_READ = 0
    NVBUF_MAP_WRITE = 1
    NVBUF_MAP_READ_WRITE = 2


class NvBufSurfaceColorFormat(BoundEnum):
    """Pixel format of a surface."""

    NVBUF_COLOR_FORMAT_INVALID = 0
    NVBUF_COLOR_FORMAT_GRAY8 = 1
    NVBUF_COLOR_FORMAT_YUV420 = 2
    NVBUF_COLOR_FORMAT_YVU420 = 3
    NVBUF_COLOR_FORMAT_YUV420_ER = 4
    NVBUF_COLOR_FORMAT_YVU420_ER = 5
    NVBUF_COLOR_FORMAT_NV12 = 6
    NVBUF_COLOR_FORMAT_NV12_ER = 7
    NVBUF_COLOR_FORMAT_NV21 = 8
    NVBUF_COLOR_FORMAT_NV21_ER = 9
    NVBUF_COLOR_FORMAT_UYVY = 10
    NVBUF_COLOR_FORMAT_UYVY_ER = 11
    NVBUF_COLOR_FORMAT_VYUY = 12
    NVBUF_COLOR_FORMAT_VYUY_ER = 13
    NVBUF_COLOR_FORMAT_YUYV = 14
    NVBUF_COLOR_FORMAT_YUYV_ER = 15
    NVBUF_COLOR_FORMAT_YVYU = 16
    NVBUF_COLOR_FORMAT_YVYU_ER = 17
    NVBUF_COLOR_FORMAT_YUV444 = 18
    NVBUF_COLOR_FORMAT_RGBA = 19
    NVBUF_COLOR_FORMAT_BGRA = 20
    NVBUF_COLOR_FORMAT_ARGB = 21
    NVBUF_COLOR_FORMAT_ABGR = 22
    NVBUF_COLOR_FORMAT_RGBx = 23
    NVBUF_COLOR_FORMAT_BGRx = 24
    NVBUF_COLOR_FORMAT_xRGB = 25
    NVBUF_COLOR_FORMAT_xBGR = 26
    NVBUF_COLOR_FORMAT_RGB = 27
    NVBUF_COLOR_FORMAT_BGR = 28
    NVBUF_COLOR_FORMAT_NV12_10LE = 29
    NVBUF_COLOR_FORMAT_NV12_12LE = 30
    NVBUF_COLOR_FORMAT_YUV420_709 = 31
    NVBUF_COLOR_FORMAT_YUV420_709_ER = 32
    NVBUF_COLOR_FORMAT_NV12_709 = 33
    NVBUF_COLOR_FORMAT_NV12_709_ER = 34
    NVBUF_COLOR_FORMAT_YUV420_2020 = 35
    NVBUF_COLOR_FORMAT_NV12_2020 = 36
    NVBUF_COLOR_FORMAT_NV12_10LE_ER = 37
    NVBUF_COLOR_FORMAT_NV12_10LE_709 = 38
    NVBUF_COLOR_FORMAT_NV12_10LE_709_ER = 39
    NVBUF_COLOR_FORMAT_NV12_10LE_2020 = 40
    NVBUF_COLOR_FORMAT_SIGNED_R16G16 = 41
    NVBUF_COLOR_FORMAT_LAST = 88  # counts the formats of the C header: every version has another


class NvBufSurfaceLayout(BoundEnum):
    """How the rows of a surface lie in memory."""

    NVBUF_LAYOUT_PITCH = 0
    NVBUF_LAYOUT_BLOCK_LINEAR = 1


class NvBufSurfaceMemType(BoundEnum):
    """What memory a surface is in."""

    NVBUF_MEM_DEFAULT = 0
    NVBUF_MEM_CUDA_PINNED = 1
    NVBUF_MEM_CUDA_DEVICE = 2
    NVBUF_MEM_CUDA_UNIFIED = 3
    NVBUF_MEM_SURFACE_ARRAY = 4
    NVBUF_MEM_HANDLE = 5
    NVBUF_MEM_SYSTEM = 6


class NvDsInferDataType(BoundEnum):
    """Type of the numbers of a tensor."""

    FLOAT = 0
    HALF = 1
    INT8 = 2
    INT32 = 3
