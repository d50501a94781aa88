"""Makes a video for trackers whose truth is known exactly.

    python benchmarks/synthetic_tracking.py vtest.avi OUT [--frames 400] [--people 10] [--seed 1]

People cut out of a real video, with the help of its annotation, walk along smooth random paths over
its real, empty background. They cross, stop, hide behind each other, a lamp post and a wall, leave
the picture and come back. OUT gets `video.avi` (Motion JPEG), `identities.txt` (who is where; no
box where hardly anything of a person shows) and `detections.txt` (the same seen by an imagined
detector that is imprecise, misses people and sees some that are not there). The same seed makes
the same files.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from penstock.evaluation import MotRows, read_mot, write_mot

ANNOTATION = Path(__file__).parents[1] / "tests" / "eval" / "data" / "vtest_identities.txt"
LEAST_VISIBLE = 0.15  # share of a person that must show for a box of truth
POST = (404, 0, 452, 330)  # the lamp post with its sign, xyxy
BRICKS = (310, 30, 366, 100)  # a piece of the building, for the wall
WALL = (196, 96, 262, 268)  # where it stands
Pixels = NDArray[np.uint8]


@dataclass
class Cutout:
    """A person in one frame.

    Attributes:
        pixels: `(h, w, 3)` BGR.
        alpha: `(h, w)` float32, 1 where the person is.
    """

    pixels: Pixels
    alpha: NDArray[np.float32]


def main() -> None:
    """Read the arguments and make the files."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("video", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--frames", type=int, default=400)
    parser.add_argument("--people", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    make(asked.video, asked.out, frames=asked.frames, people=asked.people, seed=asked.seed)


def make(video: Path, out: Path, *, frames: int = 400, people: int = 10, seed: int = 1) -> None:
    """Write `video.avi`, `identities.txt` and `detections.txt` into the folder `out`."""
    out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    background, actors = _studio(video)
    cast = [actors[place % len(actors)] for place in range(people)]
    paths = [_path(rng, frames, background.shape) for _ in range(people)]
    height, width = background.shape[:2]
    writer = cv2.VideoWriter(
        str(out / "video.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 10, (width, height)
    )
    truth, seen = [], []
    for number in range(1, frames + 1):
        feet = [path[number - 1] for path in paths]
        picture, boxes, visible = _painted(background, cast, feet, number)
        writer.write(picture)
        truth += [(number, who + 1, *boxes[who], 1.0) for who in _shown(visible)]
        seen += _detected(rng, number, boxes, visible, (width, height))
    writer.release()
    write_mot(out / "identities.txt", _rows(truth))
    write_mot(out / "detections.txt", _rows(seen))


@lru_cache(maxsize=1)
def _studio(video: Path) -> tuple[Pixels, list[list[Cutout]]]:
    """The empty background, and the people."""
    capture = cv2.VideoCapture(str(video))
    count = read_mot(ANNOTATION, truth=True).last_frame
    pictures = np.stack([capture.read()[1] for _ in range(count)])
    background = np.median(pictures[::10], axis=0).astype(np.uint8)
    return background, _cutouts(pictures, background)


def _cutouts(pictures: Pixels, background: Pixels) -> list[list[Cutout]]:
    """The people who walk alone for long enough, frame by frame."""
    truth = read_mot(ANNOTATION, truth=True)
    alone: dict[int, list[tuple[int, NDArray[np.float32]]]] = {}
    for number, rows in enumerate(truth.frames(truth.last_frame)):
        boxes = truth.boxes[rows]
        for person, box in zip(truth.track_id[rows].tolist(), boxes, strict=True):
            if _is_alone(box, boxes):
                alone.setdefault(person, []).append((number, box))
    people = []
    for steps in alone.values():
        run = _longest_run(steps)
        if len(run) >= 12:
            people.append([_cutout(pictures[n], background, box) for n, box in run])
    return people


def _is_alone(box: Any, boxes: Any) -> bool:
    x1, y1, x2, y2 = box + np.array([-6, -6, 6, 6])
    others = boxes[(boxes[:, 0] < x2) & (boxes[:, 2] > x1)]
    others = others[(others[:, 1] < y2) & (others[:, 3] > y1)]
    behind_post = x1 < POST[2] and x2 > POST[0] and y1 < POST[3]
    return len(others) == 1 and not behind_post and x1 > 0 and x2 < 768 and y2 - y1 > 60


def _longest_run(steps: list[tuple[int, Any]]) -> list[tuple[int, Any]]:
    best: list[tuple[int, Any]] = []
    run: list[tuple[int, Any]] = []
    for step in steps:
        run = [*run, step] if run and step[0] == run[-1][0] + 1 else [step]
        best = max(best, run, key=len)
    return best


def _cutout(picture: Pixels, background: Pixels, box: Any) -> Cutout:
    x1, y1, x2, y2 = np.rint(box).astype(int)
    part, empty = picture[y1:y2, x1:x2], background[y1:y2, x1:x2]
    away = np.abs(part.astype(np.float32) - empty).max(axis=2)
    mask = cv2.morphologyEx(
        (away > 28).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)
    )
    return Cutout(part.copy(), cv2.GaussianBlur(mask.astype(np.float32), (3, 3), 0))


def _path(rng: np.random.Generator, frames: int, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Where a person's feet are, `(frames, 2)`: between random places, at walking pace."""
    height, width = shape[:2]
    low, high = np.array([-60, 0.36 * height]), np.array([width + 60, 0.72 * height])
    place = rng.uniform(low, high)
    stops = [place]
    walked = [0.0]
    while walked[-1] < frames + 40:
        # Two of three go to the middle, where the others are; some goals lie outside the picture.
        goal = rng.uniform(low, high)
        if rng.random() < 0.66:
            goal[0] = rng.uniform(0.2 * width, 0.75 * width)
        pace = rng.uniform(3, 7)
        walked.append(walked[-1] + np.hypot(*(goal - stops[-1])) / pace)
        stops.append(goal)
    start = rng.uniform(0, 30)
    when = np.arange(frames) + start
    straight = np.stack([np.interp(when, walked, column) for column in np.array(stops).T], 1)
    kernel = np.hanning(17)
    kernel /= kernel.sum()
    padded = np.pad(straight, ((8, 8), (0, 0)), mode="edge")
    return np.stack([np.convolve(column, kernel, "valid") for column in padded.T], 1)


def _painted(
    background: Pixels, cast: list[list[Cutout]], feet: list[Any], number: int
) -> tuple[Pixels, list[Any], list[float]]:
    """One picture, everybody's box (xyxy), and which share of each person shows in it."""
    canvas = background.astype(np.float32)
    owner = np.full(background.shape[:2], -1)
    boxes: list[Any] = [None] * len(cast)
    painted = [0.0] * len(cast)
    wall_drawn = False
    for who in sorted(range(len(cast)), key=lambda who: feet[who][1]):
        if not wall_drawn and feet[who][1] > WALL[3]:
            _stand(canvas, owner, background)
            wall_drawn = True
        cutout = _resized(_step(cast[who], number + 7 * who), feet[who][1])
        boxes[who], painted[who] = _paste(canvas, owner, cutout, feet[who], who)
    if not wall_drawn:
        _stand(canvas, owner, background)
    _post(canvas, owner, background)
    visible = [
        float((owner == who).sum()) / painted[who] if painted[who] else 0.0
        for who in range(len(cast))
    ]
    return np.clip(canvas, 0, 255).astype(np.uint8), boxes, visible


def _step(cutouts: list[Cutout], number: int) -> Cutout:
    """Forward and back through the steps that a person was seen making."""
    place = number % (2 * len(cutouts) - 2)
    return cutouts[min(place, 2 * len(cutouts) - 2 - place)]


def _resized(cutout: Cutout, feet_y: float) -> Cutout:
    """As large as people are where the feet stand."""
    scale = (14 + 0.26 * feet_y) / cutout.alpha.shape[0]
    size = (
        max(4, round(cutout.alpha.shape[1] * scale)),
        max(8, round(cutout.alpha.shape[0] * scale)),
    )
    return Cutout(cv2.resize(cutout.pixels, size), cv2.resize(cutout.alpha, size))


def _paste(
    canvas: Any, owner: Any, cutout: Cutout, feet: Any, who: int
) -> tuple[tuple[float, float, float, float], float]:
    """Draw a person; their box within the picture, and the pixels they have in all."""
    height, width = cutout.alpha.shape
    left, top = round(feet[0] - width / 2), round(feet[1] - height)
    ys = slice(max(top, 0), min(top + height, canvas.shape[0]))
    xs = slice(max(left, 0), min(left + width, canvas.shape[1]))
    total = float((cutout.alpha > 0.5).sum())
    if ys.start >= ys.stop or xs.start >= xs.stop:
        return (0, 0, 0, 0), total
    part = np.s_[ys.start - top : ys.stop - top, xs.start - left : xs.stop - left]
    alpha = cutout.alpha[part][..., None]
    canvas[ys, xs] += alpha * (cutout.pixels[part] - canvas[ys, xs])
    owner[ys, xs][alpha[..., 0] > 0.5] = who
    return (xs.start, ys.start, xs.stop, ys.stop), total


def _stand(canvas: Any, owner: Any, background: Pixels) -> None:
    """The wall, in front of whoever was drawn before."""
    x1, y1, x2, y2 = WALL
    bricks = background[BRICKS[1] : BRICKS[3], BRICKS[0] : BRICKS[2]]
    canvas[y1:y2, x1:x2] = cv2.resize(bricks, (x2 - x1, y2 - y1))
    owner[y1:y2, x1:x2] = -1


def _post(canvas: Any, owner: Any, background: Pixels) -> None:
    """The lamp post and its sign, in front of everybody."""
    for x1, y1, x2, y2 in ((429, 0, 436, 330), (413, 202, 446, 244)):
        canvas[y1:y2, x1:x2] = background[y1:y2, x1:x2]
        owner[y1:y2, x1:x2] = -1


def _shown(visible: list[float]) -> list[int]:
    return [who for who, share in enumerate(visible) if share >= LEAST_VISIBLE]


def _detected(
    rng: np.random.Generator,
    number: int,
    boxes: list[Any],
    visible: list[float],
    size: tuple[int, int],
) -> list[tuple[float, ...]]:
    """What a detector may make of it: the less shows of somebody, the less likely and sure."""
    rows: list[tuple[float, ...]] = []
    for who in _shown(visible):
        if rng.random() > np.clip((visible[who] - 0.2) / 0.35, 0, 0.95):
            continue
        box = np.array(boxes[who], np.float64)
        spread = 0.04 * np.tile(box[2:] - box[:2], 2)
        confidence = np.clip(0.35 + 0.6 * visible[who] + rng.normal(0, 0.1), 0.15, 0.99)
        rows.append((number, -1, *(box + rng.normal(0, spread)), confidence))
    if rng.random() < 0.15:
        feet = rng.uniform([0, 0.36 * size[1]], [size[0], 0.72 * size[1]])
        high = 14 + 0.26 * feet[1]
        box = (feet[0] - 0.2 * high, feet[1] - high, feet[0] + 0.2 * high, feet[1])
        rows.append((number, -1, *box, rng.uniform(0.15, 0.5)))
    return rows


def _rows(rows: list[tuple[float, ...]]) -> MotRows:
    table = np.array(rows, np.float64).reshape(-1, 7)
    return MotRows(
        table[:, 0].astype(np.int64),
        table[:, 1].astype(np.int64),
        table[:, 2:6].astype(np.float32),
        table[:, 6].astype(np.float32),
    )


if __name__ == "__main__":
    main()
