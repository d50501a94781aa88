"""From a network's raw output layers to boxes or classes: one image in, one answer out.

A name table for each; the engine picks a parser of boxes by its name, or by the layers a network
has, and a classifier's by its name.
"""

from penstock.parsers.base import NamedParser, Outputs, ParseContext, Parsed, Parser
from penstock.parsers.choice import ALIASES, PARSERS, choose_parser, first_that_fits, stand_ins
from penstock.parsers.classes import (
    CLASS_ALIASES,
    CLASS_PARSERS,
    DEFAULT_CLASS_PARSER,
    Attribute,
    ClassContext,
    ClassParser,
)
from penstock.parsers.head import Fit, Head, Layers, YoloLayer, layers_text
from penstock.parsers.masks import BoxMasks, Masks, PrototypeMasks
from penstock.parsers.python_classes import PythonClassParser
from penstock.parsers.python_file import PythonFileParser

__all__ = [
    "ALIASES",
    "CLASS_ALIASES",
    "CLASS_PARSERS",
    "DEFAULT_CLASS_PARSER",
    "PARSERS",
    "Attribute",
    "BoxMasks",
    "ClassContext",
    "ClassParser",
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
    "PythonClassParser",
    "PythonFileParser",
    "YoloLayer",
    "choose_parser",
    "first_that_fits",
    "layers_text",
    "stand_ins",
]
