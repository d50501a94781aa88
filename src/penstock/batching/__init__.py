"""When a batch leaves, and with which frames: the mux's policy, without GStreamer.

`Batcher` is a state machine: what arrived goes in, one `Decision` at a time comes out. It starts
no thread, takes no lock and reads no clock; the caller passes the time.
"""

from penstock.batching.batcher import Batcher
from penstock.batching.decisions import (
    Batch,
    Decision,
    Ended,
    Late,
    SourceEnded,
    SourceEvent,
    Wait,
)
from penstock.batching.joining import Branch, Joiner
from penstock.batching.pads import (
    Counters,
    EndedPadError,
    FlushingPadError,
    PadError,
    PadRate,
    UnknownPadError,
)

__all__ = [
    "Batch",
    "Batcher",
    "Branch",
    "Counters",
    "Decision",
    "Ended",
    "EndedPadError",
    "FlushingPadError",
    "Joiner",
    "Late",
    "PadError",
    "PadRate",
    "SourceEnded",
    "SourceEvent",
    "UnknownPadError",
    "Wait",
]
