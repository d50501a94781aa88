"""The properties of a source bin, which the bin around many sources has too."""

from __future__ import annotations

from typing import Any

from penstock.gst.device import GPU_ID
from penstock.gst.enums import EnumType
from penstock.gst.properties import Property
from penstock.gst.rtsp import PROTOCOLS, Login, RtspSettings, is_rtsp
from penstock.gst.rtsp_retry import Retry
from penstock.gst.uri_source_connection import ConnectionSettings

TYPE = EnumType("GstNvUriSrcType", {"auto": 0, "uri": 1, "rtsp": 2})
_AUTO, _RTSP = 0, 2
SKIP_FRAMES = EnumType(
    "GstNvUriSrcSkipFrames", {"decode_all": 0, "decode_non_ref": 1, "decode_key": 2}
)
MEMORY_TYPE = EnumType(
    "GstNvUriSrcMemType", {"memtype_device": 0, "memtype_pinned": 1, "memtype_unified": 2}
)
BUFFER_MODE = EnumType(
    "GstNvUriSrcBufferMode", {"none": 0, "slave": 1, "buffer": 2, "auto": 3, "synced": 4}
)
LEAKY = EnumType("GstNvUriSrcLeaky", {"no": 0, "upstream": 1, "downstream": 2})
SMART_RECORD = EnumType(
    "GstNvUriSrcSmartRecord",
    {"smart-rec-disable": 0, "smart-rec-cloud": 1, "smart-rec-multi": 2},
)
CONTAINER = EnumType("GstNvUriSrcSmartRecordContainer", {"smart-rec-mp4": 0, "smart-rec-mkv": 1})
MODE = EnumType(
    "GstNvUriSrcSmartRecordMode",
    {"smart-rec-mode-av": 0, "smart-rec-mode-video": 1, "smart-rec-mode-audio": 2},
)
_UNUSED = "accepted; a GPU decoder's setting without effect on this decoder"
_NO_IPC = "accepted; pictures are not taken from other processes here"

CAMERA_PROPERTIES = (
    Property("num-extra-surfaces", "uint", 1, _UNUSED, accepted_only=True),
    GPU_ID,
    Property("cudadec-memtype", MEMORY_TYPE, 0, _UNUSED, accepted_only=True),
    Property("drop-frame-interval", "uint", 0, "Pass one of N decoded frames; 0: all", maximum=30),
    Property("type", TYPE, 0, "How it is opened; auto: cameras over RTSP by their URI"),
    Property("dec-skip-frames", SKIP_FRAMES, 0, "Which frames are decoded, as of nvv4l2decoder"),
    Property("buffer-mode", BUFFER_MODE, 3, "RTSP: how the jitter buffer keeps time"),
    Property(
        "rtsp-reconnect-attempts",
        "int",
        -1,
        "RTSP: attempts without a frame before the camera is given up; -1: never",
    ),
    Property("select-rtp-protocol", PROTOCOLS, 7, "RTSP: transports that are tried; 0 as 7"),
    Property("leaky", LEAKY, 0, "RTSP: which encoded frames go when max-size-buffers are waiting"),
    Property("max-size-buffers", "uint", 200, "RTSP: most encoded frames that wait; 0: any"),
    Property("file-loop", "bool", False, "Begin anew at the end of a file, for ever"),
    Property("disable-passthrough", "bool", False, _UNUSED, accepted_only=True),
    Property("disable-audio", "bool", True, "Leave sound alone"),
    Property(
        "rtsp-reconnect-interval",
        "uint",
        0,
        "RTSP: seconds without a frame after which a camera is opened anew; 0: it is not",
    ),
    Property(
        "init-rtsp-reconnect-interval",
        "uint",
        0,
        "RTSP: the same until the first frame; 0: rtsp-reconnect-interval",
    ),
    Property(
        "tls-ca-file", "string", None, "rtsps: PEM file of trusted certificates; none: the system's"
    ),
    Property("tls-check", "bool", True, "rtsps: whether the certificate must be a trusted one"),
    Property("latency", "uint", 100, "RTSP: milliseconds that the jitter buffer holds"),
    Property("drop-on-latency", "bool", True, "RTSP: the jitter buffer never holds more"),
    Property("udp-buffer-size", "uint", 524288, "RTSP: bytes of the kernel's buffer for UDP"),
    Property("extract-sei-type5-data", "bool", False, _UNUSED, accepted_only=True),
    Property("low-latency-mode", "bool", False, _UNUSED, accepted_only=True),
    Property("sei-uuid", "string", None, _UNUSED, accepted_only=True),
    Property("ipc-buffer-timestamp-copy", "bool", False, _NO_IPC, accepted_only=True),
    Property("ipc-socket-path", "string", None, _NO_IPC, accepted_only=True),
    Property("ipc-connection-attempts", "int", -1, _NO_IPC, minimum=-1, accepted_only=True),
    Property(
        "simulate-fps-interval-ms",
        "uint",
        0,
        "accepted; frames come in their own time",
        maximum=1000,
        accepted_only=True,
    ),
    Property("ipc-connection-interval", "uint64", 1_000_000, _NO_IPC, accepted_only=True),
    Property("user-id", "string", None, "RTSP: name to log in with; the URI's comes first"),
    Property("user-pw", "string", None, "RTSP: password to log in with"),
)
RECORD_PROPERTIES = (
    Property("smart-record", SMART_RECORD, 0, "Keep encoded video, to be recorded by start-sr"),
    Property("smart-rec-dir-path", "string", None, "Folder for recordings; none: the current one"),
    Property("smart-rec-file-prefix", "string", "Smart_Record", "How their names begin"),
    Property("smart-rec-video-cache", "uint", 20, "Older name of smart-rec-cache"),
    Property("smart-rec-cache", "uint", 20, "Seconds of video kept for the time before a start"),
    Property("smart-rec-container", CONTAINER, 0, "File format of recordings"),
    Property("smart-rec-mode", MODE, 0, "accepted; only video is recorded", accepted_only=True),
    Property("smart-rec-default-duration", "uint", 20, "Seconds, where start-sr says no duration"),
    Property("smart-rec-status", "bool", False, "Whether a recording runs", read_only=True),
)
COUNTERS = (
    Property("reconnects", "uint", 0, "RTSP: connections after the first", read_only=True),
    Property("frames-received", "uint64", 0, "Decoded frames", read_only=True),
    Property("frames-dropped", "uint64", 0, "RTSP: frames that came too fast", read_only=True),
    Property("packets-lost", "uint64", 0, "RTSP: packets that never came", read_only=True),
    Property("last-error", "string", None, "RTSP: why a connection was lost", read_only=True),
)


def opened_as_camera(settings: dict[str, Any]) -> bool:
    """Whether the property `type`, or the URI where that is auto, says RTSP."""
    kind = settings["type"]
    return bool(kind == _RTSP or (kind == _AUTO and is_rtsp(settings["uri"] or "")))


def connection_of(settings: dict[str, Any]) -> ConnectionSettings:
    """What the properties say about opening, by their names."""
    uri, audio = settings["uri"] or "", not settings["disable-audio"]
    login = None
    if uri and opened_as_camera(settings):
        login = Login.of(uri).completed(settings["user-id"], settings["user-pw"])
    return ConnectionSettings(
        uri,
        login=login,
        rtsp=RtspSettings(
            latency_ms=settings["latency"],
            drop_on_latency=settings["drop-on-latency"],
            protocols=settings["select-rtp-protocol"],
            udp_buffer_bytes=settings["udp-buffer-size"],
            buffer_mode=settings["buffer-mode"],
            patience_s=settings["init-rtsp-reconnect-interval"]
            or settings["rtsp-reconnect-interval"],
            audio=audio,
            tls_ca_file=settings["tls-ca-file"],
            tls_check=settings["tls-check"],
        ),
        audio=audio,
        decoder={
            "drop-frame-interval": settings["drop-frame-interval"],
            "skip-frames": settings["dec-skip-frames"],
        },
        most_waiting=settings["max-size-buffers"],
        leaky=settings["leaky"],
    )


def retry_of(settings: dict[str, Any]) -> Retry:
    """When the properties say that a camera is tried again."""
    return Retry(
        interval_s=settings["rtsp-reconnect-interval"],
        first_interval_s=settings["init-rtsp-reconnect-interval"],
        most=settings["rtsp-reconnect-attempts"],
    )
