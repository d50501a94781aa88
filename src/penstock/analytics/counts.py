"""How many objects of each class there are, made steady."""

from __future__ import annotations

from collections import Counter, deque


class SmoothCounts:
    """Each class's most frequent count within the last time; of equals the latest.

    Args:
        window_ns: How long; 0: the frame's own counts.
    """

    def __init__(self, window_ns: int) -> None:
        self._window_ns = window_ns
        self._past: dict[int, deque[tuple[int, int]]] = {}

    def step(self, class_ids: list[int], *, time_ns: int) -> dict[int, int]:
        """Class → objects.

        Args:
            class_ids: Of every object of this frame.
            time_ns: The frame's own time.
        """
        counts = Counter(class_ids)
        if not self._window_ns:
            return dict(counts)
        return {
            class_id: self._steady(class_id, counts[class_id], time_ns)
            for class_id in sorted({*counts, *self._past})
        }

    def _steady(self, class_id: int, count: int, time_ns: int) -> int:
        past = self._past.setdefault(class_id, deque())
        past.append((time_ns, count))
        while abs(time_ns - past[0][0]) > self._window_ns:
            past.popleft()
        # `Counter` puts the first of equals first.
        return Counter(seen for _, seen in reversed(past)).most_common(1)[0][0]
