"""nvmultiurisrcbin under the orders of HTTP clients."""

import gc
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from muxes import Playing
from test_multiurisrcbin import SINK, bin_of, wait_for

from footage import clip
from penstock.gst import batch_of
from rest_orders import ask, stream
from rtsp import RtspServer, closed_port
from streams import Gst

ADD, REMOVE = "/api/v1/stream/add", "/api/v1/stream/remove"
INFO = "/api/v1/stream/get-stream-info"
LIVE = {"live_source": 1, "batched_push_timeout": 40_000, "drop_pipeline_eos": 1}


@pytest.fixture(scope="module")
def ball(tmp_path_factory):
    return clip(tmp_path_factory.mktemp("ball") / "ball.mp4").as_uri()


class Served(Playing):
    """A pipeline with the bin, and its port."""

    def __init__(self, *uris, then=SINK + " async=false", **properties):
        self.port = closed_port()
        settings = {"file_loop": 1, "max_batch_size": 4, **LIVE, **properties}
        description = bin_of(*uris, then=then, port=self.port, **settings)
        super().__init__(description.replace("name=m ", "name=mux "), look=described)

    def order(self, change, sensor_id, uri, path=None):
        return ask(self.port, path or (ADD if "add" in change else REMOVE),
                   stream(change, sensor_id=sensor_id, uri=uri))  # fmt: skip

    def listed(self):
        rows = ask(self.port, INFO)[1]["stream-info"]["stream-info"]
        return {row["camera_id"]: row["source_id"] for row in rows}

    def wait_for_source(self, sensor_id):
        self.wait(lambda batches: any(sensor_id == row[2] for row in (batches or [[]])[-1]))


def described(buffer):
    return [(f.source_id, f.frame_num, f.sensor and f.sensor.sensor_id)
            for f in batch_of(buffer).frames]  # fmt: skip


def test_sources_come_and_go_while_the_others_play(ball):
    with Served(ball, sensor_id_list="first") as playing:
        playing.wait_for_more()
        assert playing.order("camera_add", "door", ball)[0] == 200
        playing.wait_for_source("door")
        assert playing.listed() == {"first": 0, "door": 1}
        assert playing.order("camera_remove", "door", ball)[0] == 200
        assert playing.listed() == {"first": 0}
        playing.wait_for_more(10, of=0)
    numbers = [number for batch in playing.batches for who, number, _ in batch if who == 0]
    assert numbers == list(range(len(numbers)))  # nothing of it was lost


def test_a_file_that_joins_late_joins_the_time_of_the_others(ball):
    times = []

    def note(_pad, info):
        times.append(info.get_buffer().pts)
        return Gst.PadProbeReturn.OK

    with Served(ball, sensor_id_list="first", file_loop=0) as playing:
        playing.mux.get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, note)
        wait_for(playing.pipeline, "stream-remove")
        before = len(times)
        playing.order("camera_add", "second", ball)
        wait_for(playing.pipeline, "stream-remove")
    assert len(times) == before + 30
    assert times == sorted(set(times))
    steps = {later - earlier for earlier, later in pairwise(times[before:])}
    assert steps == {40_000_000}


def test_a_pipeline_may_begin_without_sources(ball):
    with Served() as playing:
        assert ask(playing.port, INFO)[1]["stream-info"] == {"stream-count": 0, "stream-info": []}
        playing.order("camera_add", "door", ball)
        playing.wait_for_more(of=0)


def test_numbers_rise_before_they_are_used_again(ball):
    with Served() as playing:
        for sensor_id in ("a", "b", "c"):
            playing.order("camera_add", sensor_id, ball)
        playing.order("camera_remove", "b", ball)
        playing.order("camera_add", "d", ball)
        playing.order("camera_add", "e", ball)
        assert playing.listed() == {"e": 1, "d": 3, "c": 2, "a": 0}
        playing.wait_for_source("e")
        assert next(row for row in playing.batches[-1] if row[2] == "e")[0] == 1


def test_a_number_in_the_sensor_id_may_be_the_source(ball):
    with Served(sensorID_padID_mapping=1) as playing:
        assert playing.order("camera_add", "cam-2-yard", ball)[0] == 200
        status, said = playing.order("camera_add", "other-2", ball)
        assert status == 500
        assert "must be a free one from 0 to 3" in said["reason"]
        assert playing.order("camera_add", "yard", ball)[0] == 500
        assert playing.listed() == {"cam-2-yard": 2}


def test_what_cannot_be_done_is_refused_with_its_reason(ball):
    with Served(ball, sensor_id_list="first", max_batch_size=2) as playing:
        refused = [
            playing.order("camera_add", "first", ball),
            playing.order("camera_remove", "nobody", ball),
            playing.order("camera_remove", "first", "file:///other.mp4"),
        ]
        playing.order("camera_add", "second", ball)
        refused.append(playing.order("camera_add", "third", ball))
        assert [status for status, _ in refused] == [500] * 4
        assert [said["reason"] for _, said in refused] == [
            "STREAM_ADD_FAIL, camera_id 'first' is there already",
            "STREAM_REMOVE_FAIL, no source has the camera_id 'nobody'; there: 'first'",
            "STREAM_REMOVE_FAIL, camera_id 'first' is there with another camera_url",
            "STREAM_ADD_FAIL, 2 sources are there, and no more than 2 can be",
        ]
        playing.wait_for_more(of=0)


def test_a_source_that_turns_out_not_to_work_is_told_on_the_bus_and_gone(ball):
    with Served(ball, sensor_id_list="first") as playing:
        assert playing.order("camera_add", "bad", "file:///nothing.mp4")[0] == 200
        gone, warnings = wait_for(playing.pipeline, "stream-remove")
        assert gone.get_string("sensor-id") == "bad"
        said = [text for text in warnings if "source 1 (bad) is taken out: Resource" in text]
        assert len(said) == 1, warnings
        assert playing.listed() == {"first": 0}
        playing.wait_for_more(of=0)


def test_a_source_that_waits_for_a_pipeline_that_stands_still_can_be_removed(ball):
    with Served(ball, ball, sensor_id_list="first,second") as playing:
        playing.wait_for_more(3, of=1)
        playing.pipeline.set_state(Gst.State.PAUSED)
        blocked = threading.Event()

        def hold(_pad, _info):
            blocked.set()
            return Gst.PadProbeReturn.OK

        pad = playing.mux.get_static_pad("src")
        pad.add_probe(Gst.PadProbeType.BLOCK_DOWNSTREAM, hold)
        playing.pipeline.set_state(Gst.State.PLAYING)
        assert blocked.wait(30)  # from here on nothing leaves the mux
        assert playing.order("camera_remove", "second", ball)[0] == 200
        assert playing.listed() == {"first": 0}


def test_sources_follow_the_state_of_the_bin(ball):
    with Served(ball) as playing:
        for state in (Gst.State.PLAYING, Gst.State.PAUSED, Gst.State.READY, Gst.State.PLAYING):
            playing.pipeline.set_state(state)
            (entry,) = playing.mux._entries
            assert entry.source.get_state(30 * Gst.SECOND)[1] == state
        playing.wait_for_more()


def test_a_camera_is_added_and_removed_like_a_file(ball):
    with RtspServer() as server, Served(ball, sensor_id_list="first") as playing:
        playing.order("camera_add", "camera", server.url)
        playing.wait_for_source("camera")
        assert playing.order("camera_remove", "camera", server.url)[0] == 200
        playing.wait_for_more(10, of=0)


def test_a_camera_that_never_answers_can_be_removed(ball):
    with Served(ball, sensor_id_list="first") as playing:
        silent = f"rtsp://127.0.0.1:{closed_port()}/x"
        playing.order("camera_add", "silent", silent)
        playing.wait_for_more(10, of=0)
        playing.order("camera_remove", "silent", silent)  # or it has gone by itself
        assert playing.listed() == {"first": 0}


def test_clients_at_the_same_time_do_not_disturb_each_other(ball):
    with Served(ball, sensor_id_list="first", max_batch_size=8) as playing:

        def come_and_go(number):
            sensor_id = f"cam-{number % 5}"
            added = playing.order("camera_add", sensor_id, ball)[0]
            removed = playing.order("camera_remove", sensor_id, ball)[0]
            return added, removed

        with ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(come_and_go, range(18)))
        assert {status for pair in answers for status in pair} <= {200, 500}
        for sensor_id in set(playing.listed()) - {"first"}:
            playing.order("camera_remove", sensor_id, ball)
        assert playing.listed() == {"first": 0}
        playing.wait_for_more(10, of=0)


def test_coming_and_going_leaves_nothing_behind(ball):
    def cycle(count):
        for number in range(count):
            playing.order("camera_add", f"cam-{number}", ball)
            if number % 2:
                playing.wait_for_source(f"cam-{number}")
            assert playing.order("camera_remove", f"cam-{number}", ball)[0] == 200
        while playing.pipeline.get_bus().pop() is not None:
            pass  # a message holds its element
        gc.collect()
        kept = sum(type(thing).__name__ == "NvUriSrcBin" for thing in gc.get_objects())
        return len(threading.enumerate()), kept, len(playing.mux.children)

    with Served(ball, sensor_id_list="first") as playing:
        playing.wait_for_more()
        before = cycle(4)
        assert cycle(12) == before


def test_stopping_amid_orders_does_not_hang(ball):
    with Served(ball, sensor_id_list="first") as playing, ThreadPoolExecutor(3) as pool:
        playing.wait_for_more()
        orders = [
            pool.submit(playing.order, "camera_add", f"cam-{number}", ball) for number in range(3)
        ]
        playing.pipeline.set_state(playing.pipeline.get_state(0)[1].NULL)
        for order in orders:
            order.exception(timeout=60)  # answered, or hung up on
    with pytest.raises(OSError, match="refused"):
        ask(playing.port, INFO)
