"""Makes `contact_sheet.png`: frames of a video, with the masks that the sample saved of them.

python contact_sheet.py VIDEO FOLDER/stream_0 FRAME...
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np

HERE = Path(__file__).parent
SIZE = (288, 162)


def main(video: str, folder: Path, numbers: list[int]) -> None:
    """A row for each frame: the frame, the frame with its masks, the masks."""
    rows, capture = [], cv2.VideoCapture(video)
    for number in numbers:
        capture.set(cv2.CAP_PROP_POS_FRAMES, number)
        frame = cv2.resize(capture.read()[1], SIZE, interpolation=cv2.INTER_AREA)
        masks = cv2.imread(str(folder / f"frame_{number}.jpg"))
        masks = cv2.resize(masks, SIZE, interpolation=cv2.INTER_AREA)
        inside = masks[..., :1] > 127
        veiled = np.where(inside, frame // 2 + np.uint8([0, 0, 127]), frame)
        rows.append(np.hstack([frame, veiled, masks]))
    cv2.imwrite(str(HERE / "contact_sheet.png"), np.vstack(rows))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), list(map(int, sys.argv[3:])))
