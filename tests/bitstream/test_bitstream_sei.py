"""SEI messages in access units of H.264 and H.265."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.bitstream import DamagedError, StreamForm, find, insert
from penstock.bitstream.sei import UUID

FORMS = [StreamForm(codec, n) for codec in ("h264", "h265") for n in (0, 2, 4)]
HEADERS = {  # delimiter, parameter sets, picture
    "h264": (b"\x09\x10", b"\x67sps", b"\x68pps", b"\x65picture"),
    "h265": (b"\x46\x01\x50", b"\x42\x01sps", b"\x44\x01pps", b"\x26\x01picture"),
}
payloads = st.one_of(
    st.binary(max_size=600),
    st.lists(st.sampled_from([b"\0", b"\1", b"\2", b"\3", b"\xff"]), max_size=80).map(b"".join),
    st.integers(200, 800).map(bytes),
)


def joined(units, form):
    if form.length_bytes:
        return b"".join(len(u).to_bytes(form.length_bytes, "big") + u for u in units)
    return b"".join(b"\0" * (n % 2) + b"\0\0\1" + unit for n, unit in enumerate(units))


def access_unit(form):
    return joined(HEADERS[form.codec], form)


@given(payloads, st.sampled_from(FORMS))
def test_any_message_is_found_as_it_was_inserted(payload, form):
    stream = insert(access_unit(form), payload, form)
    assert find(stream, form) == [payload]
    body = stream if form.length_bytes else stream.replace(b"\0\0\0\1", b"\0\0\1")
    assert body.count(b"picture") == 1


@given(payloads)
def test_nothing_in_a_message_looks_like_a_start_code(payload):
    form = StreamForm("h264")
    before, after = access_unit(form), insert(access_unit(form), payload, form)
    assert after.count(b"\0\0\1") == before.count(b"\0\0\1") + 1
    assert b"\0\0\2" not in after


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_a_message_stands_behind_the_parameter_sets_and_in_front_of_the_picture(form):
    stream = insert(access_unit(form), b"message", form)
    order = [stream.index(part) for part in (b"sps", b"pps", b"message", b"picture")]
    assert order == sorted(order)


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_several_messages_are_found_in_their_order_and_other_peoples_are_not(form):
    stream = access_unit(form)
    theirs = form.sei_header + b"\x05\x14" + b"another uuid of 16.." + b"\x80"
    ours = b"\x05\x13" + UUID + b"one\x05\x10" + UUID
    both = form.sei_header + b"\x01\x02ab" + ours + theirs[len(form.sei_header) :]
    stream = joined([theirs, both], form) + insert(stream, b"two", form)
    assert find(stream, form) == [b"one", b"", b"two"]


def test_messages_of_one_access_unit_may_stand_in_several_units():
    form = StreamForm("h265", 4)
    stream = insert(insert(access_unit(form), b"first", form), b"second", form)
    assert find(stream, form) == [b"first", b"second"]


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_a_stream_without_a_picture_is_refused(form):
    headers = joined(HEADERS[form.codec][:3], form)
    with pytest.raises(DamagedError, match="whole access units"):
        insert(headers, b"", form)
    assert find(headers, form) == []


def test_what_the_lengths_of_units_cannot_say_is_refused():
    form = StreamForm("h264", 1)
    assert find(insert(access_unit(form), bytes(9), form), form) == [bytes(9)]
    with pytest.raises(DamagedError, match="bytes of metadata are more than lengths of 1 byte"):
        insert(access_unit(form), b"x" * 300, form)


def test_cut_streams_are_refused():
    counted = StreamForm("h264", 4)
    stream = insert(access_unit(counted), b"message", counted)
    with pytest.raises(DamagedError, match="a unit of"):
        find(stream[:-3], counted)
    with pytest.raises(DamagedError, match="no start code"):
        find(b"nothing", StreamForm("h264"))
    in_header = b"\0\0\1\x06\x05\x10" + UUID + b"\x05\xff"
    with pytest.raises(DamagedError, match="in the middle of a message's header"):
        find(in_header, StreamForm("h264"))
    with pytest.raises(DamagedError, match="an SEI message of 153 bytes has 16"):
        find(b"\0\0\1\x06\x05\x99" + UUID, StreamForm("h264"))


def find_or_error(stream, form=FORMS[0]):
    try:
        return find(stream, form)
    except DamagedError as error:
        return error


@settings(max_examples=100)
@given(st.data(), st.sampled_from(FORMS))
def test_damage_never_raises_anything_else(data, form):
    stream = bytearray(insert(access_unit(form), b"a message of ours", form))
    for _ in range(data.draw(st.integers(1, 4))):
        stream[data.draw(st.integers(0, len(stream) - 1))] = data.draw(st.integers(0, 255))
    damaged = bytes(stream)[data.draw(st.integers(0, 9)) :]
    assert isinstance(find_or_error(damaged, form), list | DamagedError)
    with contextlib.suppress(DamagedError):
        insert(damaged, b"another", form)
