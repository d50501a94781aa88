"""Batches with objects, and classifiers small enough to compute by hand."""

import numpy as np

from onnx_models import save_model
from penstock.meta import UNTRACKED, BatchMeta, FrameMeta, ObjectMeta, Surfaces
from penstock.surface import Colorimetry, CpuSurface

SIZE = (32, 24)
WEIGHTS = np.random.default_rng(3).normal(size=(3, 3)).astype(np.float32) * 8


def colour_classifier(path, *, batch="n", ends=("Softmax", "Softmax")):
    """A classifier of 32x24 pictures, 0..1: softmax of W·mean colour, and of (dark, bright)."""
    return save_model(
        path,
        [
            ("ReduceMean", ["image"], ["mean"], {"axes": [2, 3], "keepdims": 0}),
            ("MatMul", ["mean", "w"], ["kinds"], {}),
            (ends[0], ["kinds"], ["kind"], {}),
            ("ReduceMean", ["mean"], ["light"], {"axes": [1], "keepdims": 1}),
            ("Mul", ["light", "contrast"], ["lights"], {}),
            (ends[1], ["lights"], ["brightness"], {}),
        ],
        inputs={"image": [batch, 3, SIZE[1], SIZE[0]]},
        outputs={"kind": [batch, 3], "brightness": [batch, 2]},
        constants={"w": WEIGHTS, "contrast": np.array([[4, 6]], np.float32)},
    )


def by_hand(picture, ltwh):
    """The kind's probabilities for a box of the network's size: `picture` is `(H, W, 3)` uint8."""
    left, top, width, height = map(int, ltwh)
    assert (width, height) == SIZE
    mean = picture[top : top + height, left : left + width].reshape(-1, 3).mean(axis=0) / 255
    powers = np.exp(mean @ WEIGHTS)
    return powers / powers.sum()


def noise(size=(128, 96), *, seed=0):
    """A picture of coloured blocks, `(H, W, 3)` uint8."""
    blocks = np.random.default_rng(seed).integers(0, 256, (size[1] // 8, size[0] // 8, 3), np.uint8)
    return np.ascontiguousarray(blocks.repeat(8, axis=0).repeat(8, axis=1))


def plain(colour, size=(128, 96)):
    """A picture of one colour."""
    return np.full((size[1], size[0], 3), colour, np.uint8)


def frame_of(picture, *objects, source_id=0, frame_num=0):
    """A frame, its picture and its objects; see `batch_of_frames`."""
    height, width, _ = picture.shape
    frame = FrameMeta(source_id, frame_num=frame_num, size=(width, height))
    for obj in objects:
        frame.add(obj)
    return frame, picture


def batch_of_frames(*frames):
    """A batch with pixels, of what `frame_of` makes."""
    surfaces = [
        CpuSurface.from_planes((picture,), "RGB", colorimetry=Colorimetry())
        for _, picture in frames
    ]
    return BatchMeta([frame for frame, _ in frames], surfaces=Surfaces(surfaces))


def found(ltwh=(0.0, 0.0, 32.0, 24.0), *, track_id=UNTRACKED, class_id=0, component_id=1, label=""):
    """An object."""
    obj = ObjectMeta(
        ltwh, track_id=track_id, class_id=class_id, component_id=component_id, label=label
    )
    obj.text.text = label or None
    return obj
