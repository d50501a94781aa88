"""Which parser a network gets, from its layers' names, shapes and counts."""

import pytest
from parser_cases import CASES

from penstock.errors import ModelError
from penstock.parsers import (
    ALIASES,
    PARSERS,
    Head,
    YoloLayer,
    choose_parser,
    first_that_fits,
    stand_ins,
)

SQUARE, WIDE = (640, 640), (640, 384)
ULTRALYTICS = {"task": "detect", "description": "Ultralytics YOLOv8n model"}
V3 = tuple(YoloLayer(((10, 13), (16, 30), (33, 23))) for _ in range(3))
V4 = tuple(YoloLayer(((12, 16), (19, 36), (40, 28)), 1.2) for _ in range(3))
SCALED_V4 = tuple(YoloLayer(((12, 16), (19, 36), (40, 28)), 2.0, activated=True) for _ in range(3))
MAPS = {"a": (255, 80, 80), "b": (255, 40, 40), "c": (255, 20, 20)}
MAPS_4D = {"a": (3, 80, 80, 85), "b": (3, 40, 40, 85), "c": (3, 20, 20, 85)}


def choose(layers, size=SQUARE, classes=80, **options):
    return choose_parser(Head(layers, size, num_classes=classes, **options))


@pytest.mark.parametrize(
    ("layers", "size", "classes", "parser"),
    [
        ({"output0": (84, 8400)}, SQUARE, 80, "yolov8"),
        ({"output0": (8400, 84)}, SQUARE, 80, "yolov8"),
        ({"output0": (84, 8400)}, SQUARE, 4, "yolov8"),
        ({"output0": (84, 5040)}, WIDE, 80, "yolov8"),
        ({"output0": (84, 34000)}, SQUARE, 80, "yolov8"),  # strides from 4
        ({"output0": (84, 8500)}, SQUARE, 80, "yolov8"),  # strides to 64
        ({"output0": (5, 8400)}, SQUARE, 1, "yolov8"),
        ({"out": (84, 8400), "f1": (144, 80, 80), "f2": (144, 40, 40)}, SQUARE, 80, "yolov8"),
        ({"output0": (56, 8400)}, SQUARE, 1, "yolov8-pose"),
        ({"output0": (56, 8400)}, SQUARE, 52, "yolov8"),
        ({"output0": (116, 8400), "output1": (32, 160, 160)}, SQUARE, 80, "yolov8-seg"),
        ({"output0": (116, 8400), "output1": (32, 160, 160)}, SQUARE, 2, "yolov8-seg"),
        ({"output": (25200, 85)}, SQUARE, 80, "yolov5"),
        ({"output": (25200, 85), **MAPS_4D}, SQUARE, 80, "yolov5"),
        ({"output": (25200, 6)}, SQUARE, 80, "yolov10"),
        ({"output": (8400, 85)}, SQUARE, 80, "yolox"),
        ({"output0": (300, 6)}, SQUARE, 80, "yolov10"),
        ({"output": (8400, 6)}, SQUARE, 15, "yolov10"),
        ({"output0": (300, 84)}, SQUARE, 80, "rt-detr"),
        ({"logits": (100, 92), "pred_boxes": (100, 4)}, SQUARE, 91, "detr"),
        ({"logits": (300, 80), "pred_boxes": (300, 4)}, SQUARE, 80, "rt-detr"),
        ({"dets": (300, 4), "labels": (300, 91)}, SQUARE, 91, "rt-detr"),
        ({"pred_logits": (300, 5), "pred_boxes": (300, 4)}, SQUARE, 5, "rt-detr"),
        ({"boxes": (22743, 1, 4), "confs": (22743, 80)}, (608, 608), 80, "boxes-scores"),
        ({"boxes": (8400, 4), "scores": (8400, 1), "classes": (8400, 1)}, SQUARE, 80,
         "boxes-scores-classes"),
        ({"boxes": (100, 4), "labels": (100,), "scores": (100,)}, SQUARE, 80,
         "boxes-scores-classes"),
        ({"913": (8400, 4), "904": (8400, 80)}, SQUARE, 80, "boxes-scores"),
        ({"box": (19206, 4), "class": (19206, 90)}, (320, 320), 90, "efficientdet"),
        ({"regression": (49104, 4), "classification": (49104, 90), "anchors": (1, 49104, 4)},
         (512, 512), 90, "efficientdet"),
        ({"detection_out": (1, 200, 7)}, (300, 300), 21, "ssd-caffe"),
        ({"NMS": (1, 200, 7), "NMS_1": (1, 1, 1)}, (300, 300), 21, "ssd-caffe"),
        ({"BatchedNMS": (1,), "BatchedNMS_1": (200, 4), "BatchedNMS_2": (200,),
          "BatchedNMS_3": (200,)}, SQUARE, 4, "efficient-nms"),
        ({"TFLite_Detection_PostProcess": (25, 4), "TFLite_Detection_PostProcess:1": (25,),
          "TFLite_Detection_PostProcess:2": (25,), "TFLite_Detection_PostProcess:3": ()},
         (320, 320), 90, "ssd"),
        ({"082_convolutional": (255, 13, 13), "094_convolutional": (255, 26, 26),
          "106_convolutional": (255, 52, 52)}, (416, 416), 80, "yolov3"),
    ],
)  # fmt: skip
def test_layers_tell_the_parser(layers, size, classes, parser):
    assert choose(layers, size, classes) == parser
    assert PARSERS.load(parser)(Head(layers, size, num_classes=classes))


@pytest.mark.parametrize(
    ("layers", "classes", "could"),
    [
        ({"output": (8400, 6)}, 2, ["yolov10", "yolov8"]),
        ({"output": (8400, 6)}, 1, ["yolov10", "yolox"]),
        ({"output": (25200, 6)}, 1, ["yolov10", "yolov5"]),
        ({"output": (300, 6)}, 2, ["rt-detr", "yolov10"]),
        ({"output": (8400, 85)}, 4, ["yolov8", "yolox"]),
        ({"logits": (100, 92), "pred_boxes": (100, 4)}, 80, ["detr", "rt-detr"]),
        (MAPS, 80, ["yolov3", "yolov4", "yolov5-heads", "yolov7-heads"]),
        (MAPS_4D, 80, ["yolov5-heads", "yolov7-heads"]),
        ({"a": (255, 26, 26), "b": (255, 13, 13)}, 80, ["yolov3-tiny", "yolov4-tiny"]),
    ],
)
def test_layers_that_several_could_read_are_refused_with_their_names(layers, classes, could):
    with pytest.raises(ModelError) as caught:
        choose(layers, classes=classes)
    message = str(caught.value)
    assert f"parse-bbox-func-name={'|'.join(could)}" in message
    assert f"640x640 pixels with {classes} classes" in message
    name = next(iter(layers))
    assert f"{name!r} {layers[name]}" in message


@pytest.mark.parametrize(
    ("layers", "metadata", "parser"),
    [
        ({"output": (8400, 6)}, ULTRALYTICS, "yolov8"),
        ({"output": (300, 6)}, {"description": "Ultralytics YOLOv10n"}, "yolov10"),
        ({"output": (300, 6)}, {"description": "Ultralytics rtdetr-l model"}, "rt-detr"),
        ({"output0": (17, 8400)}, {"task": "pose", "kpt_shape": "[4, 3]"}, "yolov8-pose"),
        ({"box": (19206, 4), "class": (19206, 90)}, {"penstock.boxes": "yxyx"}, "boxes-scores"),
    ],
)
def test_metadata_settles_what_the_shapes_leave_open(layers, metadata, parser):
    size = (320, 320) if "box" in layers else SQUARE
    classes = {"pose": 1}.get(metadata.get("task"), 2)
    assert choose(layers, size, classes, metadata=metadata) == parser


@pytest.mark.parametrize(
    ("layers", "yolo_layers", "parser"),
    [(MAPS, V3, "yolov3"), (MAPS, V4, "yolov4"), (MAPS_4D, SCALED_V4, "yolov5-heads")],
)
def test_a_darknet_file_settles_it_too(layers, yolo_layers, parser):
    assert choose(layers, yolo_layers=yolo_layers) == parser


def test_unknown_layers_are_listed_with_the_known_parsers():
    with pytest.raises(ModelError) as caught:
        choose({"probabilities": (1000,), "aux": (None, 7, 7)}, classes=None)
    message = str(caught.value)
    assert "'probabilities' (1000,), 'aux' (?, 7, 7) of a network of 640x640 pixels." in message
    assert ", ".join(PARSERS) in message
    assert "parse-bbox-func-name, or write one in Python" in message


def test_a_network_with_too_few_classes_is_not_taken_for_one_with_enough():
    with pytest.raises(ModelError, match="no parser recognises"):
        choose({"output0": (9, 8400)}, classes=80)


@pytest.mark.parametrize("alias", ALIASES)
def test_a_well_known_function_stands_for_parsers_that_exist(alias):
    assert ALIASES[alias]
    for name in ALIASES[alias]:
        assert name in PARSERS
        assert first_that_fits(ALIASES[alias], CASES[name].head()) is not None


def test_the_first_of_several_that_fits_is_taken():
    head = Head({"output": (8400, 6)}, SQUARE, num_classes=2)
    assert first_that_fits(("yolov5", "yolov10", "yolov8"), head) == "yolov10"
    assert first_that_fits(("yolov5",), head) is None


@pytest.mark.parametrize("function", ["NvDsInferParseCustomYOLOX", "nvdsinferparsecustomyolox"])
def test_large_and_small_letters_of_a_function_count_the_same(function):
    assert stand_ins(function) == ALIASES["NvDsInferParseCustomYoloX"]
    assert stand_ins("NvDsInferParseMine") == ()
