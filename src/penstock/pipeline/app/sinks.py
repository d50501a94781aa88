"""The sinks of the reference application."""

from __future__ import annotations

from typing import Any

from penstock.config import SinkGroup
from penstock.errors import ConfigError
from penstock.gst import Gst
from penstock.pipeline.app.parts import described, give
from penstock.pipeline.endings import QUEUE

NOWHERE, WINDOW, FILE, STREAM, OVERLAY, MESSAGES, WINDOW_3D = range(1, 8)
H264, H265, MPEG4 = 1, 2, 3
CODECS = {H264: "h264", H265: "h265"}
"""What a stream's codec is called in caps."""
_MUXERS = {1: "mp4mux", 2: "matroskamux"}
_PARSERS = {H264: "h264parse", H265: "h265parse", MPEG4: "mpeg4videoparse"}
_SOFTWARE = {H264: "x264enc", H265: "x265enc", MPEG4: "avenc_mpeg4"}
_HARDWARE = {H264: "nvv4l2h264enc", H265: "nvv4l2h265enc"}
_MAIN_10 = 1


def sink_bin(group: SinkGroup) -> Gst.Bin:
    """A bin with a pad `sink` for what the group wants done with pictures or metadata.

    Inside, what ends it has the name of the group too, for messages; with type 4 `rtsp` is what
    `RtspServer.publish` takes, and `watched` its valve where nothing else needs the pictures.

    Raises:
        ConfigError: A value that is not possible.
        MissingExtraError: An element is not installed.
    """
    make = {FILE: _file, STREAM: _stream, MESSAGES: _messages}.get(group.kind, _shown)
    made = make(group)
    end = made.get_by_name(_name(group))
    if end is not None:
        # Sinks of one source must not wait for those of another that is not there yet.
        told = {"async": False, "sync": group.sync, "qos": group.qos, **group.properties}
        give(end, told, where=group.where)
    return made


def _described(group: SinkGroup, description: str) -> Gst.Bin:
    return described(f"{QUEUE} ! {description}", _name(group), where=group.where)


def _name(group: SinkGroup) -> str:
    return f"sink{group.number}"


def _shown(group: SinkGroup) -> Gst.Bin:
    if group.kind == NOWHERE:
        return _described(group, f"fakesink name={_name(group)} enable-last-sample=false")
    return _described(group, f"nveglglessink name={_name(group)}")


def _file(group: SinkGroup) -> Gst.Bin:
    path, muxer = group.file, _MUXERS[group.container]
    assert path is not None
    if path.is_dir() or not path.parent.is_dir():
        reason = "it is a folder" if path.is_dir() else "its folder does not exist"
        raise ConfigError(f"{group.where}: output-file {path} cannot be written: {reason}")
    encode = f"{_encoder(group)} ! {_PARSERS[group.codec]}"
    made = _described(group, f"{encode} ! {muxer} ! filesink name={_name(group)}")
    made.get_by_name(_name(group)).set_property("location", str(path))
    _set_encoder(made, group)
    return made


def _stream(group: SinkGroup) -> Gst.Bin:
    name = CODECS[group.codec]
    caps = f"video/x-{name},stream-format=byte-stream,alignment=au"
    parse = f"{_PARSERS[group.codec]} config-interval=-1 ! {caps}"
    clients = "fakesink name=rtsp sync=false async=false enable-last-sample=false"
    pace = "clocksync ! " if group.sync else ""
    if not group.udp_port:
        watched = "valve name=watched drop=true drop-mode=forward-sticky-events"
        made = _described(group, f"{pace}{watched} ! {_encoder(group)} ! {parse} ! {clients}")
    else:
        made = _described(
            group,
            f"{pace}{_encoder(group)} ! {parse} ! tee name=encoded ! {clients} encoded. ! queue "
            f"! rtp{name}pay config-interval=-1 ! udpsink host=127.0.0.1 port={group.udp_port} "
            "sync=false async=false",
        )
    _set_encoder(made, group)
    return made


def _encoder(group: SinkGroup) -> str:
    name = f"name={_name(group)}-encoder"
    if group.software or group.codec == MPEG4:
        return f"nvvideoconvert ! video/x-raw,format=I420 ! {_SOFTWARE[group.codec]} {name}"
    return f"nvvideoconvert ! {_HARDWARE[group.codec]} {name}"


def _set_encoder(made: Gst.Bin, group: SinkGroup) -> None:
    encoder = made.get_by_name(f"{_name(group)}-encoder")
    kilobits = max(1, group.bitrate // 1000)
    told: dict[str, Any] = {"bitrate": group.bitrate, "gop-size": group.key_interval}
    if encoder.get_factory().get_name() in (_SOFTWARE[H264], _SOFTWARE[H265]):
        told = {"bitrate": kilobits, "key-int-max": group.key_interval}
        told |= {"speed-preset": "veryfast", "tune": "zerolatency"}
    elif group.codec in _HARDWARE:
        told = {
            "bitrate": group.bitrate,
            "iframeinterval": group.key_interval,
            "idrinterval": group.key_interval,
            "insert-sps-pps": True,
            "profile": group.profile if group.codec == H264 else min(group.profile, _MAIN_10),
        }
    for name, value in told.items():
        if isinstance(value, str):
            Gst.util_set_object_arg(encoder, name, value)
        else:
            give(encoder, {name: value}, where=group.where)


def _messages(group: SinkGroup) -> Gst.Bin:
    name = _name(group)
    convert = "" if group.bare else f"nvmsgconv name={name}-converter ! "
    made = _described(group, f"{convert}nvmsgbroker name={name}")
    if not group.bare:
        # Nobody attaches events in this application: messages tell what was found.
        told = {**group.converter, "msg2p-newapi": True}
        give(made.get_by_name(f"{name}-converter"), told, where=group.where)
    give(made.get_by_name(name), group.broker, where=group.where)
    return made
