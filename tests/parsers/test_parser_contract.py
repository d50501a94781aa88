"""What every parser must do. A new parser is tested by being registered and given a case."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from parser_cases import (
    AMBIGUOUS,
    CASES,
    CLASSES,
    SIZE,
    context_for,
    make_context,
    make_parser,
)

from penstock.errors import ModelError
from penstock.parsers import PARSERS, Head, choose_parser

every_parser = pytest.mark.parametrize("name", list(PARSERS))
anything = st.floats(width=32) | st.sampled_from([0.5, 1, np.nan, np.inf, -np.inf, 3e38, -3e38])
likely = st.floats(-0.5, 1.5, width=32)
fraction = st.floats(0, 1)


@st.composite
def detections(draw, classes=CLASSES):
    """Boxes whose centres are far apart, so that each has cells of its own in every grid."""
    places = draw(st.lists(st.integers(0, 11), unique=True, max_size=6))
    boxes, confidences = [], []
    for place in places:
        row, column = divmod(place, 4)
        cx = 32 * column + draw(st.floats(1, 31))
        cy = 32 * row + draw(st.floats(1, 31))
        width, height = draw(st.floats(4, 60)), draw(st.floats(4, 60))
        boxes.append((cx - width / 2, cy - height / 2, cx + width / 2, cy + height / 2))
        confidences.append(draw(st.floats(0.51, 0.99)))
    ids = draw(st.lists(st.integers(0, classes - 1), min_size=len(places), max_size=len(places)))
    return (
        np.array(boxes).reshape(-1, 4),
        np.array(ids, int).reshape(-1),
        np.array(confidences).reshape(-1),
    )


def three(name, *, confidence=0.75):
    """One detection of each class, in different places."""
    classes = CASES[name].classes
    boxes = np.array([[4.0, 4, 24, 24], [70, 36, 90, 60], [100, 70, 120, 90]])[:classes]
    return CASES[name].encode(boxes, np.arange(classes), np.full(classes, confidence))


@every_parser
@settings(max_examples=25)
@given(data=st.data())
def test_what_a_network_says_comes_out(name, data):
    boxes, ids, confidences = data.draw(detections(CASES[name].classes))
    outputs = CASES[name].encode(boxes, ids, confidences)
    found = make_parser(name).parse(outputs, context_for(name))
    expected = np.clip(boxes, 0, [*SIZE, *SIZE])
    assert len(found) == len(boxes)
    if not len(found):
        return
    nearest = np.abs(expected[:, None] - found.boxes).sum(axis=2).argmin(axis=1)
    found = found.take(nearest)
    np.testing.assert_allclose(found.boxes, expected, atol=0.01)
    np.testing.assert_allclose(found.confidences, confidences, atol=1e-5)
    np.testing.assert_array_equal(found.class_ids, ids)


@every_parser
@settings(max_examples=30)
@given(data=st.data(), thresholds=st.tuples(*[st.floats(0, 1, width=32)] * CLASSES))
@pytest.mark.parametrize("clip", [True, False])
def test_whatever_comes_out_is_finite_above_threshold_and_inside(name, clip, data, thresholds):
    outputs = {
        layer: data.draw(arrays.arrays(np.float32, shape, elements=anything, fill=likely))
        for layer, shape in CASES[name].layers.items()
    }
    limits = np.array(thresholds[: CASES[name].classes], np.float32)
    found = make_parser(name).parse(outputs, make_context(*limits, clip=clip))
    assert found.boxes.shape == (len(found), 4)
    assert (found.boxes.dtype, found.class_ids.dtype, found.confidences.dtype) == (
        np.float32,
        np.int32,
        np.float32,
    )
    assert np.isfinite(found.boxes).all()
    assert np.isfinite(found.confidences).all()
    inside = np.clip(found.boxes, 0, [*SIZE, *SIZE])
    assert (inside[:, 2:] > inside[:, :2]).all()
    assert not clip or (inside == found.boxes).all()
    assert np.isin(found.class_ids, range(len(limits))).all()
    assert (found.confidences >= limits[found.class_ids]).all()
    assert found.keypoints is None or np.isfinite(found.keypoints).all()


@every_parser
def test_boxes_end_at_the_network_only_where_that_is_asked_for(name):
    over = np.array([[-10.0, -6, 20, 16]])
    outputs = CASES[name].encode(over, np.array([0]), np.array([0.75]))
    cut = make_parser(name).parse(outputs, context_for(name, clip=True))
    whole = make_parser(name).parse(outputs, context_for(name, clip=False))
    np.testing.assert_allclose(cut.boxes, [[0, 0, 20, 16]], atol=0.01)
    np.testing.assert_allclose(whole.boxes, over, atol=0.01)


@every_parser
def test_nothing_above_the_threshold_gives_nothing(name):
    found = make_parser(name).parse(three(name), context_for(name, 0.9))
    assert len(found) == 0
    assert found.boxes.shape == (0, 4)


@every_parser
def test_a_network_that_finds_nothing_gives_nothing(name):
    assert len(make_parser(name).parse(CASES[name].empty(), context_for(name))) == 0


@pytest.mark.parametrize(
    ("name", "class_id"), [(name, c) for name in PARSERS for c in range(CASES[name].classes)]
)
def test_every_class_has_its_own_threshold(name, class_id):
    thresholds = np.full(CASES[name].classes, 0.9)
    thresholds[class_id] = 0.6
    found = make_parser(name).parse(three(name), make_context(*thresholds))
    assert found.class_ids.tolist() == [class_id]


@every_parser
def test_a_threshold_that_is_just_reached_counts(name):
    found = make_parser(name).parse(three(name, confidence=0.5), context_for(name, 0.5))
    assert len(found) == CASES[name].classes


@pytest.mark.parametrize("name", [name for name in PARSERS if CASES[name].classes > 1])
def test_classes_that_are_not_asked_for_are_left_out(name):
    found = make_parser(name).parse(three(name), make_context(0.5, 0.5))
    assert sorted(found.class_ids.tolist()) == [0, 1]


@every_parser
def test_nan_never_passes_even_without_a_threshold(name):
    case = CASES[name]
    for layers in (case.scores, case.boxes):
        outputs = three(name)
        for layer in layers:
            outputs[layer][...] = np.nan
        assert len(make_parser(name).parse(outputs, context_for(name, 0))) == 0


@every_parser
@pytest.mark.parametrize("value", [3e38, -3e38, np.inf, -np.inf, 65504.0])
def test_huge_outputs_give_no_rubbish(name, value):
    outputs = {
        layer: np.full(shape, value, np.float32) for layer, shape in CASES[name].layers.items()
    }
    found = make_parser(name).parse(outputs, context_for(name, 0.1, clip=False))
    assert (np.abs(found.boxes) < 1e7).all()


@every_parser
def test_outputs_are_neither_kept_nor_written_to(name):
    outputs = three(name)
    before = {layer: array.copy() for layer, array in outputs.items()}
    for array in outputs.values():
        array.flags.writeable = False
    for clip in (True, False):
        found = make_parser(name).parse(outputs, context_for(name, clip=clip))
        assert len(found)
        for array in outputs.values():
            assert not np.shares_memory(found.boxes, array)
            assert not np.shares_memory(found.confidences, array)
    assert all((outputs[layer] == before[layer]).all() for layer in outputs)


@every_parser
def test_half_precision_outputs_are_read(name):
    outputs = {layer: array.astype(np.float16) for layer, array in three(name).items()}
    wider = {layer: array.astype(np.float32) for layer, array in outputs.items()}
    half = make_parser(name).parse(outputs, context_for(name))
    full = make_parser(name).parse(wider, context_for(name))
    assert len(full) == CASES[name].classes
    np.testing.assert_array_equal(half.boxes, full.boxes)
    np.testing.assert_array_equal(half.class_ids, full.class_ids)
    np.testing.assert_allclose(half.confidences, full.confidences, rtol=2e-3)


@every_parser
def test_its_layers_choose_it(name):
    head = CASES[name].head()
    if name in AMBIGUOUS:
        with pytest.raises(ModelError, match=rf"parse-bbox-func-name=.*\b{name}\b"):
            choose_parser(head)
    else:
        assert choose_parser(head) == name


@every_parser
def test_it_says_how_many_classes_there_are(name):
    case = CASES[name]
    assert make_parser(name).num_classes == (case.classes if case.told_classes else None)


@every_parser
@pytest.mark.parametrize(
    "layers",
    [
        {},
        {"boxes": (1, 2, 3)},
        {"cov": (2, 3), "bbox": (8, 3)},
        {"output0": (85, 85)},
        {"a": (3, 3, 3), "b": (2, 2, 2), "c": (1, 1, 1)},
    ],
)
def test_wrong_layers_are_listed_with_their_shapes(name, layers):
    with pytest.raises(ModelError, match=f"{name} reads") as caught:
        PARSERS.load(name)(Head(layers, SIZE))
    for layer, shape in layers.items():
        assert f"{layer!r} {shape}" in str(caught.value)


@every_parser
def test_layers_of_unknown_shape_are_refused_or_read_but_never_a_crash(name):
    for layers in (
        {layer: (None,) * len(shape) for layer, shape in CASES[name].layers.items()},
        dict.fromkeys(CASES[name].layers, ()),
        {layer: (0,) * len(shape) for layer, shape in CASES[name].layers.items()},
    ):
        PARSERS.load(name).fit(Head(layers, SIZE))
        try:
            PARSERS.load(name)(Head(layers, SIZE))
        except ModelError as error:
            assert f"{name} reads" in str(error)  # noqa: PT017
