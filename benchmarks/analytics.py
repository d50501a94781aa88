"""What nvdsanalytics costs a frame: 25 objects, 4 zones, 4 lines; wanted below 0.2 ms.

python benchmarks/analytics.py
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import penstock
from penstock.meta import BatchMeta, FrameMeta, ObjectMeta

OBJECTS, FRAMES, WANTED_MS = 25, 2000, 0.2
SIZE = (1920, 1080)
PROPERTY = "[property]\nconfig-width=1920\nconfig-height=1080\nosd-mode={osd}\n"
ZONES = "[roi-filtering-stream-0]\n" + "".join(
    f"roi-{name}={x};100;{x + 400};150;{x + 380};700;{x + 200};900;{x - 50};650\n"
    for name, x in zip("ABCD", (100, 500, 900, 1300), strict=True)
)
LINES = "[line-crossing-stream-0]\nextended=0\n" + "".join(
    f"line-crossing-{name}={x};500;{x + 200};500;{x + 100};100;{x + 150};1000\n"
    for name, x in zip("ABCD", (100, 500, 900, 1300), strict=True)
)
OTHERS = (
    "[overcrowding-stream-0]\nroi-Crowd=0;0;960;0;960;1080;0;1080\nobject-threshold=10\n"
    "[direction-detection-stream-0]\ndirection-East=0;0;9;0\ndirection-South=0;0;0;9\n"
    "[dwell-time-stream-0]\nroi-Stay=0;0;960;0;960;1080;0;1080\n"
    "[speed-stream-0]\nground-g=0;0;0;0;1920;0;20;0;1920;1080;20;30;0;1080;0;30\n"
    "[heat-map-stream-0]\n"
)


def walk(seed: int = 0) -> Callable[[int], FrameMeta]:
    """Frames in which objects walk about and turn at the edges."""
    random = np.random.default_rng(seed)
    places = random.uniform(100, 900, (OBJECTS, 2))
    steps = random.uniform(-6, 6, (OBJECTS, 2))

    def frame(number: int) -> FrameMeta:
        nonlocal places
        places = places + steps
        steps[(places < 50) | (places > 1000)] *= -1
        made = FrameMeta(0, frame_num=number, pts_ns=number * 40_000_000, size=SIZE)
        for track_id, (x, y) in enumerate(places.tolist()):
            box = (x - 20, y - 100, 40.0, 100.0)
            made.add(ObjectMeta(box, track_id=track_id, confidence=0.9))
        return made

    return frame


def cost_ms(rules: str, *, osd: int) -> tuple[float, float]:
    """Median and 99th percentile of what the element does with a batch of one frame."""
    from penstock.elements import load

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rules.txt"
        path.write_text(PROPERTY.format(osd=osd) + rules)
        element = load("nvdsanalytics")()
        element.set_property("config-file", str(path))
        element.open()  # type: ignore[attr-defined]
        frame, spent = walk(), []
        for number in range(FRAMES):
            batch = BatchMeta([frame(number)])
            begun = time.perf_counter()
            element.process(batch)  # type: ignore[attr-defined]
            spent.append((time.perf_counter() - begun) * 1e3)
    return float(np.median(spent)), float(np.percentile(spent, 99))


def main() -> None:
    """Print the table."""
    penstock.init()
    print(f"{OBJECTS} objects, milliseconds a frame: median, 99 %")
    for name, rules, osd in (
        ("4 zones, 4 lines", ZONES + LINES, 0),
        ("the same, drawn (osd-mode=2)", ZONES + LINES, 2),
        ("every rule there is", ZONES + LINES + OTHERS, 0),
    ):
        median, most = cost_ms(rules, osd=osd)
        print(f"{name:32} {median:6.3f} {most:6.3f}")


if __name__ == "__main__":
    main()
