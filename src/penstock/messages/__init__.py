"""From metadata to finished messages: frames in, bytes out.

A name table of payloads; to add one: a file, and a line in the table. The JSON Schema of each lies
in `schemas/`, where `nv.proto` is the protobuf schema.
"""

from penstock.messages.base import PAYLOADS, PayloadSettings, PayloadWriter
from penstock.messages.converter import Converter
from penstock.messages.custom import CustomContext
from penstock.messages.debugging import DebugFolder
from penstock.messages.schema import schema

__all__ = [
    "PAYLOADS",
    "Converter",
    "CustomContext",
    "DebugFolder",
    "PayloadSettings",
    "PayloadWriter",
    "schema",
]
