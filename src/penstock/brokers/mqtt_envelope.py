"""The message around a message that DeepStream sends where sensors are told beside it."""

from __future__ import annotations

from datetime import datetime, timezone

from penstock.brokers.base import OutgoingMessage

_LENGTH_DELIMITED = 2


def enveloped(message: OutgoingMessage) -> bytes:
    """Protobuf: `bytes payload = 1; string key = 2; string timestamp = 3`.

    The key is the sensor, the timestamp is now, UTC, in whole seconds.
    """
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    fields = (message.payload, message.key.encode(errors="replace"), now.encode())
    return b"".join(_field(number, data) for number, data in enumerate(fields, start=1) if data)


def _field(number: int, data: bytes) -> bytes:
    return bytes([number << 3 | _LENGTH_DELIMITED]) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)
