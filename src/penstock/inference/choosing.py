"""Which objects a secondary network looks at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from penstock.config import InferConfig
from penstock.meta import BatchMeta, FrameMeta, ObjectMeta


@dataclass(frozen=True)
class ObjectChoice:
    """The rules of the keys `operate-on-…` and `input-object-…`.

    Attributes:
        component_id: Only objects of this element; -1 all.
        class_ids: Only objects of these classes; `None` all.
        min_size: `(width, height)`, frame pixels: smaller objects are not looked at.
        max_size: `(width, height)`, frame pixels: nor are larger ones; 0 is no limit.
    """

    component_id: int = -1
    class_ids: frozenset[int] | None = None
    min_size: tuple[int, int] = (0, 0)
    max_size: tuple[int, int] = (0, 0)

    @classmethod
    def of(cls, config: InferConfig) -> ObjectChoice:
        """Those of a configuration."""
        return cls(
            config.operate_on_gie_id,
            config.operate_on_class_ids,
            config.min_object_size,
            config.max_object_size,
        )

    def allows(self, obj: ObjectMeta) -> bool:
        """Whether the network shall look at an object."""
        if self.component_id not in (-1, obj.component_id):
            return False
        if self.class_ids is not None and obj.class_id not in self.class_ids:
            return False
        _, _, width, height = obj.ltwh
        # Written so that a size which is not a number fails.
        return (
            width >= self.min_size[0]
            and height >= self.min_size[1]
            and (not self.max_size[0] or width <= self.max_size[0])
            and (not self.max_size[1] or height <= self.max_size[1])
        )

    def objects(self, batch: BatchMeta) -> Iterator[tuple[FrameMeta, ObjectMeta]]:
        """The objects to look at, frame by frame."""
        for frame in batch.frames:
            for obj in frame.objects:
                if self.allows(obj):
                    yield frame, obj
