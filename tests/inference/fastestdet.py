"""A parser of a network that Penstock does not know: FastestDet, as its authors decode it."""

import numpy as np

from penstock.parsers import ParseContext


def parse(outputs: dict[str, np.ndarray], context: ParseContext):
    """One layer `(85, rows, columns)`: objectness, x, y, width, height, then 80 classes."""
    (layer,) = outputs.values()
    objectness, box, classes = layer[0], layer[1:5], layer[5:]
    rows, columns = objectness.shape
    class_ids = classes.argmax(axis=0)
    confidences = objectness**0.6 * classes.max(axis=0) ** 0.4
    row, column = np.nonzero(confidences >= context.thresholds.min())
    x, y, w, h = box[:, row, column]
    scale_x, scale_y = context.size[0] / columns, context.size[1] / rows
    cx, cy = (column + np.tanh(x)) * scale_x, (row + np.tanh(y)) * scale_y
    half_w = context.size[0] / (1 + np.exp(-w)) / 2
    half_h = context.size[1] / (1 + np.exp(-h)) / 2
    return np.stack(
        [
            *(cx - half_w, cy - half_h, cx + half_w, cy + half_h),
            *(confidences[row, column], class_ids[row, column]),
        ],
        axis=1,
    )
