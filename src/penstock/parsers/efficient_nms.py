"""Networks that end with one of the NMS plugins of TensorRT."""

from __future__ import annotations

from penstock.parsers.finished import FinishedParser, Spelling


class EfficientNmsParser(FinishedParser):
    """Decode `num_dets`, `det_boxes` `(N, 4)`, `det_scores`, `det_classes`; see `Parser`.

    Also under the names of the older plugin: `num_detections`, `nmsed_boxes` and so on. Boxes are
    xyxy, pixels or fractions by their values.
    """

    NAME = "efficient-nms"
    SPELLINGS = (
        Spelling("det_boxes", "det_scores", "det_classes", "num_dets"),
        Spelling("nmsed_boxes", "nmsed_scores", "nmsed_classes", "num_detections"),
        Spelling("BatchedNMS_1", "BatchedNMS_2", "BatchedNMS_3", "BatchedNMS"),
    )
