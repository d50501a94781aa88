"""From regions of frames to facts about them: prepare, run, parse, and write into the metadata.

`Engine` is one detector: cluster, place; `Classifier` one classifier, `Segmenter` one network for
class maps, `RawNetwork` one whose outputs the application reads; each for one configuration.
`find_served` settles what nvinferserver's configuration leaves to a model's repository or server.
`open_task` makes the one that a configuration asks for, to be given batch after batch.
`Preprocessor` makes the tensors of regions that networks may be given in place of pictures.
"""

from penstock.inference.attaching import attach, attach_labels
from penstock.inference.choosing import ObjectChoice
from penstock.inference.classifier import Classifier
from penstock.inference.clustering import CLUSTER_MODES
from penstock.inference.engine import Engine
from penstock.inference.opening import open_task
from penstock.inference.own_preparation import PreparationContext
from penstock.inference.preparing import Preprocessor
from penstock.inference.raw_network import RawNetwork
from penstock.inference.region_network import RegionNetwork
from penstock.inference.regions import Detection, Roi
from penstock.inference.segmenter import Segmenter
from penstock.inference.served import find_served
from penstock.inference.tasks import Counts, FrameTask, Steps, Task
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
    "RawNetwork",
    "RegionNetwork",
    "Roi",
    "Segmenter",
    "Steps",
    "Task",
    "attach",
    "attach_labels",
    "find_served",
    "open_task",
]
