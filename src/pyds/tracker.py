# ruff: noqa: N815 - the names are DeepStream's
"""What a tracker knows beyond the present frame, as C structs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from penstock.meta import ReidVector, SourceTargets, Target, TargetsMeta, TrackedBox
from pyds.embedded import Embedded
from pyds.fields import UINT16, CharArray, Float, Unsigned, Unsigned64, Whole
from pyds.lists import Counted
from pyds.nvosd import NvOSD_RectParams
from pyds.views import View


class NvDsTargetMiscDataFrame(View, of=TrackedBox):
    """Where a target was in one frame."""

    __slots__ = ()

    frameNum = Unsigned("frame_num", "Frame of its source.")
    tBbox = Embedded("rect", "The box, frame pixels.", kind=NvOSD_RectParams)
    confidence = Float("confidence", "The tracker's confidence, 0 to 1.")
    age = Unsigned("age", "Frames since the track began.")


class NvDsTargetMiscDataObject(View, of=Target):
    """One track."""

    __slots__ = ()

    numObj = Counted("boxes", "Frames it was in.", set_by_hand=True)
    uniqueId = Unsigned64("track_id", "The tracker's id.")
    classId = Whole("class_id", "Index into the detector's labels.", limits=UINT16)
    objLabel = CharArray("label", "Name of its class.")

    def list(self) -> Iterator[NvDsTargetMiscDataFrame]:
        """Its boxes, oldest first."""
        return map(NvDsTargetMiscDataFrame._over, self._core.boxes)


class NvDsTargetMiscDataStream(View, of=SourceTargets):
    """The tracks of one source."""

    __slots__ = ()

    streamID = Unsigned("source_id", "Index of the camera or file.")
    surfaceStreamID = Unsigned64("surface_id", "Mux pad and surface: `pad << 32 | surface`.")
    numAllocated = Counted("targets", "Room for so many tracks.", set_by_hand=True)
    numFilled = Counted("targets", "Tracks.", set_by_hand=True)

    def list(self) -> Iterator[NvDsTargetMiscDataObject]:
        """Its tracks."""
        return map(NvDsTargetMiscDataObject._over, self._core.targets)


class NvDsTargetMiscDataBatch(View, of=TargetsMeta):
    """The tracks of all sources."""

    __slots__ = ()

    numAllocated = Counted("sources", "Room for so many sources.", set_by_hand=True)
    numFilled = Counted("sources", "Sources.", set_by_hand=True)

    def list(self) -> Iterator[NvDsTargetMiscDataStream]:
        """Its sources."""
        return map(NvDsTargetMiscDataStream._over, self._core.sources)


class NvDsObjReid(View, of=ReidVector):
    """What an object looks like to a re-identification network."""

    __slots__ = ()

    featureSize = Counted("values", "Length of the vector.", set_by_hand=True)

    def get_host_reid_vector(self) -> NDArray[np.float32]:
        """A copy of the vector, `(featureSize,)` float32."""
        return np.array(self._core.values, np.float32).reshape(-1)


# Their names before version 1.1.10.
NvDsPastFrameObj = NvDsTargetMiscDataFrame
NvDsPastFrameObjList = NvDsTargetMiscDataObject
NvDsPastFrameObjStream = NvDsTargetMiscDataStream
NvDsPastFrameObjBatch = NvDsTargetMiscDataBatch
