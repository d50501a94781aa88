"""From a network's raw output layers to boxes, classes or class maps: one image in, one answer out.

A name table for each; the engine picks a parser of boxes by its name, or by the layers a network
has, those of a classifier and of class maps by their names.
"""

from penstock.parsers.base import NamedParser, Outputs, ParseContext, Parsed, Parser
from penstock.parsers.choice import ALIASES, PARSERS, choose_parser, first_that_fits, stand_ins
from penstock.parsers.class_maps import (
    MAP_PARSERS,
    ClassMap,
    MapContext,
    MapParser,
    looks_like_classes,
)
from penstock.parsers.classes import (
    CLASS_ALIASES,
    CLASS_PARSERS,
    DEFAULT_CLASS_PARSER,
    Attribute,
    ClassContext,
    ClassParser,
)
from penstock.parsers.head import Fit, Head, Layers, YoloLayer, layers_text
from penstock.parsers.masks import BoxMasks, Masks, PlaneMasks, PrototypeMasks
from penstock.parsers.python_classes import PythonClassParser
from penstock.parsers.python_file import PythonFileParser
from penstock.parsers.python_maps import PythonMapParser

__all__ = [
    "ALIASES",
    "CLASS_ALIASES",
    "CLASS_PARSERS",
    "DEFAULT_CLASS_PARSER",
    "MAP_PARSERS",
    "PARSERS",
    "Attribute",
    "BoxMasks",
    "ClassContext",
    "ClassMap",
    "ClassParser",
    "Fit",
    "Head",
    "Layers",
    "MapContext",
    "MapParser",
    "Masks",
    "NamedParser",
    "Outputs",
    "ParseContext",
    "Parsed",
    "Parser",
    "PlaneMasks",
    "PrototypeMasks",
    "PythonClassParser",
    "PythonFileParser",
    "PythonMapParser",
    "YoloLayer",
    "choose_parser",
    "first_that_fits",
    "layers_text",
    "looks_like_classes",
    "stand_ins",
]
