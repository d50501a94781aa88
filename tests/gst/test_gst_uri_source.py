"""The rules behind sources that are opened again: URLs, attempts, times."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.gst import Login, Retry, is_rtsp
from penstock.gst.uri_source_timeline import Timeline

SECOND = 10**9


@pytest.mark.parametrize(
    ("url", "login"),
    [
        ("rtsp://cam/1", Login("rtsp://cam/1")),
        ("rtsp://ann@cam:554/1", Login("rtsp://cam:554/1", "ann")),
        ("rtsp://ann:pw@cam/1?a=b@c", Login("rtsp://cam/1?a=b@c", "ann", "pw")),
        ("rtsp://ann:p:w@d@cam/1", Login("rtsp://cam/1", "ann", "p:w@d")),
        ("rtsp://a%40b:p%2Fw@[::1]/1", Login("rtsp://[::1]/1", "a@b", "p/w")),
        ("rtsp://ann:pw@cam", Login("rtsp://cam", "ann", "pw")),
        ("no url", Login("no url")),
    ],
)
def test_credentials_leave_the_url(url, login):
    assert Login.of(url) == login


def test_credentials_of_the_url_come_first():
    assert Login.of("rtsp://ann:pw@cam").completed("bob", "x").user == "ann"
    assert Login.of("rtsp://cam").completed("bob", "x") == Login("rtsp://cam", "bob", "x")
    assert Login.of("rtsp://cam").completed(None, None) == Login("rtsp://cam")


@pytest.mark.parametrize("uri", ["rtsp://a", "RTSP://a", "rtsps://a", "rtspt://a", "rtspu://a"])
def test_cameras_are_known_by_their_scheme(uri):
    assert is_rtsp(uri)
    assert not is_rtsp(f"file:///{uri}")


@given(
    interval_s=st.integers(1, 600),
    losses=st.lists(st.floats(0, 100), min_size=1, max_size=40),
    chance=st.floats(0, 1),
)
def test_waits_never_exceed_the_interval_and_never_vanish(interval_s, losses, chance):
    retry = Retry(interval_s=interval_s, chance=lambda: chance)
    for number, tried_s in enumerate(losses, 1):
        wait_s = retry.lost(tried_s=tried_s)
        assert retry.attempt == number
        assert 0.18 < wait_s <= interval_s


def test_waits_double_and_begin_anew_with_a_frame():
    retry = Retry(interval_s=3, chance=lambda: 0)
    assert [retry.lost(tried_s=0) for _ in range(6)] == [0.25, 0.5, 1, 2, 3, 3]
    assert retry.lost(tried_s=2.5) == 0.5, "what the attempt took counts"
    retry.came()
    assert (retry.attempt, retry.lost(tried_s=0)) == (0, 0.25)


@given(most=st.integers(0, 20))
def test_attempts_are_counted_until_a_frame_comes(most):
    retry = Retry(interval_s=1, most=most)
    for _ in range(2):
        assert all(retry.lost(tried_s=0) is not None for _ in range(most))
        assert retry.lost(tried_s=0) is None
        retry.came()


def test_the_first_frame_may_take_another_time():
    retry = Retry(interval_s=2, first_interval_s=9)
    assert retry.interval_s == 9
    retry.came()
    assert retry.interval_s == 2
    assert Retry(interval_s=2).interval_s == 2


def test_without_an_interval_there_is_no_other_attempt():
    assert Retry(interval_s=0).lost(tried_s=0) is None


@given(st.lists(st.integers(1, 50), min_size=1, max_size=8))
def test_a_file_s_passes_follow_each_other_without_a_gap(passes):
    timeline, times = Timeline(), []
    for length in passes:
        times += [timeline.place(i * 40, duration_ns=40) for i in range(length)]
        timeline.begin_anew()
    assert times == [i * 40 for i in range(sum(passes))]


@given(st.lists(st.tuples(st.integers(0, 100 * SECOND), st.booleans()), max_size=8))
def test_a_camera_s_times_never_fall_and_follow_the_clock(connections):
    timeline, last_ns, now_ns = Timeline(), -1, 0
    for wait_ns, counts_anew in connections:
        timeline.begin_anew()
        now_ns += wait_ns + SECOND
        first_ns = 0 if counts_anew else now_ns - SECOND // 10
        for step in range(3):
            at_ns = timeline.place(
                first_ns + step * 40, duration_ns=40, now_ns=lambda now=now_ns: now
            )
            assert at_ns > last_ns
            assert abs(at_ns - now_ns) <= 2 * SECOND + 200
            last_ns = at_ns
