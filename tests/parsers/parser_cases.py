"""For every parser: layers that fit it, and outputs of any content."""

import numpy as np

from penstock.parsers import PARSERS, ParseContext

CLASSES = 3
LAYERS = {
    "detectnet-v2": {"conv2d_bbox": (12, 5, 7), "conv2d_cov/Sigmoid": (3, 5, 7)},
    "boxes-scores": {"boxes": (35, 4), "scores": (35, 3)},
}
SCORES = {"detectnet-v2": "conv2d_cov/Sigmoid", "boxes-scores": "scores"}
BOXES = {"detectnet-v2": "conv2d_bbox", "boxes-scores": "boxes"}
SIZE = (112, 80)


def make_parser(name, **metadata):
    return PARSERS.load(name)(LAYERS[name], metadata=metadata)


def make_context(*thresholds, size=SIZE):
    limits = np.array(thresholds or [0.5] * CLASSES, np.float32)
    return ParseContext(size, len(limits), limits)


def random_outputs(name, seed=0):
    random = np.random.default_rng(seed)
    return {
        layer: random.uniform(0, 1, shape).astype(np.float32)
        for layer, shape in LAYERS[name].items()
    }
