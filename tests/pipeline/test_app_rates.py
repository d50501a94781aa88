"""The lines of frame rates that `penstock app` prints."""

import time

import pytest

from penstock.meta import BatchMeta, FrameMeta
from penstock.pipeline.app.rates import Rates


@pytest.fixture
def clock(monkeypatch):
    """What `time.monotonic` says, to be set."""
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def told():
    return []


def came(rates, *sources):
    rates.add(BatchMeta([FrameMeta(source) for source in sources]))


def test_a_line_has_the_rate_since_the_last_one_and_the_mean(clock, told):
    rates = Rates(2, interval_s=2.0, say=told.append)
    for _ in range(41):
        came(rates, 0, *([1] if clock[0] >= 1001 else []))
        rates.tick()
        clock[0] += 0.1
    heading, first, second = told
    assert heading == "\n**PERF:  FPS 0 (Avg)\tFPS 1 (Avg)\t"
    assert first == "**PERF:  10.00 (10.00)\t10.00 (10.00)\t"
    assert second == "**PERF:  10.00 (10.00)\t10.00 (10.00)\t"


def test_two_frames_within_a_millisecond_are_no_rate_of_thousands(clock, told):
    rates = Rates(1, interval_s=5.0, say=told.append)
    came(rates, 0)
    clock[0] += 0.001
    came(rates, 0)
    rates.tell()
    assert told[-1] == "**PERF:  0.00 (0.00)\t"
    clock[0] += 1.999
    rates.tell()
    assert told[-1] == "**PERF:  0.50 (0.50)\t"


def test_a_source_that_stalls_falls_to_zero_and_its_mean_with_it(clock, told):
    rates = Rates(1, interval_s=5.0, say=told.append)
    for _ in range(11):
        came(rates, 0)
        clock[0] += 0.1
    clock[0] += 3.9
    rates.tell()
    clock[0] += 5.0
    rates.tell()
    assert told[-2:] == ["**PERF:  2.00 (2.00)\t", "**PERF:  0.00 (1.00)\t"]


def test_a_source_that_has_given_nothing_has_the_rate_zero(clock, told):
    rates = Rates(1, interval_s=5.0, say=told.append)
    clock[0] += 5.0
    rates.tick()
    assert told[-1] == "**PERF:  0.00 (0.00)\t"
