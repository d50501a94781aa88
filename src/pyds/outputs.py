"""What networks and the optical flow put out, as arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pyds.casters import described, whole
from pyds.fields import INT32
from pyds.nvdsinfer import NvDsInferLayerInfo, NvDsInferSegmentationMeta, NvDsInferTensorMeta
from pyds.opticalflow import NvDsOpticalFlowMeta
from pyds.pointed import Memory


def get_detections(data: object, i: int, /) -> float:
    """One number of a network's output.

    Args:
        data: The `buffer` of a layer.
        i: Index over all of its numbers in row-major order, from 0.

    Raises:
        TypeError: `data` is no buffer of float32 numbers; None where the layer has none.
        IndexError: The buffer has fewer numbers.
    """
    index = whole(i, *INT32, "pyds.get_detections: i")
    numbers = data.numbers if isinstance(data, Memory) else data
    if not isinstance(numbers, np.ndarray) or numbers.dtype != np.float32:
        what = f"one of {numbers.dtype}" if isinstance(numbers, np.ndarray) else described(data)
        raise TypeError(f"pyds.get_detections takes the float32 buffer of a layer, got {what}")
    if not 0 <= index < numbers.size:
        raise IndexError(
            f"pyds.get_detections: the buffer has {numbers.size} numbers, none at {index}"
        )
    return float(numbers.flat[index])


def get_nvds_LayerInfo(data: object, j: int, /) -> NvDsInferLayerInfo:  # noqa: N802
    """One output layer of a network, with its `buffer`.

    Args:
        data: A tensor meta, or what its user meta holds.
        j: Index of the layer, from 0.

    Raises:
        TypeError: `data` is no tensor meta.
        IndexError: The network has fewer layers.
    """
    layers = NvDsInferTensorMeta.cast(data)._core.layers
    index = whole(j, *INT32, "pyds.get_nvds_LayerInfo: j")
    if not 0 <= index < len(layers):
        raise IndexError(
            f"pyds.get_nvds_LayerInfo: there are {len(layers)} layers, none at {index}"
        )
    return NvDsInferLayerInfo.cast(layers[index])


def get_segmentation_masks(data: object) -> NDArray[np.int32]:
    """The class of each pixel.

    Args:
        data: A segmentation meta, or what its user meta holds.

    Returns:
        `(height, width)` int32, network pixels; -1 where no class is likely enough. A copy.

    Raises:
        TypeError: `data` is no segmentation meta.
    """
    class_map = NvDsInferSegmentationMeta.cast(data)._core.class_map
    return np.array(class_map, np.int32)


def get_optical_flow_vectors(data: object) -> NDArray[np.float32]:
    """How the picture moved.

    Args:
        data: An optical flow meta, or what its user meta holds.

    Returns:
        `(rows * cols * 2,)` float32: x and y of each block of pixels in turn, in 1/32 of a pixel;
        `.reshape(rows, cols, 2)` gives the grid. A copy.

    Raises:
        TypeError: `data` is no optical flow meta.
    """
    vectors = NvDsOpticalFlowMeta.cast(data)._core.vectors
    return np.array(vectors, np.float32).reshape(-1)
