"""The JSON Schemas of messages."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

SCHEMAS = ("full", "full-objects", "minimal")
"""Full messages about events, the same about plain objects, minimal messages."""


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of one kind of message.

    Args:
        name: `full` (about events), `full-objects` (about plain objects) or `minimal`.
    """
    found: dict[str, Any] = json.loads(
        files("penstock.messages").joinpath(f"schemas/{name}.json").read_text()
    )
    return found
