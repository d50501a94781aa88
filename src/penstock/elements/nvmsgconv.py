"""`nvmsgconv`: makes messages of events or of plain metadata, for `nvmsgbroker` to send.

gst-launch-1.0 videotestsrc num-buffers=5 ! nvvideoconvert ! mux.sink_0 \
    nvstreammux name=mux batch-size=1 width=640 height=360 \
    ! nvmsgconv payload-type=PAYLOAD_DEEPSTREAM_MINIMAL msg2p-newapi=true frame-interval=1 \
    ! fakesink
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from penstock.errors import ConfigError
from penstock.gst import (
    BatchTransform,
    EnumType,
    Gst,
    Property,
    batch_of,
    gproperties,
    post_error,
    post_warning,
    sink_and_src,
)
from penstock.meta import BatchMeta, Payload, UserMeta

if TYPE_CHECKING:
    from penstock.config import MessagesConfig
    from penstock.messages import Converter, DebugFolder

PAYLOAD_TYPE = EnumType(
    "GstNvMsgConvPayloadType",
    {
        "PAYLOAD_DEEPSTREAM": 0,
        "PAYLOAD_DEEPSTREAM_MINIMAL": 1,
        "PAYLOAD_DEEPSTREAM_PROTOBUF": 2,
        "PAYLOAD_RESERVED": 256,
        "PAYLOAD_CUSTOM": 257,
    },
)
# DeepStream's documents disagree whether custom is 256 or 257.
_KINDS = {0: "full", 1: "minimal", 2: "protobuf", 256: "custom", 257: "custom"}
_PER_FRAME = (1, 2)
_STOCK_LIBRARY = "libnvds_msgconv.so"


class NvMsgConv(BatchTransform):
    """Attaches messages to frames; changes nothing else."""

    FACTORY = "nvmsgconv"
    PROPERTIES = (
        Property(
            "config",
            "string",
            None,
            "Sensors, places and analytics modules; required for PAYLOAD_DEEPSTREAM",
        ),
        Property(
            "msg2p-lib", "string", None, "Python file whose function makes the messages instead"
        ),
        Property("payload-type", PAYLOAD_TYPE, 0, "What messages look like"),
        Property(
            "comp-id", "uint", 0, "Stamped on the messages; not 0: only events for this component"
        ),
        Property("debug-payload-dir", "string", None, "Folder to write every message to, too"),
        Property(
            "multiple-payloads",
            "bool",
            False,
            "accepted; a function may always return several messages",
            accepted_only=True,
        ),
        Property(
            "msg2p-newapi", "bool", False, "Messages of frames and objects, without any event"
        ),
        Property(
            "frame-interval",
            "uint",
            30,
            "With msg2p-newapi: only frames whose number this divides",
            minimum=1,
        ),
        Property(
            "dummy-payload",
            "bool",
            False,
            "Frames without events become messages too, where one tells of a whole frame",
        ),
        Property(
            "embedding-filter",
            "string",
            None,
            "accepted; it is about objects of depth cameras",
            accepted_only=True,
        ),
        Property(
            "send-images",
            "bool",
            False,
            "With msg2p-newapi: encoded pictures attached to frames and objects too, in base64",
        ),
    )
    __gtype_name__ = "Gstnvmsgconv"
    __gstmetadata__ = (
        "Penstock message converter",
        "Filter/Metadata",
        "Makes messages of metadata",
        "The Penstock authors",
    )
    __gsttemplates__ = sink_and_src("ANY")
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self._config: MessagesConfig | None = None
        self._converter: Converter | None = None
        self._debug: DebugFolder | None = None
        self._told: set[str] = set()

    def changed(self, name: str, value: Any) -> None:
        """What is set while playing holds from the next batch on."""
        if name == "config":
            from penstock.config import MessagesConfig

            self._config = MessagesConfig.read(value) if value else None
        if self._converter is not None:
            self._prepare()

    def ready(self) -> None:
        """Everything that can be wrong with the settings is wrong here."""
        self._told = set()
        self._prepare()

    def _prepare(self) -> None:
        from penstock.config import MessagesConfig
        from penstock.messages import PAYLOADS, Converter, DebugFolder, PayloadSettings

        kind, file = self._kind()
        if kind == "full" and self._config is None:
            raise ConfigError("config must name a configuration file, got nothing")
        settings = PayloadSettings(
            config=self._config or MessagesConfig(),
            images=self.setting("send-images"),
            file=file,
            per_frame=self.setting("payload-type") in _PER_FRAME,
            new_api=self.setting("msg2p-newapi"),
        )
        writer = PAYLOADS.load(kind)(settings)
        folder = self.setting("debug-payload-dir")
        self._debug = DebugFolder(Path(folder), where="debug-payload-dir") if folder else None
        self._converter = Converter(
            writer,
            component_id=self.setting("comp-id"),
            new_api=self.setting("msg2p-newapi"),
            frame_interval=self.setting("frame-interval"),
            empty_frames=self.setting("dummy-payload"),
        )
        for text in settings.config.warnings:
            self._warn_once(text)

    def _kind(self) -> tuple[str, Path | None]:
        library = self.setting("msg2p-lib")
        kind = _KINDS[int(self.setting("payload-type"))]
        if not library or Path(library).name.startswith(_STOCK_LIBRARY):
            return kind, None
        if Path(library).suffix != ".py":
            raise ConfigError(
                f"msg2p-lib: wanted a Python file, {library!r} cannot be used: write "
                "nvds_msg2p_generate(events, context) in a file that ends in .py"
            )
        return "custom", Path(library)

    def do_transform_ip(self, buffer: Gst.Buffer) -> Gst.FlowReturn:
        """GStreamer calls this for each buffer, in NVMM or behind it."""
        try:
            batch = batch_of(buffer)
            if batch is None:
                self._warn_once(
                    "the buffers carry no batch, so there is nothing to tell: nvstreammux must "
                    "come before this element"
                )
            else:
                self.process(batch)
        except BaseException as error:  # nothing may escape into C
            post_error(self, error)
            return Gst.FlowReturn.ERROR
        return Gst.FlowReturn.OK

    def process(self, batch: BatchMeta) -> None:
        """Attach the messages of every frame to it."""
        converter, debug = self._converter, self._debug
        assert converter is not None
        for frame in batch.frames:
            payloads = converter.convert(frame)
            frame.user.extend(map(_attachment, payloads))
            if debug is not None:
                self._write(debug, payloads)

    def _write(self, debug: DebugFolder, payloads: list[Payload]) -> None:
        try:
            debug.add(payloads)
        except OSError as error:  # a full disk must not stop the cameras
            self._warn_once(f"debug-payload-dir: a message could not be written: {error.strerror}")

    def _warn_once(self, text: str) -> None:
        if text not in self._told:
            self._told.add(text)
            post_warning(self, text)


def _attachment(payload: Payload) -> UserMeta:
    return UserMeta(payload, meta_type=Payload.META_TYPE, copy_data=Payload.copy)
