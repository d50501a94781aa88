"""What an inference element does with each batch: a task for each kind of network and place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from penstock.backends import Threads, usable_cores
from penstock.config import InferConfig
from penstock.inference.attaching import attach, attach_labels, region_object
from penstock.inference.choosing import ObjectChoice
from penstock.inference.classifier import Attributes, Classifier
from penstock.inference.engine import Engine
from penstock.inference.given import GivenTensors
from penstock.inference.history import History, Seen
from penstock.inference.late import LateClassifier
from penstock.inference.region_network import RegionNetwork
from penstock.inference.regions import Detection, Roi
from penstock.meta import UNTRACKED, BatchMeta, ObjectMeta

Network = TypeVar("Network", bound=RegionNetwork[Any])

_CLASSIFIER = 1
_OBJECTS = 2
_MOST_RUNS = 4
"""Of a network on whole frames at once: nvstreammux lets as many batches out by default."""


@dataclass(slots=True)
class Counts:
    """What became of the regions that a task was given.

    Attributes:
        inferred: Regions that the network looked at, or will.
        reused: Objects that were given an earlier answer.
        untracked: Objects that were left out because no tracker knows them.
        lost: Answers that came, or were still to come, when their object was gone.
    """

    inferred: int = 0
    reused: int = 0
    untracked: int = 0
    lost: int = 0


class Task(Protocol):
    """One network's work on a stream of batches."""

    counts: Counts

    @property
    def network(self) -> RegionNetwork[Any]:
        """The network."""
        ...

    def process(self, batch: BatchMeta, *, skip: bool = False) -> None:
        """Look at one batch and write into its metadata what was found.

        Args:
            batch: With its pixels.
            skip: Do not infer; only what is known already may be written.

        Raises:
            ModelError: The network or its parser failed.
        """
        ...

    def forget(self, pad: int) -> None:
        """The source of a mux pad ended, or begins anew."""
        ...

    def close(self) -> None:
        """Release the network.

        Raises:
            ModelError: The network or its parser had failed meanwhile.
        """
        ...


def open_task(config: InferConfig) -> Task:
    """Load and compile a configuration's network for what it shall look at.

    Raises:
        ConfigError: A setting does not fit the network; with file, line and key.
        ModelError: The network cannot be used.
        MissingExtraError: The backend's library is not installed.
    """
    on_objects = config.process_mode == _OBJECTS
    if config.input_tensor_from_meta:
        return _open_for_tensors(config, threads=None if on_objects else _for_frames())
    if config.network_type != _CLASSIFIER:
        if on_objects:
            return ObjectDetection(Engine(config))
        return FrameDetection(Engine(config, threads=_for_frames()))
    if not on_objects:
        return FrameClassification(Classifier(config, threads=_for_frames()))
    classifier = Classifier(config)
    late = LateObjectClassification if config.classifier_async else ObjectClassification
    return late(classifier)


def _open_for_tensors(config: InferConfig, *, threads: Threads | None) -> Task:
    if config.network_type == _CLASSIFIER:
        classifier = Classifier(config, threads=threads)
        return FrameClassification(classifier, given=_tensors_for(classifier))
    engine = Engine(config, threads=threads)
    return FrameDetection(engine, given=_tensors_for(engine))


def _tensors_for(network: RegionNetwork[Any]) -> GivenTensors:
    return GivenTensors(network.config, shape=network.input_shape, dtype=network.input_dtype)


def _for_frames() -> Threads:
    """Several runs at once: threads that need not wait for each other cost less together."""
    return Threads(runs=min(usable_cores(), _MOST_RUNS))


class _Task(Generic[Network]):
    """What needs no memory of earlier batches."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.counts = Counts()

    def forget(self, pad: int) -> None:
        """There is nothing to forget."""

    def close(self) -> None:
        """Release the network."""
        self.network.close()


@dataclass(frozen=True)
class Steps:
    """What there is to do for one batch.

    Attributes:
        jobs: May be done at the same time, in any threads.
        finish: Comes last, and in the order of the batches.
    """

    jobs: Sequence[Callable[[], object]]
    finish: Callable[[], None]


class FrameTask(_Task[Network]):
    """A network that may look at several batches at once: on whole frames, or on given tensors.

    Args:
        network: What looks.
        given: Where its input comes from, if it is not cut out of the frames.
    """

    def __init__(self, network: Network, *, given: GivenTensors | None = None) -> None:
        super().__init__(network)
        self.given = given

    def process(self, batch: BatchMeta, *, skip: bool = False) -> None:
        """Look at one batch and write into its metadata what was found; see `Task`."""
        steps = self.steps(batch, skip=skip)
        for job in steps.jobs:
            job()
        steps.finish()

    def steps(self, batch: BatchMeta, *, skip: bool = False) -> Steps:
        """What `process` does, for somebody else to do."""
        if skip:
            return Steps((), lambda: None)
        if self.given is not None:
            rois = self.given.rois(batch)
        else:
            rois = [Roi.whole(frame) for frame in batch.frames]
        pieces = self.network.pieces(rois)
        self.counts.inferred += len(rois)

        def finish() -> None:
            for roi, found in zip(rois, pieces.answers(), strict=True):
                self._write(roi, found)

        return Steps(pieces.jobs, finish)

    def _write(self, roi: Roi, found: Any) -> None:
        """Write what was found in one region into the metadata."""
        raise NotImplementedError


class FrameDetection(FrameTask[Engine]):
    """A detector on whole frames or given tensors."""

    def _write(self, roi: Roi, found: list[Detection]) -> None:
        objects = attach(roi.frame, found, self.network.config, parent=roi.parent)
        if roi.prepared is not None:
            roi.prepared.region.objects += objects


class FrameClassification(FrameTask[Classifier]):
    """A classifier on whole frames or given tensors.

    An answer that is not about an object becomes one, as large as the frame or region.
    """

    def _write(self, roi: Roi, found: Attributes) -> None:
        roi.frame.infer_done = True
        if not found:
            return
        obj = roi.parent or roi.frame.add(region_object(roi.box, self.network.config))
        attach_labels(obj, found, self.network.config)
        if roi.prepared is not None:
            roi.prepared.region.classifiers.append(obj.classifiers[-1])


class ObjectDetection(_Task[Engine]):
    """A detector on objects: what it finds are objects with a parent."""

    def __init__(self, network: Engine) -> None:
        super().__init__(network)
        self._choice = ObjectChoice.of(network.config)

    def process(self, batch: BatchMeta, *, skip: bool = False) -> None:
        """Add what is found in each object."""
        if skip:
            return
        chosen = self._choice.objects(batch)
        rois = [roi for frame, obj in chosen if (roi := Roi.of(frame, obj))]
        self.counts.inferred += len(rois)
        for roi, found in zip(rois, self.network.infer(rois), strict=True):
            attach(roi.frame, found, self.network.config, parent=roi.parent)


class ObjectClassification(_Task[Classifier]):
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
        answers = self.network.infer([roi for roi, _ in due])
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
