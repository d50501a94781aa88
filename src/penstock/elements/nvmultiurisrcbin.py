"""`nvmultiurisrcbin`: many URIs in, batches out; sources come and go while it plays.

gst-launch-1.0 nvmultiurisrcbin port=0 uri-list=file:///street.mp4 width=320 height=180 ! fakesink
"""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

from penstock.errors import ConfigError
from penstock.gst import (
    CAMERA_PROPERTIES,
    INTERPOLATION,
    RECORD_PROPERTIES,
    EnumType,
    Gst,
    MultiUriSource,
    Property,
    gproperties,
    nvmm_caps,
    pad_template,
)
from penstock.meta import SensorInfo
from penstock.rest import RestAddress, RestServer

MODE = EnumType("GstNvMultiUriSrcMode", {"video": 0, "audio": 1})
_VIDEO = 0
_UNUSED = "accepted; a GPU decoder's setting without effect on this decoder"
_NO_CACHE = "accepted; no frame needs a cache"
_NO_SEI = "accepted; times are those of the stream, never of its SEI"
_NO_BROKER = "accepted; failures are answered and posted on the bus only"
_ALIGNED = "accepted; sync-inputs batches the frames of one moment"
_OF_SOURCES = (
    *(prop for prop in CAMERA_PROPERTIES if prop.name != "disable-passthrough"),
    *(prop for prop in RECORD_PROPERTIES if not prop.read_only),
)
_OF_MUX = (
    Property(
        "batched-push-timeout",
        "int",
        -1,
        "Microseconds after the first frame when an incomplete batch leaves; -1: never",
        minimum=-1,
    ),
    Property("width", "uint", 0, "Width of every frame in the batch, pixels; required"),
    Property("height", "uint", 0, "Height of every frame in the batch, pixels; required"),
    Property("enable-padding", "bool", False, "Keep the aspect ratio, with black bars"),
    Property("live-source", "bool", False, "Sources are live, even if they do not say so"),
    Property("buffer-pool-size", "uint", 4, "Most batches in flight downstream", minimum=4),
    Property("attach-sys-ts", "bool", True, "ntp_timestamp is the wall clock's, else RTCP's"),
    Property("interpolation-method", INTERPOLATION, 1, "How frames are scaled"),
    Property("sync-inputs", "bool", False, "Batch the frames of one moment; late ones drop"),
    Property("max-latency", "uint", 0, "Nanoseconds longer that sync-inputs waits, live sources"),
    Property(
        "num-surfaces-per-frame",
        "uint",
        1,
        "Most surfaces of one buffer that are batched, each as a frame",
        minimum=1,
        maximum=4,
    ),
    Property("frame-num-reset-on-eos", "bool", False, "Count anew after a source's EOS"),
    Property("frame-num-reset-on-stream-reset", "bool", False, "Count anew after a stream reset"),
    Property("config-file-path", "string", None, "The new mux's file, USE_NEW_NVSTREAMMUX=yes"),
)


class NvMultiUriSrcBin(MultiUriSource, Gst.Bin):
    """Says with properties, and over HTTP, what `MultiUriSource` does."""

    FACTORY = "nvmultiurisrcbin"
    PROPERTIES = (
        Property("uri-list", "string", None, "What to begin with, separated by commas"),
        Property("sensor-id-list", "string", None, "Their ids, in the same order; else 0, 1, …"),
        Property("sensor-name-list", "string", None, "Their names, in the same order"),
        Property("ip-address", "string", "localhost", "Where the REST server listens"),
        Property("port", "string", "9000", "Its port, or HOST:PORT; 0: no server"),
        Property("max-batch-size", "uint", 30, "Most sources at a time", minimum=1, maximum=1024),
        Property(
            "sensorID-padID-mapping", "bool", False, "The first number in a sensor id is its source"
        ),
        Property("drop-pipeline-eos", "bool", False, "Go on when the last source has ended"),
        Property("disable-passthrough", "bool", False, "Sources can be turned and cropped: conv/…"),
        *_OF_MUX,
        *_OF_SOURCES,
        Property("mode", MODE, 0, "accepted; audio is an error", accepted_only=True),
        Property("extract-sei-type5-data-dec", "bool", False, _UNUSED, accepted_only=True),
        Property(
            "frame-duration",
            "int",
            0,
            "accepted; each frame has the RTCP time of its own packets",
            minimum=-1,
            accepted_only=True,
        ),
        Property(
            "async-process",
            "bool",
            True,
            "accepted; batches leave on a thread of their own",
            accepted_only=True,
        ),
        Property(
            "sort-batch",
            "bool",
            False,
            "accepted; frames are in the order of the pads",
            accepted_only=True,
        ),
        Property(
            "simulate-fps-interval-ms",
            "uint",
            0,
            "accepted; sources keep their own time",
            maximum=1000,
            accepted_only=True,
        ),
        Property("cache-buffer", "bool", False, _NO_CACHE, accepted_only=True),
        Property("cache-buffer-timeout", "int", -1, _NO_CACHE, minimum=-1, accepted_only=True),
        Property("align-first-buffer", "bool", False, _ALIGNED, accepted_only=True),
        Property("sync-inputs-ntp", "int", 0, _ALIGNED, minimum=0, accepted_only=True),
        Property("extract-sei-sim-time", "bool", False, _NO_SEI, accepted_only=True),
        Property("drop-backward-sei", "bool", False, _NO_SEI, accepted_only=True),
        Property("enable-error-propagation", "bool", False, _NO_BROKER, accepted_only=True),
        Property("proto-lib", "string", None, _NO_BROKER, accepted_only=True),
        Property("conn-str", "string", None, _NO_BROKER, accepted_only=True),
        Property("topic", "string", None, _NO_BROKER, accepted_only=True),
    )
    __gtype_name__ = "Gstnvmultiurisrcbin"
    __gstmetadata__ = (
        "Penstock sources",
        "Source/Bin/Network/Video",
        "Opens many files, streams and cameras, batches them, and takes orders over HTTP",
        "The Penstock authors",
    )
    __gsttemplates__ = (
        pad_template(
            "src", Gst.PadDirection.SRC, Gst.PadPresence.ALWAYS, nvmm_caps("NV12", "RGBA", "I420")
        ),
    )
    __gproperties__ = gproperties(PROPERTIES)

    _server: RestServer | None = None

    def __init__(self) -> None:
        super().__init__()
        if self.mux is not None:
            self.mux.set_property("batch-size", self.setting("max-batch-size"))

    def changed(self, name: str, value: Any) -> None:
        """The mux takes its settings at once; those of sources hold for the next ones."""
        if name == "drop-pipeline-eos":
            self.withhold_eos()
        elif name == "max-batch-size":
            self.mux.set_property("batch-size", value)
        elif name in _MUX_NAMES and self.mux.find_property(name):
            self.mux.set_property(name, value)

    def ready(self) -> None:
        """Make the first sources and listen."""
        if self.setting("mode") != _VIDEO:
            raise ConfigError("mode: wanted video, got audio, which is not available")
        address = RestAddress.parse(
            self.setting("port") or "0", host=self.setting("ip-address") or "localhost"
        )
        super().ready()
        if address is not None:
            self._server = RestServer(address, target=self)
            self._server.start()

    def unready(self) -> None:
        """Listen no more, and let the sources go."""
        server, self._server = self._server, None
        if server is not None:
            server.stop()
        super().unready()

    def initial_sources(self) -> list[SensorInfo]:
        """What the three lists say."""
        uris, ids, names = (
            _listed(self.setting(f"{what}-list")) for what in ("uri", "sensor-id", "sensor-name")
        )
        for what, given in (("sensor-id-list", ids), ("sensor-name-list", names)):
            if len(given) > len(uris):
                raise ConfigError(f"{what} has {len(given)} entries, and uri-list {len(uris)}")
        return [
            SensorInfo(-1, sensor_id or str(position), name or "", uri)
            for position, (uri, sensor_id, name) in enumerate(zip_longest(uris, ids, names))
        ]

    def most_sources(self) -> int:
        """What `max-batch-size` says."""
        return int(self.setting("max-batch-size"))

    def numbered_by_sensor(self) -> bool:
        """What `sensorID-padID-mapping` says."""
        return bool(self.setting("sensorID-padID-mapping"))

    def converts(self) -> bool:
        """What `disable-passthrough` says."""
        return bool(self.setting("disable-passthrough"))

    def source_settings(self) -> dict[str, Any]:
        """The properties that every nvurisrcbin has too, as far as they were set."""
        return {name: self.setting(name) for name in _SOURCE_NAMES if name in self.explicit}


_MUX_NAMES = frozenset(prop.name for prop in _OF_MUX)
_SOURCE_NAMES = tuple(prop.name for prop in _OF_SOURCES)


def _listed(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]
