"""A deepstream-test1 probe as DeepStream's users write it, on a real buffer."""

import pytest

import pyds
from penstock.meta import BatchMeta

VEHICLE, BICYCLE, PERSON, ROADSIGN = range(4)


def osd_sink_pad_buffer_probe(gst_buffer, lines):
    if not gst_buffer:
        return
    batch_meta = pyds.gst_buffer_get_nvds_batch_meta(hash(gst_buffer))
    l_frame = batch_meta.frame_meta_list
    while l_frame is not None:
        try:
            frame_meta = pyds.NvDsFrameMeta.cast(l_frame.data)
        except StopIteration:
            break
        obj_counter = {VEHICLE: 0, PERSON: 0, BICYCLE: 0, ROADSIGN: 0}
        frame_number = frame_meta.frame_num
        num_rects = frame_meta.num_obj_meta
        l_obj = frame_meta.obj_meta_list
        while l_obj is not None:
            try:
                obj_meta = pyds.NvDsObjectMeta.cast(l_obj.data)
            except StopIteration:
                break
            obj_counter[obj_meta.class_id] += 1
            obj_meta.rect_params.border_color.set(0.0, 0.0, 1.0, 0.8)
            try:
                l_obj = l_obj.next
            except StopIteration:
                break
        display_meta = pyds.nvds_acquire_display_meta_from_pool(batch_meta)
        display_meta.num_labels = 1
        text_params = display_meta.text_params[0]
        text_params.display_text = f"Frame {frame_number}: {num_rects}, {obj_counter[PERSON]} walk"
        text_params.x_offset = 10
        text_params.y_offset = 12
        text_params.font_params.font_name = "Serif"
        text_params.font_params.font_size = 10
        text_params.font_params.font_color.set(1.0, 1.0, 1.0, 1.0)
        text_params.set_bg_clr = 1
        text_params.text_bg_clr.set(0.0, 0.0, 0.0, 1.0)
        lines.append(pyds.get_string(text_params.display_text))
        pyds.nvds_add_display_meta_to_frame(frame_meta, display_meta)
        try:
            l_frame = l_frame.next
        except StopIteration:
            break


def test_a_test1_probe_reads_every_frame_and_leaves_its_text_for_the_osd(buffer, core):
    lines = []
    osd_sink_pad_buffer_probe(buffer, lines)

    assert lines == ["Frame 7: 3, 2 walk", "Frame 9: 0, 0 walk"]
    (display,) = core.frames[0].display
    (text,) = display.texts
    assert (text.text, text.x, text.y) == ("Frame 7: 3, 2 walk", 10, 12)
    assert (text.font_name, text.font_size, text.has_bg) == ("Serif", 10, 1)
    assert (text.font_color, text.bg_color) == ((1.0, 1.0, 1.0, 1.0), (0.0, 0.0, 0.0, 1.0))
    assert display.rects == display.lines == display.arrows == display.circles == []
    assert all(o.rect.border_color == (0.0, 0.0, 1.0, 0.8) for o in core.frames[0].objects)


def test_the_address_of_a_buffer_is_its_hash_and_finds_the_same_batch_again(buffer, core):
    first = pyds.gst_buffer_get_nvds_batch_meta(hash(buffer))
    again = pyds.gst_buffer_get_nvds_batch_meta(hash(buffer))

    assert first == again == pyds.NvDsBatchMeta.cast(core)


def test_a_buffer_without_metadata_and_a_wild_address_give_none():
    from penstock.gst import Gst

    plain = Gst.Buffer.new()
    assert pyds.gst_buffer_get_nvds_batch_meta(hash(plain)) is None
    assert pyds.gst_buffer_get_nvds_batch_meta(0) is None
    assert pyds.gst_buffer_get_nvds_batch_meta(0xDEADBEEF) is None


def test_a_buffer_that_was_copied_carries_metadata_of_its_own(buffer):
    twin = buffer.copy_deep()  # `copy` only takes a reference in Python
    copied = pyds.gst_buffer_get_nvds_batch_meta(hash(twin))
    original = pyds.gst_buffer_get_nvds_batch_meta(hash(buffer))

    pyds.NvDsFrameMeta.cast(copied.frame_meta_list.data).frame_num = 99
    assert pyds.NvDsFrameMeta.cast(original.frame_meta_list.data).frame_num == 7


def test_the_buffer_itself_instead_of_its_address_is_refused_with_the_way_to_write_it(buffer):
    with pytest.raises(TypeError, match=r"takes the address of a buffer, hash\(gst_buffer\), got"):
        pyds.gst_buffer_get_nvds_batch_meta(buffer)


def test_metadata_stays_readable_when_the_buffer_is_gone():
    from penstock.gst import Gst, attach
    from penstock.meta import FrameMeta, ObjectMeta

    buffer = Gst.Buffer.new()
    batch = BatchMeta([FrameMeta(5)])
    batch.frames[0].add(ObjectMeta(label="kept"))
    attach(buffer, batch)
    del batch
    view = pyds.gst_buffer_get_nvds_batch_meta(hash(buffer))
    frame = pyds.NvDsFrameMeta.cast(view.frame_meta_list.data)
    del buffer, view

    assert frame.source_id == 5
    assert pyds.NvDsObjectMeta.cast(frame.obj_meta_list.data).obj_label == "kept"
    assert frame.base_meta.batch_meta is None
