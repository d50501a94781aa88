"""Two layers, boxes and scores: what most converters make of most detectors."""

from __future__ import annotations

from penstock.parsers.base import Outputs, ParseContext, Parsed, unreadable
from penstock.parsers.candidates import best_classes
from penstock.parsers.convention import CONVENTION, BoxConvention
from penstock.parsers.head import Fit, Head, Shape
from penstock.parsers.keypoints import KEYPOINTS, KeypointLayer
from penstock.parsers.masks import PlaneMasks

_BOXES, _SCORES, _CLASSES = ("boxes",), ("scores", "confs"), ("classes", "labels")
_SEMANTICS = "semantics"


class BoxesScoresParser:
    """Decode boxes `(A, 4)` or `(A, 1, 4)` and scores `(A, C)` for A candidates; see `Parser`.

    A candidate gets its most confident class of those that reach their threshold. The columns of
    a box are what the model's metadata says, or else what they look like; see `BoxConvention`.
    Further layers may be there: `keypoints` with points of each candidate, see `KeypointLayer`,
    and `semantics` `(C, h, w)`, or `(C + 1, h, w)` with the background first, with the probability
    of each class in all of the picture: a box's mask is the part of its class's there.
    """

    def __init__(self, head: Head) -> None:
        names = _layers(head)
        if names is None:
            raise unreadable(
                "boxes-scores",
                "the layers 'boxes' (A, 4) and 'scores' (A, C), or two such layers of other names",
                head,
            )
        self._boxes, self._scores = names
        self._classes = head.layers[self._scores][1]
        self._convention = BoxConvention(head.metadata)
        self._keypoints = KeypointLayer(head, candidates=head.layers[self._boxes][0])
        self._background = _background(head, self._classes)

    @classmethod
    def fit(cls, head: Head) -> Fit:
        """By name, or else by shape."""
        names = _layers(head)
        if names is None:
            return Fit.NO
        if names == head.named(_BOXES, _SCORES) or CONVENTION in head.metadata:
            return Fit.NAMES
        return min(Fit.SHAPE, head.fit_classes(head.layers[names[1]][1]))

    @property
    def num_classes(self) -> int | None:
        """One for each column of the scores."""
        return self._classes

    def parse(self, outputs: Outputs, context: ParseContext) -> Parsed:
        """Decode one image; see `Parser`."""
        boxes = outputs[self._boxes].reshape(-1, 4)
        rows, class_ids, confidences = best_classes(outputs[self._scores], context, class_axis=1)
        self._convention.settle(boxes)
        points = None
        if self._keypoints.found:
            points = self._keypoints.to_network_px(
                outputs[KEYPOINTS][rows],
                confidences,
                normalized=self._convention.normalized,
                context=context,
            )
        masks = None
        if self._background is not None:
            planes = class_ids + self._background
            masks = PlaneMasks(planes, outputs[_SEMANTICS], context.size)
        return Parsed.inside(
            context,
            boxes=self._convention.to_network_px(boxes[rows], context),
            class_ids=class_ids,
            confidences=confidences,
            masks=masks,
            keypoints=points,
        )


def _background(head: Head, classes: int | None) -> int | None:
    """How many planes of `semantics` come before class 0; `None` where there is no such layer."""
    shape = head.layers.get(_SEMANTICS)
    if shape is None:
        return None
    planes, wanted = shape[0], (classes or 0, (classes or 0) + 1)
    if len(shape) != 3 or planes not in wanted:
        raise unreadable(
            "boxes-scores",
            f"masks from 'semantics' ({wanted[0]} or {wanted[1]}, h, w) for {classes} classes",
            head,
        )
    return wanted.index(planes)


def _layers(head: Head) -> tuple[str, str] | None:
    """The layer of boxes and that of scores."""
    named = head.named(_BOXES, _SCORES)
    if named is not None:
        boxes, scores = named
        if head.named(_CLASSES):
            return None  # the scores are of the classes that stand there
        return (boxes, scores) if _belong(head.layers[boxes], head.layers[scores]) else None
    if len(head.layers) != 2:
        return None
    first, second = head.layers
    found = [
        (boxes, scores)
        for boxes, scores in ((first, second), (second, first))
        if _belong(head.layers[boxes], head.layers[scores])
    ]
    return found[0] if len(found) == 1 else None


def _belong(boxes: Shape, scores: Shape) -> bool:
    four = boxes[1:] in ((4,), (1, 4))
    return four and len(scores) == 2 and boxes[0] == scores[0]
