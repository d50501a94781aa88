"""A network that finds the bright part of a picture, and pictures that have one."""

import numpy as np

from onnx_models import save_model
from penstock.inference import Roi
from penstock.meta import BatchMeta, FrameMeta, Surfaces
from penstock.surface import Colorimetry, CpuSurface

RED, GREEN, BLUE = range(3)


def bright_box_network(path, *, batch="n", size=(32, 24), layout="NCHW", sides=None, only=None):
    """Write a detector: input `image`, 0..1; outputs `boxes` (n, 1, 4) xyxy and `scores` (n, 1, 3).

    The box is that of all pixels brighter than 0.25, the three classes are the colours, and the
    score of a colour is its brightest value.

    sides: what the file says about height and width; only: the one batch size that works.
    """
    width, height = size
    column, row = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
    nchw = "image" if layout == "NCHW" else "chw"
    sides = sides or [height, width]
    shape = [3, *sides] if layout == "NCHW" else [*sides, 3]
    to_nchw = [("Transpose", ["image"], ["chw"], {"perm": [0, 3, 1, 2]})]
    nodes = [
        *(to_nchw if layout == "NHWC" else []),
        ("Greater", [nchw, "limit"], ["is_bright"], {}),
        ("Cast", ["is_bright"], ["bright"], {"to": 1}),
        ("ReduceMax", ["bright"], ["columns"], {"axes": [1, 2], "keepdims": 0}),
        ("ReduceMax", ["bright"], ["rows"], {"axes": [1, 3], "keepdims": 0}),
        *_edges("columns", "x"),
        *_edges("rows", "y"),
        ("Concat", ["x1", "y1", "x2", "y2"], ["flat_boxes"], {"axis": 1}),
        ("Reshape", ["flat_boxes", "boxes_shape"], ["boxes"], {}),
        ("ReduceMax", [nchw], ["flat_scores"], {"axes": [2, 3], "keepdims": 0}),
        ("Reshape", ["flat_scores", "scores_shape"], ["scores"], {}),
    ]
    return save_model(
        path,
        nodes,
        inputs={"image": [batch, *shape]},
        outputs={"boxes": [batch, 1, 4], "scores": [batch, 1, 3]},
        constants={
            "limit": np.float32(0.25),
            "boxes_shape": np.array([only or -1, 1, 4]),
            "scores_shape": np.array([only or -1, 1, 3]),
            "from_x": column + 1,
            "until_x": width - column,
            "side_x": np.float32(width),
            "from_y": row + 1,
            "until_y": height - row,
            "side_y": np.float32(height),
        },
        metadata={"penstock.boxes": "xyxy"},
    )


def _edges(mask, axis):
    """The first bright index and the one after the last."""
    last = {"axes": [1], "keepdims": 1}
    return [
        ("Mul", [mask, f"from_{axis}"], [f"reach_{axis}"], {}),
        ("ReduceMax", [f"reach_{axis}"], [f"{axis}2"], last),
        ("Mul", [mask, f"until_{axis}"], [f"rest_{axis}"], {}),
        ("ReduceMax", [f"rest_{axis}"], [f"longest_{axis}"], last),
        ("Sub", [f"side_{axis}", f"longest_{axis}"], [f"{axis}1"], {}),
    ]


def make_rois(*pictures):
    """One region of a frame for each `(size, ltwh of a bright square, colour, brightness)`."""
    frames, surfaces = [], []
    for source_id, (size, ltwh, colour, brightness) in enumerate(pictures):
        frames.append(FrameMeta(source_id, frame_num=7 + source_id, size=size))
        surfaces.append(_surface(size, ltwh, colour, brightness))
    batch = BatchMeta(frames, surfaces=Surfaces(surfaces))
    rois = [Roi.whole(frame) for frame in batch]
    rois[0].frame.user.append(batch)  # surfaces live as long as their batch
    return rois


def _surface(size, ltwh, colour, brightness):
    left, top, width, height = ltwh
    picture = np.zeros((size[1], size[0], 3), np.uint8)
    picture[top : top + height, left : left + width, colour] = round(brightness * 255)
    return CpuSurface.from_planes((picture,), "RGB", colorimetry=Colorimetry())
