"""The detectors of the kit: real packages, real pictures, and what others find in them."""

import configparser
import functools
import json
import os
import subprocess
import sys
import zipfile

import cv2
import numpy as np
import onnx
import pytest
from runtimes import open_onnxruntime, run_onnxruntime, run_openvino, run_session

from penstock import kit
from penstock.geometry import cxcywh_to_xyxy, iou_matrix, nms
from penstock.kit import coco, tflite

COCO = ["yolov4-tiny", "efficientdet-lite0", "efficientdet-lite1", "efficientdet-lite2"]
COCO += ["ssd-mobilenet"]
DETECTORS = [*COCO, "yunet"]


class Detector:
    """A model of the kit with its configuration, used the way the configuration says."""

    def __init__(self, name, cache):
        parser = configparser.ConfigParser()
        parser.read(kit.config_of(name, cache=cache))
        self.settings, limits = parser["property"], parser["class-attrs-all"]
        self.path = kit.get(name, cache=cache)
        _, self.height, self.width = map(int, self.settings["infer-dims"].split(";"))
        self.threshold = float(limits["pre-cluster-threshold"])
        self.overlap = float(limits["nms-iou-threshold"])

    @functools.cached_property
    def session(self):
        return open_onnxruntime(self.path)

    def infer(self, images):
        """Output → array."""
        return run_session(self.session, images)

    def prepare(self, frame):
        """BGR to the network's input `(3, h, w)`; and the scales and offsets of xyxy."""
        canvas = np.zeros((self.height, self.width, 3), np.uint8)
        scales = np.array([self.width / frame.shape[1], self.height / frame.shape[0]])
        if self.settings["maintain-aspect-ratio"] == "1":
            scales[:] = scales.min()
        inner = cv2.resize(frame, None, fx=scales[0], fy=scales[1])
        top, left = ((np.array(canvas.shape) - inner.shape) // 2)[:2]
        canvas[top : top + inner.shape[0], left : left + inner.shape[1]] = inner
        if self.settings["model-color-format"] == "0":
            canvas = canvas[:, :, ::-1]
        offset = float(self.settings.get("offsets", "0").split(";")[0])
        image = (canvas - np.float32(offset)) * np.float32(self.settings["net-scale-factor"])
        return image.transpose(2, 0, 1), np.tile(scales, 2), np.array([left, top, left, top])

    def find(self, frame):
        """For each class that is found, boxes xyxy in frame pixels and confidences."""
        image, scales, offsets = self.prepare(frame)
        outputs = self.infer(image[None])
        found = {}
        for class_id, scores in enumerate(outputs["scores"][0].T):
            likely = np.flatnonzero(scores >= self.threshold)
            if len(likely):
                size = [self.width, self.height] * 2
                boxes = cxcywh_to_xyxy(outputs["boxes"][0, likely] * size)
                keep = nms(boxes, scores[likely], max_iou=self.overlap)
                found[class_id] = (boxes[keep] - offsets) / scales, scores[likely][keep]
        return found


@pytest.fixture(scope="module")
def detectors(cache):
    """A function from a name to the detector, made once."""
    return functools.cache(lambda name: Detector(name, cache))


@pytest.fixture(scope="module")
def bus(data_dir):
    return cv2.imread(str(data_dir / "bus.jpg"))


@pytest.mark.parametrize("name", DETECTORS)
def test_every_detector_arrives_converted_with_labels_and_configuration(detectors, name):
    detector = detectors(name)
    model = onnx.load(str(detector.path))
    (images,) = model.graph.input
    dims = [axis.dim_param or axis.dim_value for axis in images.type.tensor_type.shape.dim]
    assert (images.name, dims) == ("images", ["batch", 3, detector.height, detector.width])
    assert model.opset_import[0].version <= 17
    labels = detector.path.with_name("labels.txt").read_text().splitlines()
    scores = next(output for output in model.graph.output if output.name == "scores")
    assert scores.type.tensor_type.shape.dim[2].dim_value == len(labels)
    assert int(detector.settings["num-detected-classes"]) == len(labels)


@pytest.mark.parametrize("name", COCO)
def test_one_detector_can_stand_in_for_another(detectors, name):
    labels = detectors(name).path.with_name("labels.txt").read_text().splitlines()
    assert tuple(labels) == coco.LABELS


@pytest.mark.parametrize("name", COCO)
def test_people_and_the_bus_are_found_under_their_labels(detectors, bus, name):
    detector = detectors(name)
    found = {coco.LABELS[class_id]: one for class_id, one in detector.find(bus).items()}
    sure = {label for label, (_, confidences) in found.items() if confidences.max() >= 0.6}
    assert sure == {"person", "bus"}
    assert len(found["person"][0]) >= 3


@pytest.mark.parametrize("name", DETECTORS)
def test_both_runtimes_agree_and_a_batch_changes_nothing(detectors, bus, name):
    detector = detectors(name)
    images = np.stack([detector.prepare(frame)[0] for frame in (bus, bus[:, ::-1], bus // 2)])
    reference = detector.infer(images)
    assert_same(run_openvino(detector.path, images), reference)
    last = {name: values[2:] for name, values in reference.items()}
    assert_same(detector.infer(images[2:]), last)


def assert_same(outputs, reference):
    """Each confident candidate of one is one of the other, whatever the order."""
    for one, other in ((outputs, reference), (reference, outputs)):
        for index in range(len(reference["boxes"])):
            rows = [np.hstack([o["boxes"][index], o["scores"][index]]) for o in (one, other)]
            confident = rows[0][rows[0][:, 4:].max(1) >= 0.1]
            assert len(confident)
            distances = np.abs(confident[:, None] - rows[1][None]).max(-1)
            assert distances.min(1).max() < 1e-3


# name → least recall and precision; docs/kit.md has what was measured
QUALITY = {
    "yolov4-tiny": (0.85, 0.85),
    "efficientdet-lite0": (0.9, 0.8),
    "efficientdet-lite1": (0.85, 0.75),
    "efficientdet-lite2": (0.82, 0.75),
    "ssd-mobilenet": (0.8, 0.75),
}


@pytest.mark.parametrize("name", COCO)
def test_size_and_thresholds_find_the_public_detections_of_vtest(detectors, data_dir, name):
    rows = np.loadtxt(data_dir / "mot" / "sort_det_PETS09-S2L1.txt", delimiter=",")
    detector, video = detectors(name), cv2.VideoCapture(str(data_dir / "video/vtest.avi"))
    hits = detections = public = 0
    for number in range(1, 61):
        frame = video.read()[1]
        if number % 4:
            continue
        found, _ = detector.find(frame)[0]
        left_top, size = np.split(rows[rows[:, 0] == number, 2:6], 2, axis=1)
        overlap = iou_matrix(np.hstack([left_top, left_top + size]), found) >= 0.5
        hits += min(overlap.any(0).sum(), overlap.any(1).sum())
        detections, public = detections + len(found), public + len(left_top)
    recall, precision = QUALITY[name]
    assert hits / public >= recall
    assert hits / detections >= precision


# What TensorFlow.js 4.22 and LiteRT 2.3 find in the published files at their own sizes: class,
# confidence, and y, x, y, x of the corners as fractions of the picture squeezed into a square.
TENSORFLOW_JS = [
    (0, 0.99237, [0.36900, 0.05725, 0.83928, 0.28930]),
    (5, 0.82933, [0.22322, 0.01212, 0.69264, 0.98972]),
    (0, 0.79022, [0.37833, 0.28027, 0.79104, 0.43924]),
    (0, 0.42885, [0.30015, 0.84112, 0.84441, 0.99792]),
]
LITERT = [
    (0, 0.801, [0.363, 0.063, 0.828, 0.283]),
    (5, 0.801, [0.186, 0.009, 0.705, 0.991]),
    (0, 0.707, [0.372, 0.280, 0.791, 0.433]),
    (0, 0.648, [0.351, 0.842, 0.811, 1.002]),
]


def assert_found(outputs, expected, *, tolerance):
    boxes = cxcywh_to_xyxy(outputs["boxes"][0])[:, [1, 0, 3, 2]]
    for class_id, confidence, corners in expected:
        scores = np.abs(outputs["scores"][0, :, class_id] - confidence)
        distances = np.maximum(np.abs(boxes - corners).max(1), scores)
        assert distances.min() <= tolerance, (class_id, confidence)


def squeeze(picture, side):
    return cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)[:, :, ::-1]


def test_ssd_mobilenet_finds_what_tensorflow_js_finds_in_the_same_file(detectors, bus):
    image = (squeeze(bus, 300) * np.float32(2 / 255) - 1).transpose(2, 0, 1)
    outputs = detectors("ssd-mobilenet").infer(image[None])
    assert_found(outputs, TENSORFLOW_JS, tolerance=0.005)  # JPEG decoders differ a little


def test_efficientdet_finds_what_litert_finds_in_the_same_file(published, bus, tmp_path):
    (source,) = published("efficientdet-lite0")
    tflite.convert(source, tmp_path / "own.onnx", columns=coco.COLUMNS_OF_90)
    image = ((squeeze(bus, 320) - np.float32(127)) / np.float32(128)).transpose(2, 0, 1)
    # LiteRT computes in 8 bit, where one step of a confidence is 0.004 and errors add up.
    assert_found(run_onnxruntime(tmp_path / "own.onnx", image[None]), LITERT, tolerance=0.06)


def test_the_labels_are_those_in_the_file_where_it_has_some(published):
    (source,) = published("efficientdet-lite0")
    with zipfile.ZipFile(source) as attached:
        own = attached.read("labelmap.txt").decode().splitlines()
    spelt = {"motorcycle": "motorbike", "airplane": "aeroplane", "couch": "sofa", "tv": "tvmonitor"}
    spelt |= {"potted plant": "pottedplant", "dining table": "diningtable"}
    assert tuple(spelt.get(own[i], own[i]) for i in coco.COLUMNS_OF_90) == coco.LABELS
    assert {own[i] for i in set(range(90)) - set(coco.COLUMNS_OF_90)} == {"???"}


@pytest.mark.parametrize("name", DETECTORS)
def test_penstock_detect_takes_every_detector_by_its_name(cache, bus, tmp_path, name):
    video = cv2.VideoWriter(
        str(tmp_path / "bus.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 10, bus.shape[1::-1]
    )
    for _ in range(3):
        video.write(bus)
    video.release()
    command = ["-m", "penstock", "detect", "bus.avi", "--model", name, "--json", "found.jsonl"]
    done = subprocess.run(
        [sys.executable, *command],
        cwd=tmp_path,
        env={**os.environ, "PENSTOCK_CACHE": str(cache)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    frames = [json.loads(line) for line in (tmp_path / "found.jsonl").read_text().splitlines()]
    assert len(frames) == 3
    wanted = (0, "face") if name == "yunet" else (5, "bus")
    assert wanted in {(found["class_id"], found["label"]) for found in frames[0]["objects"]}
