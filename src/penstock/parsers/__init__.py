"""From a network's raw output layers to boxes: one image in, one `Parsed` out.

One name table; the engine picks the parser by its name, or by the layers a network has.
"""

from penstock.parsers.base import Layers, ParseContext, Parsed, Parser, layers_text
from penstock.parsers.choice import ALIASES, PARSERS, choose_parser

__all__ = [
    "ALIASES",
    "PARSERS",
    "Layers",
    "ParseContext",
    "Parsed",
    "Parser",
    "choose_parser",
    "layers_text",
]
