"""The figures agree with what can be told by hand."""

import numpy as np
import pytest
from test_eval_mot import rows

from penstock.errors import ConfigError
from penstock.evaluation import MotRows, draw_timeline, follow, score
from penstock.trackers import TRACKERS, TrackerResult


def walk(identity, frames, *, y=0):
    """One person who walks to the right."""
    return [(n, identity, 3 * n, y, 3 * n + 20, y + 50) for n in frames]


TRUTH = rows(*walk(1, range(1, 11)), *walk(2, range(1, 11), y=200))


def test_the_truth_agrees_with_itself():
    assert score(TRUTH, TRUTH).to_json() == {
        "hota": 100.0,
        "mota": 100.0,
        "idf1": 100.0,
        "id_switches": 0,
    }


def test_ids_may_be_any_numbers():
    other = rows(*walk(900, range(1, 11)), *walk(7, range(1, 11), y=200))
    assert score(TRUTH, other).idf1 == 100


def test_an_exchange_of_ids_costs_identities_and_counts_twice():
    halves = (range(1, 6), range(6, 11))
    swapped = rows(
        *walk(1, halves[0]), *walk(2, halves[1]),
        *walk(2, halves[0], y=200), *walk(1, halves[1], y=200),
    )  # fmt: skip
    figures = score(TRUTH, swapped)
    assert (figures.idf1, figures.id_switches) == (50.0, 2)
    assert figures.mota == 90.0  # 2 of 20
    assert figures.hota == pytest.approx(100 / np.sqrt(3), abs=0.01)  # a third of each is shared


def test_misses_and_inventions_cost_accuracy():
    half = rows(*walk(1, range(1, 11)), *walk(5, range(1, 6), y=400))
    figures = score(TRUTH, half)
    assert figures.mota == 25.0  # 10 missed, 5 invented, of 20
    assert figures.id_switches == 0


def test_nothing_tracked_scores_nothing():
    assert score(TRUTH, rows()).to_json() == {
        "hota": 0.0,
        "mota": 0.0,
        "idf1": 0.0,
        "id_switches": 0,
    }


def test_an_empty_truth_is_refused():
    with pytest.raises(ConfigError, match="the ground truth has no boxes"):
        score(rows(), TRUTH)


def test_a_tracker_is_shown_every_frame_and_its_predictions_count():
    run = follow(TRACKERS.load("NvSORT")(), TRUTH, last_frame=12, interval=1)
    shown = set(run.rows.frame.tolist())
    assert {4, 6, 8, 10} <= shown  # the detector looked at odd frames only
    assert score(TRUTH, run.rows).id_switches == 0
    assert run.ms_per_frame > 0


def test_large_ids_of_a_tracker_stay_what_they_are():
    class Counting:
        def update(self, frame):
            box = np.array([[0.0, 0.0, 9.0, 9.0]])
            return TrackerResult(np.array([(1 << 62) + frame.frame_num]), box, np.ones(1))

    box = np.array([[0, 0, 9, 9]], np.float32)
    seen = MotRows(np.arange(1, 4), np.full(3, -1), box.repeat(3, axis=0), np.ones(3, np.float32))
    assert (follow(Counting(), seen).rows.track_id - (1 << 62)).tolist() == [1, 2, 3]


def test_frames_that_the_detector_leaves_out_are_not_shown():
    run = follow(TRACKERS.load("NvSORT")(), TRUTH, interval=10)
    assert len(run.rows) == 0  # only frame 1 was seen: nobody outlived the probation


def test_tracks_behind_the_last_true_box_are_inventions():
    longer = rows(*walk(1, range(1, 21)), *walk(2, range(1, 11), y=200))
    assert score(TRUTH, longer).mota == 50.0


def test_tracks_over_time_are_drawn(tmp_path):
    file = tmp_path / "tracks.png"
    draw_timeline(file, TRUTH, {"good": TRUTH, "none": rows()})
    assert file.read_bytes().startswith(b"\x89PNG")
