"""What a tracker knows beyond the frame, through pyds, by its new and its old names."""

import numpy as np
import pytest

import pyds
from penstock.meta import Rect, ReidVector, SourceTargets, Target, TargetsMeta, TrackedBox, UserMeta


@pytest.fixture
def past():
    boxes = [TrackedBox(frame, Rect(frame, 2.0, 3.0, 4.0), 0.5, frame - 4) for frame in (5, 6)]
    core = TargetsMeta([SourceTargets(2, [Target(17, 1, "Person", boxes)], 2 << 32)])
    user = UserMeta(core, meta_type=TargetsMeta.PAST_FRAMES, copy_data=TargetsMeta.copy)
    return pyds.NvDsUserMeta.cast(user)


def test_the_past_is_walked_as_deepstream_test2_does(past):
    lines = []
    if past.base_meta.meta_type == pyds.NvDsMetaType.NVDS_TRACKER_PAST_FRAME_META:
        batch = pyds.NvDsTargetMiscDataBatch.cast(past.user_meta_data)
        for stream in pyds.NvDsTargetMiscDataBatch.list(batch):
            lines.append((stream.streamID, stream.surfaceStreamID, stream.numFilled))
            for target in pyds.NvDsTargetMiscDataStream.list(stream):
                lines.append((target.numObj, target.uniqueId, target.classId, target.objLabel))
                lines.extend(
                    (box.frameNum, box.tBbox.left, box.confidence, box.age)
                    for box in pyds.NvDsTargetMiscDataObject.list(target)
                )
    assert lines == [
        (2, 2 << 32, 1),
        (2, 17, 1, "Person"),
        (5, 5.0, 0.5, 1),
        (6, 6.0, 0.5, 2),
    ]
    assert (batch.numFilled, batch.numAllocated, stream.numAllocated) == (1, 1, 1)


def test_the_older_names_are_the_same_structs(past):
    batch = pyds.NvDsPastFrameObjBatch.cast(past.user_meta_data)
    (stream,) = pyds.NvDsPastFrameObjBatch.list(batch)
    (target,) = pyds.NvDsPastFrameObjStream.list(stream)
    first, _ = pyds.NvDsPastFrameObjList.list(target)
    assert isinstance(first, pyds.NvDsPastFrameObj)
    assert first.frameNum == 5


def test_a_copy_of_the_past_is_apart(past):
    twin = past._core.copy().data
    twin.sources[0].targets[0].boxes[0].rect.left = 99.0
    twin.sources[0].targets.append(Target())
    source = past.user_meta_data.sources[0]
    assert (source.targets[0].boxes[0].rect.left, len(source.targets)) == (5.0, 1)


def test_a_class_id_here_has_16_bits():
    target = pyds.NvDsTargetMiscDataObject()
    target.classId = 65535
    with pytest.raises(TypeError, match=r"classId takes a whole number from 0 to 65535, got -1"):
        target.classId = -1


def test_a_reid_vector_is_given_as_a_copy():
    reid = pyds.NvDsObjReid.cast(ReidVector(np.ones(4, np.float32)))
    vector = reid.get_host_reid_vector()
    vector[0] = 5
    assert reid.featureSize == 4
    assert (vector.dtype, vector.shape) == (np.float32, (4,))
    assert reid.get_host_reid_vector()[0] == 1
