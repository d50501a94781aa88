"""Texts beside a message, as an application has written them, in a form that every broker carries.

HTTP takes ASCII only, AMQP 255 bytes, NATS one line. A broker that fails at one message would keep
all later ones waiting behind it.
"""

from __future__ import annotations

import uuid
from typing import Final

ANY_BYTES: Final = "application/octet-stream"
_MOST_CHARACTERS = 128
_IDS = uuid.UUID("f3a0c1de-7d0e-5b52-9a53-0b7a6d6f2c11")


def carried_id(text: str) -> str:
    """An id: as it is if it can be carried, else the UUID made of it; a new one where it is empty.

    The same id becomes the same UUID, so that consumers still drop what comes twice.
    """
    if not text:
        return str(uuid.uuid4())
    return text if _is_plain(text) else str(uuid.uuid5(_IDS, carried_key(text)))


def carried_type(text: str) -> str:
    """A media type; that of any bytes where it is none that can be carried."""
    return text if text and _is_plain(text) else ANY_BYTES


def carried_key(text: str) -> str:
    """A sensor's name: any text that UTF-8 can hold."""
    return text.encode(errors="replace").decode()


def _is_plain(text: str) -> bool:
    return len(text) <= _MOST_CHARACTERS and text.isascii() and text.isprintable()
