"""The keys of deepstream-app's groups about sinks and messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from penstock.config.app_grammar import (
    count,
    existing,
    given,
    least_one,
    library,
    path,
    path_text,
    port,
    text,
)
from penstock.config.keys import Key, ignored
from penstock.config.value import Value

NOWHERE, WINDOW, FILE, STREAM, OVERLAY, MESSAGES, WINDOW_3D = range(1, 8)
KINDS: Final = {
    NOWHERE: "nowhere",
    WINDOW: "window",
    FILE: "file",
    STREAM: "RTSP and UDP",
    OVERLAY: "display",
    MESSAGES: "message broker",
    WINDOW_3D: "window",
}
H264, H265, MPEG4 = 1, 2, 3
MP4, MKV = 1, 2
TO_CONVERTER, TO_BROKER = "converter:", "broker:"
"""How the setting of a key begins that nvmsgconv, or nvmsgbroker, is given."""

_ENCODER = "it is a setting of NVIDIA's encoder"
_PLANE = "it is a setting of a Jetson's display"


def _to(element: str, name: str, key: Key) -> Key:
    return Key(key.effect, key.default, f"{element}{name}", key.read)


CONVERTER: Mapping[str, Key] = {
    "msg-conv-config": given("config", "sensors and places, see nvmsgconv", existing, "none"),
    "msg-conv-payload-type": given(
        "payload-type",
        "0: full, 1: minimal, 2: protobuf, 257: custom",
        lambda value: value.choice(
            {0: "full", 1: "minimal", 2: "protobuf", 256: "reserved", 257: "custom"}
        ),
        "0",
    ),
    "msg-conv-msg2p-lib": given("msg2p-lib", "a Python file or library for 257", library),
    "msg-conv-comp-id": given("comp-id", "only what this component attached", count),
    "msg-conv-frame-interval": given("frame-interval", "a message every N frames", least_one, "30"),
    "msg-conv-msg2p-new-api": given(
        "msg2p-newapi",
        "accepted: messages are always made of what was found, nobody attaches events here",
        Value.boolean,
        "1",
    ),
    "multiple-payloads": given("multiple-payloads", "several of one event", Value.boolean),
    "debug-payload-dir": given("debug-payload-dir", "folder for copies of messages", path_text),
    "msg-conv-dummy-payload": given("dummy-payload", "messages without a frame", Value.boolean),
    "msg-conv-embedding-filter": given("embedding-filter", "vectors that are sent", text),
}

BROKER: Mapping[str, Key] = {
    "msg-broker-proto-lib": given("proto-lib", "the broker's library, or its name", text),
    "msg-broker-conn-str": given("conn-str", "where it is, host;port", text),
    "topic": given("topic", "what messages are sent to", text),
    "msg-broker-config": given("config", "the broker's file", existing),
    "msg-broker-comp-id": given("comp-id", "only what this component attached", count),
    "new-api": given("new-api", "accepted; there is one way", Value.boolean),
    "sleep-time": given("sleep-time", "milliseconds between messages", count),
}

SINK: Mapping[str, Key] = {
    "type": Key(
        "1: nowhere, 2, 5 and 7: a window, 3: a file, 4: RTSP and UDP, 6: a message broker",
        "required",
        "kind",
        lambda value: value.choice(KINDS),
    ),
    "sync": Key("1: in the video's own time, 0: as fast as can be", "0", "sync", Value.boolean),
    "qos": Key("1: late frames may be dropped", "0", "qos", Value.boolean),
    "source-id": Key("without tiles: whose pictures", "0", "source_id", count),
    "link-to-demux": Key(
        "with tiles: 1: this sink gets source-id's own pictures", "0", "single", Value.boolean
    ),
    "width": given("window-width", "types 2, 5, 7: width of the window, pixels", count),
    "height": given("window-height", "its height, pixels", count),
    "output-file": Key("type 3: the file", "required", "file", path),
    "container": Key(
        "type 3: 1 MP4, 2 MKV", "1", "container", lambda v: v.choice({MP4: "MP4", MKV: "MKV"})
    ),
    "codec": Key(
        "types 3, 4: 1 H.264, 2 H.265, 3 MPEG-4 (file only)",
        "1",
        "codec",
        lambda value: value.choice({H264: "H.264", H265: "H.265", MPEG4: "MPEG-4"}),
    ),
    "enc-type": Key(
        "0: nvv4l2h264enc and its like, 1: x264enc and x265enc",
        "0",
        "software",
        lambda value: bool(value.choice({0: "hardware", 1: "software"})),
    ),
    "bitrate": Key("bits a second", "2000000", "bitrate", least_one),
    "profile": Key("of enc-type 0: 0 baseline, 2 main, 4 high", "0", "profile", count),
    "iframeinterval": Key("frames from one key frame to the next", "30", "key_interval", least_one),
    "rtsp-port": Key("type 4: port of `rtsp://…/ds-test`; 0: any", "8554", "rtsp_port", port),
    "udp-port": Key(
        "type 4: RTP goes to this port of 127.0.0.1 too; 0: not", "5000", "udp_port", port
    ),
    "udp-buffer-size": ignored("bytes of the kernel's buffer", "clients are fed from memory"),
    "disable-msgconv": Key(
        "type 6: 1: `[message-converter]` makes its messages, so that several brokers get the same",
        "0",
        "bare",
        Value.boolean,
    ),
    **{
        name: _to(TO_CONVERTER, key.setting.partition(":")[2], key)
        for name, key in CONVERTER.items()
    },
    **{name: _to(TO_BROKER, key.setting.partition(":")[2], key) for name, key in BROKER.items()},
    "copy-meta": ignored("keep metadata behind the encoder", "it always is"),
    "output-io-mode": ignored("kind of memory", _ENCODER),
    "sw-preset": ignored("speed of the encoder", "it is the element's own"),
    "compute-hw": ignored("which NVIDIA unit converts", "the pixels are not on a GPU"),
    "color-range": ignored("full or limited", _PLANE),
    "conn-id": ignored("connector", _PLANE),
    "plane-id": ignored("plane", _PLANE),
    "set-mode": ignored("mode", _PLANE),
    "nvdslogger": ignored("print frame rates", "[application] enable-perf-measurement does"),
    "show-fps": ignored("print frame rates", "[application] enable-perf-measurement does"),
    "show-latency": ignored("print latencies", "nvdslogger does, in a pipeline of your own"),
}

CONSUMER: Mapping[str, Key] = {
    "proto-lib": Key("the broker's library, or its name", "required", "proto_lib", text),
    "conn-str": Key("where it is, host;port", "the file's", "conn_str", text),
    "config-file": Key("the broker's file", "none", "config_file", existing),
    "subscribe-topic-list": Key("what is listened to, a;b;c", "none", "topics", Value.strings),
    "sensor-list-file": Key(
        "`[sensorN]` groups as in nvmsgconv's file: which source a sensor's id means",
        "an id is its source's number",
        "sensor_file",
        existing,
    ),
}
