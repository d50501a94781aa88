"""Makes the contact sheets of the samples that change pixels, from a real video.

python docs/pictures/samples.py one-by-one-person-detection.mp4 [SAMPLE ...]
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

SAMPLES = Path(__file__).parents[2] / "samples"
TILE = (256, 144)
Picture = np.ndarray[Any, Any]


def imagedata(video: Path, folder: Path) -> list[Picture]:
    """Saved frames of three people and things that the detector doubts."""
    run(
        "deepstream-imagedata-multistream/deepstream_imagedata-multistream.py",
        video.as_uri(),
        folder / "out",
        "--no-display",
    )
    saved = sorted((folder / "out" / "stream_0").iterdir(), key=number_of)
    return [read(saved[n]) for n in (2, 4, len(saved) // 2)]


def redaction(video: Path, folder: Path) -> list[Picture]:
    """A woman turns round and goes."""
    run(
        "deepstream-imagedata-multistream-redaction/deepstream_imagedata-multistream_redaction.py",
        *("-i", video.as_uri(), "--output", folder / "out.mp4"),
    )
    return frames(folder / "out.mp4", (660, 685, 690))


def anonymizer(video: Path, folder: Path) -> list[Picture]:
    """The same, with her face blurred only."""
    run("face-anonymizer/face_anonymizer.py", video.as_uri(), folder / "out.mp4")
    return frames(folder / "out.mp4", (660, 685, 690))


SHEETS: dict[str, Callable[[Path, Path], list[Picture]]] = {
    "deepstream-imagedata-multistream": imagedata,
    "deepstream-imagedata-multistream-redaction": redaction,
    "face-anonymizer": anonymizer,
}


def run(sample: str, *arguments: object) -> None:
    """Run a sample to its end."""
    words = [sys.executable, str(SAMPLES / sample), *map(str, arguments)]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


def number_of(path: Path) -> int:
    """7 of `frame_7.jpg`."""
    return int(path.stem.rpartition("_")[2])


def read(path: Path) -> Picture:
    """A picture, BGR."""
    picture = cv2.imread(str(path))
    assert picture is not None, path
    return picture


def frames(path: Path, numbers: Iterable[int]) -> list[Picture]:
    """Some frames of a video, BGR."""
    video, wanted, found = cv2.VideoCapture(str(path)), set(numbers), []
    for number in range(max(wanted) + 1):
        going, picture = video.read()
        assert going, f"{path} has no frame {number}"
        if number in wanted:
            found.append(picture)
    return found


def main() -> None:
    """Make the sheets that are named, or all."""
    video, *names = sys.argv[1:]
    for name in names or SHEETS:
        with tempfile.TemporaryDirectory() as folder:
            pictures = SHEETS[name](Path(video).resolve(), Path(folder))
        tiles = [cv2.resize(picture, TILE, interpolation=cv2.INTER_AREA) for picture in pictures]
        cv2.imwrite(str(SAMPLES / name / "contact_sheet.png"), np.hstack(tiles))


if __name__ == "__main__":
    main()
