"""What every detector of the kit ends in: the outputs `boxes` and `scores`."""

from __future__ import annotations

from pathlib import Path

from penstock.kit.onnx_graph import GraphBuilder

__all__ = ["BOX_FORMAT_KEY", "CXCYWH_NORMALIZED", "KEYPOINT_FORMAT_KEY", "save_detector"]

BOX_FORMAT_KEY = "penstock.boxes"
"""The ONNX metadata property that says what the columns of `boxes` are."""

CXCYWH_NORMALIZED = "cxcywh-normalized"
"""Its value here: box centre and size, as fractions of the network's input."""

KEYPOINT_FORMAT_KEY = "penstock.keypoints"
"""The same for `keypoints`; the value here is `xy-normalized`."""


def save_detector(
    graph: GraphBuilder, output: Path, *, candidates: int, classes: int, keypoints: int = 0
) -> None:
    """Declare the outputs and write the file.

    Args:
        graph: It has a tensor `boxes` `(batch, N, 4)`, cxcywh as fractions of the network's
            input, a tensor `scores` `(batch, N, C)`, and with keypoints a tensor `keypoints`
            `(batch, N, K, 2)`, x and y as such fractions.
        output: The file to write.
        candidates: N.
        classes: C.
        keypoints: K; 0 if there are none.

    Raises:
        ModelError: The graph is not valid.
    """
    graph.output("boxes", ["batch", candidates, 4])
    graph.output("scores", ["batch", candidates, classes])
    metadata = {BOX_FORMAT_KEY: CXCYWH_NORMALIZED}
    if keypoints:
        graph.output("keypoints", ["batch", candidates, keypoints, 2])
        metadata[KEYPOINT_FORMAT_KEY] = "xy-normalized"
    graph.save(output, metadata=metadata)
