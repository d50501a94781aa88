"""What the bytes of a JPEG picture say, as far as a decoder does not."""

from __future__ import annotations

from penstock.gst.gi import Gst

_START = b"\xff\xd8"
_END = b"\xff\xd9"
_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # the others hold tables
_SCAN_MARKER = 0xDA
_TAIL_BYTES = 1024


def is_cut(buffer: Gst.Buffer) -> bool:
    """Whether a picture has no end; cameras may pad it with zeros or a few bytes."""
    size = buffer.get_size()
    start = max(0, size - _TAIL_BYTES)
    tail = buffer.extract_dup(start, size - start).rstrip(b"\0")
    return bool(tail) and _END not in tail


def is_whole(buffer: Gst.Buffer) -> bool:
    """Whether the buffer is one picture, from its first byte to its last."""
    size = buffer.get_size()
    first, last = buffer.extract_dup(0, 2), buffer.extract_dup(max(0, size - 2), 2)
    return bool(first == _START and last == _END)


def luma_sampling(buffer: Gst.Buffer) -> tuple[int, int] | None:
    """Luma samples in width and height for the fewest of chroma, by the frame header.

    4:2:0 is (2, 2), 4:1:1 is (4, 1). None where there is no header in the buffer, or no chroma.
    """
    size = buffer.get_size()
    if buffer.extract_dup(0, 2) != _START:
        return None
    at = 2
    while at + 4 <= size:
        start, marker, high, low = buffer.extract_dup(at, 4)
        if start != 0xFF or marker == _SCAN_MARKER:
            return None
        if marker in _FRAME_MARKERS:
            header = buffer.extract_dup(at, 12)  # marker, length, bits, height, width, components
            is_coloured = len(header) == 12 and header[9] > 1
            return (header[11] >> 4, header[11] & 15) if is_coloured else None
        at += 2 + (high << 8 | low)
    return None
