"""From a network's raw output layers to boxes: one image in, one `Parsed` out.

One name table; the engine picks the parser by its name, or by the layers a network has.
"""

from penstock.parsers.base import NamedParser, Outputs, ParseContext, Parsed, Parser
from penstock.parsers.choice import ALIASES, PARSERS, choose_parser, first_that_fits, stand_ins
from penstock.parsers.head import Fit, Head, Layers, YoloLayer, layers_text
from penstock.parsers.masks import BoxMasks, Masks, PrototypeMasks
from penstock.parsers.python_file import PythonFileParser

__all__ = [
    "ALIASES",
    "PARSERS",
    "BoxMasks",
    "Fit",
    "Head",
    "Layers",
    "Masks",
    "NamedParser",
    "Outputs",
    "ParseContext",
    "Parsed",
    "Parser",
    "PrototypeMasks",
    "PythonFileParser",
    "YoloLayer",
    "choose_parser",
    "first_that_fits",
    "layers_text",
    "stand_ins",
]
