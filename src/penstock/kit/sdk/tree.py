"""Every file of the tree."""

from __future__ import annotations

from penstock.kit.sdk.classifiers import CLASSIFIERS
from penstock.kit.sdk.configs import CONFIGS
from penstock.kit.sdk.detectors import DETECTORS
from penstock.kit.sdk.messaging import MESSAGING
from penstock.kit.sdk.segmenters import SEGMENTERS
from penstock.kit.sdk.stand_in import StandIn
from penstock.kit.sdk.streams import STREAMS
from penstock.kit.sdk.tracking import TRACKING
from penstock.kit.sdk.triton import TRITON

__all__ = ["TREE"]

TREE: tuple[StandIn, ...] = (
    *STREAMS,
    *DETECTORS,
    *CLASSIFIERS,
    *SEGMENTERS,
    *TRACKING,
    *CONFIGS,
    *TRITON,
    *MESSAGING,
)
"""In the order in which they are made and explained."""
