"""Texts that an application writes beside a message, as brokers are given them."""

from hypothesis import given
from hypothesis import strategies as st

from penstock.brokers import carried_id, carried_key, carried_type

texts = st.text(alphabet=st.characters() | st.sampled_from("\ud800\0\r\n"), max_size=300)


@given(texts, texts)
def test_every_id_can_be_carried_and_different_ones_stay_different(first, second):
    found = carried_id(first)
    assert 0 < len(found) <= 128
    assert found.isascii()
    assert found.isprintable()
    assert not first or carried_id(first) == found
    assert carried_key(first) == carried_key(second) or carried_id(second) != found


@given(texts)
def test_a_media_type_that_cannot_be_carried_says_nothing_and_a_key_is_utf_8(text):
    assert carried_type(text) in (text, "application/octet-stream")
    assert carried_type(text).isascii()
    carried_key(text).encode()


def test_what_can_be_carried_stays_as_it_is():
    assert carried_id("gate 7/42") == "gate 7/42"
    assert carried_type("application/json") == "application/json"
    assert carried_key("Töpfer 7") == "Töpfer 7"
