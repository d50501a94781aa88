"""`penstock listen`: print what arrives at a message broker."""

from __future__ import annotations

import base64
import contextlib
import json
import re
import signal
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from penstock.brokers.base import IncomingMessage

_VERSION = re.compile(r"\d+\.\d+")


def listen(
    conn: Annotated[
        str,
        typer.Argument(
            help="kafka://host:port/topic; also mqtt, mqtts, amqp, amqps, redis, rediss, nats, tls "
            "(NATS). http://host:port/path listens itself. Or host;port;topic with --proto-lib."
        ),
    ],
    proto_lib: Annotated[
        str, typer.Option(help="DeepStream's library or a broker's name, where CONN is no URL.")
    ] = "",
    topic: Annotated[
        list[str] | None, typer.Option(help="Instead of the one in CONN; may be repeated.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="The adapter's file: passwords, certificates.")
    ] = None,
    count: Annotated[int | None, typer.Option(min=1, help="End after so many messages.")] = None,
    seconds: Annotated[float | None, typer.Option(min=0, help="End after that time.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for each.")] = False,
) -> None:
    """Print the messages that arrive at a broker, one in a line."""
    from penstock.brokers.listening import arrivals, listener_at
    from penstock.config import BrokerConfig

    read = BrokerConfig.read(config) if config is not None else None
    listener = listener_at(conn, proto_lib=proto_lib, topics=topic or (), config=read)
    if read is not None:
        for warning in read.warnings_for(type(listener).KEYS):
            _say(f"warning: {warning}")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: the broker is told
    shown = 0
    try:
        listener.connect()
        _say("listening")
        messages = arrivals(listener, seconds=seconds, on_trouble=_say, on_recovery=_say)
        for message in messages:
            print(_record(message) if as_json else _line(message), flush=True)
            shown += 1
            if shown == count:
                break
    except KeyboardInterrupt:
        pass  # how one stops listening
    finally:
        listener.close()
    if count is not None and shown < count:
        _say(f"got {shown} of {count} messages")
        raise typer.Exit(1)


def _say(text: str) -> None:
    print(f"penstock: {text}", file=sys.stderr, flush=True)


def _line(message: IncomingMessage) -> str:
    """`topic key payload`, without what could play tricks on a terminal."""
    content = _content(message.payload)
    text = content if isinstance(content, str) else _written(content)
    words = [message.topic, message.key, text]
    return " ".join(_printable(word) for word in words if word)


def _record(message: IncomingMessage) -> str:
    found = {
        "topic": message.topic,
        "key": message.key,
        "message_id": message.message_id,
        "payload": _content(message.payload),
    }
    return _written(found)


def _written(content: object) -> str:
    """As JSON, in the strict sense.

    Raises:
        ValueError: It holds a number that JSON does not have.
    """
    return json.dumps(content, ensure_ascii=False, allow_nan=False)


def _content(payload: bytes) -> Any:
    """JSON and protobuf as what they mean, text as text, anything else in base64."""
    with contextlib.suppress(ValueError, RecursionError):
        found = json.loads(payload.decode())
        _written(found).encode()  # a lone surrogate or NaN would end the command, or spoil --json
        return found
    if (frame := _frame(payload)) is not None:
        return frame
    with contextlib.suppress(UnicodeDecodeError):
        return payload.decode()
    return {"base64": base64.b64encode(payload).decode()}


def _frame(payload: bytes) -> Any:
    """What a protobuf message of nvmsgconv says; None where it is none."""
    try:
        from google.protobuf.json_format import Error, MessageToDict
        from google.protobuf.message import DecodeError
    except ImportError:  # then nobody here makes such messages either
        return None
    try:
        frame = _frame_class().FromString(payload)
    except DecodeError:
        return None
    if not _VERSION.fullmatch(frame.version):
        return None
    try:
        return MessageToDict(frame, preserving_proto_field_name=True)
    except Error:  # a time that there is none of
        return None


@cache
def _frame_class() -> Any:
    from penstock.messages.protobuf_schema import message_class

    return message_class("Frame")


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
