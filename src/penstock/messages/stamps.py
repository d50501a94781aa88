"""Times and ids of messages."""

from __future__ import annotations

import os
import re
import time
from datetime import datetime, timezone

_VARIANTS = "89ab"
# Python 3.10 reads fractions of three or six digits only, later ones no more than six of them.
_TIME = re.compile(
    "([0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2})(?:[.]([0-9]+))?"
    "([Zz]|[+-][0-9]{2}:[0-9]{2})?"
)


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
    match = _TIME.fullmatch(text.strip()) if text else None
    if match is None:
        return None
    moment, fraction, zone = match.groups(default="")
    try:
        found = datetime.fromisoformat(moment + (zone.strip("Zz") or "+00:00"))
    except ValueError:
        return None
    since = found - datetime(1970, 1, 1, tzinfo=timezone.utc)
    rest_ns = int(fraction[:9].ljust(9, "0"))
    return (since.days * 86_400 + since.seconds) * 1_000_000_000 + rest_ns


def new_id() -> str:
    """A random UUID (version 4), lower case; `uuid.uuid4` takes three times as long."""
    text = os.urandom(16).hex()
    variant = _VARIANTS[int(text[16], 16) & 3]
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"
