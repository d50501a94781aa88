"""Views: casting, equality, embedded structs, values that change their form on the way."""

import numpy as np
import pytest

import pyds
from penstock.meta import ObjectMeta, Rect, Text, UserMeta
from pyds.views import View

UNKNOWN_TIME = 2**64 - 1


def every_struct(base=View):
    for kind in base.__subclasses__():
        yield kind
        yield from every_struct(kind)


STRUCTS = sorted(
    {kind for kind in every_struct() if getattr(pyds, kind.__name__, None) is kind}, key=str
)
UNMADE = {pyds.NvOFFlowVector, pyds.NvDsOpticalFlowMeta}


@pytest.mark.parametrize("kind", sorted(set(STRUCTS) - UNMADE, key=str), ids=lambda k: k.__name__)
def test_every_struct_can_be_made_read_and_cast_and_takes_no_stray_attribute(kind):
    struct = kind()
    assert getattr(pyds, kind.__name__) is kind
    for name in vars(kind):
        if not name.startswith("_") and name != "meta":
            getattr(struct, name)
    assert kind.cast(struct) is struct
    assert kind.cast(hash(kind._over(struct._core)) if kind._kind else struct) == struct
    assert f"pyds.{kind.__name__}" in repr(struct)
    with pytest.raises(AttributeError):
        struct.no_such_member = 1


@pytest.mark.parametrize("kind", STRUCTS, ids=lambda kind: kind.__name__)
def test_casting_none_or_a_stranger_is_refused_by_every_struct(kind):
    with pytest.raises(TypeError, match=rf"pyds.{kind.__name__}.cast\(None\): there is no object"):
        kind.cast(None)
    with pytest.raises(TypeError, match=rf"pyds.{kind.__name__}.cast takes the .data of a list"):
        kind.cast("a string")


def test_cast_takes_what_a_list_holds_and_what_it_gave_before(frame):
    node = frame.obj_meta_list
    once = pyds.NvDsObjectMeta.cast(node.data)

    assert once.obj_label == "Car"
    assert pyds.NvDsObjectMeta.cast(once) is once
    assert pyds.NvOSD_RectParams.cast(once.rect_params).left == 10.0
    assert once.cast(node.data) == once


def test_cast_to_the_wrong_struct_names_what_it_got(frame):
    with pytest.raises(TypeError, match=r"NvDsObjectMeta.cast takes .* got <FrameMeta source 0"):
        pyds.NvDsObjectMeta.cast(frame._core)


def test_cast_of_the_list_node_itself_says_to_write_data(frame):
    with pytest.raises(TypeError, match=r"got the node itself: write .data behind it"):
        pyds.NvDsObjectMeta.cast(frame.obj_meta_list)


def test_an_address_leads_to_its_struct_as_long_as_that_lives(core, frame):
    obj = pyds.NvDsObjectMeta.cast(frame.obj_meta_list.data)
    address = hash(obj)

    assert pyds.NvDsObjectMeta.cast(address) == obj
    assert pyds.NvDsBaseMeta.cast(address).meta_type == pyds.NVDS_OBJ_META
    rect = obj.rect_params
    assert pyds.NvOSD_RectParams.cast(hash(rect)) == rect
    with pytest.raises(TypeError, match=r"NvDsFrameMeta.cast takes the .data .* got <ObjectMeta"):
        pyds.NvDsFrameMeta.cast(address)
    del obj, rect, core.frames[0].objects[:]
    with pytest.raises(ValueError, match=r"no struct of pyds lives at \d+, or it is gone"):
        pyds.NvDsObjectMeta.cast(address)


@pytest.mark.parametrize("kind", STRUCTS, ids=lambda kind: kind.__name__)
def test_a_wild_address_is_refused_by_every_struct(kind):
    with pytest.raises(ValueError, match=rf"pyds.{kind.__name__}.cast: no struct of pyds lives at"):
        kind.cast(0xDEADBEEF)
    with pytest.raises(TypeError, match=rf"pyds.{kind.__name__}.cast\(0\): there is no object"):
        kind.cast(0)


@pytest.mark.parametrize("kind", sorted(UNMADE, key=str), ids=lambda kind: kind.__name__)
def test_what_only_an_element_can_make_says_so(kind):
    with pytest.raises(TypeError, match=rf"pyds.{kind.__name__} cannot be made: nvof attaches it"):
        kind()


def test_any_metadata_object_can_be_seen_as_its_base(core):
    frame = core.frames[0]
    kinds = [pyds.NvDsBaseMeta.cast(x).meta_type for x in (core, frame, frame.objects[0])]
    assert kinds == [pyds.NVDS_BATCH_META, pyds.NVDS_FRAME_META, pyds.NVDS_OBJ_META]


def test_views_of_one_object_are_equal_and_hash_equal(core):
    first, second, _ = core.frames[0].objects
    one, same = pyds.NvDsObjectMeta.cast(first), pyds.NvDsObjectMeta.cast(first)

    assert one is not same
    assert one == same
    assert len({one, same, one.rect_params, same.rect_params}) == 2
    assert one != pyds.NvDsObjectMeta.cast(second)
    assert one != first
    assert one.detector_bbox_info == same.detector_bbox_info != one.tracker_bbox_info
    assert one.rect_params.border_color != one.rect_params.bg_color


def test_writing_through_one_view_is_seen_by_all_and_by_the_core(car, core):
    again = pyds.NvDsObjectMeta.cast(core.frames[0].objects[0])
    car.rect_params.left = 5
    car.text_params.font_params.font_size = 14

    assert again.rect_params.left == 5.0
    assert isinstance(again.rect_params.left, float)
    assert core.frames[0].objects[0].text.font_size == 14


def test_assigning_a_struct_copies_its_values_and_keeps_earlier_references(car, core):
    held = car.rect_params
    source = pyds.NvOSD_RectParams()
    source.left, source.border_width = 7, 3
    source.bg_color.set(0.1, 0.2, 0.3, 0.4)
    car.rect_params = source
    source.left = 8

    assert (held.left, held.border_width) == (7.0, 3)
    assert core.frames[0].objects[0].rect.bg_color == (0.1, 0.2, 0.3, 0.4)


def test_copying_a_struct_whole_copies_the_structs_and_arrays_in_it(car):
    car.misc_obj_info[0], car.text_params.x_offset = 5, 6
    car.detector_bbox_info.org_bbox_coords.left = 7
    twin = pyds.NvDsObjectMeta.cast(pyds.memdup(pyds.get_ptr(car), 0))
    car.misc_obj_info[0], car.text_params.x_offset, car.rect_params.left = 1, 1, 1

    assert (twin.misc_obj_info[0], twin.text_params.x_offset) == (5, 6)
    assert (twin.rect_params.left, twin.detector_bbox_info.org_bbox_coords.left) == (10.0, 7.0)
    message = pyds.NvDsEventMsgMeta()
    message.objSignature.signature = [1.0, 2.0]
    copied = pyds.NvDsEventMsgMeta.cast(pyds.memdup(pyds.get_ptr(message), 0))
    assert copied.objSignature.size == 2
    assert copied.objSignature != message.objSignature


def test_assigning_a_font_leaves_the_rest_of_the_text_alone(car):
    car.text_params.display_text = "car"
    font = pyds.NvOSD_FontParams()
    font.font_name, font.font_size = "Sans", 9
    font.font_color.set(1, 1, 0, 1)
    car.text_params.font_params = font

    assert pyds.get_string(car.text_params.display_text) == "car"
    assert pyds.get_string(car.text_params.font_params.font_name) == "Sans"
    assert car.text_params.font_params.font_color.green == 1.0


def test_assigning_a_whole_text_copies_its_font_too(car):
    text = pyds.NvOSD_TextParams()
    text.display_text = "new"
    text.font_params.font_size = 20
    text.text_bg_clr.alpha = 0.5
    car.text_params = text
    text.display_text = "later"

    assert pyds.get_string(car.text_params.display_text) == "new"
    assert car.text_params.font_params.font_size == 20
    assert car.text_params.text_bg_clr.alpha == 0.5


def test_a_colour_is_set_at_once_or_channel_by_channel(car, core):
    color = car.rect_params.border_color
    color.set(0, 0.5, 1, 1.0)
    color.red = 1

    assert core.frames[0].objects[0].rect.border_color == (1.0, 0.5, 1.0, 1.0)
    mine = pyds.NvOSD_ColorParams()
    mine.set(0.1, 0.2, 0.3, 0.4)
    car.rect_params.border_color = mine
    mine.red = 0.9
    assert (color.red, color.green, color.blue, color.alpha) == (0.1, 0.2, 0.3, 0.4)


def test_the_boxes_of_detector_and_tracker_are_apart_from_the_drawn_one(car, core):
    car.detector_bbox_info.org_bbox_coords.left = 1
    box = pyds.NvBbox_Coords()
    box.width, box.height = 3, 4
    car.tracker_bbox_info.org_bbox_coords = box

    obj = core.frames[0].objects[0]
    assert obj.detector_box == (1.0, 20.0, 30.0, 40.0)
    assert obj.tracker_box == (0.0, 0.0, 3.0, 4.0)
    assert obj.ltwh == (10.0, 20.0, 30.0, 40.0)
    own = pyds.NvDsComp_BboxInfo()
    own.org_bbox_coords.top = 6
    car.tracker_bbox_info = own
    assert car.tracker_bbox_info.org_bbox_coords.top == 6.0


def test_an_untracked_object_has_an_id_of_all_ones(car, core):
    assert car.object_id == pyds.UNTRACKED_OBJECT_ID == 0xFFFFFFFFFFFFFFFF
    car.object_id = 2**63 + 5
    assert car.object_id == 2**63 + 5
    car.object_id = pyds.UNTRACKED_OBJECT_ID
    assert core.frames[0].objects[0].track_id == -1


def test_an_unknown_time_is_gstreamers_none(batch):
    first = pyds.NvDsFrameMeta.cast(batch.frame_meta_list.data)
    second = pyds.NvDsFrameMeta.cast(batch.frame_meta_list.next.data)

    assert (first.buf_pts, second.buf_pts) == (280_000_000, UNKNOWN_TIME)
    first.buf_pts = UNKNOWN_TIME
    assert first._core.pts_ns == -1


def test_batch_and_frame_tell_their_numbers(batch):
    assert (batch.num_frames_in_batch, batch.max_frames_in_batch) == (2, 4)
    frame = pyds.NvDsFrameMeta.cast(batch.frame_meta_list.next.data)
    assert (frame.source_id, frame.pad_index, frame.batch_id, frame.frame_num) == (3, 3, 1, 9)
    assert (frame.source_frame_width, frame.source_frame_height) == (640, 480)
    assert frame.base_meta.batch_meta == batch
    frame.bInferDone = True
    assert frame.bInferDone == 1
    assert type(frame.bInferDone) is int
    assert frame._core.infer_done is True


def test_a_classifiers_answer_reads_as_a_chain_of_lists(car):
    classifier = pyds.NvDsClassifierMeta.cast(car.classifier_meta_list.data)
    label = pyds.NvDsLabelInfo.cast(classifier.label_info_list.data)

    assert (classifier.unique_component_id, classifier.num_labels) == (2, 1)
    assert (label.result_label, label.result_class_id, label.result_prob) == ("red", 4, 0.8)


def test_the_applications_four_integers_share_memory_with_the_core(car, core):
    car.misc_obj_info[0] = 41
    car.misc_obj_info[0] += 1

    numbers = car.misc_obj_info
    assert (numbers.dtype, numbers.shape, numbers[0]) == (np.int32, (4,), 42)
    assert core.frames[0].objects[0].misc[0] == 42
    with pytest.raises(TypeError, match=r"misc_obj_info cannot be assigned .* misc_obj_info\[0\]"):
        car.misc_obj_info = [1, 2, 3, 4]


def test_parent_is_a_reference_that_can_be_set_and_cleared(frame, car):
    person = pyds.NvDsObjectMeta.cast(frame.obj_meta_list.next.data)
    assert person.parent is None
    person.parent = car
    assert person.parent == car
    person.parent = None
    assert person.parent is None
    with pytest.raises(TypeError, match=r"NvDsObjectMeta.parent takes a pyds.NvDsObjectMeta, got"):
        person.parent = frame


def test_user_data_of_a_struct_reads_back_for_its_cast_and_anything_else_as_it_is():
    user = pyds.NvDsUserMeta()
    assert user.user_meta_data is None
    rect = pyds.NvOSD_RectParams()
    rect.left = 3
    user.user_meta_data = rect
    assert isinstance(user._core.data, Rect)
    assert pyds.NvOSD_RectParams.cast(user.user_meta_data) == rect

    color = pyds.NvOSD_ColorParams()
    user.user_meta_data = color
    assert pyds.NvOSD_ColorParams.cast(user.user_meta_data) is color
    user.user_meta_data = {"any": "object"}
    assert user.user_meta_data == {"any": "object"}


def test_a_misspelt_member_is_told_what_was_meant(car):
    with pytest.raises(AttributeError, match=r"no member 'rect_parms'; did you mean 'rect_params'"):
        _ = car.rect_parms
    with pytest.raises(AttributeError, match=r"pyds.NvDsObjectMeta has no member 'qqqqqq'$"):
        _ = car.qqqqqq


def test_base_meta_is_changed_by_its_members_only(car):
    with pytest.raises(AttributeError, match=r"base_meta cannot be assigned: assign its members"):
        car.base_meta = pyds.NvDsBaseMeta()
    with pytest.raises(
        TypeError, match=r"meta_type of this object is always NvDsMetaType.NVDS_OBJ"
    ):
        car.base_meta.meta_type = pyds.NVDS_FRAME_META
    car.base_meta.meta_type = pyds.NVDS_OBJ_META
    car.base_meta = car.base_meta
    assert car.base_meta.uContext is None
    car.base_meta.uContext = "mine"
    assert car.base_meta.uContext == "mine"


def test_whatever_is_in_a_batch_knows_its_batch(core, batch, car, frame):
    classifier = pyds.NvDsClassifierMeta.cast(car.classifier_meta_list.data)
    label = pyds.NvDsLabelInfo.cast(classifier.label_info_list.data)
    note = pyds.NvDsUserMeta.cast(frame.frame_user_meta_list.data)
    display = pyds.nvds_acquire_display_meta_from_pool(batch)
    assert display.base_meta.batch_meta is None
    pyds.nvds_add_display_meta_to_frame(frame, display)

    for struct in (car, classifier, label, note, display, frame, batch):
        assert struct.base_meta.batch_meta == batch
        struct.base_meta.batch_meta = batch
    twin = core.copy()
    copied = pyds.NvDsUserMeta.cast(twin.frames[0].user[0])
    assert copied.base_meta.batch_meta == pyds.NvDsBatchMeta.cast(twin)
    with pytest.raises(
        AttributeError, match=r"batch_meta follows from where the object is: add it"
    ):
        note.base_meta.batch_meta = None


def test_a_batch_is_let_go_although_its_parts_can_find_it(core):
    import weakref

    reference = weakref.ref(core.__class__([core.frames[0].copy()]))
    assert reference() is None


def test_pools_are_there_and_count_nothing(batch):
    pool = batch.obj_meta_pool
    assert pool == batch.obj_meta_pool != batch.user_meta_pool
    assert pool.meta_type == pyds.NVDS_OBJ_META
    assert (pool.num_full_elements, pool.empty_list) == (0, None)
    with pytest.raises(AttributeError, match=r"NvDsBatchMeta.obj_meta_pool cannot be assigned"):
        batch.obj_meta_pool = batch.user_meta_pool


def test_the_lock_of_a_batch_is_one_of_pythons(batch):
    with batch.meta_mutex:
        pyds.nvds_acquire_meta_lock(batch)
        pyds.nvds_release_meta_lock(batch)


def test_unused_numbers_keep_what_is_written_to_them(batch, frame, car):
    for struct in (batch, frame, car, pyds.NvDsDisplayMeta()):
        struct.reserved[1] = 5
        assert struct.reserved[1] == 5
        assert len(struct.reserved) == 4
    car.rect_params.reserved = 3
    assert car.rect_params.reserved == 3
    display = pyds.NvDsDisplayMeta()
    display.misc_osd_data[2] = 9
    assert display._core.copy().misc.view("int32")[2] == 9


def test_a_label_too_long_for_its_array_is_whole_behind_its_pointer():
    label = pyds.NvDsLabelInfo()
    assert label.pResult_label is None
    label.pResult_label = "e" * 200
    assert label.result_label == "e" * 127
    assert label.pResult_label == "e" * 200
    label.pResult_label = None
    assert (label.result_label, label.pResult_label) == ("e" * 127, None)


def test_what_the_core_classes_call_their_parts_is_hidden_behind_deepstreams_names():
    text = Text("hello", x=3, y=4)
    params = pyds.NvOSD_TextParams.cast(text)
    assert (params.x_offset, params.y_offset) == (3, 4)
    assert pyds.get_string(params.display_text) == "hello"
    assert pyds.NvDsUserMeta.cast(UserMeta(5)).user_meta_data == 5
    assert pyds.NvDsObjectMeta.cast(ObjectMeta(label="x")).obj_label == "x"
