"""Same object, same id, from frame to frame: boxes in, ids and better boxes out.

One name table, one interface, one instance for each source. The low-level YAML that DeepStream's
applications bring along decides which tracker it means: `TrackerConfig.tracker`.
"""

from penstock.registry import Registry
from penstock.trackers.base import (
    Crops,
    NextId,
    Tracker,
    TrackerFrame,
    TrackerResult,
    Tracks,
    counting,
)
from penstock.trackers.batches import BatchTracker
from penstock.trackers.crops import SurfaceCrops
from penstock.trackers.frames import FrameTracker
from penstock.trackers.ids import TrackIds
from penstock.trackers.sub_batches import SubBatches, class_ids

TRACKERS: Registry[Tracker] = Registry(
    "tracker",
    {
        "IOU": "penstock.trackers.iou:IouTracker",
        "NvSORT": "penstock.trackers.nvsort:NvSortTracker",
        "NvDeepSORT": "penstock.trackers.deepsort:NvDeepSortTracker",
        "NvDCF": "penstock.trackers.nvdcf:NvDcfTracker",
        "ByteTrack": "penstock.trackers.bytetrack:ByteTracker",
        "OC-SORT": "penstock.trackers.ocsort:OcSortTracker",
    },
)

__all__ = [
    "TRACKERS",
    "BatchTracker",
    "Crops",
    "FrameTracker",
    "NextId",
    "SubBatches",
    "SurfaceCrops",
    "TrackIds",
    "Tracker",
    "TrackerFrame",
    "TrackerResult",
    "Tracks",
    "class_ids",
    "counting",
]
