"""Networks' outputs as arrays."""

import numpy as np
import pytest

import pyds
from penstock.meta import OpticalFlowMeta, SegmentationMeta, TensorLayer, TensorMeta, UserMeta


@pytest.fixture
def tensors():
    scores = np.arange(6, dtype=np.float32).reshape(2, 3)
    return TensorMeta([TensorLayer("scores", scores), TensorLayer("ids", np.arange(2))])


def test_a_layer_is_found_by_number_with_its_buffer(tensors):
    user = pyds.NvDsUserMeta.cast(UserMeta(tensors, meta_type=12))
    layer = pyds.get_nvds_LayerInfo(user.user_meta_data, 0)
    assert layer.layerName == "scores"
    numbers = [pyds.get_detections(layer.buffer, i) for i in range(6)]
    assert numbers == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    assert type(numbers[0]) is float


def test_no_number_is_read_beyond_a_buffer(tensors):
    layer = pyds.get_nvds_LayerInfo(pyds.NvDsInferTensorMeta.cast(tensors), 0)
    for index in (6, -1):
        with pytest.raises(IndexError, match=rf"the buffer has 6 numbers, none at {index}"):
            pyds.get_detections(layer.buffer, index)
    with pytest.raises(IndexError, match=r"get_nvds_LayerInfo: there are 2 layers, none at 2"):
        pyds.get_nvds_LayerInfo(tensors, 2)


def test_what_is_no_float_buffer_is_refused(tensors):
    ids = pyds.get_nvds_LayerInfo(tensors, 1)
    with pytest.raises(TypeError, match=r"takes the float32 buffer of a layer, got one of int64"):
        pyds.get_detections(ids.buffer, 0)
    with pytest.raises(TypeError, match=r"takes the float32 buffer of a layer, got None"):
        pyds.get_detections(None, 0)
    with pytest.raises(TypeError, match=r"NvDsInferTensorMeta.cast"):
        pyds.get_nvds_LayerInfo("tensors", 0)


def test_segmentation_masks_are_a_copy_of_the_class_map():
    core = SegmentationMeta(np.array([[1, -1], [0, 2], [3, 3]], np.int32), classes=4)
    masks = pyds.get_segmentation_masks(pyds.NvDsInferSegmentationMeta.cast(core))
    assert masks.tolist() == [[1, -1], [0, 2], [3, 3]]
    assert masks.dtype == np.int32
    masks[:] = 9
    assert core.class_map.max() == 3
    with pytest.raises(TypeError, match=r"NvDsInferSegmentationMeta.cast"):
        pyds.get_segmentation_masks(None)


def test_optical_flow_is_a_flat_copy_that_reshapes_to_its_grid():
    vectors = np.arange(12, dtype=np.int16).reshape(2, 3, 2)
    core = OpticalFlowMeta(vectors)
    flow = pyds.get_optical_flow_vectors(pyds.NvDsOpticalFlowMeta.cast(core))
    assert (flow.shape, flow.dtype) == ((12,), np.float32)
    assert flow.reshape(2, 3, 2).tolist() == vectors.tolist()
    flow[:] = 0
    assert core.vectors.max() == 11
    with pytest.raises(TypeError, match=r"NvDsOpticalFlowMeta.cast"):
        pyds.get_optical_flow_vectors(7.5)
