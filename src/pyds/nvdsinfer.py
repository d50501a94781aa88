# ruff: noqa: N815 - the names are DeepStream's
"""What networks put out, as C structs: tensors, class maps, boxes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penstock.meta import LabelInfo, NetworkInfo, SegmentationMeta, TensorLayer, TensorMeta
from pyds.arrays import Numbers
from pyds.casters import whole
from pyds.embedded import Embedded
from pyds.enums import NvDsInferDataType
from pyds.extras import ReservedPointer, extras_of
from pyds.fields import INT32, Field, Flag, Float, PlainString, Unsigned, Whole
from pyds.fixed import Derived, ReadOnly
from pyds.lists import Counted
from pyds.pointed import FirstNumber, NumbersPointer
from pyds.records import MAX_DIMS, Dims, FoundBox, PictureDims
from pyds.views import View

_TYPES = {
    np.dtype(np.float32): 0,
    np.dtype(np.float16): 1,
    np.dtype(np.int8): 2,
    np.dtype(np.int32): 3,
    np.dtype(np.int64): 4,  # newer headers call it INT64, and 5 UINT8
    np.dtype(np.uint8): 5,
}


class NvDsInferDims(View, of=Dims):
    """The shape of a tensor, without a batch axis."""

    __slots__ = ()

    numDims = ReadOnly(Unsigned("count", "How many dimensions it has."))
    numElements = Derived(Unsigned("elements", "How many numbers it has."))
    d = Numbers("sizes", "Its sizes: the first `numDims` count.", dtype=np.uint32, length=MAX_DIMS)


class NvDsInferDimsCHW(View, of=PictureDims):
    """The shape of a picture."""

    __slots__ = ()

    c = ReadOnly(Unsigned("channels", "Channels."))
    h = ReadOnly(Unsigned("height", "Rows."))
    w = ReadOnly(Unsigned("width", "Columns."))


def _dims_of(layer: TensorLayer) -> Dims:
    """The shape of a layer; the same object at every call."""
    extras = extras_of(layer)
    if "dims" not in extras:
        shape = layer.data.shape[:MAX_DIMS]
        dims = Dims(count=len(shape))
        dims.sizes[: len(shape)] = shape
        extras["dims"] = dims
    shown: Dims = extras["dims"]
    return shown


class _LayerDims(Field):
    reads, writes = "NvDsInferDims", ""

    def __init__(self) -> None:
        super().__init__("", "Its shape, without a batch axis.")

    def _reader(self) -> Callable[[Any], NvDsInferDims]:
        return lambda view: NvDsInferDims._over(_dims_of(view._core))


class _DataType(Field):
    reads, writes = "NvDsInferDataType", ""

    def _reader(self) -> Callable[[Any], NvDsInferDataType]:
        return lambda view: NvDsInferDataType(_TYPES.get(view._core.data.dtype, -1))


class NvDsInferLayerInfo(View, of=TensorLayer):
    """One layer of a network."""

    __slots__ = ()

    dataType = _DataType("", "Type of its numbers.")
    dims = _LayerDims()
    inferDims = _LayerDims()
    bindingIndex = ReadOnly(Whole("index", "Its place among the network's layers."))
    layerName = ReadOnly(PlainString("name", "Its name in the model."))
    buffer = ReadOnly(NumbersPointer("data", "Its numbers: for `get_ptr` or `numpy.asarray`."))
    isInput = ReadOnly(Flag("is_input", "1 if the network reads it."))


class NvDsInferNetworkInfo(View, of=NetworkInfo):
    """The size of a network's input."""

    __slots__ = ()

    width = Unsigned("width", "Network pixels.")
    height = Unsigned("height", "Network pixels.")
    channels = Unsigned("channels", "3 for colour, 1 for gray.")


class NvDsInferObjectDetectionInfo(View, of=FoundBox):
    """A box that a parser found."""

    __slots__ = ()

    classId = Unsigned("class_id", "Index into the network's labels.")
    left = Float("left", "Left edge, network pixels.")
    top = Float("top", "Top edge, network pixels.")
    width = Float("width", "Width, network pixels.")
    height = Float("height", "Height, network pixels.")
    detectionConfidence = Float("confidence", "Confidence, 0 to 1.")


class NvDsInferAttribute(View, of=LabelInfo):
    """One answer of a classifier's parser."""

    __slots__ = ()

    attributeIndex = ReadOnly(Unsigned("label_id", "Which output of the network answered."))
    atttributeIndex = ReadOnly(Unsigned("label_id", "The same, misspelt."))
    attributeValue = ReadOnly(Unsigned("class_id", "Index of the class."))
    attributeConfidence = ReadOnly(Float("confidence", "Confidence, 0 to 1."))
    attributeLabel = ReadOnly(PlainString("label", "Name of the class."))


class _LayerBuffers(Field):
    reads, writes = "list[NDArray[Any]]", ""

    def _reader(self) -> Callable[[Any], list[NDArray[Any]]]:
        return lambda view: [layer.data for layer in view._core.layers]


class NvDsInferTensorMeta(View, of=TensorMeta):
    """The output layers of one network for one frame or object."""

    __slots__ = ()

    network_info = ReadOnly(
        Embedded("network", "The size of its input.", kind=NvDsInferNetworkInfo)
    )
    unique_id = ReadOnly(Unsigned("component_id", "`gie-unique-id` of the element that ran it."))
    num_output_layers = ReadOnly(Counted("layers", "How many layers."))
    out_buf_ptrs_host = _LayerBuffers("", "The numbers of every layer.")
    out_buf_ptrs_dev = _LayerBuffers("", "The numbers of every layer, which are on no device.")
    gpu_id = ReadOnly(Whole("gpu_id", "Number of the GPU."))
    priv_data = ReadOnly(ReservedPointer("priv_data"))

    def output_layers_info(self, j: int) -> NvDsInferLayerInfo:
        """Layer `j`, counted from 0.

        Raises:
            IndexError: There are fewer layers.
        """
        label, layers = "NvDsInferTensorMeta.output_layers_info", self._core.layers
        index = whole(j, *INT32, f"{label}: j")
        if not 0 <= index < len(layers):
            raise IndexError(f"{label}: the network has {len(layers)} output layers, not [{index}]")
        return NvDsInferLayerInfo._over(layers[index])


class NvDsInferSegmentationMeta(View, of=SegmentationMeta):
    """A class for every pixel; `get_segmentation_masks` gives the whole map."""

    __slots__ = ()

    classes = ReadOnly(Unsigned("classes", "Number of classes."))
    width = Derived(Unsigned("width", "Columns of the map."))
    height = Derived(Unsigned("height", "Rows of the map."))
    class_map = ReadOnly(FirstNumber("class_map", "Class of the first pixel.", dtype=np.int32))
    class_probabilities_map = ReadOnly(
        FirstNumber("probabilities", "First probability of the first class.", dtype=np.float32)
    )
    priv_data = ReadOnly(ReservedPointer("priv_data"))
