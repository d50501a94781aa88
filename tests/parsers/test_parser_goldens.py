"""Numbers worked out by hand, pinned in float32: one small network of each family.

The network is 64x32 pixels: grids of 8x4, 4x2 and 2x1 cells (42 together) with strides 8, 16, 32.
e^0.5 = 1.6487213, f(x) = 1 / (1 + e^-x), f(1) = 0.7310586.
"""

import numpy as np
import pytest
from parser_cases import make_context

from penstock.parsers import PARSERS, Head, YoloLayer

SIZE = (64, 32)


def golden(name, layers, *, thresholds=(0.25, 0.25), clip=True, **options):
    layers = {key: np.asarray(value, np.float32) for key, value in layers.items()}
    shapes = {key: value.shape for key, value in layers.items()}
    parser = PARSERS.load(name)(Head(shapes, SIZE, num_classes=len(thresholds), **options))
    found = parser.parse(layers, make_context(*thresholds, size=SIZE, clip=clip))
    order = np.argsort(-found.confidences)
    return found.take(order)


def check(found, *rows, tolerance=1e-5):
    """rows: x1, y1, x2, y2, class, confidence."""
    table = np.array(rows, np.float32).reshape(-1, 6)
    np.testing.assert_allclose(found.boxes, table[:, :4], atol=tolerance)
    np.testing.assert_array_equal(found.class_ids, table[:, 4])
    np.testing.assert_allclose(found.confidences, table[:, 5], atol=1e-6)


def rows_with(count, columns, rows):
    table = np.zeros((count, columns))
    for at, row in rows.items():
        table[at] = row
    return table


def test_yolov8():
    layer = rows_with(42, 6, {3: [20, 10, 8, 4, 0.25, 0.75], 41: [60, 30, 16, 8, 0.5, 0.25]}).T
    check(
        golden("yolov8", {"output0": layer}),
        (16, 8, 24, 12, 1, 0.75),
        (52, 26, 64, 32, 0, 0.5),  # cut at 64 and 32
    )


def test_yolov5():
    rows = {9: [20, 10, 8, 4, 0.5, 0.25, 0.75], 10: [20, 10, 8, 4, 0.3, 0.5, 0.75]}
    check(golden("yolov5", {"o": rows_with(126, 7, rows)}), (16, 8, 24, 12, 1, 0.375))


def test_yolox():
    # Row 34 is the third cell of the middle grid: column 2, row 0, 16 pixels.
    rows = {34: [0.25, 0.5, 0.5, -0.5, 1, 0.75, 0.5], 0: [0, 0, -1, 0, 0, 0, 0]}
    found = golden("yolox", {"o": rows_with(42, 7, rows)}, clip=False)
    # centre (2.25 · 16, 0.5 · 16) = (36, 8), size (26.379541, 9.704490)
    check(found, (22.810230, 3.147755, 49.189770, 12.852245, 0, 0.75))


def test_yolox_decoded_by_its_exporter():
    rows = {34: [36, 8, 20, 10, 1, 0.75, 0.5]}
    check(golden("yolox", {"o": rows_with(42, 7, rows)}), (26, 3, 46, 13, 0, 0.75))


def heads(grids=((4, 8), (2, 4), (1, 2)), *, apart=False, at, numbers):
    """`numbers` for one anchor of one cell; -20 elsewhere."""
    maps = [np.full((3, rows, columns, 7), -20.0) for rows, columns in grids]
    grid, anchor, row, column = at
    maps[grid][anchor, row, column] = numbers
    if not apart:
        maps = [m.transpose(0, 3, 1, 2).reshape(21, *m.shape[1:3]) for m in maps]
    return {f"layer{index}": m for index, m in enumerate(maps)}


def test_yolov3():
    # Middle grid, anchor 30x61, row 1, column 2; f(0) = 0.5, f(1) = 0.7310586.
    layers = heads(at=(1, 0, 1, 2), numbers=[0, 1, 0, -1, 20, -20, 1])
    # centre (2.5 · 16, 1.7310586 · 16), size (30, 61 / e = 22.440646)
    found = golden("yolov3", layers, clip=False)
    check(found, (25, 16.476615, 55, 38.917261, 1, 0.7310586), tolerance=1e-4)


def test_raw_confidences_are_objectness_times_class():
    # f(1) · f(1) = 0.5344466; f(0.2) · f(-1) = 0.1478734 is not enough.
    layers = heads(at=(1, 0, 1, 2), numbers=[0, 0, 0, 0, 1, -1, 1])
    layers["layer0"].reshape(3, 7, 4, 8)[0, :, 0, 0] = [0, 0, 0, 0, 0.2, -1, -20]
    found = golden("yolov3", layers, thresholds=(0.25, 0.53), clip=False)
    check(found, (25, -6.5, 55, 54.5, 1, 0.5344466))
    # An objectness of 0.2 is a probability of 0.549834.
    layers = heads(at=(1, 0, 1, 2), numbers=[0, 0, 0, 0, 0.2, -20, 20])
    check(
        golden("yolov3", layers, thresholds=(0.5, 0.5), clip=False),
        (25, -6.5, 55, 54.5, 1, 0.549834),
    )


def test_yolov4():
    layers = heads(at=(1, 0, 1, 2), numbers=[0, 1, 0, -1, 20, -20, 1])
    # y: 0.7310586 · 1.1 - 0.05 = 0.7541645, so (40, 28.066632); 36 x 75 / e = 27.590958
    found = golden("yolov4", layers, clip=False)
    check(found, (22, 14.271153, 58, 41.862111, 1, 0.7310586), tolerance=1e-4)


@pytest.mark.parametrize(
    ("name", "half"), [("yolov3-tiny", (11.5, 13.5)), ("yolov4-tiny", (18.5, 29.0))]
)
def test_tiny_ones(name, half):
    # Finer grid, second anchor: 23x27 and 37x58; centre (1.5 · 16, 0.5 · 16).
    layers = heads(((2, 4), (1, 2)), at=(0, 1, 0, 1), numbers=[0, 0, 0, 0, 20, 1, -20])
    found = golden(name, layers, clip=False)
    check(found, (24 - half[0], 8 - half[1], 24 + half[0], 8 + half[1], 0, 0.7310586))


@pytest.mark.parametrize(("name", "size"), [("yolov5-heads", (62, 45)), ("yolov7-heads", (76, 55))])
def test_raw_heads_of_later_ones(name, size):
    layers = heads(apart=True, at=(1, 1, 0, 3), numbers=[1, 0, 0, 1, 20, -20, 1])
    # x: 2 · 0.7310586 - 0.5 + 3 = 3.9621172 · 16 = 63.393875; y: 0.5 · 16 = 8
    # width (2 · 0.5)² · anchor; height (2 · 0.7310586)² = 2.1377867 · anchor
    width, height = size[0], 2.1377867 * size[1]
    check(
        golden(name, layers, clip=False),
        (
            63.393875 - width / 2,
            8 - height / 2,
            63.393875 + width / 2,
            8 + height / 2,
            1,
            0.7310586,
        ),
        tolerance=1e-3,
    )


def test_a_darknet_file_gives_other_anchors():
    described = tuple(YoloLayer(((w, w), (2 * w, 2 * w), (3 * w, 3 * w))) for w in (2, 4, 6))
    layers = heads(at=(1, 2, 1, 2), numbers=[0, 0, 0, 0, 20, -20, 1])
    found = golden("yolov3", layers, yolo_layers=described)
    check(found, (34, 18, 46, 30, 1, 0.7310586))


def test_layers_that_the_network_activates_itself_are_taken_as_they_are():
    described = tuple(YoloLayer(((8, 8),) * 3, 2.0, activated=True) for _ in range(3))
    layers = heads(apart=True, at=(2, 0, 0, 1), numbers=[0.75, 0.25, 0.5, 0.25, 1, 0.5, 0])
    for layer in layers.values():
        layer[layer == -20] = 0
    # x: (1.5 - 0.5 + 1) · 32 = 64, y: (0.5 - 0.5) · 32 = 0; 8 · 1², 8 · 0.5²
    found = golden("yolov5-heads", layers, yolo_layers=described, clip=False)
    check(found, (60, -1, 68, 1, 0, 0.5))


def test_yolov10():
    rows = {1: [4, 5, 12, 25, 0.5, 1], 2: [4, 5, 12, 25, 0.2, 0], 3: [-4, 5, 12, 25, 0.75, 0]}
    check(
        golden("yolov10", {"o": rows_with(9, 6, rows)}),
        (0, 5, 12, 25, 0, 0.75),
        (4, 5, 12, 25, 1, 0.5),
    )


def test_rows_in_another_convention():
    rows = {1: [0.5, 0.5, 0.25, 0.5, 0.5, 1]}
    found = golden(
        "yolov10", {"o": rows_with(9, 6, rows)}, metadata={"penstock.boxes": "cxcywh-normalized"}
    )
    check(found, (24, 8, 40, 24, 1, 0.5))


def test_efficient_nms():
    layers = {
        "num_dets": [2],
        "det_boxes": [[4, 5, 12, 25], [8, 0, 16, 8], [1, 1, 9, 9]],
        "det_scores": [0.5, 0.75, 0.9],  # the third is not counted
        "det_classes": [1, 0, 0],
    }
    check(golden("efficient-nms", layers), (8, 0, 16, 8, 0, 0.75), (4, 5, 12, 25, 1, 0.5))
    layers["det_boxes"] = [[0.25, 0.5, 0.5, 1], [0, 0, 0.5, 0.25], [0, 0, 900, 900]]
    check(golden("efficient-nms", layers), (0, 0, 32, 8, 0, 0.75), (16, 16, 32, 32, 1, 0.5))


def test_ssd_counts_from_its_background():
    layers = {
        "num_detections": [1.0],
        "detection_boxes": [[0.25, 0.5, 0.75, 1], [0, 0, 1, 1]],
        "detection_scores": [0.5, 0.9],
        "detection_classes": [1.0, 1.0],
    }
    check(golden("ssd", layers), (32, 8, 64, 24, 1, 0.5))


def test_tensorflow_lite_names():
    name = "TFLite_Detection_PostProcess"
    layers = {
        name: [[0.25, 0.5, 0.75, 1], [0, 0, 1, 1]],
        f"{name}:1": [1.0, 0.0],
        f"{name}:2": [0.5, 0.9],
        f"{name}:3": 1.0,
    }
    check(golden("ssd", layers), (32, 8, 64, 24, 1, 0.5))


def test_ssd_caffe_ends_with_a_negative_image():
    rows = [[0, 1, 0.5, 0.5, 0.25, 1, 0.75], [0, 0, 0.75, 0, 0, 0.5, 0.5], [-1, 0, 0.9, 0, 0, 1, 1]]
    check(
        golden("ssd-caffe", {"detection_out": [rows]}),
        (0, 0, 32, 16, 0, 0.75),
        (32, 8, 64, 24, 1, 0.5),
    )


def test_boxes_scores_classes():
    layers = {
        "boxes": [[4, 5, 12, 25], [8, 0, 16, 8]],
        "scores": [[0.5], [0.2]],
        "classes": [[1], [0]],
    }
    check(golden("boxes-scores-classes", layers), (4, 5, 12, 25, 1, 0.5))


def test_detr():
    # softmax of (1, 0, 1): e / (2 e + 1) = 0.4223188, 1 / (2 e + 1) = 0.1553624
    layers = {
        "logits": [[1.0, 0.0, 1.0], [0.0, 0.0, 9.0]],
        "pred_boxes": [[0.5, 0.5, 0.25, 0.5], [0.5, 0.5, 1, 1]],
    }
    check(golden("detr", layers), (24, 8, 40, 24, 0, 0.4223188))


def test_rt_detr():
    layers = {
        "pred_logits": [[1.0, 0.0], [-3.0, -4.0]],
        "pred_boxes": [[0.5, 0.5, 0.25, 0.5], [0.5, 0.5, 1, 1]],
    }
    check(golden("rt-detr", layers), (24, 8, 40, 24, 0, 0.7310586))


def test_rt_detr_in_one_layer():
    rows = rows_with(9, 6, {4: [0.5, 0.5, 0.25, 0.5, 0.5, 0.75]})
    check(golden("rt-detr", {"output0": rows}), (24, 8, 40, 24, 1, 0.75))


def test_efficientdet():
    # Grids 8x4, 4x2, 2x1, 1x1, 1x1 with nine anchors a cell. Number 5 of the first grid's cell
    # (row 1, column 2): octave 1, tall; centre (20, 12), side 24 · 2^(1/3) = 30.238105,
    # width 30.238105 / 2^0.5 = 21.381569, height 42.763138.
    anchors = 9 * (32 + 8 + 2 + 1 + 1)
    at = 9 * (1 * 8 + 2) + 5
    boxes, scores = np.zeros((anchors, 4)), np.full((anchors, 2), -9.0)
    boxes[at] = [0.1, 0.2, -1, -1]
    scores[at, 0] = 1
    # centre (20 + 0.2 · 21.381569, 12 + 0.1 · 42.763138) = (24.276314, 16.276314), size / e
    # = 7.865868 x 15.731736
    found = golden("efficientdet", {"box": boxes, "class": scores}, clip=False)
    check(
        found,
        (20.343380, 8.410446, 28.209248, 24.142182, 0, 0.7310586),
        tolerance=1e-4,
    )
    larger = golden(
        "efficientdet",
        {"box": boxes, "class": scores},
        clip=False,
        metadata={"penstock.anchor-scale": "6"},
    )
    np.testing.assert_allclose(
        larger.boxes[:, 2:] - larger.boxes[:, :2],
        2 * (found.boxes[:, 2:] - found.boxes[:, :2]),
        rtol=1e-5,
    )


def test_efficientdet_with_its_own_anchors_and_probabilities():
    layers = {
        "regression": [[0, 0, 0, 0], [0.5, 0.25, 0, 0]],
        "classification": [[0.1, 0.2], [0.5, 0.75]],
        "anchors": [[[0, 0, 8, 8], [4, 8, 12, 24]]],  # y1, x1, y2, x2
    }
    # centre y 8 + 0.5 · 8, x 16 + 0.25 · 16; size 8 high, 16 wide
    check(golden("efficientdet", layers), (12, 8, 28, 16, 1, 0.75))


def test_detectnet():
    # Cells of 16 px: row 0, column 3, centre (48.5, 0.5); distances · 35.
    coverage, boxes = np.zeros((2, 2, 4)), np.zeros((8, 2, 4))
    coverage[1, 0, 3] = 0.75
    boxes[4:, 0, 3] = [0.2, 0.1, 0.1, 0.4]
    found = golden("detectnet-v2", {"cov": coverage, "bbox": boxes}, clip=False)
    check(found, (41.5, -3, 52, 14.5, 1, 0.75))


def test_boxes_scores():
    layers = {"boxes": [[0.5, 0.5, 0.25, 0.5], [0, 0, 1, 1]], "scores": [[0.3, 0.75], [0.1, 0.2]]}
    found = golden("boxes-scores", layers, metadata={"penstock.boxes": "cxcywh-normalized"})
    check(found, (24, 8, 40, 24, 1, 0.75))


def test_yunet():
    layers = {
        f"{part}_{stride}": np.zeros((cells, width))
        for stride, cells in ((8, 32), (16, 8), (32, 2))
        for part, width in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10))
    }
    # Row 6 of stride 16: row 1, column 2.
    layers["cls_16"][6], layers["obj_16"][6] = 0.5, 0.72  # root of 0.36
    layers["bbox_16"][6] = [0.5, 0.25, 0.5, 0]
    layers["kps_16"][6] = [0, 0, 0.5, 0, 0.25, 0.25, 0, 0.5, -1, -1]
    found = golden("yunet", layers, thresholds=(0.25,))
    # centre (40, 20), size (16 · e^0.5 = 26.379541, 16)
    check(found, (26.810230, 12, 53.189770, 28, 0, 0.6))
    np.testing.assert_allclose(
        found.keypoints,
        [[[32, 16, 0.6], [40, 16, 0.6], [36, 20, 0.6], [32, 24, 0.6], [16, 0, 0.6]]],
        atol=1e-5,
    )


def test_yolov8_pose():
    layer = np.zeros((42, 5 + 51))
    layer[7, :5] = [20, 10, 8, 4, 0.75]
    layer[7, 5:] = np.arange(51) / 4
    found = golden("yolov8-pose", {"output0": layer.T}, thresholds=(0.25,))
    check(found, (16, 8, 24, 12, 0, 0.75))
    assert found.keypoints.shape == (1, 17, 3)
    assert found.keypoints[0, 0].tolist() == [0, 0.25, 0.5]
    assert found.keypoints[0, 16].tolist() == [12, 12.25, 12.5]


def test_yolov8_pose_with_other_keypoints():
    layer = np.zeros((42, 4 + 2 + 8))
    layer[7] = [20, 10, 8, 4, 0.1, 0.75, 1, 2, 3, 4, 5, 6, 7, 8]
    found = golden("yolov8-pose", {"output0": layer}, metadata={"kpt_shape": "[4, 2]"})
    assert found.class_ids.tolist() == [1]
    assert found.keypoints[0].tolist() == [[1, 2, 1], [3, 4, 1], [5, 6, 1], [7, 8, 1]]


def test_yolov8_seg():
    # Two prototypes of 16x8 cells of 4 px: the left half and the upper half.
    left, upper = np.zeros((8, 16)), np.zeros((8, 16))
    left[:, :8], upper[:4] = 1, 1
    layer = np.zeros((42, 4 + 2 + 2))
    layer[0] = [32, 16, 32, 16, 0.75, 0, 20, 20]  # 20 · left + 20 · upper
    layer[1] = [32, 16, 32, 16, 0, 0.5, -20, 0]
    layers = {"output0": layer.T, "output1": np.stack([left, upper])}
    found = golden("yolov8-seg", layers)
    check(found, (16, 8, 48, 24, 0, 0.75), (16, 8, 48, 24, 1, 0.5))
    both, right = found.masks.over(found.boxes)
    # The box covers 8x4 cells: columns 4 to 11, rows 2 to 5.
    assert both.shape == right.shape == (4, 8)
    np.testing.assert_allclose(both[:, :4], 1, atol=1e-5)
    np.testing.assert_allclose(both[:2], 1, atol=1e-5)
    np.testing.assert_allclose(both[2:, 4:], 0.5)  # f(0)
    np.testing.assert_allclose(right[:, 4:], 0.5)
    np.testing.assert_allclose(right[:, :4], 0, atol=1e-5)
