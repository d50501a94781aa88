"""For every parser: layers that fit it, and what a network would write into them.

The encoders are written from the families' papers and say each thing another way than the
parsers do: a box is put into its cell here, and found from its cell there.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from penstock.parsers import PARSERS, Head, ParseContext, YoloLayer

CLASSES = 3
SIZE = (128, 96)
GRIDS = [(8, 16, 12), (16, 8, 6), (32, 4, 3)]  # stride, columns, rows
CELLS = 252
UNLIKELY, CERTAIN = -50.0, 50.0  # logits
MASK_HEAD = "mask_fcn_logits/BiasAdd"
V3_ANCHORS = [(10, 13), (16, 30), (33, 23), (30, 61), (62, 45), (59, 119), (116, 90), (156, 198)]
V3_ANCHORS.append((373, 326))
V4_ANCHORS = [(12, 16), (19, 36), (40, 28), (36, 75), (76, 55), (72, 146), (142, 110), (192, 243)]
V4_ANCHORS.append((459, 401))
TINY_ANCHORS = [(10, 14), (23, 27), (37, 58), (81, 82), (135, 169), (344, 319)]


@dataclass
class Case:
    """One parser's network.

    encode: `(boxes (n, 4) xyxy network px, classes (n,), confidences (n,))` → outputs.
    scores: the layers that confidences come from; boxes: those that boxes come from, each with
    the columns (last axis) or channels (first axis) that do.
    """

    layers: dict[str, tuple[int, ...]]
    encode: Callable[..., dict[str, np.ndarray]]
    scores: tuple[str, ...]
    boxes: tuple[str, ...]
    classes: int = CLASSES
    told_classes: bool = True
    exact: bool = True
    options: dict[str, Any] = field(default_factory=dict)

    def head(self, **options):
        return Head(self.layers, SIZE, **{"num_classes": self.classes, **self.options, **options})

    def empty(self):
        return self.encode(np.zeros((0, 4)), np.zeros(0, int), np.zeros(0))


def make_parser(name, **options):
    return PARSERS.load(name)(CASES[name].head(**options))


def make_context(*thresholds, size=SIZE, **options):
    limits = np.array(thresholds or [0.5] * CLASSES, np.float32)
    return ParseContext(size, len(limits), limits, **options)


def context_for(name, threshold=0.5, **options):
    return make_context(*[threshold] * CASES[name].classes, **options)


def logit(p):
    p = np.asarray(p, np.float64)
    with np.errstate(divide="ignore"):
        return np.clip(np.log(p) - np.log1p(-p), UNLIKELY, CERTAIN)


def cxcywh(boxes):
    return np.concatenate([(boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]], axis=1)


def f32(**layers):
    return {name: np.asarray(array, np.float32) for name, array in layers.items()}


def one_hot(classes, confidences, count=CLASSES):
    table = np.zeros((len(classes), count))
    table[np.arange(len(classes)), classes] = confidences
    return table


def padded(table, rows):
    """`table` at scattered rows of a longer one; zeros elsewhere."""
    full = np.zeros((rows, *table.shape[1:]))
    full[scattered(len(table), rows)] = table
    return full


def scattered(count, rows):
    return (np.arange(count) * 11 + 3) % rows


def boxes_scores(boxes, classes, confidences):
    scores = one_hot(classes, confidences)
    return f32(boxes=padded(boxes, 35), scores=padded(scores, 35))


def finished(names, order=(0, 1, 2, 3), scale=(1, 1, 1, 1), rows=20):
    """boxes, scores, classes and perhaps a count: the first rows are real."""

    def encode(boxes, classes, confidences):
        n = len(boxes)
        layers = [np.zeros((rows, 4)), np.zeros(rows), np.full(rows, 2.0), np.array([n])]
        layers[0][:n] = (boxes / scale)[:, order]
        layers[1][:n], layers[2][:n] = confidences, classes
        return f32(**dict(zip(names, layers, strict=False)))

    return encode


def detectnet(boxes, classes, confidences):
    coverage, distances = np.zeros((3, 12, 16)), np.zeros((3, 4, 12, 16))
    for (x1, y1, x2, y2), c, confidence in zip(boxes, classes, confidences, strict=True):
        column, row = free_cell(coverage[c], (x1 + x2) / 2, (y1 + y2) / 2, 8)
        x, y = column * 8 + 0.5, row * 8 + 0.5
        coverage[c, row, column] = confidence
        distances[c, :, row, column] = np.array([x - x1, y - y1, x2 - x, y2 - y]) / 35
    return {
        "conv2d_bbox": distances.reshape(12, 12, 16).astype(np.float32),
        "conv2d_cov/Sigmoid": coverage.astype(np.float32),
    }


def free_cell(taken, x, y, stride):
    """The cell of a point, or the next one that nothing stands in."""
    rows, columns = taken.shape
    start = int(y // stride) * columns + int(x // stride)
    for cell in range(start, start + rows * columns):
        row, column = divmod(cell % (rows * columns), columns)
        if not taken[row, column]:
            return column, row
    raise AssertionError("full")


def yolov8(extra=0, transposed=False):
    def encode(boxes, classes, confidences, more=None):
        more = np.zeros((len(boxes), extra)) if more is None else more
        table = np.concatenate([cxcywh(boxes), one_hot(classes, confidences), more], axis=1)
        full = padded(table, CELLS)
        return f32(output0=full if transposed else full.T)

    return encode


def yolov8_seg(boxes, classes, confidences, weights=None):
    prototypes = np.linspace(-9, 9, 8 * 24 * 32).reshape(8, 24, 32)
    layer = yolov8(8)(boxes, classes, confidences, weights)
    return {**layer, **f32(output1=prototypes)}


def yolov8_pose(boxes, classes, confidences, points=None):
    if points is None:
        points = np.tile([1.0, 2.0, 0.5], (len(boxes), 17))
    table = np.concatenate([cxcywh(boxes), confidences[:, None], points], axis=1)
    return f32(output0=padded(table, CELLS).T)


def yolov5(boxes, classes, confidences):
    scores = one_hot(classes, np.ones(len(boxes)))
    table = np.concatenate([cxcywh(boxes), confidences[:, None], scores], axis=1)
    return f32(output0=padded(table, 3 * CELLS))


def yolox(boxes, classes, confidences):
    """Every box in the cell of its centre on the finest grid, or the next one that is free."""
    table = np.zeros((CELLS, 5 + CLASSES))
    table[:, 2:4] = -0.5
    for box, c, confidence in zip(cxcywh(boxes), classes, confidences, strict=True):
        column, row = free_cell(table[:192, 4].reshape(12, 16), box[0], box[1], 8)
        at = row * 16 + column
        table[at, :2] = box[:2] / 8 - [column, row]
        table[at, 2:4] = np.log(box[2:] / 8)
        table[at, 4], table[at, 5 + c] = 1, confidence
    return f32(output=table)


def yolo_heads(anchors, scales, *, grids=GRIDS, squared=False, apart=False, names=None):
    """Every box in the second anchor of its cell on the finest grid, or of the next free cell."""
    names = names or [f"map_{stride}" for stride, _, _ in grids]

    def encode(boxes, classes, confidences):
        maps = [np.full((3, rows, columns, 8), UNLIKELY) for _, columns, rows in grids]
        stride, finest = grids[0][0], maps[0]
        finest[..., :4] = 0
        for box, c, confidence in zip(cxcywh(boxes), classes, confidences, strict=True):
            column, row = free_cell(finest[1, ..., 4] > UNLIKELY, box[0], box[1], stride)
            shift = (scales[0] - 1) / 2
            inside = (box[:2] / stride - [column, row] + shift) / scales[0]
            size = box[2:] / anchors[1]
            cell = finest[1, row, column]
            cell[:2] = logit(np.clip(inside, 1e-9, 1 - 1e-9))
            cell[2:4] = logit(np.sqrt(size) / 2) if squared else np.log(size)
            cell[4], cell[5 + c] = CERTAIN, logit(confidence)
        if not apart:
            maps = [m.transpose(0, 3, 1, 2).reshape(24, *m.shape[1:3]) for m in maps]
        return f32(**dict(zip(names, maps, strict=True)))

    return encode


def heads_case(encode, *, grids=GRIDS, apart=False, names=None, **options):
    names = names or [f"map_{stride}" for stride, _, _ in grids]
    shapes = [(3, r, c, 8) if apart else (24, r, c) for _, c, r in grids]
    layers = dict(zip(names, shapes, strict=True))
    return Case(layers, encode, tuple(names), tuple(names), exact=False, options=options)


def yolov10(boxes, classes, confidences):
    table = np.concatenate([boxes, confidences[:, None], classes[:, None]], axis=1)
    return f32(output0=padded(table, 30))


def mask_rcnn(boxes, classes, confidences):
    table = np.concatenate([boxes[:, [1, 0, 3, 2]], classes[:, None], confidences[:, None]], axis=1)
    masks = np.zeros((30, CLASSES, 28, 28))
    return f32(generate_detections=padded(table, 30), **{MASK_HEAD: masks})


def ssd_caffe(boxes, classes, confidences):
    table = np.zeros((1, 30, 7))
    n = len(boxes)
    table[0, n:, 0] = -1
    table[0, :n, 1], table[0, :n, 2] = classes, confidences
    table[0, :n, 3:] = boxes / [*SIZE, *SIZE]
    return f32(detection_out=table)


def anchor_at(index):
    """In the stated order, grids, rows, columns, octaves, ratios: cy, cx, h, w, network pixels."""
    for stride in (8, 16, 32, 64, 128):
        columns, rows = -(-SIZE[0] // stride), -(-SIZE[1] // stride)
        if index < 9 * rows * columns:
            cell, shape = divmod(index, 9)
            octave, ratio = divmod(shape, 3)
            x, y = [(1, 1), (2, 1), (1, 2)][ratio]
            across, down = SIZE[0] / columns, SIZE[1] / rows
            side = 3 * 2 ** (octave / 3) / (x * y) ** 0.5
            return (
                (cell // columns + 0.5) * down,
                (cell % columns + 0.5) * across,
                side * y * down,
                side * x * across,
            )
        index -= 9 * rows * columns
    raise AssertionError(index)


ANCHORS = 9 * 257


def efficientdet(boxes, classes, confidences):
    deltas, scores = np.zeros((ANCHORS, 4)), np.full((ANCHORS, CLASSES), UNLIKELY)
    rows = scattered(len(boxes), ANCHORS)
    for at, (cx, cy, w, h), c, confidence in zip(
        rows, cxcywh(boxes), classes, confidences, strict=True
    ):
        ay, ax, ah, aw = anchor_at(int(at))
        deltas[at] = (cy - ay) / ah, (cx - ax) / aw, np.log(h / ah), np.log(w / aw)
        scores[at, c] = logit(confidence)
    return f32(regression=deltas, classification=scores)


def detr(boxes, classes, confidences):
    logits = np.full((40, CLASSES + 1), UNLIKELY)
    logits[:, CLASSES] = 0
    rows = scattered(len(boxes), 40)
    logits[rows, classes] = logit(confidences)
    return f32(logits=logits, pred_boxes=padded(cxcywh(boxes) / [*SIZE, *SIZE], 40))


def rt_detr(boxes, classes, confidences):
    logits = np.full((40, CLASSES), UNLIKELY)
    logits[scattered(len(boxes), 40), classes] = logit(confidences)
    return f32(pred_logits=logits, pred_boxes=padded(cxcywh(boxes) / [*SIZE, *SIZE], 40))


def yunet(boxes, classes, confidences):
    layers = {}
    for stride, columns, rows in GRIDS:
        for part, width in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10)):
            layers[f"{part}_{stride}"] = np.zeros((columns * rows, width))
    for box, confidence in zip(cxcywh(boxes), confidences, strict=True):
        column, row = free_cell(layers["obj_8"].reshape(12, 16), box[0], box[1], 8)
        at = row * 16 + column
        layers["cls_8"][at], layers["obj_8"][at] = confidence**2, 1
        layers["bbox_8"][at] = *(box[:2] / 8 - [column, row]), *np.log(box[2:] / 8)
        layers["kps_8"][at] = np.tile(box[:2] / 8 - [column, row], 5)
    return f32(**layers)


NMS_NAMES = ("det_boxes", "det_scores", "det_classes", "num_dets")
TF_NAMES = ("detection_boxes", "detection_scores", "detection_classes", "num_detections")
FINISHED = ((20, 4), (20,), (20,), (1,))
V3_NAMES = ["106_convolutional", "094_convolutional", "082_convolutional"]
V4_NAMES = ["139_convolutional", "150_convolutional", "161_convolutional"]
V5_LAYERS = tuple(
    YoloLayer(tuple(V3_ANCHORS[3 * i : 3 * i + 3]), 2.0, activated=True) for i in range(3)
)

CASES = {
    "detectnet-v2": Case(
        {"conv2d_bbox": (12, 12, 16), "conv2d_cov/Sigmoid": (3, 12, 16)},
        detectnet,
        ("conv2d_cov/Sigmoid",),
        ("conv2d_bbox",),
    ),
    "boxes-scores": Case(
        {"boxes": (35, 4), "scores": (35, 3)},
        boxes_scores,
        ("scores",),
        ("boxes",),
        options={"metadata": {"penstock.boxes": "xyxy"}},
    ),
    "boxes-scores-classes": Case(
        {"boxes": (20, 4), "scores": (20, 1), "classes": (20, 1)},
        lambda *found: {
            name: array if name == "boxes" else array[:, None]
            for name, array in finished(("boxes", "scores", "classes"))(*found).items()
        },
        ("scores",),
        ("boxes",),
        told_classes=False,
    ),
    "efficient-nms": Case(
        dict(zip(NMS_NAMES, FINISHED, strict=True)),
        finished(NMS_NAMES),
        ("det_scores",),
        ("det_boxes",),
        told_classes=False,
    ),
    "ssd": Case(
        dict(zip(TF_NAMES, FINISHED, strict=True)),
        finished(TF_NAMES, order=(1, 0, 3, 2), scale=(*SIZE, *SIZE)),
        ("detection_scores",),
        ("detection_boxes",),
        told_classes=False,
    ),
    "ssd-caffe": Case(
        {"detection_out": (1, 30, 7)},
        ssd_caffe,
        ("detection_out",),
        ("detection_out",),
        told_classes=False,
    ),
    "mask-rcnn": Case(
        {"generate_detections": (30, 6), MASK_HEAD: (30, CLASSES, 28, 28)},
        mask_rcnn,
        ("generate_detections",),
        ("generate_detections",),
        told_classes=False,
    ),
    "yolov10": Case({"output0": (30, 6)}, yolov10, ("output0",), ("output0",), told_classes=False),
    "efficientdet": Case(
        {"regression": (ANCHORS, 4), "classification": (ANCHORS, 3)},
        efficientdet,
        ("classification",),
        ("regression",),
        exact=False,
    ),
    "detr": Case(
        {"logits": (40, 4), "pred_boxes": (40, 4)},
        detr,
        ("logits",),
        ("pred_boxes",),
        exact=False,
    ),
    "rt-detr": Case(
        {"pred_logits": (40, 3), "pred_boxes": (40, 4)},
        rt_detr,
        ("pred_logits",),
        ("pred_boxes",),
        exact=False,
    ),
    "yolov8": Case({"output0": (7, CELLS)}, yolov8(), ("output0",), ("output0",)),
    "yolov8-seg": Case(
        {"output0": (15, CELLS), "output1": (8, 24, 32)}, yolov8_seg, ("output0",), ("output0",)
    ),
    "yolov8-pose": Case(
        {"output0": (56, CELLS)}, yolov8_pose, ("output0",), ("output0",), classes=1
    ),
    "yolov5": Case({"output0": (3 * CELLS, 8)}, yolov5, ("output0",), ("output0",)),
    "yolox": Case(
        {"output": (CELLS, 8)},
        yolox,
        ("output",),
        ("output",),
        exact=False,
        options={"metadata": {"penstock.boxes": "cells"}},
    ),
    "yunet": Case(
        {
            f"{part}_{stride}": (columns * rows, width)
            for stride, columns, rows in GRIDS
            for part, width in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10))
        },
        yunet,
        ("cls_8", "cls_16", "cls_32"),
        ("bbox_8", "bbox_16", "bbox_32"),
        classes=1,
        exact=False,
    ),
    "yolov3": heads_case(yolo_heads(V3_ANCHORS, (1, 1, 1), names=V3_NAMES), names=V3_NAMES),
    "yolov4": heads_case(yolo_heads(V4_ANCHORS, (1.2, 1.1, 1.05), names=V4_NAMES), names=V4_NAMES),
    "yolov3-tiny": heads_case(
        yolo_heads(TINY_ANCHORS, (1, 1), grids=GRIDS[1:], names=["023_c", "016_c"]),
        grids=GRIDS[1:],
        names=["023_c", "016_c"],
    ),
    "yolov4-tiny": heads_case(
        yolo_heads(TINY_ANCHORS[1:], (1.05, 1.05), grids=GRIDS[1:], names=["037_c", "030_c"]),
        grids=GRIDS[1:],
        names=["037_c", "030_c"],
    ),
    "yolov5-heads": heads_case(
        yolo_heads(V3_ANCHORS, (2, 2, 2), squared=True, apart=True), apart=True
    ),
    "yolov7-heads": heads_case(
        yolo_heads(V4_ANCHORS, (2, 2, 2), squared=True, apart=True), apart=True
    ),
}
AMBIGUOUS = {"yolov5-heads", "yolov7-heads"}
