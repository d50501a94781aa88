"""Real detections against real identities: TUD-Campus and TUD-Stadtmitte."""

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from penstock.geometry import iou_matrix, ltwh_to_xyxy
from penstock.meta import UNTRACKED, Detections
from penstock.trackers import TRACKERS, TrackerFrame

SIZE = (640, 480)
# Published trackers of the same kinds reach 55, 76 (SORT), 60, 76 (ByteTrack), 68, 74 (OC-SORT).
LEAST_IDF1 = {
    "IOU": (54, 68),
    "NvSORT": (60, 78),
    "ByteTrack": (63, 79),
    "OC-SORT": (69, 79),
}


def rows_of(path):
    """Frame, id, confidence and `(N, 4)` xyxy boxes of a file in MOT format."""
    table = np.loadtxt(path, delimiter=",", ndmin=2)
    boxes = ltwh_to_xyxy(table[:, 2:6].astype(np.float32))
    return table[:, 0].astype(int), table[:, 1].astype(int), table[:, 6].astype(np.float32), boxes


def tracked(name, path):
    frames, _, confidence, boxes = rows_of(path)
    tracker = TRACKERS.load(name)()
    for number in range(1, frames.max() + 1):
        here = frames == number
        found = Detections(boxes[here], confidence[here], np.zeros(here.sum(), np.int32))
        answer = tracker.update(TrackerFrame(found, SIZE, number))
        known = answer.track_id != UNTRACKED
        yield number, answer.track_id[known], answer.boxes[known].astype(np.float32)


def idf1(answers, path):
    """Share of boxes with the right identity, percent: every identity has one track at most."""
    frames, names, _, boxes = rows_of(path)
    together, count = {}, 0
    for number, ids, found in answers:
        here = frames == number
        count += len(ids)
        for row, column in zip(*np.nonzero(iou_matrix(boxes[here], found) >= 0.5), strict=True):
            pair = names[here][row], ids[column]
            together[pair] = together.get(pair, 0) + 1
    ours, theirs = (sorted({pair[n] for pair in together}) for n in range(2))
    table = np.array([[together.get((one, other), 0) for other in theirs] for one in ours])
    right = table[linear_sum_assignment(table, maximize=True)].sum()
    return 200 * right / (count + len(frames))


@pytest.mark.parametrize("name", LEAST_IDF1)
def test_identities_are_kept_at_least_as_well_as_was_measured(data_dir, name):
    mot = data_dir / "mot"
    for sequence, least in zip(("TUD-Campus", "TUD-Stadtmitte"), LEAST_IDF1[name], strict=True):
        answers = tracked(name, mot / f"sort_det_{sequence}.txt")
        assert idf1(answers, mot / f"motmetrics_gt_{sequence}.txt") >= least
