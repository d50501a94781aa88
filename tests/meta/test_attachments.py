"""What elements attach: kinds of data that know their type and copy themselves."""

import weakref

import pytest

from penstock.meta import (
    BatchMeta,
    ClassifierMeta,
    DisplayMeta,
    EncodedImage,
    EventMessage,
    FrameAnalytics,
    FrameMeta,
    LabelInfo,
    ObjectAnalytics,
    ObjectMeta,
    OpticalFlowMeta,
    Payload,
    ReidVector,
    SegmentationMeta,
    TargetsMeta,
    TensorMeta,
    UserMeta,
)

KINDS = (
    EncodedImage,
    EventMessage,
    FrameAnalytics,
    ObjectAnalytics,
    OpticalFlowMeta,
    Payload,
    ReidVector,
    SegmentationMeta,
    TensorMeta,
)


@pytest.mark.parametrize("kind", [*KINDS, TargetsMeta])
def test_an_attachment_copies_itself_with_its_batch(kind):
    batch = BatchMeta([FrameMeta()])
    meta_type = TargetsMeta.SHADOWS if kind is TargetsMeta else kind.META_TYPE
    batch.user.append(UserMeta(kind(), meta_type=meta_type, copy_data=kind.copy))
    twin = batch.copy().user[0]

    assert type(twin.data) is kind
    assert twin.data is not batch.user[0].data
    assert twin.meta_type == meta_type
    assert weakref.ref(twin.data)() is twin.data


def test_every_kind_has_a_type_of_its_own():
    types = [kind.META_TYPE for kind in KINDS]
    types += [TargetsMeta.PAST_FRAMES, TargetsMeta.SHADOWS, TargetsMeta.TERMINATED]
    assert len(set(types)) == len(KINDS) + 3


def test_the_time_of_an_event_is_asked_for_when_needed():
    class Clock:
        text = "2026-01-31T12:00:00.000Z"

        def __str__(self):
            return self.text

    event = EventMessage(written_at=Clock())
    Clock.text = "2026-01-31T12:00:01.000Z"
    assert event.time == event.copy().written_at == "2026-01-31T12:00:01.000Z"
    assert EventMessage().time is None


def test_details_that_cannot_be_copied_are_shared():
    details = object()
    assert EventMessage(details=details).copy().details is details


def test_a_batch_finds_whatever_it_holds():
    batch, other = BatchMeta([FrameMeta()]), BatchMeta([FrameMeta()])
    frame, user, display = batch.frames[0], UserMeta(), DisplayMeta()
    label = LabelInfo()
    answer = ClassifierMeta(labels=[label])
    obj = frame.add(ObjectMeta())
    obj.classifiers.append(answer)
    obj.user.append(user)
    frame.display.append(display)

    for thing in (frame, obj, answer, label, user, display):
        assert BatchMeta.holding(thing) is batch
    assert BatchMeta.holding(other.frames[0]) is other
    assert BatchMeta.holding(UserMeta()) is None
    del batch, frame.display
    assert BatchMeta.holding(display) is None


def test_the_integers_of_a_display_meta_are_copied():
    display = DisplayMeta()
    display.misc[3] = 7
    twin = display.copy()
    display.misc[3] = 8
    assert twin.misc.tolist() == [0, 0, 0, 7]
    assert DisplayMeta().copy().misc.tolist() == [0, 0, 0, 0]
