"""`nvmsgbroker`: sends messages to a broker and loses none; may receive some, too.

gst-launch-1.0 videotestsrc num-buffers=5 ! nvvideoconvert ! mux.sink_0 \
    nvstreammux name=mux batch-size=1 width=640 height=360 \
    ! nvmsgconv payload-type=1 msg2p-newapi=true frame-interval=1 \
    ! nvmsgbroker proto-lib=mqtt conn-str="localhost;1883" topic=cars spool-dir=spool
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from penstock.errors import ConfigError, PenstockError, StreamError
from penstock.gst import (
    Element,
    GObject,
    Gst,
    GstBase,
    Property,
    batch_of,
    gproperties,
    pad_template,
    post_error,
    post_info,
    post_warning,
    record,
    stop_recording,
    weak,
)
from penstock.meta import BatchMeta, Payload

if TYPE_CHECKING:
    from penstock.brokers import (
        Broker,
        BrokerAddress,
        Delivery,
        IncomingMessage,
        OutgoingMessage,
        Reception,
        Spool,
    )
    from penstock.config import MessagesConfig

_WHOLE_BATCH = -1
_COUNTERS = (
    Property(
        "messages-sent",
        "uint64",
        0,
        "Messages handed to the broker, once for every try",
        read_only=True,
    ),
    Property("messages-acknowledged", "uint64", 0, "Messages the broker has taken", read_only=True),
    Property(
        "messages-spooled",
        "uint64",
        0,
        "Messages that wait for the broker to take them",
        read_only=True,
    ),
    Property(
        "messages-expired",
        "uint64",
        0,
        "Messages dropped because the spool was full or they were too old",
        read_only=True,
    ),
    Property(
        "messages-refused",
        "uint64",
        0,
        "Messages dropped because the broker will never take them",
        read_only=True,
    ),
)


class NvMsgBroker(Element, GstBase.BaseSink):
    """Hands messages to a spool; a thread of the spool's own empties it into the broker."""

    FACTORY = "nvmsgbroker"
    PROPERTIES = (
        Property(
            "proto-lib",
            "string",
            None,
            "Which broker: kafka, mqtt, amqp, redis, azure, azure-edge, nats, http, or the path "
            "of DeepStream's library",
        ),
        Property("conn-str", "string", None, "Where it is: host;port and what else it knows"),
        Property("config", "string", None, "Its file with [message-broker]"),
        Property("topic", "string", None, "Where messages go; else the end of conn-str says it"),
        Property("comp-id", "uint", 0, "Not 0: only messages for this component"),
        Property(
            "new-api",
            "bool",
            False,
            "accepted; messages are delivered in one way",
            accepted_only=True,
        ),
        Property("sleep-time", "uint", 0, "Pause between deliveries, ms"),
        Property(
            "spool-dir", "string", None, "Folder of messages that wait; else one of the user's own"
        ),
        Property(
            "spool-max-bytes",
            "uint64",
            1 << 30,
            "How much disk they take at most; the oldest go first",
            minimum=1 << 16,
        ),
        Property("spool-max-age", "uint", 0, "How old they get, seconds; 0: any age"),
        Property(
            "flush-timeout", "uint", 5000, "How long stopping waits for the last messages, ms"
        ),
        Property("subscribe-topics", "string", None, "Topics to receive messages from, between ;"),
        Property(
            "sensor-list-file",
            "string",
            None,
            "File with [sensorN] groups: which source a message means that starts a recording",
        ),
        *_COUNTERS,
    )
    __gtype_name__ = "Gstnvmsgbroker"
    __gstmetadata__ = (
        "Penstock message broker",
        "Sink/Metadata",
        "Sends messages to a broker",
        "The Penstock authors",
    )
    __gsttemplates__ = (pad_template("sink", Gst.PadDirection.SINK, Gst.PadPresence.ALWAYS, "ANY"),)
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self._delivery: Delivery | None = None
        self._reception: Reception | None = None
        self._sensors: MessagesConfig | None = None
        self._topic = ""
        self._warned = False

    def do_get_property(self, spec: GObject.ParamSpec) -> Any:
        """GObject reads a property."""
        delivery = self._delivery
        if delivery is None or not spec.name.startswith("messages-"):
            return Element.do_get_property(self, spec)
        counts, spool = delivery.counts, delivery.spool
        return {
            "messages-sent": counts.sent,
            "messages-acknowledged": counts.acknowledged,
            "messages-spooled": len(spool),
            "messages-expired": spool.expired,
            "messages-refused": counts.refused,
        }[spec.name]

    def ready(self) -> None:
        """Everything that can be wrong with the settings is wrong here."""
        self._warned = False
        broker, address = self._broker()
        self._topic = address.topic
        for text in address.config.warnings_for(broker.KEYS):
            post_warning(self, text)
        self._sensors = self._sensor_list()
        self._new_reception()

    def do_start(self) -> bool:
        """Open the spool, and begin to connect."""
        try:
            from penstock.brokers import Delivery

            broker, _ = self._broker()
            self._reception = self._new_reception()
            self._delivery = Delivery(
                broker,
                self._spool(),
                on_trouble=weak(self._warn, otherwise=None),
                on_recovery=weak(self._inform, otherwise=None),
                pause_s=self.setting("sleep-time") / 1000,
            )
            self._delivery.start()
            if self._reception is not None:
                self._reception.start()
        except BaseException as error:  # nothing may escape into C
            post_error(self, error)
            return False
        return True

    def do_stop(self) -> bool:
        """Send what can be sent in time."""
        try:
            if self._reception is not None:
                self._reception.stop()
            if self._delivery is not None:
                self._delivery.stop(flush_s=self.setting("flush-timeout") / 1000)
                self._tell_what_is_left(self._delivery)
        except BaseException as error:  # nothing may escape into C
            post_error(self, error)
        return True

    def do_render(self, buffer: Gst.Buffer) -> Gst.FlowReturn:
        """GStreamer calls this for each buffer, on the streaming thread."""
        try:
            batch = batch_of(buffer)
            if batch is not None and self._delivery is not None:
                messages = list(self._messages(batch))
                if messages:
                    self._delivery.accept(messages)
            elif not self._warned:
                self._warned = True
                self._warn(
                    "the buffers carry no batch, so there is nothing to send: nvstreammux and "
                    "nvmsgconv must come before this element"
                )
        except BaseException as error:  # nothing may escape into C
            post_error(self, error)
            return Gst.FlowReturn.ERROR
        return Gst.FlowReturn.OK

    def _messages(self, batch: BatchMeta) -> Iterator[OutgoingMessage]:
        wanted = self.setting("comp-id")
        owners = [(frame.user, frame.source_id) for frame in batch.frames]
        for user, source_id in [*owners, (batch.user, _WHOLE_BATCH)]:
            for payload in user.of(Payload.META_TYPE):
                if not isinstance(payload, Payload):
                    raise StreamError(
                        "wanted an NvDsPayload as user metadata of type NVDS_PAYLOAD_META, "
                        f"got {type(payload).__name__}"
                    )
                if wanted and payload.component_id != wanted:
                    continue
                yield self._message(payload, source_id)

    def _message(self, payload: Payload, source_id: int) -> OutgoingMessage:
        from penstock.brokers import OutgoingMessage, carried_id, carried_key, carried_type

        return OutgoingMessage(
            message_id=carried_id(payload.message_id),
            source_id=source_id,
            topic=self._topic,
            payload=_bytes_of(payload.data),
            content_type=carried_type(payload.content_type),
            key=carried_key(payload.sensor_id),
        )

    def _broker(self) -> tuple[Broker, BrokerAddress]:
        from penstock.brokers import BROKERS

        name, address = self._address()
        broker = BROKERS.load(name)(address)
        return broker, address

    def _address(self) -> tuple[str, BrokerAddress]:
        from penstock.brokers import BrokerAddress, broker_name, topic_in
        from penstock.config import BrokerConfig

        library, conn_str, file, topic = (
            (self.setting(key) or "").strip()
            for key in ("proto-lib", "conn-str", "config", "topic")
        )
        if not library:
            raise ConfigError(
                "proto-lib must name a broker, such as mqtt or libnvds_mqtt_proto.so, got nothing"
            )
        if not conn_str and not file:
            raise ConfigError("conn-str or config must say where the broker is, got neither")
        name = broker_name(library)
        config = BrokerConfig.read(file) if file else BrokerConfig()
        return name, BrokerAddress(conn_str, config, topic or topic_in(conn_str, name))

    def _spool(self) -> Spool:
        from penstock.brokers import Spool, named_folder, own_folder, without_secrets

        limits = {
            "max_bytes": self.setting("spool-max-bytes"),
            "max_age_s": self.setting("spool-max-age"),
        }
        folder = self.setting("spool-dir")
        name, address = self._address()
        place = without_secrets(address.conn_str, name)
        file = address.config.file
        destination = "\n".join((place, str(file and file.absolute()), address.topic))
        try:
            lock = named_folder(Path(folder)) if folder else own_folder(name, destination)
            return Spool(lock, **limits)
        except OSError as error:
            if folder:
                raise ConfigError(f"spool-dir: cannot use {folder}: {error.strerror}") from error
            self._warn(
                f"messages that wait are kept in memory only ({error.strerror or error}): set "
                "spool-dir to a folder that can be written"
            )
            return Spool(None, **limits)

    def _sensor_list(self) -> MessagesConfig | None:
        from penstock.config import MessagesConfig

        file = self.setting("sensor-list-file")
        try:
            return MessagesConfig.read(file) if file else None
        except ConfigError as error:
            raise ConfigError(f"sensor-list-file: {str(error).removeprefix('config: ')}") from None

    def _new_reception(self) -> Reception | None:
        from penstock.brokers import LISTENERS, Reception

        topics = [t.strip() for t in (self.setting("subscribe-topics") or "").split(";")]
        topics = [topic for topic in topics if topic]
        if not topics:
            return None
        name, address = self._address()
        return Reception(
            LISTENERS.load(name)(address, topics),
            on_message=weak(self._received, otherwise=None),
            on_trouble=weak(self._warn, otherwise=None),
            on_recovery=weak(self._inform, otherwise=None),
        )

    def _received(self, message: IncomingMessage) -> None:
        """Tell the application, and do what the message says if it is about recording."""
        from penstock.brokers import record_command, source_of

        said = Gst.Structure.new_empty("nvmsgbroker-message")
        said.set_value("topic", _plain(message.topic))
        said.set_value("payload", _plain(message.payload.decode(errors="replace")))
        said.set_value("message-id", _plain(message.message_id))
        said.set_value("key", _plain(message.key))
        self.post_message(Gst.Message.new_element(self, said))
        try:
            command = record_command(message.payload, now=datetime.now(timezone.utc))
            if command is None:
                return
            source = source_of(command.sensor, self._sensors)
            if command.is_start:
                record(self, source, before_s=command.before_s, duration_s=command.duration_s)
            else:
                stop_recording(self, source)
        except PenstockError as error:
            self._warn(f"a message on {message.topic!r} cannot be followed: {error}")

    def _tell_what_is_left(self, delivery: Delivery) -> None:
        left = len(delivery.spool)
        if left:
            self._warn(f"{left} messages wait in the spool for the next run")

    def _warn(self, text: str) -> None:
        post_warning(self, text)

    def _inform(self, text: str) -> None:
        post_info(self, text)


def _bytes_of(data: Any) -> bytes:
    """What a payload holds, which an application may have made."""
    if isinstance(data, str):
        return data.encode(errors="replace")
    try:
        return memoryview(data).tobytes()
    except TypeError:
        raise StreamError(f"wanted a payload of bytes or str, got {type(data).__name__}") from None


def _plain(text: str) -> str:
    return text.replace("\0", "")
