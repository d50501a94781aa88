"""How good a tracker is: boxes and identities from files in, figures and pictures out.

Works without GStreamer. The figures come from TrackEval, the code behind the MOT benchmarks.
"""

from penstock.evaluation.mot import MotRows, read_mot, write_mot
from penstock.evaluation.run import TrackedRun, follow
from penstock.evaluation.scores import Scores, score
from penstock.evaluation.timeline import draw_timeline
from penstock.evaluation.video import video_frames

__all__ = [
    "MotRows",
    "Scores",
    "TrackedRun",
    "draw_timeline",
    "follow",
    "read_mot",
    "score",
    "video_frames",
    "write_mot",
]
