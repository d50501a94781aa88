"""Work on several buffers at once: order, events, errors, endings."""

import random
import threading
import time

import pytest

from penstock.gst import Gst, GstBase
from penstock.gst.in_flight import InFlight
from penstock.gst.messages import post_error


class Worker(GstBase.BaseTransform):
    """Hands each buffer over with as many jobs as `jobs` says; a job sleeps at random."""

    __gtype_name__ = "TestInFlightWorker"
    __gstmetadata__ = ("Worker", "Filter", "For tests", "The Penstock authors")
    __gsttemplates__ = tuple(
        Gst.PadTemplate.new(name, direction, Gst.PadPresence.ALWAYS, Gst.Caps.new_any())
        for name, direction in (("sink", Gst.PadDirection.SINK), ("src", Gst.PadDirection.SRC))
    )
    jobs, workers, most_ms, broken = (2,), 3, 3, None

    def __init__(self):
        super().__init__()
        self.set_in_place(True)
        self.running = self.most_running = 0
        self.finished = []
        self._lock = threading.Lock()

    def do_start(self):
        self.work = InFlight(self.srcpad, workers=self.workers, on_error=self.failed)
        return True

    def failed(self, error):
        post_error(self, error)
        return Gst.FlowReturn.ERROR

    def do_stop(self):
        self.work.close()
        return True

    def do_sink_event(self, event):
        self.work.let_pass(event)
        return GstBase.BaseTransform.do_sink_event(self, event)

    def do_transform_ip(self, buffer):
        number = buffer.pts // Gst.MSECOND
        jobs = [lambda: self.work_on(number)] * self.jobs[number % len(self.jobs)]
        return self.work.add(buffer, jobs, lambda: self.finished.append(number))

    def work_on(self, number):
        with self._lock:
            self.running += 1
            self.most_running = max(self.most_running, self.running)
        time.sleep(random.uniform(0, self.most_ms / 1000))
        with self._lock:
            self.running -= 1
        if number == self.broken:
            raise ValueError(f"no luck with {number}")


@pytest.fixture
def worker():
    """A worker in a pipeline between a source of 60 numbered buffers and a sink that notes them."""
    element = Worker()
    pipeline = Gst.parse_launch(
        "appsrc name=source format=time ! identity name=in "
        "fakesink name=sink sync=false async=false"
    )
    pipeline.add(element)
    pipeline.get_by_name("in").link(element)
    element.link(pipeline.get_by_name("sink"))
    element.pipeline, element.arrived = pipeline, []

    def note(_pad, info):
        element.arrived.append(info.get_buffer().pts // Gst.MSECOND)
        return Gst.PadProbeReturn.OK

    pipeline.get_by_name("sink").get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, note)
    yield element
    pipeline.set_state(Gst.State.NULL)


def feed(element, numbers):
    source = element.pipeline.get_by_name("source")
    for number in numbers:
        buffer = Gst.Buffer.new_allocate(None, 16, None)
        buffer.pts = number * Gst.MSECOND
        source.emit("push-buffer", buffer)


def finish(element):
    feed(element, range(60))
    element.pipeline.get_by_name("source").emit("end-of-stream")
    element.pipeline.set_state(Gst.State.PLAYING)
    return element.pipeline.get_bus().timed_pop_filtered(
        20 * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR
    )


@pytest.mark.parametrize("jobs", [(1,), (4,), (0,), (1, 0, 5, 2)])
def test_buffers_leave_in_order_before_the_end_of_the_stream(worker, jobs):
    worker.jobs = jobs
    assert finish(worker).type == Gst.MessageType.EOS
    assert worker.arrived == worker.finished == list(range(60))


def test_several_are_worked_on_at_once_but_no_more_than_there_are_workers(worker):
    finish(worker)
    assert worker.most_running == worker.workers


def test_a_job_that_raises_ends_the_stream_at_its_buffer(worker):
    worker.broken = 17
    message = finish(worker)
    assert message.type == Gst.MessageType.ERROR
    assert message.parse_error()[0].message.endswith("ValueError: no luck with 17")
    assert worker.arrived == list(range(17))


def test_a_pipeline_that_is_stopped_in_between_ends_the_threads(worker):
    before = threading.active_count()
    worker.most_ms = 30
    feed(worker, range(60))
    worker.pipeline.set_state(Gst.State.PLAYING)
    while not worker.arrived:
        time.sleep(0.01)
    worker.pipeline.set_state(Gst.State.NULL)
    assert threading.active_count() == before
    assert worker.arrived == list(range(len(worker.arrived)))


def test_after_a_sink_refused_buffers_upstream_hears_of_it(worker):
    worker.pipeline.get_by_name("sink").set_property("num-buffers", 5)
    assert finish(worker).type == Gst.MessageType.EOS
    assert worker.arrived[:5] == list(range(5))
    assert len(worker.finished) < 60


def test_after_a_flush_buffers_leave_again(worker):
    worker.pipeline.set_state(Gst.State.PLAYING)
    source = worker.pipeline.get_by_name("source")
    for flushes in range(5):
        numbers = range(100 * flushes, 100 * flushes + 60)
        feed(worker, numbers)
        while not worker.arrived or worker.arrived[-1] < numbers[5]:
            time.sleep(0.002)
        source.send_event(Gst.Event.new_flush_start())
        source.send_event(Gst.Event.new_flush_stop(True))
    assert worker.arrived == sorted(set(worker.arrived))
    assert len(worker.arrived) < 5 * 60, "nothing was flushed"
