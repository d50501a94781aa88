"""Which parsers there are, and which one suits a network."""

from __future__ import annotations

from penstock.errors import ModelError
from penstock.parsers.base import Layers, Parser, layers_text
from penstock.registry import Registry

PARSERS: Registry[Parser] = Registry(
    "parser",
    {
        "boxes-scores": "penstock.parsers.boxes_scores:BoxesScoresParser",
        "detectnet-v2": "penstock.parsers.detectnet:DetectNetParser",
    },
)

ALIASES = {"NvDsInferParseCustomResnet": "detectnet-v2"}
"""Functions of the SDK's sample libraries → the parser that reads the same layers."""

_TRIED_IN_ORDER = ("detectnet-v2", "boxes-scores")


def choose_parser(layers: Layers) -> str:
    """The name of the parser for a network whose configuration names none.

    Args:
        layers: The network's output layers.

    Raises:
        ModelError: No parser recognises the layers; the message lists them, and the parsers.
    """
    for name in _TRIED_IN_ORDER:
        if PARSERS.load(name).reads(layers):
            return name
    raise ModelError(
        "no parser recognises the output layers: expected one named …cov… and one named …bbox…, "
        f"or 'boxes' and 'scores'; got {layers_text(layers)}. "
        f"Name one with parse-bbox-func-name; known: {', '.join(PARSERS)}"
    )
