import pytest

from penstock.gst import probes
from streams import Gst, finish

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
