"""One message as bytes in a file, and back."""

from __future__ import annotations

import struct
import zlib
from typing import NamedTuple

from penstock.brokers.base import OutgoingMessage

_HEAD = struct.Struct("<II")  # checksum and length of the body
_BODY = struct.Struct("<dqIIII")  # when, source, lengths of id, topic, media type and key
HEAD_BYTES = _HEAD.size


class Record(NamedTuple):
    """A message and when it was accepted, seconds since 1970."""

    message: OutgoingMessage
    accepted_s: float


def encoded(record: Record) -> bytes:
    """The record as it stands in a file; a lone surrogate in a text becomes `?`."""
    message = record.message
    texts = [
        text.encode(errors="replace")
        for text in (message.message_id, message.topic, message.content_type, message.key)
    ]
    lengths = [len(text) for text in texts]
    facts = _BODY.pack(record.accepted_s, message.source_id, *lengths)
    body = b"".join((facts, *texts, message.payload))
    return _HEAD.pack(zlib.crc32(body), len(body)) + body


def body_length(head: bytes) -> int:
    """How many bytes follow a head of `HEAD_BYTES`; 0 where it is cut off."""
    return _HEAD.unpack(head)[1] if len(head) == HEAD_BYTES else 0


def is_whole(head: bytes, body: bytes) -> bool:
    """Whether a record is neither cut off nor damaged."""
    if len(head) < HEAD_BYTES or len(body) < _BODY.size:
        return False
    checksum, length = _HEAD.unpack(head)
    return bool(length == len(body) and checksum == zlib.crc32(body))


def decoded(body: bytes) -> Record:
    """The record that a whole body is."""
    accepted_s, source_id, *lengths = _BODY.unpack_from(body)
    texts, start = [], _BODY.size
    for size in lengths:
        texts.append(body[start : start + size].decode(errors="replace"))
        start += size
    message_id, topic, content_type, key = texts
    message = OutgoingMessage(message_id, source_id, topic, body[start:], content_type, key)
    return Record(message, accepted_s)
