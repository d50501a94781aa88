"""samples/events-to-database: what the database says is what the analytics have found."""

import argparse
import contextlib
import importlib.util
import json
import re
import signal
import subprocess
import sys
from collections import defaultdict
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest
import redis

import penstock
from broker_servers import HOST, Redis, free_port
from footage import gst, pictures
from penstock.gst import Gst, batch_of
from penstock.meta import UNTRACKED, FrameAnalytics, ObjectAnalytics

FOLDER = Path(__file__).parents[2] / "samples" / "events-to-database"
FRAMES, FPS = 70, 10
START = "2031-02-03T08:59:57+00:00"
HOURS = [datetime(2031, 2, 3, 8), datetime(2031, 2, 3, 9)]


def loaded(name):
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(script, *arguments):
    command = [sys.executable, str(FOLDER / script), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


class Truth:
    """What nvdsanalytics attaches, noted beside the messages."""

    def __init__(self):
        self.seen = defaultdict(set)  # (hour, label) -> tracks
        self.stays = defaultdict(list)  # (zone, track) -> frames
        self.crossings = defaultdict(int)  # (hour, line)

    def probe(self, _pad, info):
        for frame in batch_of(info.get_buffer()).frames:
            hour = HOURS[frame.frame_num >= 3 * FPS]
            for line, count in frame.user[FrameAnalytics].crossed_now.items():
                self.crossings[hour, line] += count
            for obj in frame.objects:
                if obj.track_id != UNTRACKED:
                    self.seen[hour, obj.label].add(obj.track_id)
                    for zone in obj.user[ObjectAnalytics].regions:
                        self.stays[zone, obj.track_id].append(frame.frame_num)
        return Gst.PadProbeReturn.OK


def send_once_more(server):
    """Every message comes for the second time; returns how many there are."""
    with redis.Redis(HOST, server.port) as client:
        entries = client.xrange("events")
        for _, fields in entries:
            client.xadd("events", fields)
    return len(entries)


@pytest.fixture(scope="module")
def stored(data_dir, tmp_path_factory):
    """The folder of files that seven seconds of the README's video leave, and the truth."""
    folder = tmp_path_factory.mktemp("events")
    video = folder / "vtest.mp4"
    gst(
        f"filesrc location={data_dir / 'video' / 'vtest.avi'} ! avidemux ! identity eos-after="
        f"{FRAMES + 1} ! avdec_msmpeg4 ! videoconvert ! x264enc threads=1 ! h264parse ! mp4mux "
        f"! filesink location={video}"
    )
    frames = len(pictures(video))  # the muxer may leave out the last one
    truth = Truth()
    with pytest.MonkeyPatch.context() as patch, Redis(folder / "redis") as server:
        patch.setenv("PENSTOCK_SPOOL", str(folder / "spool"))
        patch.setenv("EVENTS_START", START)
        url = f"redis://{HOST}:{server.port}/events"
        command = [sys.executable, FOLDER / "store_events.py", url, folder / "events"]
        command += ["--count", str(2 * frames)]
        storing = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert storing.stdout.readline() == "Waiting for events\n"
        penstock.init()
        sender = loaded("send_events")
        pipeline = sender.build(
            argparse.Namespace(uri=[str(video)], to=url, analytics=sender.ANALYTICS, detector=None)
        )
        pad = pipeline.get_by_name("analytics").get_static_pad("src")
        pad.add_probe(Gst.PadProbeType.BUFFER, truth.probe)
        assert sender.play(pipeline) == 0
        assert send_once_more(server) == frames
        printed, _ = storing.communicate(timeout=60)
    assert printed == f"{2 * frames} messages stored in {folder / 'events'}\n"
    return folder / "events", truth


@pytest.fixture(scope="module")
def answers(stored):
    report = loaded("report")
    with report.opened(stored[0]) as database:
        yield {
            name: database.execute((report.QUERIES / f"{name}.sql").read_text()).fetchall()
            for name in report.NAMES
        }


def test_every_object_is_counted_once_an_hour(stored, answers):
    found = {(hour, label): objects for hour, _, label, objects in answers["counts_per_hour"]}
    assert found == {key: len(tracks) for key, tracks in stored[1].seen.items()}
    assert {hour for hour, _ in found} == set(HOURS)
    assert found[HOURS[0], "person"] > 3


def test_line_crossings_are_those_of_the_analytics(stored, answers):
    found = {(hour, line): count for hour, _, line, count, _ in answers["line_crossings"]}
    assert found == {key: count for key, count in stored[1].crossings.items() if count}
    totals = {line: total for _, _, line, _, total in answers["line_crossings"]}
    assert totals["Entry"] == sum(n for (_, line), n in found.items() if line == "Entry") > 1


def test_stays_in_zones_are_those_of_the_analytics(stored, answers):
    stays = defaultdict(list)
    for (zone, _track), frames in stored[1].stays.items():
        steps = [after - before for before, after in pairwise(frames)]
        stays[zone].append(sum(step for step in steps if step <= FPS) / FPS)
    found = {zone: row for _, zone, *row in answers["dwell"]}
    assert found.keys() == stays.keys() != set()
    for zone, seconds in stays.items():
        mean = pytest.approx(sum(seconds) / len(seconds), abs=0.006)
        assert found[zone] == [len(seconds), mean, pytest.approx(max(seconds), abs=0.006)]


def test_who_comes_back_has_stayed_twice_and_what_comes_twice_counts_once(tmp_path):
    store, report = loaded("store_events").Store(tmp_path), loaded("report")
    for second in (0, 0.5, 1, 30, 30.5, 30.5):
        there = {"track": 7, "label": "person", "confidence": 1, "box": [0, 0, 1, 1]}
        said = {
            "camera": 2,
            "frame": int(2 * second),
            "time": f"2031-02-03T09:00:{second:09.6f}+01:00",
            "crossed": {"Gate": 2} if second > 30 else {},
            "objects": [{**there, "zones": ["Yard"]}, {**there, "track": None, "zones": ["Yard"]}],
        }
        store.add(json.dumps(said).encode())
    store.write()
    with report.opened(tmp_path) as database:
        found = [
            database.execute((report.QUERIES / f"{name}.sql").read_text()).fetchall()
            for name in report.NAMES
        ]
    assert found == [
        [(HOURS[0], 2, "person", 1)],
        [(2, "Yard", 1, 1.5, 1.5)],
        [(HOURS[0], 2, "Gate", 2, 2)],
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"camera": "gate"},
        {"frame": 2**70},
        {"objects": [{}]},
        {"crossed": {"Gate": "x"}},
        {"crossed": ["Gate"]},
    ],
)
def test_a_message_that_is_none_of_its_own_costs_the_others_nothing(tmp_path, wrong):
    module = loaded("store_events")
    store = module.Store(tmp_path)
    said = {"camera": 0, "frame": 1, "time": START, "crossed": {"Gate": 1}, "objects": []}
    for message in (said, {**said, **wrong}, {**said, "frame": 2}):
        with contextlib.suppress(*module.NO_MESSAGE):
            store.add(json.dumps(message).encode())
    store.write()
    with loaded("report").opened(tmp_path) as database:
        assert database.sql("SELECT frame FROM crossings ORDER BY frame").fetchall() == [(1,), (2,)]
        assert database.sql("SELECT * FROM objects").fetchall() == []


def test_files_that_are_there_stay_whichever_were_deleted(tmp_path):
    for name in ("objects-000001.parquet", "crossings-000002.parquet"):
        (tmp_path / name).write_bytes(b"kept")
    store = loaded("store_events").Store(tmp_path)
    said = {"camera": 0, "frame": 1, "time": START, "crossed": {"Gate": 1}, "objects": []}
    for _ in range(2):
        store.add(json.dumps(said).encode())
        store.write()
    found = {path.name: path.read_bytes() for path in tmp_path.glob("*.parquet")}
    assert [name for name, data in sorted(found.items()) if data == b"kept"] == [
        "crossings-000002.parquet",
        "objects-000001.parquet",
    ]
    assert len(found) == 6


@pytest.mark.parametrize("way", [signal.SIGINT, signal.SIGTERM])
def test_who_is_told_to_end_stores_what_has_arrived(tmp_path, way):
    said = {"camera": 0, "frame": 1, "time": START, "crossed": {"Gate": 1}, "objects": []}
    with Redis(tmp_path / "redis") as server, redis.Redis(HOST, server.port) as client:
        url = f"redis://{HOST}:{server.port}/events"
        command = [sys.executable, FOLDER / "store_events.py", url, tmp_path / "events"]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        with subprocess.Popen(command, text=True, **pipes) as storing:
            assert storing.stdout.readline() == "Waiting for events\n"
            for text in (json.dumps(said), "something else"):
                client.xadd("events", {"metadata": text})
            assert storing.stderr.readline().startswith("Not a message of send_events.py")
            storing.send_signal(way)
            printed, _ = storing.communicate(timeout=20)
    assert printed == f"1 messages stored in {tmp_path / 'events'}\n"
    assert len(list((tmp_path / "events").glob("*.parquet"))) == 2


def test_the_report_prints_the_three_answers_and_draws_them(stored, tmp_path):
    done = run("report.py", stored[0], "--plot", tmp_path / "plot.png")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.findall(r"^\w+$", done.stdout, re.M) == ["counts_per_hour", "dwell", "line_crossings"]
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")


def test_the_plot_shows_the_objects_of_all_cameras_and_when_there_were_none(tmp_path):
    store, report = loaded("store_events").Store(tmp_path), loaded("report")
    there = {"track": 7, "label": "car", "confidence": 1, "box": [0, 0, 1, 1], "zones": []}
    for camera in (0, 1):
        for second in (0, 5):
            time = f"2031-02-03T09:00:0{second}+00:00"
            said = {"camera": camera, "frame": second, "time": time, "crossed": {}}
            store.add(json.dumps({**said, "objects": [there]}).encode())
    store.write()
    with report.opened(tmp_path) as database:
        found = database.execute(report.PEOPLE).fetchall()
    assert [(moment.second, objects) for moment, _, objects in found] == [(0, 2), (2, 0), (4, 2)]


def test_the_files_say_what_each_column_is(stored):
    path = stored[0] / "objects-000000.parquet"
    rows = duckdb.connect().execute(f"DESCRIBE SELECT * FROM '{path}'").fetchall()
    assert [(name, kind) for name, kind, *_ in rows] == [
        ("camera", "INTEGER"),
        ("frame", "INTEGER"),
        ("time", "TIMESTAMP"),
        ("track", "UBIGINT"),
        ("label", "VARCHAR"),
        ("confidence", "FLOAT"),
        ("left", "FLOAT"),
        ("top", "FLOAT"),
        ("width", "FLOAT"),
        ("height", "FLOAT"),
        ("zones", "VARCHAR[]"),
    ]
    assert not list(stored[0].glob("*.part"))


def test_what_is_missing_is_a_sentence(tmp_path):
    done = run("report.py", tmp_path)
    assert (done.returncode, done.stderr) == (
        1,
        f"Error: no events in {tmp_path}; store_events.py puts them there\n",
    )
    done = run("store_events.py", f"redis://{HOST}:{free_port()}/events", tmp_path / "e")
    assert done.returncode == 1
    assert "nothing listens there" in done.stderr
    done = run("send_events.py", "nothing.mp4", "--to", "ftp://x/y")
    assert done.returncode == 1
    assert "no broker is called 'ftp'" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_readme_names_every_file():
    readme = (FOLDER / "README.md").read_text()
    for file in FOLDER.rglob("*.*"):
        if file.suffix in {".py", ".sql", ".png"} and "__pycache__" not in file.parts:
            assert str(file.relative_to(FOLDER)) in readme, file
