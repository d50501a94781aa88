"""What every parser of classes promises, whatever the network gives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from penstock.errors import ModelError
from penstock.parsers import CLASS_ALIASES, CLASS_PARSERS, ClassContext

every_parser = pytest.mark.parametrize("name", list(CLASS_PARSERS))
LABELS = (("cat", "dog"), ("wet",))


@every_parser
@given(
    first=arrays(np.float32, (4,), elements=st.floats(width=32)),
    second=arrays(np.float16, (3, 1, 1), elements=st.floats(width=16)),
    threshold=st.floats(0, 1),
)
def test_answers_are_finite_above_the_threshold_and_one_an_output(name, first, second, threshold):
    parser = CLASS_PARSERS.load(name)({"kind": (4,), "state": (3, 1, 1)})
    assert parser.num_classes == (4, 3)
    found = parser.parse({"kind": first, "state": second}, ClassContext((8, 8), threshold, LABELS))
    assert [one.output for one in found] == sorted({one.output for one in found})
    for one in found:
        numbers = (first, second.reshape(-1))[one.output]
        assert threshold < one.confidence < np.inf
        assert numbers[one.class_id] == numbers.max()
        names = LABELS[one.output]
        assert one.label == (names[one.class_id] if one.class_id < len(names) else "")
        assert one.num_classes == len(numbers)


def test_a_number_that_is_no_probability_is_noticed_once(caplog):
    parser = CLASS_PARSERS.load("probabilities")({"kind": (2,)})
    for _ in range(3):
        (one,) = parser.parse({"kind": np.array([7, 3.0])}, ClassContext((8, 8)))
    assert one.confidence == 7
    (record,) = caplog.records
    assert "confidence is 7" in record.message
    assert "parse-classifier-func-name=logits" in record.message


@every_parser
@pytest.mark.parametrize("shape", [(3, 4), (2, 8, 8), (None,), (2, None, 1)])
def test_a_layer_with_more_than_a_number_a_class_is_refused(name, shape):
    with pytest.raises(ModelError, match=r"one number a class; got 'map' \("):
        CLASS_PARSERS.load(name)({"map": shape})


def test_aliases_name_parsers():
    assert set(CLASS_ALIASES.values()) <= set(CLASS_PARSERS)
    assert all(function == function.lower() for function in CLASS_ALIASES)
