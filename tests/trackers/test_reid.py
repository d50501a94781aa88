"""Vectors of what objects look like, and the galleries of tracks."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper
from test_correlation import crops

from penstock.config.tracker import ReidSettings
from penstock.errors import ModelError
from penstock.evaluation import read_mot, video_frames
from penstock.trackers import SurfaceCrops
from penstock.trackers.reid import ColorHistogram, Galleries, ReidNetwork, _unit, embedder_of

PAIR = np.array([[100.0, 200], [80, 80], [130, 230], [150, 150]])


def network(folder, *, batch="N", size=3):
    """Means of the three channels, of pictures 4 pixels wide and 8 high."""
    shape = [batch, 3, 8, 4]
    nodes = [helper.make_node("ReduceMean", ["picture"], ["vector"], axes=[2, 3], keepdims=0)]
    graph = helper.make_graph(
        nodes,
        "means",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("vector", TensorProto.FLOAT, [batch, size])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    file = folder / "means.onnx"
    onnx.save(model, file)
    return file


def settings(file, **more):
    values = {"input_dims": (3, 8, 4), "input_order": 0, "feature_size": 3, **more}
    return ReidSettings(kind=1, model_file=file, **values)


def test_the_histogram_knows_who_is_who():
    look = ColorHistogram()
    first = look.embed(crops((100, 80, 1), (200, 80, 2)), PAIR)
    swapped = look.embed(crops((100, 80, 2), (200, 80, 1)), PAIR)
    assert first.shape == (2, 128)
    np.testing.assert_allclose(np.linalg.norm(first, axis=1), 1, rtol=1e-5)
    alike = first @ swapped.T
    assert min(alike[0, 1], alike[1, 0]) > 0.95
    assert max(alike[0, 0], alike[1, 1]) < 0.6


def test_what_is_no_number_is_like_nobody():
    found = _unit(np.array([[np.nan, 1], [np.inf, 0], [0, 0], [3, 4]], np.float32))
    np.testing.assert_allclose(found, [[0, 0], [0, 0], [0, 0], [0.6, 0.8]])


def test_without_a_network_the_histogram_looks():
    assert isinstance(embedder_of(ReidSettings(kind=1)), ColorHistogram)


@pytest.mark.parametrize("batch", ["N", 1, 4])
def test_a_network_sees_the_pictures_as_the_settings_say(tmp_path, batch):
    asked = settings(network(tmp_path, batch=batch), offsets=(10.0, 20.0, 30.0), scale=0.5, color=1)
    scene = crops((100, 80, 1), (200, 80, 2))
    found = ReidNetwork(asked).embed(scene, PAIR)
    means = scene(PAIR.T.astype(np.float32), (4, 8)).mean(axis=(1, 2))[:, ::-1]
    wanted = (means - [10, 20, 30]) * 0.5
    wanted /= np.linalg.norm(wanted, axis=1, keepdims=True)
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_nobody_to_look_at_gives_no_vectors(tmp_path):
    none = PAIR[:, :0]
    assert ReidNetwork(settings(network(tmp_path))).embed(crops(), none).shape == (0, 3)
    assert ColorHistogram().embed(crops(), none).shape == (0, 128)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"feature_size": 5}, "output 'vector' has 3 numbers an object; reidFeatureSize is 5"),
        ({"input_order": 1}, "inferDims .* have 4 channels in inputOrder 1; wanted 3"),
        ({"input_dims": (3, 8, 8)}, "the settings ask for"),
    ],
)
def test_a_network_unlike_its_settings_is_refused(tmp_path, change, message):
    with pytest.raises(ModelError, match=message):
        ReidNetwork(settings(network(tmp_path), **change))


@pytest.mark.parametrize("kind", ["histogram", "osnet"])
def test_people_are_known_again_two_seconds_later(data_dir, kind):
    asked = settings(
        data_dir / "models" / "osnet.onnx", input_dims=(3, 256, 128), feature_size=512,
        offsets=(123.7, 116.3, 103.5), scale=0.0173,
    )  # fmt: skip
    look = ColorHistogram() if kind == "histogram" else ReidNetwork(asked)
    truth = read_mot(Path(__file__).parents[1] / "eval" / "data" / "vtest_identities.txt")
    frames = video_frames(data_dir / "video" / "vtest.avi")
    seen = {}
    for number, (rows, frame) in enumerate(zip(truth.frames(221), frames, strict=False), 1):
        if number in (200, 220):
            boxes = truth.boxes[rows].T.astype(np.float64)
            seen[number] = look.embed(SurfaceCrops(frame), boxes), truth.track_id[rows]
    (first, who), (later, who_later) = seen.values()
    best = who_later[(first @ later.T).argmax(axis=1)]
    stayed = np.isin(who, who_later)
    assert stayed.sum() >= 5
    assert (best == who)[stayed].mean() >= 0.8


vector = st.lists(st.integers(-5, 5), min_size=4, max_size=4)
step = st.tuples(st.sampled_from(["append", "add", "keep"]), st.integers(0, 3), vector)


@given(steps=st.lists(step, max_size=25))
def test_a_gallery_is_as_alike_as_its_most_similar_vector(steps):
    galleries, truth = Galleries(3), []
    for what, number, values in steps:
        if what == "append":
            galleries.append(1)
            truth.append([])
        elif what == "add" and truth:
            track = number % len(truth)
            galleries.add(np.array([track]), np.array([values], np.float32))
            truth[track] = [*truth[track], values][-3:]
        elif what == "keep":
            kept = np.arange(len(truth)) != number
            galleries.keep(kept)
            truth = [gallery for n, gallery in enumerate(truth) if n != number]
    seen = np.eye(4, dtype=np.float32)
    found = galleries.likeness(seen)
    assert found.shape == (4, len(truth))
    for track, gallery in enumerate(truth):
        best = np.max([*gallery, [0] * 4], axis=0) if len(gallery) < 3 else np.max(gallery, axis=0)
        np.testing.assert_allclose(found[:, track], np.clip(best, 0, 1))
