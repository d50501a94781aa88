"""What an inference element does with each batch: the parts that all kinds of networks share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from penstock.inference.choosing import ObjectChoice
from penstock.inference.given import GivenTensors
from penstock.inference.raw_tensors import attach_tensors
from penstock.inference.region_network import RegionNetwork
from penstock.inference.regions import Roi
from penstock.meta import BatchMeta

Network = TypeVar("Network", bound=RegionNetwork[Any])


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


class NetworkTask(Generic[Network]):
    """What needs no memory of earlier batches."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.counts = Counts()

    def forget(self, pad: int) -> None:
        """There is nothing to forget."""

    def close(self) -> None:
        """Release the network."""
        self.network.close()

    def look(self, rois: Sequence[Roi]) -> list[Any]:
        """The answer about each region; the network's outputs are attached if that is asked for.

        Raises:
            ModelError: The network or the parser failed.
        """
        pieces = self.network.pieces(rois)
        for job in pieces.jobs:
            job()
        attach_tensors(rois, pieces.tensors())
        return pieces.answers()


@dataclass(frozen=True)
class Steps:
    """What there is to do for one batch.

    Attributes:
        jobs: May be done at the same time, in any threads.
        finish: Comes last, and in the order of the batches.
    """

    jobs: Sequence[Callable[[], object]]
    finish: Callable[[], None]


class FrameTask(NetworkTask[Network]):
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
            attach_tensors(rois, pieces.tensors())

        return Steps(pieces.jobs, finish)

    def _write(self, roi: Roi, found: Any) -> None:
        """Write what was found in one region into the metadata."""
        raise NotImplementedError


class ObjectTask(NetworkTask[Network]):
    """A network that looks anew at the objects of each batch."""

    def __init__(self, network: Network) -> None:
        super().__init__(network)
        self._choice = ObjectChoice.of(network.config)

    def process(self, batch: BatchMeta, *, skip: bool = False) -> None:
        """Look at the chosen objects of one batch; see `Task`."""
        if skip:
            return
        chosen = self._choice.objects(batch)
        rois = [roi for frame, obj in chosen if (roi := Roi.of(frame, obj))]
        self.counts.inferred += len(rois)
        for roi, found in zip(rois, self.look(rois), strict=True):
            self._write(roi, found)

    def _write(self, roi: Roi, found: Any) -> None:
        """Write what was found in one object into the metadata."""
        raise NotImplementedError
