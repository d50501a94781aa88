"""What is upstream of a pad, as its answer to the LATENCY query says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from penstock.gst.gi import Gst

_FOR_EVER = int(Gst.CLOCK_TIME_NONE)


class UpstreamLatency(NamedTuple):
    """Latency up to one place, nanoseconds.

    Attributes:
        live: Whether frames are made as time passes.
        least_ns: How long after its time a frame is there.
        most_ns: How long frames can be held back; `Gst.CLOCK_TIME_NONE`: for ever.
    """

    live: bool = False
    least_ns: int = 0
    most_ns: int = _FOR_EVER

    @classmethod
    def of(cls, sink: Gst.Pad) -> UpstreamLatency:
        """Ask what a sink pad is linked to; nothing there is not live."""
        query = Gst.Query.new_latency()
        return cls(*query.parse_latency()) if sink.peer_query(query) else cls()

    @classmethod
    def joined(cls, several: Iterable[UpstreamLatency]) -> UpstreamLatency:
        """What holds where several live streams meet."""
        live = [one for one in several if one.live]
        if not live:
            return cls()
        return cls(True, max(one.least_ns for one in live), min(one.most_ns for one in live))

    def delayed(self, by_ns: int) -> UpstreamLatency:
        """What holds behind something that keeps frames for up to `by_ns`."""
        most_ns = self.most_ns if self.most_ns == _FOR_EVER else self.most_ns + by_ns
        return UpstreamLatency(self.live, self.least_ns + by_ns, most_ns)
