"""Tensors, layers and class maps through pyds."""

import weakref

import numpy as np
import pytest

import pyds
from penstock.meta import NetworkInfo, SegmentationMeta, TensorLayer, TensorMeta, UserMeta


@pytest.fixture
def core_tensors():
    """Two layers: boxes (4, 2, 3) and classes (7,)."""
    boxes = np.arange(24, dtype=np.float32).reshape(4, 2, 3)
    layers = [TensorLayer("boxes", boxes, 1), TensorLayer("classes", np.zeros(7, np.int32), 2)]
    return TensorMeta(layers, 3, NetworkInfo(640, 480, 3))


@pytest.fixture
def tensors(core_tensors):
    user = pyds.NvDsUserMeta.cast(UserMeta(core_tensors, meta_type=TensorMeta.META_TYPE))
    assert user.base_meta.meta_type == pyds.NVDSINFER_TENSOR_OUTPUT_META
    return pyds.NvDsInferTensorMeta.cast(user.user_meta_data)


def test_a_tensor_meta_names_its_network_and_its_layers(tensors):
    assert (tensors.unique_id, tensors.num_output_layers, tensors.gpu_id) == (3, 2, 0)
    network = tensors.network_info
    assert (network.width, network.height, network.channels) == (640, 480, 3)
    assert [tensors.output_layers_info(i).layerName for i in range(2)] == ["boxes", "classes"]
    assert [len(numbers) for numbers in tensors.out_buf_ptrs_host] == [4, 7]
    assert tensors.priv_data is None


def test_a_layer_tells_its_shape_its_type_and_its_numbers(tensors):
    layer = tensors.output_layers_info(0)
    dims = layer.inferDims

    assert (dims.numDims, dims.numElements, list(dims.d)) == (3, 24, [4, 2, 3, 0, 0, 0, 0, 0])
    assert dims == layer.dims
    assert (layer.dataType, layer.bindingIndex, layer.isInput) == (pyds.FLOAT, 1, 0)
    assert np.asarray(layer.buffer)[1, 0, 2] == 8.0
    assert tensors.output_layers_info(1).dataType == pyds.INT32


@pytest.mark.parametrize(
    ("dtype", "number"), [("f4", pyds.FLOAT), ("f2", pyds.HALF), ("i1", pyds.INT8), ("u1", 5)]
)
def test_a_layer_names_the_type_of_its_numbers(dtype, number):
    layer = pyds.NvDsInferLayerInfo.cast(TensorLayer("any", np.zeros(1, dtype)))
    assert layer.dataType == number


def test_types_that_newer_versions_number_read_as_those_numbers():
    layer = pyds.NvDsInferLayerInfo.cast(TensorLayer("ids", np.zeros(1, np.int64)))
    assert layer.dataType == 4
    assert str(layer.dataType) == "NvDsInferDataType.???"


def test_numbers_seen_through_a_buffer_outlive_the_metadata():
    layer = pyds.NvDsInferLayerInfo.cast(TensorLayer("big", np.ones((500, 1000), np.float32)))
    numbers = np.asarray(layer.buffer)
    gone = weakref.ref(layer._core)
    del layer
    assert gone() is None
    assert numbers.sum() == 500_000
    assert numbers.dtype == np.float32


@pytest.mark.parametrize("index", [2, -1])
def test_a_layer_that_is_not_there_is_an_index_error(tensors, index):
    with pytest.raises(IndexError, match=rf"network has 2 output layers, not \[{index}\]"):
        tensors.output_layers_info(index)
    with pytest.raises(TypeError, match=r"output_layers_info: j takes a whole number, got 'x'"):
        tensors.output_layers_info("x")


def test_a_layer_of_ones_own_has_no_numbers():
    layer = pyds.NvDsInferLayerInfo()
    assert layer.buffer is None
    assert (layer.inferDims.numDims, layer.inferDims.numElements) == (1, 0)


def test_a_class_map_tells_its_size_and_its_first_values():
    core = SegmentationMeta(np.array([[2, -1, 0]], np.int32), np.full((4, 1, 3), 0.5, "f"), 4, 9)
    found = pyds.NvDsInferSegmentationMeta.cast(core)

    assert (found.classes, found.width, found.height) == (4, 3, 1)
    assert (found.class_map, found.class_probabilities_map) == (2, 0.5)
    empty = pyds.NvDsInferSegmentationMeta()
    assert (empty.class_map, empty.class_probabilities_map) == (None, None)


def test_copies_of_outputs_are_apart_where_somebody_may_write(core_tensors):
    twin = core_tensors.copy()
    twin.layers.pop()
    twin.network.width = 1
    assert (len(core_tensors.layers), core_tensors.network.width) == (2, 640)
    assert twin.layers[0].data is core_tensors.layers[0].data
    segmented = SegmentationMeta(np.zeros((2, 2), np.int32))
    other = segmented.copy()
    other.class_map[0, 0] = 5
    assert segmented.class_map[0, 0] == 0


def test_what_a_parser_finds_is_a_struct_to_fill():
    box = pyds.NvDsInferObjectDetectionInfo()
    box.classId, box.left, box.detectionConfidence = 3, 1, 0.5
    assert (box.classId, box.left, box.detectionConfidence) == (3, 1.0, 0.5)
