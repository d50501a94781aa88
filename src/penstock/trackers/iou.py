"""Overlap from frame to frame: the cheapest tracker, for detectors that look at every frame.

Bochinski et al., "High-speed tracking-by-detection without using image information", 2017.
"""

from __future__ import annotations

from penstock.trackers.modular import ModularTracker


class IouTracker(ModularTracker):
    """Pairs each detection with the track it overlaps most; nothing is predicted.

    Example:
        >>> import numpy as np
        >>> from penstock.meta import Detections
        >>> from penstock.trackers import TrackerFrame
        >>> box = np.array([[10, 10, 50, 90]], np.float32)
        >>> person = Detections(box, np.array([0.9], np.float32), np.array([0], np.int32))
        >>> tracker = IouTracker()
        >>> frames = [TrackerFrame(person, size=(640, 480)) for _ in range(4)]
        >>> [int(tracker.update(frame).track_id[0]) for frame in frames]
        [-1, -1, 0, 0]
    """

    NAME = "IOU"
