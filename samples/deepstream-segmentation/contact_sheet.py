"""Makes `contact_sheet.png`: frames of videos beside what the sample makes of them.

python contact_sheet.py VIDEO:FRAME...
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

HERE = Path(__file__).parent
SIZE = (288, 162)


def main(places: list[str]) -> None:
    """A row for each frame."""
    rows = []
    with TemporaryDirectory() as scratch:
        stream, out = Path(scratch) / "frames.mjpeg", Path(scratch) / "out"
        frames = [frame_at(place) for place in places]
        stream.write_bytes(b"".join(cv2.imencode(".jpg", one)[1].tobytes() for one in frames))
        script = HERE / "deepstream_segmentation.py"
        subprocess.run([sys.executable, script, stream, out], check=True)
        for number, frame in enumerate(frames):
            classes = cv2.imread(str(out / f"{number}.jpg"))
            pair = [cv2.resize(one, SIZE, interpolation=cv2.INTER_AREA) for one in (frame, classes)]
            rows.append(np.hstack(pair))
    cv2.imwrite(str(HERE / "contact_sheet.png"), np.vstack(rows))


def frame_at(place: str) -> np.ndarray:
    """Read one frame, all of the same size: a stream has one."""
    video, _, number = place.rpartition(":")
    capture = cv2.VideoCapture(video)
    capture.set(cv2.CAP_PROP_POS_FRAMES, int(number))
    return cv2.resize(capture.read()[1], (768, 432))


if __name__ == "__main__":
    main(sys.argv[1:])
