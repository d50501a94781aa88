"""`penstock detect` finds the people that the public detections of PETS09-S2L1 show."""

import json

import numpy as np
import pytest

from footage import penstock
from penstock.geometry import iou_matrix

FRAMES = 60
RECALL, PRECISION = 0.85, 0.70


def truth(path):
    """Frame → `(N, 4)` xyxy of the first frames, from MOT's lines."""
    rows = np.loadtxt(path, delimiter=",")
    boxes = {n: rows[rows[:, 0] == n + 1, 2:6] for n in range(FRAMES)}
    return {n: np.concatenate((b[:, :2], b[:, :2] + b[:, 2:]), axis=1) for n, b in boxes.items()}


def found(path):
    records = [json.loads(line) for line in path.read_text().splitlines()]
    assert [record["frame_num"] for record in records] == list(range(FRAMES))
    return {
        record["frame_num"]: np.array(
            [
                [o["left"], o["top"], o["left"] + o["width"], o["top"] + o["height"]]
                for o in record["objects"]
                if o["label"] == "person"
            ]
        ).reshape(-1, 4)
        for record in records
    }


def matches(expected, seen):
    """Pairs with an IoU of 0.5 or more, best first, each box once."""
    overlap = iou_matrix(expected, seen)
    count = 0
    while overlap.size and overlap.max() >= 0.5:
        row, column = np.unravel_index(overlap.argmax(), overlap.shape)
        overlap[row], overlap[:, column] = 0, 0
        count += 1
    return count


@pytest.mark.timeout(200)
def test_people_are_found_in_a_real_video(data_dir, tmp_path):
    lines = tmp_path / "out.jsonl"
    video = data_dir / "video" / "vtest.avi"
    done = penstock("detect", video, "--frames", FRAMES, "--json", lines, timeout=180)
    assert done.returncode == 0, done.stderr
    expected = truth(data_dir / "mot" / "sort_det_PETS09-S2L1.txt")
    seen = found(lines)
    hits = sum(matches(expected[n], seen[n]) for n in range(FRAMES))
    recall = hits / sum(map(len, expected.values()))
    precision = hits / sum(map(len, seen.values()))
    print(f"recall {recall:.3f}, precision {precision:.3f}, {hits} hits")
    assert recall >= RECALL
    assert precision >= PRECISION
