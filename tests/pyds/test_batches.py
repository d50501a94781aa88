"""Batches made by hand; emptying and copying lists."""

import pytest

import pyds
from penstock.meta import DisplayMeta, Text, UserMeta


def attached(owner_list, label, log):
    owner_list.append(UserMeta(label, copy_data=lambda data: data + "'", release=log.append))


def test_a_batch_is_made_filled_and_destroyed():
    log = []
    batch = pyds.nvds_create_batch_meta(4)
    assert (batch.max_frames_in_batch, batch.num_frames_in_batch) == (4, 0)
    for number in range(2):
        frame = pyds.nvds_acquire_frame_meta_from_pool(batch)
        frame.frame_num = number
        pyds.nvds_add_frame_meta_to_batch(batch, frame)
    assert frame.batch_id == 1
    assert frame.base_meta.batch_meta == batch
    attached(batch._core.user, "batch", log)
    attached(frame._core.user, "frame", log)
    assert pyds.nvds_destroy_batch_meta(batch)
    assert batch.num_frames_in_batch == 0
    assert log == ["batch", "frame"]


def test_a_batch_id_that_was_set_is_kept():
    batch = pyds.nvds_create_batch_meta(1)
    frame = pyds.nvds_acquire_frame_meta_from_pool(batch)
    frame.batch_id = 3
    pyds.nvds_add_frame_meta_to_batch(batch, frame)
    assert frame.batch_id == 3


def test_frames_are_removed_once_and_added_once(batch, frame):
    with pytest.raises(ValueError, match=r"add_frame_meta_to_batch: <FrameMeta .* added before"):
        pyds.nvds_add_frame_meta_to_batch(batch, frame)
    pyds.nvds_remove_frame_meta_from_batch(batch, frame)
    assert batch.num_frames_in_batch == 1
    assert pyds.NvDsFrameMeta.cast(batch.frame_meta_list.data).batch_id == 1
    with pytest.raises(ValueError, match=r"remove_frame_meta_from_batch: .* was removed before"):
        pyds.nvds_remove_frame_meta_from_batch(batch, frame)


def test_lists_are_emptied_and_their_attachments_released(batch, frame, car):
    log = []
    places = (
        (batch, "batch_user_meta_list", pyds.nvds_clear_batch_user_meta_list),
        (frame, "frame_user_meta_list", pyds.nvds_clear_frame_user_meta_list),
        (car, "obj_user_meta_list", pyds.nvds_clear_obj_user_meta_list),
    )
    for owner, field, clear in places:
        attached(owner._core.user, field, log)
        held = getattr(owner, field)
        clear(owner, held)
        assert getattr(owner, field) is None
        clear(owner, None)  # an empty list is None
    assert log == [field for _, field, _ in places]
    frame._core.display.append(DisplayMeta())
    pyds.nvds_clear_display_meta_list(frame, frame.display_meta_list)
    pyds.nvds_clear_obj_meta_list(frame, frame.obj_meta_list)
    assert (frame.display_meta_list, frame.num_obj_meta) == (None, 0)
    pyds.nvds_clear_frame_meta_list(batch, batch.frame_meta_list)
    assert batch.num_frames_in_batch == 0


def test_any_list_is_emptied_by_the_general_function(batch, frame):
    left = pyds.nvds_clear_meta_list(batch, frame.obj_meta_list, batch.obj_meta_pool)
    assert (left, frame.num_obj_meta) == (None, 0)


def test_a_list_of_another_struct_is_not_emptied(batch, frame, car):
    with pytest.raises(ValueError, match=r"clear_obj_user_meta_list: meta_list is not the list of"):
        pyds.nvds_clear_obj_user_meta_list(car, frame.frame_user_meta_list)
    with pytest.raises(TypeError, match=r"meta_list takes a pyds.GList, got \[\]"):
        pyds.nvds_clear_frame_meta_list(batch, [])
    assert frame.num_obj_meta == 3


def test_objects_are_copied_deeply_with_their_parents(batch, frame, car):
    plate = pyds.nvds_acquire_obj_meta_from_pool(batch)
    pyds.nvds_add_obj_meta_to_frame(frame, plate, car)
    other = pyds.nvds_acquire_frame_meta_from_pool(batch)
    pyds.nvds_copy_obj_meta_list(frame.obj_meta_list, other)
    first, *_, last = other._core.objects
    assert [o.label for o in other._core.objects] == ["Car", "Person", "Person", ""]
    assert last.parent is first
    assert first.frame is other._core
    first.label = "changed"
    assert car.obj_label == "Car"


def test_attachments_are_copied_by_their_copy_functions(batch, frame):
    log = []
    frame._core.user.clear()
    attached(frame._core.user, "a", log)
    attached(frame._core.user, "b", log)
    pyds.nvds_copy_batch_user_meta_list(frame.frame_user_meta_list, batch)
    pyds.nvds_copy_frame_user_meta_list(frame.frame_user_meta_list, frame)
    assert [user.data for user in batch._core.user] == ["a'", "b'"]
    assert [user.data for user in frame._core.user] == ["a", "b", "a'", "b'"]


def test_frames_and_drawings_are_copied(batch, frame):
    frame._core.display.append(DisplayMeta(texts=[Text("hello")]))
    other = pyds.nvds_create_batch_meta(2)
    pyds.nvds_copy_frame_meta_list(batch.frame_meta_list, other)
    assert [core.frame_num for core in other._core.frames] == [7, 9]
    target = pyds.NvDsFrameMeta()
    pyds.nvds_copy_display_meta_list(frame.display_meta_list, target)
    assert target._core.display[0].texts[0].text == "hello"
    assert target._core.display[0] is not frame._core.display[0]
    with pytest.raises(TypeError, match=r"src_display_meta|NvDsDisplayMeta.cast"):
        pyds.nvds_copy_display_meta_list(batch.frame_meta_list, target)


def test_a_batch_in_an_attachment_is_copied_and_released(batch):
    log = []
    attached(batch._core.user, "x", log)
    user = pyds.NvDsUserMeta()
    user.user_meta_data = batch
    twin = pyds.NvDsBatchMeta.cast(pyds.nvds_batch_meta_copy_func(user, None))
    assert (twin.num_frames_in_batch, twin == batch) == (2, False)
    pyds.nvds_batch_meta_release_func(batch._core, None)
    assert (batch.num_frames_in_batch, twin.num_frames_in_batch, log) == (0, 2, ["x"])
    with pytest.raises(TypeError, match=r"copy_func: data must be a batch's metadata, got 7"):
        pyds.nvds_batch_meta_copy_func(7, None)


def test_what_a_batch_holds_is_printed(batch, capsys):
    assert pyds.nvds_get_current_metadata_info(batch)
    assert capsys.readouterr().out == (
        "frames 2 of 4, objects 3, display metas 0, classifier metas 1, user metas 1\n"
    )


def test_a_batch_is_put_on_a_buffer(batch):
    from penstock.gst import Gst

    buffer = Gst.Buffer.new()
    made = pyds.gst_buffer_add_nvds_meta(buffer, batch, None, None, None)
    assert pyds.gst_buffer_get_nvds_batch_meta(hash(buffer)) == batch
    assert pyds.NvDsBatchMeta.cast(made.meta_data) == batch
    with pytest.raises(TypeError, match=r"takes the Gst.Buffer itself, got \d+"):
        pyds.gst_buffer_add_nvds_meta(hash(buffer), batch, None, None, None)
