"""URLs to serve at."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.errors import ConfigError
from penstock.pipeline.rtsp_address import RtspAddress, is_rtsp


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("rtsp://", RtspAddress("0.0.0.0", 8554, "/ds")),
        ("rtsp://:8554/ds", RtspAddress("0.0.0.0", 8554, "/ds")),
        ("rtsp://:0", RtspAddress("0.0.0.0", 0, "/ds")),
        ("RTSPS://127.0.0.1/a/b/", RtspAddress("127.0.0.1", 8554, "/a/b", secure=True)),
        ("rtsp://[::1]:99/x", RtspAddress("::1", 99, "/x")),
        ("rtsp://a%40b:c%3A%2Fd@host:1/x", RtspAddress("host", 1, "/x", "a@b", "c:/d")),
    ],
)
def test_a_url_says_where_and_to_whom(url, address):
    assert RtspAddress.parse(url) == address


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("rtsp://u:pw@host:many/x", "output rtsp://host:many/x: wanted rtsp://[user:password@]"),
        ("rtsp://u:pw@host:70000/x", "output rtsp://host:70000/x: wanted rtsp://"),
        ("rtsp://u:pw@[::1/x", "output rtsp://[::1/x: wanted rtsp://"),
        ("rtsp://u:pw@host/x?y=1", "output rtsp://host/x?y=1: wanted rtsp://"),
        ("http://u:pw@host/x", "output http://host/x: wanted rtsp://"),
        ("rtsp://u@host/x", "output rtsp://host/x: a user needs a password, user:password@"),
        ("rtsp://:pw@host/x", "output rtsp://host/x: a user needs a password, user:password@"),
        ("rtsp://a%3Ab:pw@host/x", "output rtsp://host/x: the user's name has a colon in it"),
    ],
)
def test_what_is_none_is_refused_without_its_password(url, said):
    with pytest.raises(ConfigError) as caught:
        RtspAddress.parse(url)
    assert str(caught.value).startswith(said)
    assert "pw" not in str(caught.value)


@given(st.text(), st.text(min_size=1))
def test_no_text_of_an_address_says_its_password(host, password):
    address = RtspAddress(host, user="u", password=f"§{password}§")
    assert f"§{password}§" not in f"{address}{address!r}"


@given(st.text())
def test_anything_is_read_or_refused_with_a_sentence(text):
    try:
        address = RtspAddress.parse(f"rtsp://{text}")
    except ConfigError:
        return
    assert address.path.startswith("/")


@given(
    st.sampled_from(["127.0.0.1", "localhost", "::1"]),
    st.integers(0, 65535),
    st.sampled_from(["/ds", "/a/b"]),
    st.booleans(),
)
def test_the_text_of_an_address_is_its_url(host, port, path, secure):
    address = RtspAddress(host, port, path, secure=secure)
    assert RtspAddress.parse(str(address)) == address


def test_a_url_is_told_from_a_file():
    assert is_rtsp("rtsp://:8554/ds")
    assert is_rtsp("RTSPS://x")
    assert not is_rtsp("rtsp.mp4")
    assert not is_rtsp("out/rtsp:/x.mp4")
