"""YuNet converted, against the decoder of OpenCV that its authors wrote."""

import json
import os
import subprocess
import sys

import cv2
import numpy as np
import onnx
import onnxruntime
import pytest
from runtimes import RUNTIMES, run_onnxruntime

from penstock.errors import ModelError
from penstock.geometry import cxcywh_to_xyxy, nms
from penstock.kit.yunet import convert


@pytest.fixture
def convert_to(yunet_file, tmp_path):
    def make(size=None):
        convert(yunet_file, tmp_path / "yunet.onnx", size=size)
        return tmp_path / "yunet.onnx"

    return make


def fit(picture, width, height):
    """Scale into the top left corner of a black picture."""
    scale = min(width / picture.shape[1], height / picture.shape[0])
    inner = cv2.resize(picture, None, fx=scale, fy=scale)
    canvas = np.zeros((height, width, 3), np.uint8)
    canvas[: inner.shape[0], : inner.shape[1]] = inner
    return canvas


def as_batch(*pictures):
    return np.stack([picture.transpose(2, 0, 1) for picture in pictures]).astype(np.float32)


def faces(outputs, size, *, threshold):
    """Boxes, the ten numbers of the landmarks, confidence: as OpenCV gives them."""
    scores = outputs["scores"][0, :, 0]
    likely = np.flatnonzero(scores >= threshold)
    boxes = cxcywh_to_xyxy(outputs["boxes"][0, likely] * np.tile(size, 2))
    keep = nms(boxes, scores[likely], max_iou=0.3)
    boxes[:, 2:] -= boxes[:, :2]
    points = (outputs["keypoints"][0, likely] * size).reshape(-1, 10)
    return np.column_stack([boxes, points, scores[likely]])[keep]


@RUNTIMES
@pytest.mark.parametrize("size", [(640, 384), (320, 320), (224, 416)])
def test_faces_and_landmarks_are_those_that_opencv_finds(
    convert_to, yunet_file, data_dir, size, run
):
    picture = fit(cv2.imread(str(data_dir / "bus.jpg")), *size)
    detector = cv2.FaceDetectorYN.create(str(yunet_file), "", size, 0.5, 0.3, 5000)
    _, expected = detector.detect(picture)
    found = faces(run(convert_to(size), as_batch(picture)), size, threshold=0.5)
    assert len(found) == 2
    order = np.argsort(found[:, 0]), np.argsort(expected[:, 0])
    np.testing.assert_allclose(found[order[0]], expected[order[1]], atol=0.02)


@RUNTIMES
def test_three_pictures_at_once_give_what_each_gives_alone(convert_to, data_dir, run):
    picture = fit(cv2.imread(str(data_dir / "bus.jpg")), 320, 192)
    images = as_batch(picture, picture[:, ::-1], picture // 2)
    path = convert_to((320, 192))
    together = run(path, images)
    for index in range(3):
        alone = run(path, images[index : index + 1])
        for name in ("boxes", "scores", "keypoints"):
            np.testing.assert_allclose(together[name][index], alone[name][0], atol=1e-4)


def test_the_file_states_its_contract(convert_to):
    model = onnx.load(str(convert_to((96, 64))))
    dims = {
        value.name: [axis.dim_param or axis.dim_value for axis in value.type.tensor_type.shape.dim]
        for value in (*model.graph.input, *model.graph.output)
    }
    cells = 12 * 8 + 6 * 4 + 3 * 2
    assert dims == {
        "images": ["batch", 3, 64, 96],
        "boxes": ["batch", cells, 4],
        "scores": ["batch", cells, 1],
        "keypoints": ["batch", cells, 5, 2],
    }
    assert {p.key: p.value for p in model.metadata_props} == {
        "penstock.boxes": "cxcywh-normalized",
        "penstock.keypoints": "xy-normalized",
    }


def test_without_a_size_it_keeps_the_published_one(convert_to):
    session = onnxruntime.InferenceSession(str(convert_to()))
    assert session.get_inputs()[0].shape == ["batch", 3, 640, 640]


@pytest.mark.parametrize("size", [(100, 64), (64, 100), (0, 32), (-32, 32)])
def test_a_size_that_is_no_multiple_of_32_is_refused(convert_to, size):
    with pytest.raises(ModelError, match=rf"multiples of 32, got {size[0]}x{size[1]}"):
        convert_to(size)


@pytest.mark.parametrize("content", [b"", b"not ONNX"])
def test_a_file_that_is_not_onnx_is_named(tmp_path, content):
    (tmp_path / "face.onnx").write_bytes(content)
    with pytest.raises(ModelError, match=r"face\.onnx: not "):
        convert(tmp_path / "face.onnx", tmp_path / "out.onnx")


def test_another_network_is_named_with_what_it_lacks(tmp_path, yunet_file):
    model = onnx.load(str(yunet_file))
    for node in model.graph.node:
        node.output[:] = ["kps_9" if name == "kps_8" else name for name in node.output]
    onnx.save(model, str(tmp_path / "face.onnx"))
    with pytest.raises(ModelError, match=r"face\.onnx: not YuNet: no output 'kps_8' behind a"):
        convert(tmp_path / "face.onnx", tmp_path / "out.onnx")


def test_scores_stay_in_0_to_1_whatever_the_picture(convert_to):
    noise = np.random.default_rng(0).uniform(-1e4, 1e4, (1, 3, 64, 64)).astype(np.float32)
    scores = run_onnxruntime(convert_to((64, 64)), noise)["scores"]
    assert np.isfinite(scores).all()
    assert scores.min() >= 0
    assert scores.max() <= 1


def test_penstock_detect_tells_the_landmarks_that_opencv_finds(
    cache, yunet_file, data_dir, tmp_path
):
    """In pixels of the source, though the network sees another size."""
    lines = tmp_path / "faces.jsonl"
    command = ["-m", "penstock", "detect", data_dir / "bus.jpg", "--model", "yunet", "--json"]
    done = subprocess.run(
        [sys.executable, *command, lines],
        env={**os.environ, "PENSTOCK_CACHE": str(cache)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(lines.read_text())["objects"]
    picture = cv2.imread(str(data_dir / "bus.jpg"))
    detector = cv2.FaceDetectorYN.create(str(yunet_file), "", picture.shape[1::-1], 0.7, 0.3)
    expected = sorted(detector.detect(picture)[1].tolist())
    assert len(found) == len(expected) == 2
    for face, row in zip(sorted(found, key=lambda one: one["left"]), expected, strict=True):
        points = np.array(face["keypoints"])
        np.testing.assert_allclose(points[:, :2].ravel(), row[4:14], atol=5)  # faces are 40 px wide
        assert set(points[:, 2]) == {face["confidence"]}
