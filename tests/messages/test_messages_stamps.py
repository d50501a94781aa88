"""Times and ids."""

import re
import time
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.messages.stamps import nanoseconds, new_id, now, stamp


@given(st.integers(0, 253_402_300_799_999))
def test_a_time_is_read_as_it_was_written(time_ms):
    assert nanoseconds(stamp(time_ms * 1_000_000)) == time_ms * 1_000_000


def test_the_present_time_is_utc_with_milliseconds():
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", now())
    assert abs((nanoseconds(now()) or 0) - time.time_ns()) < 60 * 10**9


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:01Z", 1),
        ("1970-01-01T01:00:01+01:00", 1),
        ("1970-01-01T00:00:01", 1),
        ("1970-01-01t00:00:01.5z", 1.5),
        ("1970-01-01 00:00:01.000000001", 1.000000001),
        ("1970-01-01T00:00:01.1234567899Z", 1.123456789),
        ("", None),
        (None, None),
        ("1970-02-30T00:00:01Z", None),
        ("19700101", None),
        ("yesterday", None),
        ("0001-01-01T00:00:00+23:59", -62_135_596_800 - 86_340),
    ],
)
def test_other_spellings_are_read_too(text, seconds):
    assert nanoseconds(text) == (None if seconds is None else round(seconds * 10**9))


def test_ids_are_random_uuids():
    ids = [new_id() for _ in range(1000)]
    assert len(set(ids)) == len(ids)
    for text in ids:
        found = uuid.UUID(text)
        assert (found.version, found.variant, str(found)) == (4, uuid.RFC_4122, text)
