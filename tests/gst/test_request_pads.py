"""Pads that were asked for are freed, and what their functions hold with them."""

import gc

import pytest

from streams import Gst

PADS = {"nvstreammux": "sink_7", "nvstreamdemux": "src_7", "nvdsmetamux": "sink_7"}


@pytest.fixture(params=PADS)
def asked(request):
    """A pipeline, its element, and a pad of that which was asked for."""
    pipeline = Gst.Pipeline.new(None)
    element = Gst.ElementFactory.make(request.param)
    pipeline.add(element)
    return [pipeline, element, element.request_pad_simple(PADS[request.param])]


def test_a_pad_is_freed_when_it_is_given_back(asked):
    _, element, pad = asked
    there = pad.weak_ref()
    element.release_request_pad(pad)
    assert there() is pad
    asked.pop()
    del pad
    gc.collect()
    assert there() is None


def test_a_pad_that_is_not_given_back_goes_with_its_element(asked):
    there = asked.pop().weak_ref()
    gc.collect()
    assert there() is not None
    asked.clear()
    gc.collect()
    assert there() is None
