"""Answers that come later: a classifier on a thread of its own."""

from __future__ import annotations

import threading
from collections import deque

from penstock.inference.classifier import Classifier, Sample
from penstock.inference.history import Seen

_RUNS_WAITING = 4


class LateClassifier:
    """Infers what is submitted, and writes the answer into its `Seen`.

    Args:
        classifier: From now on this thread's.

    Attributes:
        most_waiting: How many samples may wait; more are refused.
    """

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier
        self.most_waiting = _RUNS_WAITING * classifier.batch_size
        self._waiting: deque[tuple[Sample, Seen]] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._error: BaseException | None = None
        self._thread = threading.Thread(
            target=self._work, name="penstock-late-classifier", daemon=True
        )
        self._thread.start()

    @property
    def room(self) -> int:
        """How many samples may be submitted now."""
        return max(0, self.most_waiting - len(self._waiting))

    def submit(self, sample: Sample, seen: Seen) -> None:
        """Have a sample inferred.

        Raises:
            Exception: What stopped the thread: a ModelError, as a rule.
        """
        self.check()
        seen.pending = True
        with self._changed:
            self._waiting.append((sample, seen))
            self._changed.notify()

    def check(self) -> None:
        """Raise what stopped the thread, if anything did; once."""
        error, self._error = self._error, None
        if error is not None:
            raise error

    def close(self) -> None:
        """Stop after the run that is under way; what waits is given up."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _work(self) -> None:
        try:
            while some := self._next():
                answers = self._classifier.infer_samples([sample for sample, _ in some])
                for (_, seen), answer in zip(some, answers, strict=True):
                    seen.answer = answer  # first: whoever sees it not pending has the answer
                    seen.pending = False
        except BaseException as error:  # it is raised again on the streaming thread
            self._error = error

    def _next(self) -> list[tuple[Sample, Seen]]:
        """What to infer in one run; nothing once it is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            if self._closed:
                return []
            count = min(len(self._waiting), self._classifier.batch_size)
            return [self._waiting.popleft() for _ in range(count)]
