"""The decoding that converted single-shot detectors end in."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from runtimes import RUNTIMES, run_onnxruntime
from tensorflow_reference import assert_candidates, decode, grid_anchors, sigmoid

from penstock.errors import ModelError
from penstock.kit.anchors import regrid
from penstock.kit.onnx_graph import GraphBuilder
from penstock.kit.ssd import MOST_CANDIDATES, save_ssd
from penstock.kit.tensorflow_graph import Tensor

SCALES = (10.0, 10.0, 5.0, 5.0)


def write_decoder(path, *, anchors, width, columns, scales=SCALES):
    """A network that is nothing but the decoding: `images` are offsets and logits side by side."""
    count = len(anchors)
    graph = GraphBuilder("decoder")
    images = graph.input("images", ["batch", count, 4 + width])
    offsets, logits = graph.split("parts", images, axis=2, sizes=[4, width])
    save_ssd(
        graph,
        path,
        offsets=Tensor(offsets, (count, 4)),
        logits=Tensor(logits, (count, width)),
        anchors=anchors,
        scales=scales,
        columns=columns,
    )
    return path


def draw(count, width, *, seed=0):
    random = np.random.default_rng(seed)
    anchors = random.uniform(0.05, 0.9, (count, 4)).astype(np.float32)
    return anchors, random.normal(size=(1, count, 4 + width)).astype(np.float32)


@RUNTIMES
def test_offsets_to_anchors_become_boxes_and_logits_become_scores(tmp_path, run):
    anchors, raw = draw(50, 7)
    path = write_decoder(tmp_path / "d.onnx", anchors=anchors, width=7, columns=[6, 1, 3])
    boxes = decode(raw[0, :, :4], anchors, SCALES)
    assert_candidates(run(path, raw), boxes, sigmoid(raw[0, :, 4:])[:, [6, 1, 3]])


@RUNTIMES
def test_a_background_that_is_sure_of_itself_hides_no_object(tmp_path, run):
    count = MOST_CANDIDATES + 500
    anchors, raw = draw(count, 4)
    raw[0, :, 5:] -= 8  # next to nothing, nearly everywhere,
    raw[0, :, 4] = np.linspace(-9, 9, count)  # and a background that is surest at the end,
    raw[0, -3:, 6] = 5  # where the objects are
    path = write_decoder(tmp_path / "d.onnx", anchors=anchors, width=4, columns=[1, 2, 3])
    outputs = run(path, raw)
    boxes = decode(raw[0, -3:, :4], anchors[-3:], SCALES)
    best = {name: values[:, :3] for name, values in outputs.items()}
    assert outputs["boxes"].shape == (1, MOST_CANDIDATES, 4)
    assert_candidates(best, boxes, sigmoid(raw[0, -3:, 5:]))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"columns": [0, 7]}, "class column 7 is wanted, of 7 columns"),
        ({"scales": (10.0, 10.0)}, r"2 scales do not fit \(50, 4\) anchors"),
    ],
)
def test_parts_that_do_not_fit_each_other_are_told(tmp_path, change, complaint):
    anchors, _ = draw(50, 7)
    with pytest.raises(ModelError, match=complaint):
        write_decoder(
            tmp_path / "d.onnx", **{"anchors": anchors, "width": 7, "columns": [0], **change}
        )


SIDES = st.tuples(st.integers(1, 9), st.integers(1, 9))
GRIDS = st.lists(SIDES, min_size=1, max_size=4, unique=True)
KINDS = st.lists(st.tuples(st.floats(0.5, 6), st.floats(0.5, 6)), min_size=1, max_size=4)


@given(old=GRIDS, kinds=KINDS, data=st.data())
def test_anchors_move_to_any_other_grids(old, kinds, data):
    new = [data.draw(SIDES) for _ in old]
    moved = regrid(grid_anchors(old, kinds), dict(zip(old, new, strict=True)))
    np.testing.assert_allclose(moved, grid_anchors(new, kinds), atol=1e-5)


@settings(max_examples=20)
@given(place=st.integers(0, 29), column=st.integers(0, 3))
def test_anchors_that_are_no_grid_are_refused(place, column):
    anchors = grid_anchors([(3, 5)], [(1, 1), (2, 3)])
    anchors[place, column] += 0.1
    with pytest.raises(ModelError, match=r"not the same in every cell of grids of \[\(3, 5\)\]"):
        regrid(anchors, {(3, 5): (6, 5)})


def test_anchors_that_do_not_divide_among_the_cells_are_counted():
    with pytest.raises(ModelError, match=r"16 anchors do not fit grids of \[\(3, 5\)\] cells"):
        regrid(np.zeros((16, 4), np.float32), {(3, 5): (3, 5)})


def test_the_most_confident_candidates_come_first(tmp_path):
    anchors, raw = draw(200, 3)
    path = write_decoder(tmp_path / "d.onnx", anchors=anchors, width=3, columns=[0, 1, 2])
    confidences = run_onnxruntime(path, raw)["scores"][0].max(1)
    assert (np.diff(confidences) <= 0).all()
