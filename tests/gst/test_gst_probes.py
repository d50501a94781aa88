import functools
import gc
import io
import sys
import threading
import time
import weakref

import pytest

from penstock.gst import probes
from streams import Gst, error_text, finish

OK = Gst.PadProbeReturn.OK
SOURCE = "videotestsrc num-buffers=5 ! identity name=i ! fakesink name=end sync=false"


def play_with(callback, *user_data, kinds=None):
    pipeline = Gst.parse_launch(SOURCE)
    arrived = []
    pipeline.get_by_name("i").get_static_pad("src").add_probe(
        Gst.PadProbeType.BUFFER, callback, *user_data
    )
    pipeline.get_by_name("end").get_static_pad("sink").add_probe(
        Gst.PadProbeType.BUFFER, lambda _pad, _info: arrived.append(1) or Gst.PadProbeReturn.OK
    )
    return finish(pipeline, kinds=kinds), arrived


def test_a_probe_that_raises_loses_no_buffer_and_is_reported_once(capfd):
    def broken(_pad, _info):
        raise KeyError("label")

    before = sum(probes.failures.values())
    message, arrived = play_with(broken)
    assert message.type == Gst.MessageType.EOS
    assert len(arrived) == 5
    assert sum(probes.failures.values()) == before + 5
    said = capfd.readouterr().err
    assert said.count("KeyError at") == 1
    assert "broken" in said
    assert "test_gst_probes.py" in said


def test_a_probe_that_returns_none_loses_no_buffer_and_is_warned_about_once(capfd):
    message, arrived = play_with(lambda _pad, _info: None)
    assert message.type == Gst.MessageType.EOS
    assert len(arrived) == 5
    assert capfd.readouterr().err.count("returned None: treated as OK") == 1


def test_the_warning_is_on_the_bus_too():
    message, _ = play_with(lambda _pad, _info: None, kinds=Gst.MessageType.WARNING)
    assert "returned None" in message.parse_warning()[0].message


def test_what_a_probe_returns_is_obeyed():
    message, arrived = play_with(lambda _pad, _info: Gst.PadProbeReturn.DROP)
    assert message.type == Gst.MessageType.EOS
    assert arrived == []


def test_user_data_reaches_the_probe():
    seen = []

    def probe(_pad, _info, first, second):
        seen.append((first, second))
        return Gst.PadProbeReturn.OK

    play_with(probe, 0, "two")
    assert seen == [(0, "two")] * 5


def test_in_strict_mode_a_raising_probe_is_an_error_on_the_bus(monkeypatch):
    monkeypatch.setenv("PENSTOCK_STRICT", "1")

    def strict(_pad, _info):
        raise ValueError("no such key")

    message, _ = play_with(strict)
    assert message.type == Gst.MessageType.ERROR
    assert "no such key" in message.parse_error()[0].message


def test_a_probe_can_be_removed_by_its_id():
    pad = Gst.ElementFactory.make("identity").get_static_pad("src")
    number = pad.add_probe(Gst.PadProbeType.BUFFER, lambda _pad, _info: Gst.PadProbeReturn.OK)
    assert number > 0
    pad.remove_probe(number)


@pytest.mark.parametrize("callback", [len, int], ids=["builtin", "class"])
def test_any_callable_may_be_a_probe(callback, capfd):
    message, arrived = play_with(callback)
    assert message.type == Gst.MessageType.EOS
    assert len(arrived) == 5
    assert "TypeError" in capfd.readouterr().err


def test_what_is_not_callable_is_refused_at_once():
    pad = Gst.Pad.new("src", Gst.PadDirection.SRC)
    with pytest.raises(TypeError, match="a probe must be callable, got NoneType"):
        pad.add_probe(Gst.PadProbeType.BUFFER, None)


@pytest.mark.parametrize(
    ("answer", "passed"),
    [(True, 5), (1, 5), (2, 5), (Gst.PadProbeReturn.PASS, 5), (False, 0), (0, 0)],
)
def test_the_numbers_of_an_answer_are_taken_for_it(answer, passed, capfd):
    message, arrived = play_with(lambda _pad, _info: answer)
    assert (message.type, len(arrived)) == (Gst.MessageType.EOS, passed)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("answer", "named"),
    [
        (7, "a number that is no Gst.PadProbeReturn"),
        (-1, "a number that is no Gst.PadProbeReturn"),
        ("ok", "a str"),
        (1.0, "a float"),
        (object(), "a object"),
        (Gst.FlowReturn.OK, "a FlowReturn"),  # 0 to GStreamer, which would drop everything
    ],
)
def test_an_answer_that_means_nothing_loses_no_buffer_and_is_warned_about_once(
    answer, named, capfd
):
    def odd(_pad, _info):
        return answer

    odd.__qualname__ = f"odd {answer!r}"
    message, arrived = play_with(odd)
    assert (message.type, len(arrived)) == (Gst.MessageType.EOS, 5)
    assert capfd.readouterr().err == (
        f"penstock: the probe odd {answer!r} returned {named}: treated as OK\n"
    )
    assert probes.failures[f"odd {answer!r} returned {named}"] == 5


def test_numbers_that_differ_from_buffer_to_buffer_are_warned_about_once(capfd):
    numbers = iter(range(100, 200))

    def counting(_pad, _info):
        return next(numbers)

    message, arrived = play_with(counting)
    assert (message.type, len(arrived)) == (Gst.MessageType.EOS, 5)
    assert capfd.readouterr().err.count("returned a number") == 1


def test_an_exit_in_a_probe_becomes_an_error_on_the_bus_instead_of_a_hang():
    def leaving(_pad, _info):
        sys.exit("enough")

    message, _ = play_with(leaving)
    text = error_text(message)
    assert "leaving raised SystemExit at" in text
    assert "enough (only the main thread can exit: stop the pipeline instead)" in text


def test_ctrl_c_in_a_probe_reaches_the_main_thread():
    def interrupted(_pad, _info):
        raise KeyboardInterrupt

    pad = Gst.Pad.new("src", Gst.PadDirection.SRC)
    pad.set_active(True)

    def wait():  # it may come as soon as the probe was called
        pad.add_probe(Gst.PadProbeType.IDLE, interrupted)
        time.sleep(30)

    with pytest.raises(KeyboardInterrupt):
        wait()


def test_an_exception_whose_text_cannot_be_made_is_reported_all_the_same(capfd):
    class MuteError(Exception):
        def __str__(self):
            raise ValueError("no words")

    def mute(_pad, _info):
        raise MuteError

    message, arrived = play_with(mute)
    assert (message.type, len(arrived)) == (Gst.MessageType.EOS, 5)
    assert "MuteError, whose text cannot be made" in capfd.readouterr().err


@pytest.mark.parametrize("stream", [None, "closed"])
def test_without_a_place_to_print_to_nothing_is_lost(stream, monkeypatch):
    def unheard(_pad, _info):
        raise ValueError(f"not heard: {stream}")

    unheard.__qualname__ = f"unheard {stream}"
    message_of = []
    with monkeypatch.context() as patched:
        closed = io.StringIO()
        closed.close()
        patched.setattr(sys, "stderr", None if stream is None else closed)
        message_of.append(play_with(unheard))
    (message, arrived), *_ = message_of
    assert (message.type, len(arrived)) == (Gst.MessageType.EOS, 5)
    assert sum(n for kind, n in probes.failures.items() if f"unheard {stream}" in kind) == 5


def test_exceptions_of_many_threads_are_all_counted():
    def busy(_pad, _info):
        raise ValueError("busy")

    guarded, pad = probes.guard(busy), Gst.Pad.new("src", Gst.PadDirection.SRC)
    threads = [
        threading.Thread(target=lambda: [guarded(pad, None) for _ in range(2000)]) for _ in range(4)
    ]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert [n for kind, n in probes.failures.items() if kind.startswith(busy.__qualname__)] == [
        8000
    ]


def test_in_strict_mode_every_pipeline_is_told(monkeypatch):
    monkeypatch.setenv("PENSTOCK_STRICT", "1")

    def strict_again(_pad, _info):
        raise ValueError("as before")

    for _ in range(2):
        assert "as before" in error_text(play_with(strict_again)[0])


def test_a_probe_may_remove_itself():
    calls = []

    def once(_pad, _info):
        calls.append(1)
        return Gst.PadProbeReturn.REMOVE

    message, arrived = play_with(once)
    assert (message.type, len(arrived), len(calls)) == (Gst.MessageType.EOS, 5, 1)


class Counter:
    """Whose method is a probe."""

    def probe(self, _pad, _info):
        return Gst.PadProbeReturn.OK


@pytest.mark.parametrize("end", ["removed", "pad gone", "by itself"])
def test_a_bound_method_is_kept_as_long_as_the_probe_and_no_longer(end):
    counter, pad = Counter(), Gst.Pad.new("src", Gst.PadDirection.SRC)
    alive = weakref.ref(counter)
    if end == "by itself":
        pad.set_active(True)
        callback = functools.partial(lambda _self, *_: Gst.PadProbeReturn.REMOVE, counter)
        pad.add_probe(Gst.PadProbeType.IDLE, callback)
        del callback
    else:
        number = pad.add_probe(Gst.PadProbeType.BUFFER, counter.probe)
        del counter
        gc.collect()
        assert alive() is not None
    if end == "removed":
        pad.remove_probe(number)
    counter = None
    if end == "pad gone":
        pad = None
    gc.collect()
    assert alive() is None


def test_every_way_to_call_it_is_guarded(capfd):
    def quiet(_pad, _info):
        return None

    def by_class(pad):
        Gst.Pad.add_probe(pad, Gst.PadProbeType.BUFFER, quiet)

    def by_keyword(pad):
        pad.add_probe(mask=Gst.PadProbeType.BUFFER, callback=quiet)

    def two_kinds(pad):
        pad.add_probe(Gst.PadProbeType.BUFFER | Gst.PadProbeType.EVENT_DOWNSTREAM, quiet)

    for add in (by_class, by_keyword, two_kinds):
        pipeline = Gst.parse_launch(SOURCE)
        arrived = []
        add(pipeline.get_by_name("i").get_static_pad("src"))
        pipeline.get_by_name("end").get_static_pad("sink").add_probe(
            Gst.PadProbeType.BUFFER, lambda _pad, _info, a=arrived: a.append(1) or OK
        )
        assert finish(pipeline).type == Gst.MessageType.EOS
        assert len(arrived) == 5
    assert capfd.readouterr().err.count("returned None") == 1


def test_ghost_pads_are_guarded_too(capfd):
    pipeline = Gst.parse_launch(
        "bin.( name=b videotestsrc num-buffers=5 ! identity name=i ) ! fakesink name=end sync=false"
    )
    ghost = next(iter(pipeline.get_by_name("b").iterate_src_pads()))
    assert isinstance(ghost, Gst.GhostPad)

    def ghostly(_pad, _info):
        raise ValueError("boo")

    arrived = []
    ghost.add_probe(Gst.PadProbeType.BUFFER, ghostly)
    pipeline.get_by_name("end").get_static_pad("sink").add_probe(
        Gst.PadProbeType.BUFFER, lambda _pad, _info: arrived.append(1) or OK
    )
    assert finish(pipeline).type == Gst.MessageType.EOS
    assert len(arrived) == 5
    assert "boo" in capfd.readouterr().err


def test_a_blocking_probe_blocks_until_it_is_removed():
    pipeline = Gst.parse_launch(SOURCE)
    pad = pipeline.get_by_name("i").get_static_pad("src")
    blocked, arrived = threading.Event(), []

    def hold(_pad, _info):
        blocked.set()
        return Gst.PadProbeReturn.OK

    number = pad.add_probe(Gst.PadProbeType.BLOCK_DOWNSTREAM, hold)
    pipeline.get_by_name("end").get_static_pad("sink").add_probe(
        Gst.PadProbeType.BUFFER, lambda _pad, _info: arrived.append(1) or OK
    )
    pipeline.set_state(Gst.State.PLAYING)
    assert blocked.wait(30)
    assert arrived == []
    pad.remove_probe(number)
    assert finish(pipeline).type == Gst.MessageType.EOS
    assert len(arrived) == 5


def test_a_pad_without_an_element_can_be_guarded(capfd):
    pad = Gst.Pad.new("src", Gst.PadDirection.SRC)
    pad.set_active(True)

    def alone(_pad, _info):
        raise ValueError("nobody's pad")

    pad.add_probe(Gst.PadProbeType.EVENT_DOWNSTREAM, alone)
    pad.push_event(Gst.Event.new_stream_start("test"))
    assert "nobody's pad" in capfd.readouterr().err
