"""Metadata inside encoded video: facts as bytes, and bytes as SEI messages of H.264 and H.265."""

from penstock.bitstream.facts import VERSION, ReadBatch, pack, unpack
from penstock.bitstream.sei import DamagedError, StreamForm, find, insert

__all__ = ["VERSION", "DamagedError", "ReadBatch", "StreamForm", "find", "insert", "pack", "unpack"]
