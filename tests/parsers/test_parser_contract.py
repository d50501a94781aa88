"""What every parser must do. A new parser is tested by being registered and given a case."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from parser_cases import (
    BOXES,
    CLASSES,
    LAYERS,
    SCORES,
    SIZE,
    make_context,
    make_parser,
    random_outputs,
)

from penstock.errors import ModelError
from penstock.parsers import PARSERS, choose_parser

every_parser = pytest.mark.parametrize("name", list(PARSERS))
anything = st.floats(width=32) | st.sampled_from([0.5, 1, np.nan, np.inf, -np.inf, 3e38, -3e38])
likely = st.floats(-0.5, 1.5, width=32)


@every_parser
@settings(max_examples=60, deadline=None)
@given(data=st.data(), thresholds=st.tuples(*[st.floats(0, 1, width=32)] * CLASSES))
def test_whatever_comes_out_is_finite_inside_the_network_and_above_threshold(
    name, data, thresholds
):
    outputs = {
        layer: data.draw(arrays.arrays(np.float32, shape, elements=anything, fill=likely))
        for layer, shape in LAYERS[name].items()
    }
    found = make_parser(name).parse(outputs, make_context(*thresholds))
    assert found.boxes.shape == (len(found), 4)
    assert (found.boxes.dtype, found.class_ids.dtype, found.confidences.dtype) == (
        np.float32,
        np.int32,
        np.float32,
    )
    assert np.isfinite(found.boxes).all()
    assert np.isfinite(found.confidences).all()
    assert (found.boxes >= 0).all()
    assert (found.boxes <= [*SIZE, *SIZE]).all()
    assert (found.boxes[:, 2:] > found.boxes[:, :2]).all()
    assert np.isin(found.class_ids, range(CLASSES)).all()
    assert (found.confidences >= np.array(thresholds, np.float32)[found.class_ids]).all()


@every_parser
def test_nothing_above_the_threshold_gives_nothing(name):
    found = make_parser(name).parse(random_outputs(name), make_context(2, 2, 2))
    assert len(found) == 0
    assert found.boxes.shape == (0, 4)


@every_parser
def test_every_class_has_its_own_threshold(name):
    found = make_parser(name).parse(random_outputs(name), make_context(0.9, 2, 0.1))
    assert set(found.class_ids.tolist()) == {0, 2}
    assert (found.confidences[found.class_ids == 0] >= 0.9).all()
    assert (found.confidences[found.class_ids == 2] < 0.9).any()


@every_parser
def test_a_threshold_that_is_just_reached_counts(name):
    outputs = random_outputs(name)
    outputs[SCORES[name]] = np.full_like(outputs[SCORES[name]], 0.2)
    assert len(make_parser(name).parse(outputs, make_context(0.2, 2, 2)))


@every_parser
def test_classes_that_are_not_asked_for_are_left_out(name):
    found = make_parser(name).parse(random_outputs(name), make_context(0, 0))
    assert set(found.class_ids.tolist()) == {0, 1}


@every_parser
def test_nan_never_passes_even_without_a_threshold(name):
    outputs = random_outputs(name)
    whole = len(make_parser(name).parse(outputs, make_context(0, 0, 0)))
    outputs[SCORES[name]][...] = np.nan
    assert len(make_parser(name).parse(outputs, make_context(0, 0, 0))) == 0
    outputs = random_outputs(name)
    outputs[BOXES[name]][...] = np.nan
    assert len(make_parser(name).parse(outputs, make_context(0, 0, 0))) == 0
    assert whole


@every_parser
def test_outputs_are_neither_kept_nor_written_to(name):
    outputs = random_outputs(name)
    before = {layer: array.copy() for layer, array in outputs.items()}
    for array in outputs.values():
        array.flags.writeable = False
    found = make_parser(name).parse(outputs, make_context())
    assert all((outputs[layer] == before[layer]).all() for layer in outputs)
    assert not any(np.shares_memory(found.boxes, array) for array in outputs.values())


@every_parser
def test_half_precision_outputs_are_read(name):
    outputs = {layer: array.astype(np.float16) for layer, array in random_outputs(name).items()}
    wider = {layer: array.astype(np.float32) for layer, array in outputs.items()}
    half = make_parser(name).parse(outputs, make_context())
    full = make_parser(name).parse(wider, make_context())
    np.testing.assert_array_equal(half.boxes, full.boxes)
    np.testing.assert_array_equal(half.confidences, full.confidences)


@every_parser
def test_its_layers_choose_it(name):
    assert choose_parser(LAYERS[name]) == name


@every_parser
def test_it_says_how_many_classes_there_are(name):
    assert make_parser(name).num_classes == CLASSES


@every_parser
@pytest.mark.parametrize("layers", [{}, {"boxes": (1, 2, 3)}, {"cov": (2, 3), "bbox": (8, 3)}])
def test_wrong_layers_are_listed_with_their_shapes(name, layers):
    with pytest.raises(ModelError, match=f"{name} reads") as caught:
        PARSERS.load(name)(layers, metadata={})
    for layer, shape in layers.items():
        assert f"{layer!r} {shape}" in str(caught.value)


def test_unknown_layers_are_listed_with_the_known_parsers():
    with pytest.raises(ModelError) as caught:
        choose_parser({"output0": (84, 8400), "aux": (None, 7)})
    message = str(caught.value)
    assert "'output0' (84, 8400), 'aux' (?, 7)" in message
    assert "boxes-scores, detectnet-v2" in message
    assert "parse-bbox-func-name" in message
