"""Compare `penstock detect` with other ways to run one network on one video.

Usage: python benchmarks/compare.py VIDEO [--frames 200] [--pairs 7] [--others CORES] [--json FILE]
           [--cache FOLDER]

Beside `penstock detect`, with OpenVINO and with ONNX Runtime, run a script of supervision and ONNX
Runtime, Ultralytics, and Roboflow's InferencePipeline (`benchmarks/others`), each installed by pip
in a virtual environment of its own under the cache folder, once. What does not install is left out.
The network is `yolov8n_shaped.py`'s, 640 x 640, in f32, on all cores, one picture at a time, black
bars, threshold 0.25, NMS 0.45 within a class. Nothing is drawn.

Every program is a process of its own that writes one line of JSON a frame to a pipe. Time and
processor time (all its threads) are taken when line 20 arrives and when the last one does, so that
start-up and compilation are left out; the time from its start to the first line is told apart. An
untimed round fills caches before the first. Programs take turns, in alternating order, so that a
machine whose speed drifts slows all; medians are taken over the rounds, and medians of the ratio to
Penstock in the same round. On a machine that is shared, `--others CORES` waits while the others
keep more cores busy than that, and measures again what they disturbed.

That nobody wins by doing less: the share of objects that a program and Penstock agree on, class and
place (overlap of at least 0.6), among all that are 0.05 above the threshold. The rest is due to
other arithmetic in decoding, scaling and colours. Fails if it is below 0.9.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from yolov8n_shaped import THRESHOLD, write

from penstock.backends import cache_folder
from penstock.geometry import iou_matrix

SKIPPED = 20
MARGIN, OVERLAP, AGREEMENT = 0.05, 0.6, 0.9
OTHERS = Path(__file__).parent / "others"
"""Where the other programs lie."""


@dataclass
class Sample:
    """One run of one program.

    Attributes:
        cpu_ms: Processor time a frame, all threads.
        fps: Frames a second.
        first_s: From the start of the process to its first line.
        resident_mb: Highest resident memory, MiB.
        others: Cores that other processes kept busy meanwhile.
        lines: What it wrote.
    """

    cpu_ms: float
    fps: float
    first_s: float
    resident_mb: float
    others: float
    lines: list[bytes]


@dataclass
class Program:
    """One way to run the network.

    Attributes:
        name: As the table says it.
        command: Without what differs from run to run.
        environment: Variables it needs.
        packages: What it is made of, for the table.
        samples: What was measured.
        agreement: Share of objects that it and Penstock agree on.
    """

    name: str
    command: Sequence[str]
    environment: dict[str, str] = field(default_factory=dict)
    packages: str = ""
    samples: list[Sample] = field(default_factory=list)
    agreement: float = 1.0

    def middle(self, what: str) -> float:
        """The median of one measure."""
        return float(median(getattr(sample, what) for sample in self.samples))

    def ratio(self, what: str, other: Program) -> float:
        """The median of this program's measure over another's in the same round."""
        pairs = zip(self.samples, other.samples, strict=True)
        return float(median(getattr(a, what) / getattr(b, what) for a, b in pairs))


def programs(video: Path, model: Path, frames: int, cache: Path) -> Iterator[Program]:
    """Everything that can be run here, Penstock first."""
    penstock = [sys.executable, "-m", "penstock", "detect", str(video), "--json", "-"]
    penstock += ["--model", str(model.with_name("config_infer.txt")), "--frames", str(frames)]
    for backend, label in (("openvino", "OpenVINO"), ("onnxruntime", "ONNX Runtime")):
        environment = {"PENSTOCK_BACKEND": backend, "PENSTOCK_CACHE": str(cache)}
        yield Program(
            f"`penstock detect`, {label}",
            penstock,
            environment,
            _versions(sys.executable, [backend]),
        )
    by_hand = ["supervision", "onnxruntime", "opencv-python-headless"]
    for name, script, wanted, environment in (
        ("supervision + ONNX Runtime", "supervision", by_hand, {}),
        ("the same, threads not spinning", "supervision", by_hand, {"SPINNING": "0"}),
        (
            "Ultralytics, ONNX Runtime",
            "ultralytics",
            ["ultralytics", "onnxruntime", "onnx"],
            {"YOLO_CONFIG_DIR": str(cache)},
        ),
        ("InferencePipeline + ONNX Runtime", "roboflow", ["inference-cpu", "onnxruntime"], {}),
    ):
        python = _installed(cache / script, wanted)
        if python is not None:
            command = [python, str(OTHERS / f"with_{script}.py"), str(video), str(model)]
            versions = _versions(python, wanted[:2])
            yield Program(name, [*command, str(frames)], environment, versions)


def measure(program: Program, frames: int) -> Sample:
    """Run it once; `RuntimeError` with its last words if it fails."""
    lines, marks = [], []
    with tempfile.TemporaryFile() as errors:
        started = time.monotonic()
        with subprocess.Popen(
            program.command,
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**os.environ, **program.environment},
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if not line.startswith(b"{"):
                    continue
                lines.append(line)
                if len(lines) in (1, SKIPPED, frames):
                    marks.append((time.monotonic(), _cpu_s(process.pid), _busy_s()))
            _, status, usage = os.wait4(process.pid, 0)
        if status != 0 or len(lines) != frames:
            errors.seek(0)
            last = errors.read().decode(errors="replace").strip().splitlines()[-5:]
            raise RuntimeError(f"{program.name}: {len(lines)} frames; " + "\n".join(last))
    first, early, late = marks
    seconds, cpu_s, busy_s = (b - a for a, b in zip(early, late, strict=True))
    counted = frames - SKIPPED
    return Sample(
        cpu_ms=cpu_s / counted * 1e3,
        fps=counted / seconds,
        first_s=first[0] - started,
        resident_mb=usage.ru_maxrss / 1024,
        others=max(0.0, busy_s - cpu_s) / seconds,
        lines=lines,
    )


def measure_alone(program: Program, frames: int, *, limit: float) -> Sample:
    """Measure when others keep at most `limit` cores busy, and again if that changed meanwhile."""
    while True:
        before = _busy_s()
        time.sleep(2)
        if (_busy_s() - before) / 2 <= limit:
            sample = measure(program, frames)
            if sample.others <= limit:
                return sample


def agreement(lines: Sequence[bytes], reference: Sequence[bytes]) -> float:
    """Share of clear objects in either that the other has too."""
    found = wanted = 0
    for one, other in zip(map(json.loads, lines), map(json.loads, reference), strict=True):
        for these, those in ((one, other), (other, one)):
            clear = [o for o in these["objects"] if o["confidence"] > THRESHOLD + MARGIN]
            wanted += len(clear)
            found += _count_found(clear, those["objects"])
    return found / wanted if wanted else 0.0


def _count_found(objects: Sequence[dict[str, Any]], among: Sequence[dict[str, Any]]) -> int:
    if not (objects and among):
        return 0
    overlaps = iou_matrix(_corners(objects), _corners(among))
    same = np.equal.outer([o["class_id"] for o in objects], [o["class_id"] for o in among])
    return int(((overlaps >= OVERLAP) & same).any(axis=1).sum())


def _corners(objects: Sequence[dict[str, Any]]) -> np.ndarray:
    """Boxes `(N, 4)`, xyxy."""
    ltwh = np.array([[o[side] for side in ("left", "top", "width", "height")] for o in objects])
    return np.concatenate([ltwh[:, :2], ltwh[:, :2] + ltwh[:, 2:]], axis=1)


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _busy_s() -> float:
    """Processor time of everything on this machine."""
    user, nice, system = Path("/proc/stat").read_text().split(maxsplit=4)[1:4]
    return (int(user) + int(nice) + int(system)) / os.sysconf("SC_CLK_TCK")


def _installed(folder: Path, packages: Sequence[str]) -> str | None:
    """The Python of a virtual environment with these packages, made if it is not there."""
    python, done = folder / "bin" / "python", folder / "installed.txt"
    if not done.exists():
        print(f"installing {' '.join(packages)} in {folder}", file=sys.stderr)
        try:
            subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
            subprocess.run([str(python), "-m", "pip", "install", "-q", *packages], check=True)
        except subprocess.CalledProcessError as error:
            print(f"left out: {packages[0]} does not install here ({error})", file=sys.stderr)
            return None
        done.write_text("\n".join(packages) + "\n")
    return str(python)


def _versions(python: str, packages: Sequence[str]) -> str:
    code = (
        "import sys; from importlib.metadata import version; "
        "print(*(f'{name} {version(name)}' for name in sys.argv[1:]), sep=', ')"
    )
    command = [python, "-c", code, *packages]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def table(rows: Sequence[Program]) -> str:
    """Markdown, Penstock first."""
    first = rows[0]
    lines = [
        "| | CPU-ms a frame | ratio | frames/s | ratio | first frame, s | MB | agreement |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {row.name} | {row.middle('cpu_ms'):.1f} | {row.ratio('cpu_ms', first):.2f} "
        f"| {row.middle('fps'):.1f} | {row.ratio('fps', first):.2f} "
        f"| {row.middle('first_s'):.2f} | {row.middle('resident_mb'):.0f} | {row.agreement:.3f} |"
        for row in rows
    ]
    return "\n".join([*lines, "", *(f"{row.name}: {row.packages}" for row in rows)])


def _record(row: Program) -> dict[str, Any]:
    samples = [{k: v for k, v in asdict(s).items() if k != "lines"} for s in row.samples]
    return {
        "name": row.name,
        "packages": row.packages,
        "agreement": row.agreement,
        **{what: row.middle(what) for what in ("cpu_ms", "fps", "first_s", "resident_mb")},
        "samples": samples,
    }


def main() -> int:
    """Run, print the table, judge."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("video", type=Path)
    parser.add_argument("--frames", type=int, default=200, help="of each run")
    parser.add_argument("--pairs", type=int, default=7, help="rounds")
    parser.add_argument("--others", type=float, default=math.inf, metavar="CORES", help="limit")
    parser.add_argument("--json", type=Path, help="write every measurement to this file")
    parser.add_argument("--cache", type=Path, default=cache_folder().parent / "compare")
    options = parser.parse_args()
    if options.frames <= SKIPPED:
        parser.error(f"--frames: more than {SKIPPED}, which are not counted")
    model = write(options.cache / "network")
    rows = list(programs(options.video, model, options.frames, options.cache))
    found = [measure(row, options.frames).lines for row in rows]
    for row, lines in zip(rows, found, strict=True):
        row.agreement = agreement(lines, found[0])
    for turn in range(options.pairs):
        for row in rows if turn % 2 == 0 else rows[::-1]:
            row.samples.append(measure_alone(row, options.frames, limit=options.others))
            last = row.samples[-1]
            told = f"{last.cpu_ms:.1f} ms {last.fps:.1f}/s, others {last.others:.2f} cores"
            print(f"{turn} {row.name}: {told}", file=sys.stderr)
    print(table(rows))
    if options.json is not None:
        options.json.write_text(json.dumps([_record(row) for row in rows], indent=2) + "\n")
    return 0 if min(row.agreement for row in rows) >= AGREEMENT else 1


if __name__ == "__main__":
    sys.exit(main())
