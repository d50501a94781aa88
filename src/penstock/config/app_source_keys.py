"""The keys of deepstream-app's groups about sources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from penstock.config.app_grammar import (
    count,
    given,
    itself,
    least_one,
    path_text,
    port,
    side,
    text,
)
from penstock.config.keys import Key, ignored
from penstock.config.value import Value

CAMERA, URI, MULTI_URI, RTSP = 1, 2, 3, 4
KINDS: Final = {CAMERA: "camera", URI: "URI", MULTI_URI: "several URIs", RTSP: "RTSP"}
_MOST_SOURCES = 1024  # as many as DeepStream takes
_DECODER = "it is a setting of NVIDIA's decoder"
_NO_SEI = "it is not read"


def _kind(value: Value) -> int:
    if value.text in ("5", "6"):
        what = "a Jetson's own camera" if value.text == "5" else "sound"
        raise value.error("1 (camera), 2 (URI), 3 (several URIs) or 4 (RTSP)", advice=f": {what}")
    return value.choice(KINDS)


SOURCE: Mapping[str, Key] = {
    "type": Key(
        "1: camera at `/dev/video<camera-v4l2-dev-node>`, 2: URI, 3: `num-sources` URIs, `%d` in "
        "`uri` counts them from 0, 4: RTSP",
        "required",
        "kind",
        _kind,
    ),
    "uri": Key(
        "what to open; a file, with `file://` or without, may be relative to this one",
        "none",
        "uri",
        itself,
    ),
    "csv-file-path": Key(
        "in a group `source` without a number: a table of sources; its first row names keys",
        "none",
        "table",
        itself,
    ),
    "num-sources": Key(
        "type 3: how many",
        "1",
        "several",
        lambda value: value.integer(minimum=1, maximum=_MOST_SOURCES),
    ),
    "camera-v4l2-dev-node": Key("type 1: number of the device", "0", "device", count),
    "camera-width": Key("type 1: width of its pictures, pixels", "its own", "camera_width", side),
    "camera-height": Key("their height, pixels", "its own", "camera_height", side),
    "camera-fps-n": Key("type 1: frames a second, numerator", "its own", "camera_fps_n", least_one),
    "camera-fps-d": Key("its denominator", "1", "camera_fps_d", least_one),
    "source-id": ignored("its number", "it is its position among the enabled sources"),
    "camera-id": ignored("its number", "it is its position among the enabled sources"),
    "latency": given("latency", "RTSP: milliseconds that the jitter buffer holds", count),
    "drop-on-latency": given(
        "drop-on-latency", "RTSP: the jitter buffer never holds more", Value.boolean, "0"
    ),
    "drop-frame-interval": given(
        "drop-frame-interval",
        "pass one of N decoded frames; 0: all",
        lambda value: value.integer(minimum=0, maximum=30),
    ),
    "intra-decode-enable": Key("1: key frames only", "0", "key_frames", Value.boolean),
    "select-rtp-protocol": given(
        "select-rtp-protocol",
        "RTSP: 0 and 7 as offered, 1 UDP, 2 multicast, 4 TCP",
        lambda value: value.choice({0: "any", 1: "UDP", 2: "multicast", 4: "TCP", 7: "any"}),
    ),
    "set-rtp-protocol": given(
        "select-rtp-protocol",
        "older name of that",
        lambda value: value.choice({0: "any", 1: "UDP", 2: "multicast", 4: "TCP", 7: "any"}),
    ),
    "buffer-mode": given(
        "buffer-mode",
        "RTSP: how the jitter buffer keeps time",
        lambda value: value.integer(minimum=0, maximum=4),
    ),
    "leaky": given(
        "leaky",
        "RTSP: which encoded frames go when too many wait: 0 none, 1 new, 2 old",
        lambda value: value.integer(minimum=0, maximum=2),
        "2",
    ),
    "max-size-buffers": given("max-size-buffers", "RTSP: how many may wait", count),
    "udp-buffer-size": given("udp-buffer-size", "RTSP: bytes of the kernel's buffer", count),
    "rtsp-reconnect-interval-sec": given(
        "rtsp-reconnect-interval", "RTSP: seconds of silence, then it is opened anew", count, "10"
    ),
    "init-rtsp-reconnect-interval-sec": given(
        "init-rtsp-reconnect-interval", "the same before its first frame", count, "15"
    ),
    "rtsp-reconnect-attempts": given(
        "rtsp-reconnect-attempts", "how often; -1: for ever", lambda v: v.integer(minimum=-1)
    ),
    "simulate-fps-interval-ms": given(
        "simulate-fps-interval-ms", "milliseconds between frames that are made up", count
    ),
    "smart-record": given(
        "smart-record",
        "RTSP: 0 no recording, 1 by messages from a broker, 2 by these and every "
        "smart-rec-interval seconds",
        lambda value: value.integer(minimum=0, maximum=2),
        "0",
    ),
    "smart-rec-dir-path": given("smart-rec-dir-path", "folder for recordings", path_text),
    "smart-rec-file-prefix": given("smart-rec-file-prefix", "how their names begin", text),
    "smart-rec-cache": given("smart-rec-cache", "seconds kept for the time before", count),
    "smart-rec-video-cache": given("smart-rec-video-cache", "older name of that", count),
    "smart-rec-container": given(
        "smart-rec-container", "0: MP4, 1: MKV", lambda v: v.choice({0: "MP4", 1: "MKV"})
    ),
    "smart-rec-default-duration": given(
        "smart-rec-default-duration", "seconds, where an order does not say", count
    ),
    "smart-rec-start-time": Key("seconds before now, for type 2", "2", "record_from_s", count),
    "smart-rec-duration": Key("seconds of a recording, for type 2", "8", "record_s", least_one),
    "smart-rec-interval": Key(
        "seconds from one recording to the next, for type 2", "10", "record_every_s", least_one
    ),
    "low-latency-decode": ignored("hand frames out at once", _DECODER),
    "num-decode-surfaces": ignored("pictures of the decoder", _DECODER),
    "num-extra-surfaces": ignored("more pictures of the decoder", _DECODER),
    "extract-sei-type5-data": ignored("read user data of the video", _NO_SEI),
    "sei-uuid": ignored("which of them", _NO_SEI),
    "sensorID-padID-mapping": ignored("numbers by sensor id", "numbers are positions"),
    "camera-csi-sensor-id": ignored("a Jetson's own camera", "there is none"),
    "alsa-device": ignored("a microphone", "there is no sound"),
    "video-format": ignored("format of decoded frames", "each element converts what it needs"),
    "copy-hw": ignored("which NVIDIA unit copies", "the pixels are not on a GPU"),
}

LIST: Mapping[str, Key] = {
    "list": Key("URIs, a;b;c, or `usb:0`", "none", "uris", itself),
    "num-source-bins": Key("how many there are; checked", "as many as `list`", "expected", count),
    "use-nvmultiurisrcbin": Key(
        "1: sources may come and go over HTTP", "0", "multi", Value.boolean
    ),
    "sensor-id-list": Key("their ids, a;b;c", "none", "sensor_ids", Value.strings),
    "sensor-name-list": Key("their names, a;b;c", "none", "sensor_names", Value.strings),
    "max-batch-size": given(
        "max-batch-size",
        "most sources at a time, and `batch-size` of the primary network",
        least_one,
    ),
    "http-ip": given("ip-address", "where orders are taken", text),
    "http-port": given("port", "its port", lambda value: str(port(value))),
    "sgie-batch-size": Key("batch-size of the secondary networks", "none", "sgie_batch", least_one),
    "stream-name-display": ignored("names on pictures", "[osd] draws what elements attach"),
    "low-latency-mode": ignored("hand frames out at once", _DECODER),
    "extract-sei-type5-data": ignored("read user data of the video", _NO_SEI),
    "sei-uuid": ignored("which of them", _NO_SEI),
    "dummy-payload": ignored("of the message sinks", "their own msg-conv-dummy-payload counts"),
    "custom-ts-to-rfc": ignored("form of times", "all times are RFC 3339"),
    "batched-sensor-name": ignored("name of a batch", "messages name single sensors"),
    "enable-error-propagation": ignored("send errors to a broker", "they go to standard error"),
    "proto-lib": ignored("of that broker", "errors go to standard error"),
    "conn-str": ignored("of that broker", "errors go to standard error"),
    "topic": ignored("of that broker", "errors go to standard error"),
}
