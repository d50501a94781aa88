"""Networks on whole frames, or on given tensors: one task for each kind."""

from __future__ import annotations

from penstock.inference.attaching import attach, attach_labels, attach_map, region_object
from penstock.inference.classifier import Attributes, Classifier
from penstock.inference.engine import Engine
from penstock.inference.raw_network import RawNetwork
from penstock.inference.regions import Detection, Roi
from penstock.inference.segmenter import Segmented, Segmenter
from penstock.inference.tasks import FrameTask


class FrameDetection(FrameTask[Engine]):
    """A detector on whole frames or given tensors."""

    def _write(self, roi: Roi, found: list[Detection]) -> None:
        objects = attach(roi.frame, found, self.network.config, parent=roi.parent)
        if roi.prepared is not None:
            roi.prepared.region.objects += objects


class FrameClassification(FrameTask[Classifier]):
    """A classifier on whole frames or given tensors.

    An answer that is not about an object becomes one, as large as the frame or region.
    """

    def _write(self, roi: Roi, found: Attributes) -> None:
        roi.frame.infer_done = True
        if not found:
            return
        obj = roi.parent or roi.frame.add(region_object(roi.box, self.network.config))
        attach_labels(obj, found, self.network.config)
        if roi.prepared is not None:
            roi.prepared.region.classifiers.append(obj.classifiers[-1])


class FrameSegmentation(FrameTask[Segmenter]):
    """A segmentation network on whole frames or given tensors: a class map for each."""

    def _write(self, roi: Roi, found: Segmented) -> None:
        attach_map(roi, found, self.network.config)


class FrameOutputs(FrameTask[RawNetwork]):
    """A network whose outputs the application reads."""

    def _write(self, roi: Roi, found: None) -> None:
        roi.frame.infer_done = True
