import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.config import ClassAttributes, InferConfig
from penstock.geometry import iou_matrix, nms
from penstock.inference.classes import ClassColumns
from penstock.inference.clustering import CLUSTER_MODES
from penstock.parsers import BoxMasks, Parsed

GROUP, DBSCAN, NMS, HYBRID, NONE = (CLUSTER_MODES[mode] for mode in range(5))


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
    attributes[1] = ClassAttributes(nms_iou=1.0)
    classes = ClassColumns.of(InferConfig(tmp_path, class_attributes=attributes), num_classes=3)
    assert NMS(candidates(*pair), classes).class_ids.tolist() == [0, 1, 1, 2]


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


NEAR_A = (1, 0, 11, 10, 0, 0.6)  # overlaps A by 9/11
ALSO_NEAR = (0, 1, 10, 11, 0, 0.5)  # and so does this; NEAR_A by 81/119


def test_dbscan_joins_a_dense_neighbourhood_and_drops_the_lonely():
    found = DBSCAN(candidates(A, NEAR_A, ALSO_NEAR, BESIDE_A), columns(eps=0.4, min_boxes=2))
    # Weighted with 0.9, 0.6 and 0.5, which are 2 together.
    assert rows(found) == [(0.3, 0.25, 10.3, 10.25, 0, 0.9)]


def test_dbscan_keeps_the_lonely_where_one_box_is_enough():
    found = DBSCAN(candidates(A, NEAR_A, BESIDE_A), columns(eps=0.4, min_boxes=1))
    assert rows(found) == [(0.4, 0, 10.4, 10, 0, 0.9), BESIDE_A]


@pytest.mark.parametrize(("eps", "clusters"), [(0.18, 2), (0.19, 1), (0, 2), (1, 1)])
def test_dbscan_goes_as_far_as_1_less_the_overlap(eps, clusters):
    found = DBSCAN(candidates(A, NEAR_A), columns(eps=eps))  # overlap 0.818
    assert len(found) == clusters


def test_dbscan_passes_density_on_but_not_through_the_edge_of_a_cluster():
    """A row of boxes, each a neighbour of the next: only dense ones link."""
    chain = [(4 * i, 0, 4 * i + 10, 10, 0, 0.9 - i / 100) for i in range(5)]  # overlap 3/7
    linked = DBSCAN(candidates(*chain), columns(eps=0.6, min_boxes=3))
    assert len(linked) == 1  # the ends have two neighbours, themselves included
    assert linked.confidences[0] == np.float32(0.9)
    assert len(DBSCAN(candidates(*chain[:2]), columns(eps=0.6, min_boxes=3))) == 0


@pytest.mark.parametrize(("least", "left"), [(1.4, 1), (1.6, 0)])
def test_a_cluster_must_be_confident_enough_in_sum(least, left):
    both = candidates(A, NEAR_A)  # 0.9 and 0.6
    assert len(DBSCAN(both, columns(eps=0.4, dbscan_min_score=least))) == left
    assert len(HYBRID(both, columns(eps=0.4, dbscan_min_score=least, nms_iou=0.5))) == left


def test_the_hybrid_drops_noise_and_lets_nms_choose_the_rest():
    found = HYBRID(
        candidates(A, NEAR_A, ALSO_NEAR, BESIDE_A), columns(eps=0.4, min_boxes=2, nms_iou=0.5)
    )
    assert rows(found) == rows(candidates(A))
    found = HYBRID(candidates(A, NEAR_A), columns(eps=0.4, min_boxes=2, nms_iou=0.9))
    assert rows(found) == rows(candidates(A, NEAR_A))


def test_the_hybrid_keeps_the_best_of_a_class():
    found = HYBRID(candidates(A, NEAR_A), columns(eps=0.4, nms_iou=0.9, top_k=1))
    assert rows(found) == rows(candidates(A))


@pytest.mark.parametrize("mode", [0, 1, 3])
def test_other_modes_keep_classes_apart_too(mode):
    attributes = {"eps": 0.5, "min_boxes": 1, "group_threshold": 1, "nms_iou": 0.5}
    pair = [(*A[:4], c, confidence) for c in (0, 1) for confidence in (0.9, 0.8)]
    found = CLUSTER_MODES[mode](candidates(*pair), columns(**attributes))
    assert found.class_ids.tolist() == [0, 1]
    np.testing.assert_allclose(found.boxes, [A[:4], A[:4]])


def test_group_rectangles_takes_the_mean_of_what_is_alike():
    found = GROUP(candidates(A, NEAR_A, ALSO_NEAR, BESIDE_A), columns(eps=0.2, group_threshold=1))
    third = 1 / 3
    np.testing.assert_allclose(found.boxes, [[third, third, 10 + third, 10 + third]], rtol=1e-6)
    assert found.confidences.tolist() == [np.float32(0.9)]


@pytest.mark.parametrize(("threshold", "left"), [(0, 3), (1, 1), (2, 1), (3, 0)])
def test_a_group_has_more_boxes_than_the_threshold(threshold, left):
    found = GROUP(candidates(A, NEAR_A, ALSO_NEAR), columns(eps=0.2, group_threshold=threshold))
    assert len(found) == left


def groups_one_by_one(boxes, *, threshold, eps):
    """The rule of group rectangles, box by box: (mean box, number of boxes)."""

    def alike(a, b):
        small = min(a[2] - a[0], b[2] - b[0]) + min(a[3] - a[1], b[3] - b[1])
        return max(abs(p - q) for p, q in zip(a, b, strict=True)) <= eps * small / 2

    groups = []
    for box in boxes:
        linked = [group for group in groups if any(alike(box, other) for other in group)]
        groups = [group for group in groups if group not in linked]
        groups.append([box, *(other for group in linked for other in group)])
    means = [(np.mean(group, axis=0), len(group)) for group in groups if len(group) > threshold]

    def hidden(index):
        box, count = means[index]
        for other, (outer, more) in enumerate(means):
            dx, dy = eps * (outer[2] - outer[0]), eps * (outer[3] - outer[1])
            margin = np.array([-dx, -dy, dx, dy])
            inside = (box[:2] >= (outer + margin)[:2]).all() and (
                box[2:] <= (outer + margin)[2:]
            ).all()
            if other != index and inside and (more > max(3, count) or count < 3):
                return True
        return False

    return sorted(tuple(box) for index, (box, _) in enumerate(means) if not hidden(index))


@settings(max_examples=60)
@given(
    seed=st.integers(0, 10**6), threshold=st.integers(1, 3), eps=st.sampled_from([0.125, 0.25, 0.5])
)
def test_group_rectangles_follows_its_rule(seed, threshold, eps):
    random = np.random.default_rng(seed)
    centres = random.integers(0, 300, (6, 2))
    corner = centres[random.integers(0, 6, 40)] + random.integers(-6, 7, (40, 2))
    boxes = np.concatenate([corner, corner + random.integers(30, 60, (40, 2))], axis=1)
    found = GROUP(
        candidates(*np.column_stack([boxes, np.zeros(40), random.permutation(40) / 40 + 0.01])),
        columns(eps=eps, group_threshold=threshold),
    )
    expected = groups_one_by_one(boxes.tolist(), threshold=threshold, eps=eps)
    got = sorted(map(tuple, found.boxes.tolist()))
    np.testing.assert_allclose(np.reshape(got, (-1, 4)), np.reshape(expected, (-1, 4)), rtol=1e-5)


@given(found=some, eps=st.floats(0, 1), min_boxes=st.integers(0, 4))
def test_a_cluster_lies_within_its_boxes_and_none_is_more_confident(found, eps, min_boxes):
    parsed = candidates(*found)
    clusters = DBSCAN(parsed, columns(eps=eps, min_boxes=min_boxes))
    assert len(clusters) <= len(parsed)
    for class_id in np.unique(clusters.class_ids):
        mine, own = clusters.class_ids == class_id, parsed.class_ids == class_id
        low, high = parsed.boxes[own].min(axis=0), parsed.boxes[own].max(axis=0)
        assert (clusters.boxes[mine] >= low - 1e-3).all()
        assert (clusters.boxes[mine] <= high + 1e-3).all()
        assert np.isin(clusters.confidences[mine], parsed.confidences[own]).all()


@pytest.mark.parametrize("mode", [0, 1])
def test_masks_and_points_of_the_most_confident_stay_with_a_merged_box(mode):
    parsed = candidates(NEAR_A, A, ALSO_NEAR)
    points = np.arange(9, dtype=np.float32).reshape(3, 1, 3)
    pictures = np.arange(3, dtype=np.float32).reshape(3, 1, 1)
    dressed = Parsed(
        *(parsed.boxes, parsed.class_ids, parsed.confidences),
        masks=BoxMasks(pictures, parsed.boxes),
        keypoints=points,
    )
    found = CLUSTER_MODES[mode](dressed, columns(eps=0.4, group_threshold=1))
    assert found.keypoints.tolist() == [[[3, 4, 5]]]
    assert found.masks.scores.tolist() == [[[1]]]


@settings(max_examples=20)
@given(seed=st.integers(0, 999), count=st.sampled_from([3, 100, 511, 512, 513, 700]))
def test_few_and_many_candidates_are_suppressed_alike(seed, count):
    """Below and above the number from which on NMS goes by blocks."""
    random = np.random.default_rng(seed)
    corner = random.uniform(0, 60, (count, 2))
    boxes = np.concatenate([corner, corner + random.uniform(5, 60, (count, 2))], axis=1)
    ids, confidences = random.integers(0, 3, count), random.permutation(count) / count
    classes = columns(nms_iou=0.4, top_k=9)
    found = NMS(candidates(*np.column_stack([boxes, ids, confidences])), classes)
    for class_id in range(3):
        own = (ids == class_id).nonzero()[0]
        kept = nms(boxes[own].astype(np.float32), confidences[own], max_iou=np.float32(0.4))[:9]
        np.testing.assert_array_equal(
            found.boxes[found.class_ids == class_id], boxes[own[kept]].astype(np.float32)
        )
