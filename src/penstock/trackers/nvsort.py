"""SORT with a cascade: predicted boxes, sure detections first, weak ones later.

Bewley et al., "Simple online and realtime tracking", 2016.
"""

from __future__ import annotations

from penstock.trackers.modular import ModularTracker


class NvSortTracker(ModularTracker):
    """Pairs detections with where a Kalman filter expects the tracks."""

    NAME = "NvSORT"
