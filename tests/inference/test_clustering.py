import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.config import ClassAttributes, InferConfig
from penstock.geometry import iou_matrix, nms
from penstock.inference.classes import ClassColumns
from penstock.inference.clustering import CLUSTER_MODES
from penstock.parsers import Parsed

NMS, NONE = CLUSTER_MODES[2], CLUSTER_MODES[4]


def columns(tmp_path="c.txt", **attributes):
    return ClassColumns.of(
        InferConfig(tmp_path, class_attributes={-1: ClassAttributes(**attributes)}), num_classes=3
    )


def candidates(*rows):
    """`(x1, y1, x2, y2, class, confidence)` each."""
    table = np.array(rows, np.float32).reshape(-1, 6)
    return Parsed(table[:, :4], table[:, 4].astype(np.int32), table[:, 5])


def rows(parsed):
    table = np.column_stack([parsed.boxes, parsed.class_ids, parsed.confidences])
    return [tuple(row) for row in table.round(4).tolist()]


A = (0, 0, 10, 10, 0, 0.9)
OVER_A = (1, 0, 11, 10, 0, 0.8)  # 9/11 of their union in common
BESIDE_A = (20, 0, 30, 10, 0, 0.7)
OTHER_CLASS = (0, 0, 10, 10, 1, 0.95)


def test_the_less_confident_of_two_overlapping_boxes_goes():
    assert rows(NMS(candidates(OVER_A, A, BESIDE_A), columns())) == rows(candidates(A, BESIDE_A))


def test_classes_do_not_suppress_each_other():
    found = NMS(candidates(OTHER_CLASS, A), columns())
    assert rows(found) == rows(candidates(A, OTHER_CLASS))


def test_overlap_up_to_the_threshold_is_allowed():
    both = candidates(A, OVER_A)
    assert len(NMS(both, columns(nms_iou=9 / 11 + 1e-4))) == 2
    assert len(NMS(both, columns(nms_iou=9 / 11 - 1e-4))) == 1


def test_every_class_has_its_own_overlap_and_limit(tmp_path):
    attributes = {-1: ClassAttributes(), 1: ClassAttributes(nms_iou=1.0, top_k=1)}
    classes = ClassColumns.of(InferConfig(tmp_path, class_attributes=attributes), num_classes=3)
    pair = [(*A[:4], c, 0.9) for c in (0, 1, 2)] + [(*OVER_A[:4], c, 0.8) for c in (0, 1, 2)]
    assert NMS(candidates(*pair), classes).class_ids.tolist() == [0, 1, 2]


@pytest.mark.parametrize(("top_k", "left"), [(-1, 3), (0, 3), (2, 2), (1, 1)])
def test_top_k_keeps_the_most_confident(top_k, left):
    apart = [(20 * i, 0, 20 * i + 10, 10, 0, 0.5 + i / 10) for i in range(3)]
    found = NMS(candidates(*apart), columns(top_k=top_k))
    np.testing.assert_allclose(found.confidences, [0.7, 0.6, 0.5][:left])


@pytest.mark.parametrize("mode", list(CLUSTER_MODES))
def test_nothing_stays_nothing(mode):
    assert len(CLUSTER_MODES[mode](candidates(), columns())) == 0


def test_mode_none_keeps_every_box():
    assert rows(NONE(candidates(OVER_A, A), columns())) == rows(candidates(A, OVER_A))


def test_masks_and_names_stay_with_their_boxes():
    both = candidates(OVER_A, A)
    masks = np.arange(2, dtype=np.float32).reshape(2, 1, 1)
    dressed = Parsed(both.boxes, both.class_ids, both.confidences, masks=masks, labels=("b", "a"))
    found = NMS(dressed, columns())
    assert found.labels == ("a",)
    assert found.masks.tolist() == [[[1]]]


box = st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(1, 30), st.integers(1, 30))
some = st.lists(
    st.tuples(box, st.integers(0, 2), st.sampled_from([0.25, 0.5, 0.75])).map(
        lambda c: (c[0][0], c[0][1], c[0][0] + c[0][2], c[0][1] + c[0][3], c[1], c[2])
    ),
    max_size=25,
)


@pytest.mark.parametrize("mode", list(CLUSTER_MODES))
@given(found=some, seed=st.integers(0, 99))
def test_the_order_of_the_candidates_does_not_matter(mode, found, seed):
    parsed = candidates(*found)
    shuffled = parsed.take(np.random.default_rng(seed).permutation(len(parsed)))
    cluster = CLUSTER_MODES[mode]
    assert rows(cluster(parsed, columns())) == rows(cluster(shuffled, columns()))


@given(found=some, max_iou=st.floats(0, 1))
def test_what_is_left_does_not_overlap_and_what_is_gone_did(found, max_iou):
    parsed = candidates(*found)
    left = NMS(parsed, columns(nms_iou=max_iou))
    limit = np.float32(max_iou)
    for class_id in range(3):
        kept = left.boxes[left.class_ids == class_id]
        all_of_class = parsed.boxes[parsed.class_ids == class_id]
        overlap = iou_matrix(kept, kept) - np.eye(len(kept), dtype=np.float32)
        assert (overlap <= limit + 1e-6).all()
        assert not len(all_of_class) or len(kept)
        if len(all_of_class):
            same = iou_matrix(all_of_class, kept).max(axis=1)
            gone = ~(all_of_class[:, None] == kept[None]).all(axis=2).any(axis=1)
            assert (same[gone] >= limit - 1e-6).all()


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 99))
def test_thousands_of_candidates_give_what_plain_nms_gives(seed):
    random = np.random.default_rng(seed)
    corner = random.uniform(0, 300, (2000, 2))
    boxes = np.concatenate([corner, corner + random.uniform(5, 60, (2000, 2))], axis=1)
    parsed = candidates(*np.column_stack([boxes, np.zeros(2000), random.permutation(2000) / 2000]))
    expected = nms(parsed.boxes, parsed.confidences, max_iou=0.3)
    np.testing.assert_array_equal(NMS(parsed, columns()).boxes, parsed.boxes[expected])
