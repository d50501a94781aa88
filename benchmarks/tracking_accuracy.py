"""How good the trackers are, beside those of the PyPI package `trackers`, on the same input.

    python benchmarks/tracking_accuracy.py DATA [--others PYTHON] [--docs]

DATA is the folder of test data. PYTHON is the interpreter of a virtual environment with `trackers`.
`--docs` writes the tables into docs/tracking-evaluation.md. All trackers have their default
settings; times are of this machine, and of the tracker alone.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from synthetic_tracking import make

from penstock.evaluation import MotRows, Scores, follow, read_mot, score
from penstock.trackers import TRACKERS

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "tracking-evaluation.md"
OWN = ROOT / "tests" / "eval" / "data"
BEGIN, END = "<!-- figures begin -->\n", "<!-- figures end -->\n"
OTHERS = ("SORT", "ByteTrack", "OC-SORT")
HEAD = (
    "| tracker | HOTA | MOTA | IDF1 | id switches | ms a frame |\n"
    "| --- | ---: | ---: | ---: | ---: | ---: |\n"
)


def scenes(data: Path, folder: Path) -> Iterator[tuple[str, Path, Path, Path | None]]:
    """Name, detections, truth, video (or none)."""
    for name in ("TUD-Campus", "TUD-Stadtmitte"):
        mot = data / "mot"
        yield name, mot / f"sort_det_{name}.txt", mot / f"motmetrics_gt_{name}.txt", None
    video = data / "video" / "vtest.avi"
    yield "vtest", OWN / "vtest_detections.txt", OWN / "vtest_identities.txt", video
    for seed in (1, 2, 3):
        out = folder / f"synthetic{seed}"
        make(video, out, seed=seed)
        seen, true = out / "detections.txt", out / "identities.txt"
        yield f"synthetic, seed {seed}", seen, true, out / "video.avi"


def ours(name: str, detections: Path, truth: MotRows, video: Path | None) -> str:
    """One row of the table."""
    run = follow(
        TRACKERS.load(name)(), read_mot(detections), last_frame=truth.last_frame, video=video
    )
    return row(name, score(truth, run.rows), run.ms_per_frame)


def other(python: str, name: str, detections: Path, truth: MotRows, *, folder: Path) -> str:
    """The same of a tracker from PyPI."""
    out = folder / "other.txt"
    script = Path(__file__).parent / "others" / "pypi_trackers.py"
    last = max(read_mot(detections).last_frame, truth.last_frame)
    command = [python, str(script), name, str(detections), str(last), str(out)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    figures = score(truth, read_mot(out))
    return row(f"{name} of `trackers`", figures, float(done.stdout.split()[-1]))


def row(name: str, figures: Scores, ms_per_frame: float) -> str:
    """A row of Markdown."""
    three = " | ".join(f"{value:.1f}" for value in (figures.hota, figures.mota, figures.idf1))
    return f"| {name} | {three} | {figures.id_switches} | {ms_per_frame:.2f} |\n"


def main() -> None:
    """Print the tables, and write them into the page where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--others", metavar="PYTHON")
    parser.add_argument("--docs", action="store_true")
    asked = parser.parse_args()
    text = ""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name, detections, truth_file, video in scenes(asked.data, folder):
            truth = read_mot(truth_file, truth=True)
            people = len(np.unique(truth.track_id))
            section = f"### {name}: {truth.last_frame} frames, {people} people\n\n{HEAD}"
            # Without pixels those two are trackers by motion: their figures would mislead.
            names = [n for n in TRACKERS if video or n not in ("NvDCF", "NvDeepSORT")]
            section += "".join(ours(n, detections, truth, video) for n in names)
            if asked.others:
                section += "".join(
                    other(asked.others, n, detections, truth, folder=folder) for n in OTHERS
                )
            print(section, flush=True)
            text += section + "\n"
    if asked.docs:
        before, _, rest = PAGE.read_text().partition(BEGIN)
        PAGE.write_text(before + BEGIN + "\n" + text + END + rest.partition(END)[2])


if __name__ == "__main__":
    main()
