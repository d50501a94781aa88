"""Trackers that look at objects do better than those that only count pixels of overlap."""

import sys
from pathlib import Path

import numpy as np
import pytest

from penstock.evaluation import follow, read_mot, score
from penstock.trackers import TRACKERS

HERE = Path(__file__).parent
DATA = HERE / "data"


@pytest.fixture(scope="module")
def vtest(data_dir):
    truth = read_mot(DATA / "vtest_identities.txt", truth=True)
    return read_mot(DATA / "vtest_detections.txt"), truth, data_dir / "video" / "vtest.avi"


@pytest.fixture(scope="module")
def synthetic(data_dir, tmp_path_factory):
    """A short synthetic video."""
    sys.path.insert(0, str(HERE.parents[1] / "benchmarks"))
    try:
        from synthetic_tracking import make
    finally:
        sys.path.pop(0)
    out = tmp_path_factory.mktemp("synthetic")
    make(data_dir / "video" / "vtest.avi", out, frames=200)
    truth = read_mot(out / "identities.txt", truth=True)
    return read_mot(out / "detections.txt"), truth, out / "video.avi"


def figures(name, detections, truth, video):
    run = follow(TRACKERS.load(name)(), detections, last_frame=truth.last_frame, video=video)
    return score(truth, run.rows)


@pytest.fixture(scope="module")
def by_motion(vtest, synthetic):
    return [figures("NvSORT", *scene) for scene in (vtest, synthetic)]


@pytest.mark.parametrize("name", ["NvDCF", "NvDeepSORT"])
def test_looks_keep_identities_where_people_hide_each_other(vtest, synthetic, by_motion, name):
    by_looks = [figures(name, *scene) for scene in (vtest, synthetic)]
    # One event may cost ten points in one scene: the scenes together tell.
    assert sum(one.idf1 for one in by_looks) > sum(one.idf1 for one in by_motion) + 4
    assert sum(one.id_switches for one in by_looks) < sum(one.id_switches for one in by_motion)


def test_the_annotation_is_whole(vtest):
    _, truth, _ = vtest
    assert (len(truth), truth.last_frame, len(np.unique(truth.track_id))) == (2002, 301, 11)
    assert (truth.boxes[:, :2] >= 0).all()
    assert (truth.boxes[:, 2:] <= np.array([768.1, 576.1])).all()
    for person in np.unique(truth.track_id):
        mine = truth.track_id == person
        frames, boxes = truth.frame[mine], truth.boxes[mine]
        assert (np.diff(frames) == 1).all()  # nobody comes back
        centres = (boxes[:, :2] + boxes[:, 2:]) / 2
        assert np.abs(np.diff(centres, axis=0)).max() < 30


def test_the_synthetic_truth_says_who_shows(synthetic):
    detections, truth, _ = synthetic
    assert len(np.unique(truth.track_id)) == 10
    assert 0.6 < len(detections) / len(truth) < 1
    gone = [np.diff(truth.frame[truth.track_id == person]).max() for person in range(1, 11)]
    assert max(gone) > 5  # people hide, or leave and come back


def test_the_same_seed_makes_the_same_scene(data_dir, tmp_path):
    from synthetic_tracking import make

    for folder in ("one", "two"):
        make(data_dir / "video" / "vtest.avi", tmp_path / folder, frames=5)
    for name in ("identities.txt", "detections.txt", "video.avi"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
