"""From regions of frames to facts about them: prepare, run, parse, and write into the metadata.

`Engine` is one detector: cluster, place; `Classifier` one classifier; each for one configuration.
`open_task` makes the one that a configuration asks for, to be given batch after batch.
`Preprocessor` makes the tensors of regions that networks may be given in place of pictures.
"""

from penstock.inference.attaching import attach, attach_labels
from penstock.inference.choosing import ObjectChoice
from penstock.inference.classifier import Classifier
from penstock.inference.clustering import CLUSTER_MODES
from penstock.inference.engine import Engine
from penstock.inference.own_preparation import PreparationContext
from penstock.inference.preparing import Preprocessor
from penstock.inference.region_network import RegionNetwork
from penstock.inference.regions import Detection, Roi
from penstock.inference.tasks import Counts, FrameTask, Steps, Task, open_task
from penstock.meta import KEYPOINTS

__all__ = [
    "CLUSTER_MODES",
    "KEYPOINTS",
    "Classifier",
    "Counts",
    "Detection",
    "Engine",
    "FrameTask",
    "ObjectChoice",
    "PreparationContext",
    "Preprocessor",
    "RegionNetwork",
    "Roi",
    "Steps",
    "Task",
    "attach",
    "attach_labels",
    "open_task",
]
