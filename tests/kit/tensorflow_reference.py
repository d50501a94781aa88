"""TensorFlow's operators in plain NumPy, one picture `(H, W, C)`: the converters' judge."""

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def windows(x, size, stride, fill):
    """SAME padding: `(H, W, C)` to `(h, w, C, size, size)`."""
    padding = []
    for side in x.shape[:2]:
        total = max((-(-side // stride) - 1) * stride + size - side, 0)
        padding.append((total // 2, total - total // 2))
    padded = np.pad(x, (*padding, (0, 0)), constant_values=fill)
    return np.lib.stride_tricks.sliding_window_view(padded, (size, size), (0, 1))[
        ::stride, ::stride
    ]


def convolve(x, kernels, stride=1):
    """`kernels` are `(size, size, inputs, outputs)`."""
    return np.einsum("hwcij,ijcf->hwf", windows(x, len(kernels), stride, 0), kernels)


def convolve_depthwise(x, kernels, stride=1):
    """`kernels` are `(size, size, channels, outputs per channel)`."""
    y = np.einsum("hwcij,ijcm->hwcm", windows(x, len(kernels), stride, 0), kernels)
    return y.reshape(*y.shape[:2], -1)


def max_pool(x, size, stride):
    return windows(x, size, stride, -np.inf).max((-2, -1))


def resize_nearest(x, height, width):
    rows = [row * x.shape[0] // height for row in range(height)]
    columns = [column * x.shape[1] // width for column in range(width)]
    return x[rows][:, columns]


def decode(offsets, anchors, scales):
    """Boxes cxcywh of anchors that are centre y and x, height and width; one after the other."""
    boxes = []
    for (dy, dx, dh, dw), (y, x, height, width) in zip(offsets, anchors, strict=True):
        sy, sx, sh, sw = scales
        boxes.append(
            [
                x + dx / sx * width,
                y + dy / sy * height,
                width * np.exp(dw / sw),
                height * np.exp(dh / sh),
            ]
        )
    return np.array(boxes)


def grid_anchors(grids, multiples):
    """`multiples` are heights and widths, in cells, of the anchors of every cell."""
    return np.array(
        [
            [(row + 0.5) / rows, (column + 0.5) / columns, height / rows, width / columns]
            for rows, columns in grids
            for row in range(rows)
            for column in range(columns)
            for height, width in multiples
        ],
        np.float32,
    )


def assert_candidates(outputs, boxes, scores, *, tolerance=1e-4):
    """A network's first picture has these candidates, in whatever order."""
    got = np.hstack([outputs["boxes"][0], outputs["scores"][0]])
    expected = np.hstack([boxes, scores])
    assert got.shape == expected.shape
    distances = np.abs(got[:, None] - expected[None]).max(-1)
    assert distances.min(0).max() <= tolerance  # each that should be there is
    assert distances.min(1).max() <= tolerance  # and no other
