"""Whether a media file is all there, by the lengths its container states."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

_MP4_FIRST = (b"ftyp", b"moov", b"mdat", b"moof", b"styp", b"free", b"skip", b"wide")
_MOST_BOXES = 10_000  # a day in fragments has more: looking at each would take minutes
_EBML, _SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"


def stated_length(path: Path) -> int | None:
    """How many bytes a file must have to be whole.

    MP4 and its relatives state the length of every top-level box, AVI and WAV of every `RIFF`
    chunk, Matroska and WebM of their segment.

    Returns:
        The end of the last part that starts within the file, in bytes: more than the file has if
        it was cut. None for a format that states nothing, and for one written while recording.

    Raises:
        OSError: The file cannot be read.
    """
    with path.open("rb") as file:
        start = file.read(12)
        if start[4:8] in _MP4_FIRST:
            return _end_of_boxes(file, size=path.stat().st_size)
        if start[:4] == b"RIFF":
            return _end_of_riff(file, size=path.stat().st_size)
        if start[:4] == _EBML:
            return _end_of_segment(file, size=path.stat().st_size)
    return None


def _end_of_boxes(file: BinaryIO, *, size: int) -> int | None:
    position = 0
    for _ in range(_MOST_BOXES):
        if position >= size:
            return position
        file.seek(position)
        header = file.read(16)
        length, kind = int.from_bytes(header[:4], "big"), header[4:8]
        if length == 1:
            length = int.from_bytes(header[8:16], "big")
        if length < 8 or not kind.isascii():
            return None  # up to the end of the file, or no box
        position += length
    return None


def _end_of_riff(file: BinaryIO, *, size: int) -> int | None:
    position = 0
    while position < size:
        file.seek(position)
        header = file.read(8)
        length = int.from_bytes(header[4:], "little")
        if header[:4] != b"RIFF":
            return max(position, size)  # what follows is not part of it
        if length in (0, 2**32 - 1):
            return None
        position += 8 + length + length % 2
    return position


def _end_of_segment(file: BinaryIO, *, size: int) -> int | None:
    file.seek(len(_EBML))
    head = _vint(file)
    if head is None or head > size:
        return None
    file.seek(head, 1)
    if file.read(len(_SEGMENT)) != _SEGMENT:
        return None
    length = _vint(file)
    return None if length is None else file.tell() + length


def _vint(file: BinaryIO) -> int | None:
    """A number of Matroska: leading zero bits count its bytes; all ones mean unknown."""
    first = file.read(1)
    if not first or not first[0]:
        return None
    extra = 8 - first[0].bit_length()
    bits = 7 * (extra + 1)
    number = int.from_bytes(first + file.read(extra), "big") & ((1 << bits) - 1)
    return None if number == (1 << bits) - 1 else number
