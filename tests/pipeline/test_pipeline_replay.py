"""`penstock replay` draws again what was recorded."""

import json

import cv2
import numpy as np
import pytest

from footage import clip, penstock, pictures
from penstock.analytics import ProofFile, read_proof
from penstock.errors import ConfigError
from penstock.pipeline.replay import event_display, replay

FRAMES = 12


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    """Black, 320x180."""
    path = tmp_path_factory.mktemp("video") / "black.mp4"
    return clip(path, frames=FRAMES, pattern="black")


def record(frame=6, *, source=0, **changes):
    path = [[n, 20.0 * n, 100.0] for n in range(2, frame + 1)]
    car = {"track_id": 3, "label": "car", "ltwh": [100, 50, 40, 50], "path": path}
    return {
        "event": "line-crossing",
        "label": "Exit",
        "source_id": source,
        "frame_num": frame,
        "pts_ns": 0,
        "size": [320, 180],
        "geometry": {"line": [[110, 20], [110, 170]], "direction": [[90, 150], [130, 150]]},
        "objects": [car],
        "count": 1,
    } | changes


@pytest.fixture
def proof(tmp_path):
    def write(*records):
        path = tmp_path / "proof.jsonl"
        path.write_text("".join(json.dumps(one) + "\n" for one in records))
        return path

    return write


def test_pictures_are_made_of_the_frames_with_an_event(proof, video, tmp_path):
    two = (
        record(6),
        record(6, label="Other"),
        record(9, event="roi-enter", geometry={"zone": [[0, 0], [90, 0], [90, 90]]}),
    )
    done = replay(proof(*two), video=str(video), output=tmp_path / "events")
    assert [path.name for path in done.pictures] == ["frame-000006.jpg", "frame-000009.jpg"]
    assert (done.events, done.frames, done.beyond) == (3, FRAMES, 0)
    crossing, visit = (cv2.imread(str(path)).astype(int) for path in done.pictures)
    assert (crossing[30:160, 110].max(axis=1) > 60).all()  # the line, on black
    assert crossing[100, 60:115].max(axis=1).min() > 60  # the way
    assert crossing[50, 110:130].max(axis=1).min() > 60  # the box
    assert visit[60, 88:92].max() > 60
    assert (visit[120:160, 110:112] < 40).all()  # the line is not of this frame


def test_a_video_is_drawn_around_its_events(proof, video, tmp_path):
    target = tmp_path / "events.mp4"
    done = replay(proof(record(6)), video=str(video), output=target)
    assert (done.frames, done.pictures) == (FRAMES, [])
    assert pictures(target) == [(320, 180)] * FRAMES
    capture = cv2.VideoCapture(str(target))
    bright = [int(capture.read()[1][150:160, 108:113].max()) > 60 for _ in range(FRAMES)]
    assert bright == [n >= 2 for n in range(FRAMES)]  # from where the way begins, and a while on


def test_before_an_event_only_its_shape_and_the_way_so_far_are_drawn(proof):
    (one,) = read_proof(proof(record(6)))
    early, now, late = (event_display(one, n) for n in (4, 6, 8))
    assert [len(d.rects) for d in (early, now, late)] == [0, 1, 0]
    assert [len(d.texts) for d in (early, now, late)] == [0, 1, 1]
    assert len(early.lines) == 1 + 2
    assert (early.circles[0].x, now.circles[0].x) == (80, 120)
    assert now.texts[0].text == "frame 6  line-crossing Exit: 1  car 3"


def test_what_is_written_is_what_is_read(tmp_path):
    file = ProofFile(tmp_path / "proof.jsonl")
    file.add(record(4))
    file.close()
    (one,) = read_proof(tmp_path / "proof.jsonl")
    assert (one.event, one.label, one.frame_num, one.size) == (
        "line-crossing",
        "Exit",
        4,
        (320, 180),
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("no json", "line 2: wanted a record of JSON, got 'no json'"),
        ("[1]", "line 2: wanted a record of JSON, got '[1]'"),
        ("{}", "line 2: wanted 'event', str, got None"),
        (json.dumps(record(size=[0, 3])), "line 2: wanted 'size', [width, height], got [0, 3]"),
        (json.dumps(record(objects=[7])), "line 2: wanted objects with 'ltwh', four numbers"),
        (json.dumps(record(objects=[{"ltwh": [1, 2, 3, 4], "path": [[1]]}])), "wanted objects"),
        (
            json.dumps(record(geometry={"line": [[1, 2]]})),
            "line 2: wanted 'line', a list of points",
        ),
        (json.dumps(record(count="two")), "line 2: wanted 'count', int, got 'two'"),
        (json.dumps(record(geometry={"line": [[1e999, 2], [3, 4]]})), "line 2: wanted 'line'"),
        (json.dumps(record(geometry={"line": [[10**400, 2], [3, 4]]})), "line 2: wanted 'line'"),
        ("[" * 100_000, "line 2: wanted a record of JSON"),
        (
            json.dumps(record(geometry={"zone": "corners"})),
            "line 2: wanted 'zone', a list of points",
        ),
    ],
)
def test_a_line_that_is_no_record_is_named(proof, line, said):
    path = proof(record())
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(ConfigError) as caught:
        list(read_proof(path))
    assert said in str(caught.value)


def test_mistakes_are_said_before_anything_is_played(proof, video, tmp_path):
    def refused(*records, **options):
        options = {"video": str(video), "output": tmp_path / "events"} | options
        with pytest.raises(ConfigError) as caught:
            replay(proof(*records), **options)
        return str(caught.value)

    assert refused().endswith("holds no event")
    both = record(), record(source=4)
    assert refused(*both).endswith("is about the sources 0, 4: give one, with source")
    assert refused(*both, source=2).endswith("is about the sources 0, 4, not about 2")
    assert "there is no such file" in refused(record(), video="nowhere.mp4")
    assert "would overwrite the video" in refused(record(), output=video)
    assert "several sizes" in refused(record(), record(size=[32, 18]))
    (tmp_path / "file.png").write_text("")
    assert "wanted a folder, or a name ending in .mp4" in refused(
        record(), output=tmp_path / "file.png"
    )


def test_one_of_several_sources_is_chosen(proof, video, tmp_path):
    path = proof(record(3), record(5, source=4))
    done = replay(path, video=str(video), output=tmp_path / "events", source=4)
    assert [picture.name for picture in done.pictures] == ["frame-000005.jpg"]


def test_the_command_tells_of_a_video_that_is_not_the_one(proof, video, tmp_path):
    path = proof(record(3), record(40))
    done = penstock("replay", path, "--video", video, "--output", tmp_path / "events")
    assert done.returncode == 1
    assert done.stdout.startswith("2 events, 1 pictures in ")
    assert "1 events lie behind the last of 12 frames: this is not the video" in done.stderr
    done = penstock("replay", path, "--video", tmp_path / "no.mp4")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("penstock: source ")
    assert np.array(cv2.imread(str(tmp_path / "events" / "frame-000003.jpg"))).size
