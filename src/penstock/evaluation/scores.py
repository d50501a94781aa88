"""Figures of merit, computed by TrackEval."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penstock.errors import ConfigError, MissingExtraError
from penstock.evaluation.mot import MotRows
from penstock.geometry import iou_matrix


@dataclass(frozen=True)
class Scores:
    """How well tracks agree with the truth.

    Attributes:
        hota: Higher order tracking accuracy, percent, mean over overlaps of 0.05 to 0.95
            (Luiten et al., "HOTA", IJCV 2021).
        mota: Multiple object tracking accuracy, percent, at an overlap of 0.5
            (Bernardin and Stiefelhagen, "CLEAR MOT", 2008).
        idf1: F1 score of identities, percent, at an overlap of 0.5 (Ristani et al.,
            "Performance Measures and a Data Set for Multi-Target, Multi-Camera Tracking", 2016).
        id_switches: How often a true object's id changed.
    """

    hota: float
    mota: float
    idf1: float
    id_switches: int

    def to_json(self) -> dict[str, float]:
        """Its fields, for a file."""
        return asdict(self)


def score(truth: MotRows, tracked: MotRows) -> Scores:
    """Compare tracks with the truth, box by box.

    Args:
        truth: Who is where.
        tracked: What a tracker says, the same frames.

    Raises:
        MissingExtraError: TrackEval is not installed.
        ConfigError: The truth is empty.
    """
    if not len(truth):
        raise ConfigError("the ground truth has no boxes: there is nothing to compare with")
    try:
        from trackeval import metrics
    except ImportError as error:
        raise MissingExtraError(
            f"evaluation needs the Python package {error.name!r}: pip install 'penstock[eval]'"
        ) from error
    data = _sequence(truth, tracked)
    quiet = {"PRINT_CONFIG": False}
    clear = metrics.CLEAR(quiet).eval_sequence(data)
    return Scores(
        hota=round(100 * float(np.mean(metrics.HOTA().eval_sequence(data)["HOTA"])), 2),
        # TrackEval leaves MOTA at 0 where nothing was tracked at all, which is what it is.
        mota=round(100 * float(clear["MOTA"]), 2),
        idf1=round(100 * float(metrics.Identity(quiet).eval_sequence(data)["IDF1"]), 2),
        id_switches=int(clear["IDSW"]),
    )


def _sequence(truth: MotRows, tracked: MotRows) -> dict[str, Any]:
    """The frames as TrackEval wants them: ids from 0 without gaps, overlaps for each frame."""
    last = max(truth.last_frame, tracked.last_frame)
    true_names, true_ids = np.unique(truth.track_id, return_inverse=True)
    names, ids = np.unique(tracked.track_id, return_inverse=True)
    data: dict[str, Any] = {
        "num_timesteps": last,
        "num_gt_ids": len(true_names),
        "num_tracker_ids": len(names),
        "num_gt_dets": len(truth),
        "num_tracker_dets": len(tracked),
    }
    pairs = list(zip(truth.frames(last), tracked.frames(last), strict=True))
    data["gt_ids"] = [true_ids[of_truth] for of_truth, _ in pairs]
    data["tracker_ids"] = [ids[of_tracked] for _, of_tracked in pairs]
    data["similarity_scores"] = [
        _overlaps(truth.boxes[of_truth], tracked.boxes[of_tracked])
        for of_truth, of_tracked in pairs
    ]
    return data


def _overlaps(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float64]:
    return iou_matrix(a, b).astype(np.float64)
