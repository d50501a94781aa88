"""What objects do: zones, crowds, lines, directions, times, speeds. Columns in, findings out.

A rule is a fixed shape and a state for each source: `step(columns, state, findings)` depends on
nothing else, no clock and no file, so the same tracks give the same findings. To add one: a file,
and a line in the name table; the name is that of its groups `[<name>-stream-<n>]`.
"""

from penstock.analytics.analyser import Analyser
from penstock.analytics.columns import FrameColumns
from penstock.analytics.findings import EVENTS, Event, Findings
from penstock.analytics.overlay import Overlay
from penstock.analytics.plan import RULES, Plan, grammars
from penstock.analytics.proof import ProofFile, ProofRecord, event_record, read_proof
from penstock.analytics.rule import Rule
from penstock.analytics.table import TrackTable

__all__ = [
    "EVENTS",
    "RULES",
    "Analyser",
    "Event",
    "Findings",
    "FrameColumns",
    "Overlay",
    "Plan",
    "ProofFile",
    "ProofRecord",
    "Rule",
    "TrackTable",
    "event_record",
    "grammars",
    "read_proof",
]
