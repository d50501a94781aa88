"""Pools, adding, removing, locks."""

import threading

import pytest

import pyds
from penstock.meta import FrameMeta, ObjectMeta


def test_a_new_object_joins_a_frame_and_knows_its_batch(batch, frame, car):
    obj = pyds.nvds_acquire_obj_meta_from_pool(batch)
    assert obj.base_meta.meta_type == pyds.NVDS_OBJ_META
    assert obj.object_id == pyds.UNTRACKED_OBJECT_ID
    obj.obj_label = "plate"
    pyds.nvds_add_obj_meta_to_frame(frame, obj, car)

    assert frame.num_obj_meta == 4
    assert frame._core.objects[-1].label == "plate"
    assert obj.parent == car
    assert obj.base_meta.batch_meta == batch


def test_adding_without_a_parent_clears_it(frame, car):
    obj = pyds.NvDsObjectMeta()
    obj.parent = car
    pyds.nvds_add_obj_meta_to_frame(frame, obj, None)
    assert obj.parent is None


def test_pools_never_run_out(batch):
    objects = [pyds.nvds_acquire_obj_meta_from_pool(batch) for _ in range(1000)]
    assert len(set(objects)) == 1000


def test_adding_twice_is_refused(batch, frame, car):
    with pytest.raises(ValueError, match=r"nvds_add_obj_meta_to_frame: <ObjectMeta Car .* before"):
        pyds.nvds_add_obj_meta_to_frame(frame, car, None)
    user = pyds.nvds_acquire_user_meta_from_pool(batch)
    pyds.nvds_add_user_meta_to_frame(frame, user)
    with pytest.raises(ValueError, match=r"nvds_add_user_meta_to_frame: .* was added before"):
        pyds.nvds_add_user_meta_to_frame(frame, user)
    assert frame.num_obj_meta == 3


def test_an_object_may_be_removed_and_added_again(frame, car):
    pyds.nvds_remove_obj_meta_from_frame(frame, car)
    pyds.nvds_add_obj_meta_to_frame(frame, car, None)
    assert frame._core.objects[-1] is car._core


def test_removing_twice_is_refused_by_name(frame, car):
    pyds.nvds_remove_obj_meta_from_frame(frame, car)
    with pytest.raises(ValueError, match=r"nvds_remove_obj_meta_from_frame: .* is not there, or"):
        pyds.nvds_remove_obj_meta_from_frame(frame, car)


def test_arguments_of_the_wrong_kind_are_named(batch, frame, car):
    with pytest.raises(
        TypeError, match=r"from_pool: batch_meta takes a pyds.NvDsBatchMeta, got <p"
    ):
        pyds.nvds_acquire_display_meta_from_pool(frame)
    with pytest.raises(
        TypeError, match=r"obj_meta takes a pyds.NvDsObjectMeta.*cast it first, pyds"
    ):
        pyds.nvds_remove_obj_meta_from_frame(frame, frame.obj_meta_list.data)
    with pytest.raises(TypeError, match=r"obj_parent takes a pyds.NvDsObjectMeta, got <pyds.NvDsB"):
        pyds.nvds_add_obj_meta_to_frame(frame, pyds.NvDsObjectMeta(), batch)
    with pytest.raises(TypeError, match=r"batch_meta takes a pyds.NvDsBatchMeta, got None"):
        pyds.nvds_acquire_meta_lock(None)


def test_attachments_go_on_batch_frame_and_object_and_off_again(batch, frame, car):
    places = (
        (batch, "batch_user_meta_list", pyds.nvds_add_user_meta_to_batch,
         pyds.nvds_remove_user_meta_from_batch),
        (frame, "frame_user_meta_list", pyds.nvds_add_user_meta_to_frame,
         pyds.nvds_remove_user_meta_from_frame),
        (car, "obj_user_meta_list", pyds.nvds_add_user_meta_to_obj,
         pyds.nvds_remove_user_meta_from_object),
    )  # fmt: skip
    for owner, field, add, remove in places:
        user = pyds.nvds_acquire_user_meta_from_pool(batch)
        user.user_meta_data = "mine"
        add(owner, user)
        node = getattr(owner, field)
        while node.next is not None:
            node = node.next
        assert pyds.NvDsUserMeta.cast(node.data).user_meta_data == "mine"
        remove(owner, user)
        assert user._core not in owner._core.user


def test_classifiers_and_labels_are_built_up_and_taken_down(batch, car):
    classifier = pyds.nvds_acquire_classifier_meta_from_pool(batch)
    label = pyds.nvds_acquire_label_info_meta_from_pool(batch)
    label.result_label, label.result_prob = "blue", 0.7
    pyds.nvds_add_label_info_meta_to_classifier(classifier, label)
    pyds.nvds_add_classifier_meta_to_object(car, classifier)

    assert car._core.classifiers[1].labels[0].label == "blue"
    pyds.nvds_remove_label_info_meta_from_classifier(classifier, label)
    pyds.nvds_remove_classifier_meta_from_obj(car, classifier)
    assert (classifier.num_labels, len(car._core.classifiers)) == (0, 1)


def test_the_old_cast_functions_are_still_there(core, batch, frame, car):
    assert pyds.glist_get_nvds_batch_meta(core) == batch
    assert pyds.glist_get_nvds_frame_meta(batch.frame_meta_list.data) == frame
    assert pyds.glist_get_nvds_object_meta(frame.obj_meta_list.data) == car
    user = pyds.glist_get_nvds_user_meta(frame.frame_user_meta_list.data)
    assert user.user_meta_data == "note"


def test_the_lock_is_reentrant_keeps_other_threads_out_and_lets_them_in_again(batch, core):
    pyds.nvds_acquire_meta_lock(batch)
    pyds.nvds_acquire_meta_lock(batch)
    pyds.nvds_release_meta_lock(batch)
    entered = []

    def other():
        entered.append(core.lock.acquire(blocking=False))
        pyds.nvds_acquire_meta_lock(batch)
        entered.append("later")
        pyds.nvds_release_meta_lock(batch)

    thread = threading.Thread(target=other)
    thread.start()
    while not entered:
        pass
    pyds.nvds_release_meta_lock(batch)
    thread.join(10)
    assert entered == [False, "later"]


def test_releasing_a_lock_that_is_not_held_says_so(batch):
    with pytest.raises(RuntimeError, match=r"this thread does not hold the lock of this batch"):
        pyds.nvds_release_meta_lock(batch)


def test_an_object_of_one_frame_is_not_in_another(batch, car):
    second = pyds.NvDsFrameMeta.cast(batch.frame_meta_list.next.data)
    with pytest.raises(ValueError, match=r"is not there, or was removed before"):
        pyds.nvds_remove_obj_meta_from_frame(second, car)
    loose = pyds.NvDsFrameMeta.cast(FrameMeta())
    pyds.nvds_add_obj_meta_to_frame(loose, pyds.NvDsObjectMeta.cast(ObjectMeta()), None)
    assert loose.num_obj_meta == 1
