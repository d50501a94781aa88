"""How pictures move: dense optical flow between the frames of a source, and pictures of it."""

from penstock.flow.dense import BLOCK_PX, PRESETS, UNITS_PER_PX, DenseFlow
from penstock.flow.sources import SourceFlows, luma_of
from penstock.flow.wheel import color_wheel

__all__ = [
    "BLOCK_PX",
    "PRESETS",
    "UNITS_PER_PX",
    "DenseFlow",
    "SourceFlows",
    "color_wheel",
    "luma_of",
]
