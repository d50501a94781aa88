"""Three layers, boxes, scores and classes: exporters that choose the class in the network."""

from __future__ import annotations

from penstock.parsers.finished import FinishedParser, Spelling


class BoxesScoresClassesParser(FinishedParser):
    """Decode `boxes` `(N, 4)`, `scores` and `classes` or `labels`; see `Parser`.

    The last two are `(N,)` or `(N, 1)`. Boxes are xyxy, pixels or fractions by their values.
    """

    NAME = "boxes-scores-classes"
    SPELLINGS = (Spelling("boxes", "scores", "classes"), Spelling("boxes", "scores", "labels"))
