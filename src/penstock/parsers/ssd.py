"""TensorFlow's detectors with their post-processing inside: SSD, EfficientDet, Faster R-CNN."""

from __future__ import annotations

from penstock.parsers.finished import FinishedParser, Spelling

_LITE = "TFLite_Detection_PostProcess"


class SsdParser(FinishedParser):
    """Decode `detection_boxes` `(N, 4)`, `…_scores`, `…_classes`, `num_detections`; see `Parser`.

    Also under the names that TensorFlow Lite gives them. Boxes are yxyx, fractions or pixels by
    their values. Class ids are the network's: TensorFlow's models count from 1, so that the first
    line of the label file is the background.
    """

    NAME = "ssd"
    ORDER = "yxyx"
    SPELLINGS = (
        Spelling("detection_boxes", "detection_scores", "detection_classes", "num_detections"),
        Spelling("detection_boxes", "detection_scores", "detection_classes"),
        Spelling(_LITE, f"{_LITE}:2", f"{_LITE}:1", f"{_LITE}:3"),
    )
