"""Encoded pictures as text."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable

from penstock.meta import Attachments, EncodedImage

_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # the others hold tables


def image_texts(attachments: Iterable[Attachments], *, time: str) -> list[str]:
    """The encoded pictures among what is attached to a frame and its objects, as texts."""
    return [image_text(image, time=time) for user in attachments for image in user.of(EncodedImage)]


def image_text(image: EncodedImage, *, time: str) -> str:
    """A picture as DeepStream's sample sends it: `image;jpg;<w>x<h>;<time>;<base64>;`.

    Args:
        image: A JPEG file.
        time: When it was taken, an RFC 3339 text.
    """
    data = bytes(image.data)
    width, height = _jpeg_size(data)
    return f"image;jpg;{width}x{height};{time};{b64encode(data).decode()};"


def _jpeg_size(data: bytes) -> tuple[int, int]:
    """Width and height as the frame header says; 0 where there is none."""
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        if data[at + 1] in _FRAME_MARKERS:
            height, width = data[at + 5 : at + 7], data[at + 7 : at + 9]
            return int.from_bytes(width, "big"), int.from_bytes(height, "big")
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return 0, 0
