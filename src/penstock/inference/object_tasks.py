"""Networks on objects: one task for each kind."""

from __future__ import annotations

from penstock.inference.attaching import attach, attach_labels, attach_map
from penstock.inference.choosing import ObjectChoice
from penstock.inference.classifier import Classifier
from penstock.inference.engine import Engine
from penstock.inference.history import History, Seen
from penstock.inference.late import LateClassifier
from penstock.inference.raw_network import RawNetwork
from penstock.inference.regions import Detection, Roi
from penstock.inference.segmenter import Segmented, Segmenter
from penstock.inference.tasks import NetworkTask, ObjectTask
from penstock.meta import UNTRACKED, BatchMeta, ObjectMeta


class ObjectDetection(ObjectTask[Engine]):
    """A detector on objects: what it finds are objects with a parent."""

    def _write(self, roi: Roi, found: list[Detection]) -> None:
        attach(roi.frame, found, self.network.config, parent=roi.parent)


class ObjectSegmentation(ObjectTask[Segmenter]):
    """A segmentation network on objects: a class map of each one's box, perhaps its mask."""

    def _write(self, roi: Roi, found: Segmented) -> None:
        attach_map(roi, found, self.network.config)


class ObjectOutputs(ObjectTask[RawNetwork]):
    """A network on objects whose outputs the application reads."""

    def _write(self, roi: Roi, found: None) -> None:
        roi.frame.infer_done = True


class ObjectClassification(NetworkTask[Classifier]):
    """A classifier on objects; tracked ones keep their answer until they are looked at again."""

    def __init__(self, network: Classifier) -> None:
        super().__init__(network)
        self._choice = ObjectChoice.of(network.config)
        self._history = History(network.config.reinfer_interval)

    def process(self, batch: BatchMeta, *, skip: bool = False) -> None:
        """Label the objects of one batch."""
        due: list[tuple[Roi, ObjectMeta]] = []
        for frame, obj in self._choice.objects(batch):
            seen = self._history.of(frame, obj)
            is_due = not skip and self._history.is_due(seen, frame, obj)
            roi = Roi.of(frame, obj) if is_due else None
            if roi is not None:
                due.append((roi, obj))
            elif seen is not None:
                self._show(obj, seen)
        answers = self.look([roi for roi, _ in due])
        self.counts.inferred += len(due)
        for (roi, obj), answer in zip(due, answers, strict=True):
            roi.frame.infer_done = True
            attach_labels(obj, answer, self.network.config)
            seen = self._history.look(roi.frame, obj)
            if seen is not None:
                seen.answer = seen.shown = answer

    def forget(self, pad: int) -> None:
        """The answers about its objects are of no use any more."""
        self._history.forget(pad)

    def _show(self, obj: ObjectMeta, seen: Seen) -> None:
        """Give an object the answer that is there, if there is one."""
        answer = seen.answer  # another thread may replace it
        if answer is not None:
            self.counts.reused += 1
            seen.shown = answer
            attach_labels(obj, answer, self.network.config)


class LateObjectClassification(ObjectClassification):
    """A classifier that holds no batch up: tracked objects get their answer in a later one."""

    def __init__(self, network: Classifier) -> None:
        super().__init__(network)
        self._late = LateClassifier(network)

    def process(self, batch: BatchMeta, *, skip: bool = False) -> None:
        """Label the objects of one batch as far as answers are there; have others looked at.

        An object for which there is no room waits for one of the next batches.
        """
        self._late.check()
        due: list[Roi] = []
        room = 0 if skip else self._late.room
        for frame, obj in self._choice.objects(batch):
            if obj.track_id == UNTRACKED:
                self.counts.untracked += 1
                continue
            seen = self._history.of(frame, obj)
            if seen is not None:
                self._show(obj, seen)
            if len(due) < room and self._history.is_due(seen, frame, obj):
                roi = Roi.of(frame, obj)
                if roi is not None:
                    due.append(roi)
        self._submit(due)
        self.counts.lost = self._history.lost

    def close(self) -> None:
        """Stop the thread and release the network; answers still to come are counted as lost."""
        self._late.close()
        self._history.forget_all()
        self.counts.lost = self._history.lost
        super().close()
        self._late.check()

    def _submit(self, rois: list[Roi]) -> None:
        for roi, sample in zip(rois, self.network.sample(rois), strict=True):
            assert roi.parent is not None
            seen = self._history.look(roi.frame, roi.parent)
            assert seen is not None
            self.counts.inferred += 1
            self._late.submit(sample, seen)
