"""Makes `contact_sheet.png`: frames of a video beside the pictures that the sample saved of them.

python contact_sheet.py VIDEO FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

HERE = Path(__file__).parent
SIZE = (320, 180)
FRAMES = (80, 210, 330)


def main(video: str, folder: Path) -> None:
    """Three rows, and the colours of all directions in a corner."""
    rows = []
    capture = cv2.VideoCapture(video)
    for number in FRAMES:
        capture.set(cv2.CAP_PROP_POS_FRAMES, number)
        frame = cv2.resize(capture.read()[1], SIZE, interpolation=cv2.INTER_AREA)
        flow = cv2.imread(str(folder / "stream_0" / f"frame_{number:06}.jpg"))
        bar = (flow.shape[1] - flow.shape[0] * SIZE[0] // SIZE[1]) // 2  # the mux keeps the aspect
        flow = cv2.resize(flow[:, bar : flow.shape[1] - bar], SIZE)
        rows.append(np.hstack([frame, flow]))
    sheet = np.vstack(rows)
    disc = wheel(50)
    sheet[-58:-8, -58:-8] = np.where(disc.any(axis=2, keepdims=True), disc, sheet[-58:-8, -58:-8])
    cv2.imwrite(str(HERE / "contact_sheet.png"), sheet)


def wheel(size: int) -> NDArray[np.uint8]:
    """Which colour means which direction: `(size, size, 3)` BGR, black outside the disc."""
    y, x = (np.mgrid[0:size, 0:size] - (size - 1) / 2).astype(np.float32)
    length, angle_deg = cv2.cartToPolar(x, y, angleInDegrees=True)
    brightness = np.where(length <= size / 2, length / (size / 2) * 255, 0)
    hsv = np.dstack([angle_deg / 2, np.full_like(x, 255), brightness]).astype(np.uint8)
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
