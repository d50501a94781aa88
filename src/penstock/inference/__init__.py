"""From regions of frames to detections: prepare, run, parse, cluster, place.

`Engine` does it for one configuration; `attach` writes the result into the metadata.
"""

from penstock.inference.attaching import attach
from penstock.inference.clustering import CLUSTER_MODES
from penstock.inference.engine import Engine
from penstock.inference.regions import Detection, Roi
from penstock.meta import KEYPOINTS

__all__ = ["CLUSTER_MODES", "KEYPOINTS", "Detection", "Engine", "Roi", "attach"]
