"""SEI messages "user data unregistered" in H.264 (ITU-T H.264, annex D) and H.265 (annex D)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from penstock.errors import StreamError

UUID = bytes.fromhex("7f0c5d3a91b84e02a6d46e5374636bf1")
"""Tells our messages from other people's."""
_USER_DATA = 5
_START = b"\x00\x00\x01"
_HIDDEN = re.compile(rb"\x00\x00(?=[\x00-\x03])")  # would look like a start code
_SHOWN = re.compile(rb"\x00\x00\x03")


class DamagedError(StreamError):
    """What lies in the stream is not what was written into it."""


@dataclass(frozen=True)
class StreamForm:
    """How a stream is cut into units.

    Attributes:
        codec: Which.
        length_bytes: Bytes of the length in front of every unit; 0: start codes instead.
    """

    codec: Literal["h264", "h265"]
    length_bytes: int = 0

    def kind(self, header: int) -> int:
        """The `nal_unit_type` that a unit's first byte tells."""
        return header & 0x1F if self.codec == "h264" else header >> 1 & 0x3F

    def is_picture(self, kind: int) -> bool:
        """Whether a unit is a slice of a picture."""
        return 1 <= kind <= 5 if self.codec == "h264" else kind <= 31

    @property
    def sei_header(self) -> bytes:
        """What an SEI unit begins with."""
        return b"\x06" if self.codec == "h264" else b"\x4e\x01"

    @property
    def sei_kind(self) -> int:
        """The `nal_unit_type` of an SEI unit that stands before its picture."""
        return self.kind(self.sei_header[0])


def insert(stream: bytes, payload: bytes, form: StreamForm) -> bytes:
    """One access unit with a message in front of its picture.

    Args:
        stream: The access unit.
        payload: What the message says, of any length.
        form: Of the stream.

    Raises:
        DamagedError: The access unit is no sequence of units, has no picture, or the lengths of
            its units have too few bytes for the message's.
    """
    for begin, first, _ in _units(stream, form):
        if form.is_picture(form.kind(stream[first])):
            return stream[:begin] + _written(payload, form) + stream[begin:]
    raise DamagedError("a buffer holds no picture: the stream must come in whole access units")


def find(stream: bytes, form: StreamForm) -> list[bytes]:
    """What our messages in one access unit say, in their order.

    Raises:
        DamagedError: The access unit is no sequence of units, or a message is cut off.
    """
    found = []
    for _, first, end in _units(stream, form):
        if form.kind(stream[first]) != form.sei_kind or UUID[:4] not in stream[first:end]:
            continue
        body = _SHOWN.sub(b"\x00\x00", stream[first + len(form.sei_header) : end])
        found += [
            data[len(UUID) :]
            for kind, data in _messages(body)
            if kind == _USER_DATA and data.startswith(UUID)
        ]
    return found


def _written(payload: bytes, form: StreamForm) -> bytes:
    size = len(UUID) + len(payload)
    message = bytes([_USER_DATA]) + b"\xff" * (size // 255) + bytes([size % 255]) + UUID + payload
    body = _HIDDEN.sub(b"\x00\x00\x03", message + b"\x80")
    unit = form.sei_header + body
    if not form.length_bytes:
        return b"\x00" + _START + unit
    if len(unit) >= 1 << 8 * form.length_bytes:
        raise DamagedError(
            f"{len(unit)} bytes of metadata are more than lengths of "
            f"{form.length_bytes} byte can say"
        )
    return len(unit).to_bytes(form.length_bytes, "big") + unit


def _messages(body: bytes) -> Iterator[tuple[int, bytes]]:
    """Type and content of every message in an SEI unit."""
    at, end = 0, len(body.rstrip(b"\x00").removesuffix(b"\x80"))
    while at < end:
        kind, at = _run(body, at)
        size, at = _run(body, at)
        if at + size > len(body):
            raise DamagedError(f"an SEI message of {size} bytes has {len(body) - at}")
        yield kind, body[at : at + size]
        at += size


def _run(body: bytes, at: int) -> tuple[int, int]:
    """A number in bytes that are added up as long as they are 255; and where it ends."""
    total = 0
    while at < len(body):
        total += body[at]
        at += 1
        if body[at - 1] != 255:
            return total, at
    raise DamagedError("an SEI unit ends in the middle of a message's header")


def _units(stream: bytes, form: StreamForm) -> Iterator[tuple[int, int, int]]:
    """Every unit of an access unit: where it begins, its first byte, its end."""
    return _counted(stream, form.length_bytes) if form.length_bytes else _started(stream)


def _counted(stream: bytes, length_bytes: int) -> Iterator[tuple[int, int, int]]:
    begin = 0
    while begin < len(stream):
        first = begin + length_bytes
        end = first + int.from_bytes(stream[begin:first], "big")
        if not first < end <= len(stream):
            raise DamagedError(f"a unit of {end - first} bytes at {begin} of {len(stream)}")
        yield begin, first, end
        begin = end


def _started(stream: bytes) -> Iterator[tuple[int, int, int]]:
    begin = stream.find(_START)
    if begin < 0:
        raise DamagedError("a buffer holds no start code")
    while begin >= 0:
        first = begin + len(_START)
        following = stream.find(_START, first)
        end = len(stream) if following < 0 else following
        begin -= begin > 0 and stream[begin - 1] == 0  # a start code of four bytes
        if first < end:
            yield begin, first, end
        begin = following
