"""Attachments' callbacks, and the locks that a thread holds."""

import threading

import pytest

from penstock.meta import BatchMeta, FrameMeta, ObjectMeta, OfMeta, UserMeta, locks


def test_callbacks_get_the_data_or_the_attachment_itself():
    seen = []
    plain = UserMeta("data", copy_data=seen.append, release=seen.append)
    copied = plain.copy()
    del plain, copied
    assert seen == ["data", "data", None]  # the copy's data is what the function returned
    whole = UserMeta("data", meta_type=7, copy_data=OfMeta(lambda meta: meta.meta_type))
    assert whole.copy().data == 7


def test_an_attachment_that_was_released_is_not_released_again():
    released = []
    user = UserMeta("x", release=released.append)
    user.release_now()
    user.release_now()
    del user
    assert released == ["x"]


def test_a_release_that_raises_is_logged(caplog):
    UserMeta("x", release=lambda data: 1 / 0).release_now()
    assert "the release function of a user meta raised" in caplog.text


def test_locks_are_given_back_down_to_a_number():
    first, second = BatchMeta(), BatchMeta()
    locks.acquire(first)
    before = locks.number_held()
    locks.acquire(second)
    locks.acquire(first)
    assert locks.release_down_to(before) == 2
    assert locks.release_down_to(before) == 0
    assert taken_elsewhere(second)
    assert not taken_elsewhere(first)
    locks.release(first)
    assert taken_elsewhere(first)
    with pytest.raises(RuntimeError):
        locks.release(first)
    assert locks.number_held() == before - 1


def taken_elsewhere(batch):
    taken = []

    def take():
        taken.append(batch.lock.acquire(blocking=False))
        if taken[0]:
            batch.lock.release()

    thread = threading.Thread(target=take)
    thread.start()
    thread.join(10)
    return taken[0]


def test_a_copy_is_whole_though_an_object_is_removed_meanwhile():
    frame = FrameMeta()
    car = frame.add(ObjectMeta(label="car"))
    plate = frame.add(ObjectMeta(label="plate"), parent=car)
    plate.user.append(UserMeta(copy_data=lambda data: frame.objects.remove(car)))
    twin = frame.copy()
    assert [obj.label for obj in twin.objects] == ["car", "plate"]
    assert twin.objects[1].parent is twin.objects[0]
