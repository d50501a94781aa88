"""Instance masks through pyds: sizes, memory, assignment."""

import numpy as np
import pytest

import pyds
from penstock.meta import Mask, ObjectMeta


@pytest.fixture
def masked():
    """An object with a mask of 3 columns and 2 rows."""
    obj = ObjectMeta((0, 0, 6, 4))
    obj.mask = Mask(np.arange(6, dtype=np.float32).reshape(2, 3) / 10, 0.4)
    return pyds.NvDsObjectMeta.cast(obj)


def test_a_networks_mask_tells_its_size_and_shares_its_scores(masked):
    mask = masked.mask_params
    assert (mask.width, mask.height, mask.size) == (3, 2, 24)
    assert (mask.threshold, mask.data) == (0.4, 0.0)
    scores = mask.get_mask_array()
    assert (scores.dtype, scores.shape) == (np.float32, (6,))
    scores.reshape(mask.height, mask.width)[1, 2] = 9
    assert masked._core.mask.data[1, 2] == 9


def test_an_object_without_a_mask_has_an_empty_one(car):
    mask = car.mask_params
    assert (mask.width, mask.height, mask.size, mask.threshold) == (0, 0, 0, 0.0)
    assert mask.data is None
    assert mask.get_mask_array().shape == (0,)
    assert car._core.mask is None


def test_a_mask_is_made_by_its_sizes_and_alloc_mask_array(car):
    mask = car.mask_params
    mask.threshold = 0.25
    mask.width, mask.height = 4, 3
    assert (mask.width, mask.height, mask.size) == (4, 3, 0)
    scores = mask.alloc_mask_array()
    scores[:] = 1
    assert mask.size == 48
    assert car._core.mask.data.shape == (3, 4)
    assert car._core.mask.data.all()
    assert car._core.mask.threshold == 0.25


def test_allocating_again_gives_new_zeros(masked):
    old = masked.mask_params.get_mask_array()
    masked.mask_params.width = 5
    assert masked.mask_params.size == 24
    assert masked.mask_params.alloc_mask_array().tolist() == [0.0] * 10
    assert old[1] == np.float32(0.1)


def test_scores_that_cannot_be_shared_are_copied_first(masked):
    masked._core.mask.data = np.asfortranarray(masked._core.mask.data)
    masked._core.mask.data.flags.writeable = False
    masked.mask_params.get_mask_array()[1] = 7
    assert masked._core.mask.data[0, 1] == 7


def test_assigning_a_mask_copies_it_and_none_as_its_data_removes_it(masked, car):
    car.mask_params = masked.mask_params
    masked.mask_params.get_mask_array()[0] = 5
    assert car.mask_params.get_mask_array()[0] == 0
    assert car.mask_params.threshold == 0.4
    car.mask_params.data = None
    assert car._core.mask is None


def test_scores_are_assigned_where_they_fit_the_sizes(car):
    mask = car.mask_params
    mask.width, mask.height = 3, 2
    mask.data = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
    assert car._core.mask.data[1, 0] == np.float32(0.4)
    with pytest.raises(ValueError, match=r"width \* height = 3 \* 2 scores, got 4: set width and"):
        mask.data = [1, 2, 3, 4]
    with pytest.raises(TypeError, match=r"NvOSD_MaskParams.data takes numbers, got 'x'"):
        mask.data = "x"


def test_the_size_counts_itself(masked):
    masked.mask_params.size = 24
    with pytest.warns(
        RuntimeWarning, match=r"size counts the mask's bytes, 24: writing 48 does no"
    ):
        masked.mask_params.size = 48


def test_a_mask_of_ones_own_is_written_like_any_other():
    mask = pyds.NvOSD_MaskParams()
    mask.width, mask.height = 2, 1
    mask.alloc_mask_array()[:] = 1
    assert (mask.size, mask.data) == (8, 1.0)
