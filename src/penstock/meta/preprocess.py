"""Tensors that were prepared for networks, and the regions of frames that they show."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from penstock.geometry import Affine
from penstock.meta.batch import BatchMeta, BoundToBatch
from penstock.meta.frame import FrameMeta
from penstock.meta.objects import Box, ClassifierMeta, ObjectMeta
from penstock.meta.referable import Referable
from penstock.meta.user import Attachments


@dataclass(slots=True, eq=False)
class RegionMeta(Referable):
    """A piece of a frame that a network is to look at, and what networks said of it.

    Attributes:
        frame: The frame; the latest one where the tensor is several frames deep.
        ltwh: The piece: left, top, width, height, pixels of the frame when it was prepared.
        to_network: From those pixels to the tensor's.
        parent: The object that it is the box of, if it is one.
        objects: What detectors found in it; they are in `frame.objects` too.
        classifiers: What classifiers said of it.
        user: Attachments.
    """

    META_TYPE: ClassVar[int] = 30

    frame: FrameMeta
    ltwh: Box
    to_network: Affine
    parent: ObjectMeta | None = None
    objects: list[ObjectMeta] = field(default_factory=list)
    classifiers: list[ClassifierMeta] = field(default_factory=list)
    user: Attachments = field(default_factory=Attachments)

    def copy(self) -> RegionMeta:
        """A copy that is of the same frame still."""
        return RegionMeta(
            self.frame,
            self.ltwh,
            self.to_network,
            self.parent,
            [*self.objects],
            [one.copy() for one in self.classifiers],
            Attachments(user.copy() for user in self.user),
        )

    def __repr__(self) -> str:
        box = ", ".join(f"{number:g}" for number in self.ltwh)
        of = "" if self.parent is None else f" of {self.parent!r}"
        return f"<RegionMeta ({box}){of} in {self.frame!r}>"


@dataclass(slots=True, eq=False)
class PreprocessMeta(Referable, BoundToBatch):
    """One tensor for networks that take what was prepared; attached to the batch.

    Attributes:
        tensor: One row for each region: `(R, C, h, w)`, `(R, h, w, C)`, `(R, C, D, h, w)` for D
            frames, or what a function of one's own made. Nobody writes to it.
        regions: What the rows show.
        name: `tensor-name` of the configuration.
        component_id: `unique-id` of the element that prepared it.
        target_ids: Ids of the networks that it is for.
    """

    META_TYPE: ClassVar[int] = 28

    tensor: NDArray[Any] = field(default_factory=lambda: np.empty(0, np.float32))
    regions: list[RegionMeta] = field(default_factory=list)
    name: str = ""
    component_id: int = 0
    target_ids: frozenset[int] = frozenset()

    def copy(self) -> PreprocessMeta:
        """A copy that shares the numbers, which nobody writes to."""
        return PreprocessMeta(
            self.tensor,
            [region.copy() for region in self.regions],
            self.name,
            self.component_id,
            self.target_ids,
        )

    def rebind(self, old: BatchMeta, new: BatchMeta) -> None:
        """The batch was copied: the regions are of the new one's frames and objects now."""
        frames = dict(zip(map(id, old.frames), new.frames, strict=False))
        objects = {
            id(obj): twin
            for frame, copied in zip(old.frames, new.frames, strict=False)
            for obj, twin in zip(frame.objects, copied.objects, strict=False)
        }
        for region in self.regions:
            region.frame = frames.get(id(region.frame), region.frame)
            if region.parent is not None:
                region.parent = objects.get(id(region.parent), region.parent)
            region.objects = [objects.get(id(obj), obj) for obj in region.objects]

    def __repr__(self) -> str:
        return (
            f"<PreprocessMeta {self.name!r} {self.tensor.shape} {self.tensor.dtype} for "
            f"{sorted(self.target_ids)}>"
        )
