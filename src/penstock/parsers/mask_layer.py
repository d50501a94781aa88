"""A layer of masks beside layers of finished detections, as Mask R-CNN has it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from penstock.errors import ModelError
from penstock.parsers.activation import sigmoid
from penstock.parsers.base import Outputs, ParseContext
from penstock.parsers.head import Head, Shape, layers_text, shape_text
from penstock.parsers.masks import BoxMasks, Masks

_NAME, _LOGITS = "mask", "logits"


class MaskLayer:
    """Reads the layer with "mask" in its name: a picture of each of N detections.

    It is `(N, h, w)`, `(N, 1, h, w)` or, with a picture for each class, `(N, C, h, w)`, mostly of
    28x28 over the detection's box (He et al. 2017, arXiv:1703.06870). Pictures as large as the
    network's input are of all of it. Numbers are scores in [0, 1], or logits where the layer's
    name says so.

    Args:
        head: The network's layers.
        boxes: The layer of the boxes.

    Attributes:
        found: Whether there is such a layer.

    Raises:
        ModelError: Its shape is none of these, or it is of other detections.
    """

    def __init__(self, head: Head, *, boxes: str) -> None:
        self._name = next((name for name in head.layers if _NAME in name.lower()), "")
        self.found = bool(self._name)
        self._size = head.size
        if self.found:
            _check(self._name, head.layers[self._name], boxes, head.layers[boxes])

    def masks(
        self,
        outputs: Outputs,
        rows: NDArray[np.intp],
        class_ids: NDArray[np.int32],
        context: ParseContext,
        *,
        boxes: NDArray[np.float32],
    ) -> Masks | None:
        """The masks of some detections; nothing where there is no such layer.

        Args:
            outputs: Layer → array.
            rows: `(K,)`, which detections.
            class_ids: `(K,)`, of these.
            context: The network's size.
            boxes: `(K, 4)` xyxy, network pixels, not clipped.

        Raises:
            ModelError: There are fewer masks than detections, or no mask of such a class.
        """
        if not self.found:
            return None
        layer = outputs[self._name]
        if len(rows) and rows.max() >= len(layer):
            raise self._error(layer, f"no mask of detection {rows.max()}")
        pictures = self._of_classes(layer, rows, class_ids)
        scores = np.asarray(pictures, np.float32)
        if _LOGITS in self._name.lower():
            scores = sigmoid(scores)
        if scores.shape[1:] == context.size[::-1]:
            boxes = np.array([[0, 0, *context.size]], np.float32).repeat(len(rows), axis=0)
        return BoxMasks(scores, boxes)

    def _of_classes(
        self, layer: NDArray[Any], rows: NDArray[np.intp], class_ids: NDArray[np.int32]
    ) -> NDArray[Any]:
        if layer.ndim == 4 and layer.shape[1] == 1:
            layer = layer[:, 0]
        if layer.ndim == 3:
            return layer[rows]
        if len(class_ids) and class_ids.max() >= layer.shape[1]:
            raise self._error(layer, f"no mask of class {class_ids.max()}")
        of_each: NDArray[Any] = layer[rows, class_ids]
        return of_each

    def _error(self, layer: NDArray[Any], complaint: str) -> ModelError:
        return ModelError(f"the masks {self._name!r} {shape_text(layer.shape)} have {complaint}")


def _check(name: str, shape: Shape, boxes: str, boxes_shape: Shape) -> None:
    same = shape[:1] == boxes_shape[:1] or None in (*shape[:1], *boxes_shape[:1])
    if len(shape) in (3, 4) and same:
        return
    raise ModelError(
        "masks are (N, h, w) or (N, C, h, w) for N boxes; got "
        f"{layers_text({name: shape, boxes: boxes_shape})}"
    )
