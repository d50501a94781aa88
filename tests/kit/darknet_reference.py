"""Darknet's forward pass in plain NumPy, one image, written for clarity: the converter's judge.

The box formula is checked cell by cell in loops on purpose: nothing here shares a trick with the
code under test.
"""

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


ACTIVATIONS = {
    "linear": lambda x: x,
    "leaky": lambda x: np.where(x > 0, x, 0.1 * x),
    "relu": lambda x: np.maximum(x, 0),
    "logistic": sigmoid,
    "swish": lambda x: x * sigmoid(x),
    "mish": lambda x: x * np.tanh(np.log1p(np.exp(x))),
}


def windows(image, size, stride, fill, before, after):
    """`(C, H, W)` to `(C, h, w, size, size)`."""
    padded = np.pad(image, ((0, 0), (before, after), (before, after)), constant_values=fill)
    view = np.lib.stride_tricks.sliding_window_view(padded, (size, size), axis=(1, 2))
    return view[:, ::stride, ::stride]


def convolve(image, kernels, stride, padding, groups):
    patches = windows(image, kernels.shape[-1], stride, 0, padding, padding)
    pairs = zip(np.split(patches, groups), np.split(kernels, groups), strict=True)
    return np.concatenate([np.einsum("chwij,fcij->fhw", patch, k) for patch, k in pairs])


class Reference:
    """Builds random weights while it goes, so that cfg and weights always fit.

    `layers` are `(kind, options)`; after `run(image)`, `floats` is what a .weights file holds.
    """

    def __init__(self, layers, *, seed=0):
        self.layers = layers
        self.random = np.random.default_rng(seed)
        self.floats = []
        self.boxes, self.scores = [], []

    def run(self, image):
        self.height, self.width = image.shape[1:]
        outputs = []
        x = image.astype(np.float64)
        for kind, options in self.layers:
            x = getattr(self, kind)(x, outputs, **options)
            outputs.append(x)
        return np.concatenate(self.boxes), np.concatenate(self.scores)

    def convolutional(
        self, x, _outputs, *, filters, size=1, stride=1, groups=1, pad=1, normalize=1, act="leaky"
    ):
        bias = self.random.normal(0, 0.2, filters)
        self.floats.append(bias)
        if normalize:
            gamma = self.random.uniform(0.5, 1.5, filters)
            mean = self.random.normal(0, 0.2, filters)
            variance = self.random.uniform(0.5, 2, filters)
            self.floats += [gamma, mean, variance]
        shape = (filters, len(x) // groups, size, size)
        kernels = self.random.normal(0, 1 / np.sqrt(np.prod(shape[1:])), shape)
        self.floats.append(kernels)
        y = convolve(x, kernels, stride, size // 2 if pad else 0, groups)
        if normalize:
            y = (y - mean[:, None, None]) / np.sqrt(variance + 1e-5)[:, None, None]
            y *= gamma[:, None, None]
        return ACTIVATIONS[act](y + bias[:, None, None])

    def maxpool(self, x, _outputs, size, stride):
        before = (size - 1) // 2
        return windows(x, size, stride, -np.inf, before, size - 1 - before).max((-2, -1))

    def upsample(self, x, _outputs, stride):
        return x.repeat(stride, 1).repeat(stride, 2)

    def route(self, _x, outputs, layers, groups=1, group_id=0):
        return np.concatenate([np.split(outputs[i], groups)[group_id] for i in layers])

    def shortcut(self, x, outputs, source, act="linear"):
        return ACTIVATIONS[act](x + outputs[source])

    def yolo(self, x, _outputs, anchors, mask, classes, scale=1.0):
        h, w = x.shape[1:]
        chosen = [anchors[i] for i in mask]
        for (anchor_width, anchor_height), block in zip(
            chosen, np.split(x, len(chosen)), strict=True
        ):
            for row in range(h):
                for column in range(w):
                    tx, ty, tw, th, obj, *odds = block[:, row, column]
                    cx = sigmoid(tx) * scale - (scale - 1) / 2 + column
                    cy = sigmoid(ty) * scale - (scale - 1) / 2 + row
                    box_width = np.exp(tw) * anchor_width / self.width
                    box_height = np.exp(th) * anchor_height / self.height
                    self.boxes.append([[cx / w, cy / h, box_width, box_height]])
                    self.scores.append([sigmoid(obj) * sigmoid(np.array(odds))])
        return x


KEYS = {"normalize": "batch_normalize", "act": "activation", "source": "from", "scale": "scale_x_y"}


def write_cfg(path, layers, size):
    """Write the layers the way Darknet does, comments and odd spacing included."""
    lines = ["[net]", "# a comment", f"width={size[0]}", f"height = {size[1]}", "channels=3"]
    defaults = {"convolutional": {"pad": 1, "normalize": 1, "act": "leaky"}}
    for kind, options in layers:
        lines += ["", f"[{kind}]"]
        for key, value in {**defaults.get(kind, {}), **options}.items():
            text = ", ".join(map(str, np.ravel(value)))
            lines.append(f"{KEYS.get(key, key)} = {text}")
        if kind == "yolo":
            lines.append(f"num={len(options['anchors'])}")
    path.write_text("\n".join(lines))


def write_weights(path, floats):
    """Write version 0.2.5, 32,013,312 images seen, and the floats."""
    header = np.array([0, 2, 5], "<i4").tobytes() + np.array([32_013_312], "<i8").tobytes()
    path.write_bytes(header + b"".join(np.asarray(f, "<f4").tobytes() for f in floats))
