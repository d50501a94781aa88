"""Ids that no other track has."""

from __future__ import annotations

import secrets
from itertools import count

from penstock.trackers.base import NextId

_UPPER = 32


class TrackIds:
    """Where the trackers of several sources get their ids.

    Args:
        unique: Give each source 31 random upper bits, so that ids differ from those of other
            sources, processes and machines. Else all sources count together, from 0.
    """

    def __init__(self, *, unique: bool = False) -> None:
        self._unique = unique
        self._together = count()

    def for_source(self, *, from_zero: bool = False) -> NextId:
        """The ids of one source.

        Args:
            from_zero: Count from 0, whatever ids other sources have.
        """
        if self._unique:
            # bit 63 stays clear: ids are signed here, and -1 means untracked
            upper = secrets.randbits(_UPPER - 1) << _UPPER
            return count(upper).__next__
        return count().__next__ if from_zero else self._together.__next__
