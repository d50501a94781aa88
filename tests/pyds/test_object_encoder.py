"""JPEGs of objects and frames."""

import threading

import cv2
import numpy as np
import pytest

import pyds
from penstock.gst import Gst, attach
from penstock.meta import BatchMeta, FrameMeta, ObjectMeta, Surfaces
from penstock.surface import Colorimetry, CpuSurface
from pyds.object_encoder import _contexts

LEFT, RIGHT = (200, 30, 30, 255), (30, 30, 200, 255)


@pytest.fixture
def scene():
    """A buffer of one frame, 80x60: red left, blue right; an object on each half."""
    picture = np.empty((60, 80, 4), np.uint8)
    picture[:, :40], picture[:, 40:] = LEFT, RIGHT
    surface = CpuSurface.from_planes((picture,), "RGBA", colorimetry=Colorimetry())
    batch = BatchMeta([FrameMeta(2, frame_num=7, size=(80, 60))], surfaces=Surfaces([surface]))
    batch.frames[0].add(ObjectMeta((10, 20, 20, 30), label="Car"))
    batch.frames[0].add(ObjectMeta((45, 5, 30, 20), label="Person"))
    buffer = Gst.Buffer.new()
    attach(buffer, batch)
    return buffer


@pytest.fixture
def context():
    number = pyds.nvds_obj_enc_create_context(0)
    yield number
    pyds.nvds_obj_enc_destroy_context(number)


def arguments(**values):
    args = pyds.NvDsObjEncUsrArgs()
    for name, value in values.items():
        setattr(args, name, value)
    return args


def metas(scene):
    batch = pyds.gst_buffer_get_nvds_batch_meta(hash(scene))
    frame = pyds.NvDsFrameMeta.cast(batch.frame_meta_list.data)
    car = pyds.NvDsObjectMeta.cast(frame.obj_meta_list.data)
    return frame, car, pyds.NvDsObjectMeta.cast(frame.obj_meta_list.next.data)


def attached(node):
    """The one JPEG of a user meta list, decoded to RGB."""
    user = pyds.NvDsUserMeta.cast(node.data)
    assert node.next is None
    assert user.base_meta.meta_type == pyds.NvDsMetaType.NVDS_CROP_IMAGE_META
    data = pyds.NvDsObjEncOutParams.cast(user.user_meta_data).outBuffer()
    assert bytes(data[:3]) == b"\xff\xd8\xff"
    return cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def is_near(pixel, color):
    return np.abs(pixel.astype(int) - color[:3]).max() < 12


def test_objects_get_their_crops_as_metadata_once_finished(scene, context):
    frame, car, person = metas(scene)
    args = arguments(attachUsrMeta=True, quality=90)
    for number, obj in enumerate((car, person)):
        args.objNum = number
        assert pyds.nvds_obj_enc_process(context, args, hash(scene), obj, frame) is True
    pyds.nvds_obj_enc_finish(context)
    crop = attached(car.obj_user_meta_list)
    assert crop.shape == (30, 20, 3)
    assert is_near(crop[15, 10], LEFT)
    other = attached(person.obj_user_meta_list)
    assert other.shape == (20, 30, 3)
    assert is_near(other[10, 15], RIGHT)


def test_a_whole_frame_needs_no_object_and_can_be_scaled(scene, context):
    frame, *_ = metas(scene)
    args = arguments(attachUsrMeta=True, isFrame=True, scaleImg=True, scaledWidth=40)
    args.scaledHeight = 24
    assert pyds.nvds_obj_enc_process(context, args, hash(scene), None, frame)
    pyds.nvds_obj_enc_finish(context)
    picture = attached(frame.frame_user_meta_list)
    assert picture.shape == (24, 40, 3)
    assert is_near(picture[12, 5], LEFT)
    assert is_near(picture[12, 35], RIGHT)


def test_files_are_written_under_the_name_given_or_one_made_up(
    scene, context, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    frame, car, _ = metas(scene)
    args = arguments(saveImg=True, objNum=3)
    pyds.nvds_obj_enc_process(context, args, hash(scene), car, frame)
    args.fileNameImg = "mine.jpg"
    pyds.nvds_obj_enc_process(context, args, hash(scene), car, frame)
    args = arguments(saveImg=True, isFrame=True)
    pyds.nvds_obj_enc_process(context, args, hash(scene), None, frame)
    pyds.nvds_obj_enc_finish(context)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"7_2_3_Car_20x30.jpg", "mine.jpg", "7_2_0_frame_80x60.jpg"}
    assert cv2.imread(str(tmp_path / "mine.jpg")).shape == (30, 20, 3)
    assert car.obj_user_meta_list is None


def test_a_box_is_clipped_at_the_frame_and_one_outside_is_answered_false(scene, context):
    frame, car, _ = metas(scene)
    args = arguments(attachUsrMeta=True)
    car.rect_params.left = -5
    assert pyds.nvds_obj_enc_process(context, args, hash(scene), car, frame)
    pyds.nvds_obj_enc_finish(context)
    assert attached(car.obj_user_meta_list).shape == (30, 15, 3)
    car.rect_params.left = 500
    assert pyds.nvds_obj_enc_process(context, args, hash(scene), car, frame) is False


def test_the_picture_is_that_of_the_moment_it_was_asked_for(scene, context):
    frame, *_ = metas(scene)
    args = arguments(attachUsrMeta=True, isFrame=True)
    drawn = threading.Event()
    for _ in range(8):  # keep the encoder busy until then
        _contexts[context].pool.submit(drawn.wait, 30)
    pyds.nvds_obj_enc_process(context, args, hash(scene), None, frame)
    pyds.get_nvds_buf_surface(hash(scene), 0)[:] = 0
    drawn.set()
    pyds.nvds_obj_enc_finish(context)
    assert is_near(attached(frame.frame_user_meta_list)[30, 10], LEFT)


def test_quality_changes_the_size(scene, context):
    frame, *_ = metas(scene)
    rng = np.random.default_rng(5)
    pyds.get_nvds_buf_surface(hash(scene), 0)[:] = rng.integers(0, 255, (60, 80, 4), np.uint8)
    sizes = []
    for quality in (10, 0, 95):
        args = arguments(attachUsrMeta=True, isFrame=True, quality=quality)
        pyds.nvds_obj_enc_process(context, args, hash(scene), None, frame)
        pyds.nvds_obj_enc_finish(context)
        user = frame._core.user.pop()
        sizes.append(user.data.data.size)
    assert sizes == sorted(set(sizes))


def test_copies_of_the_buffer_keep_the_pictures(scene, context):
    frame, *_ = metas(scene)
    args = arguments(attachUsrMeta=True, isFrame=True)
    pyds.nvds_obj_enc_process(context, args, hash(scene), None, frame)
    pyds.nvds_obj_enc_finish(context)
    copied, *_ = metas(twin := scene.copy_deep())
    assert attached(copied.frame_user_meta_list).shape == (60, 80, 3)
    del twin


def test_null_context_and_buffer_are_answered_false_with_a_line(scene, context, capsys):
    frame, car, _ = metas(scene)
    args = arguments()
    assert pyds.nvds_obj_enc_process(0, args, hash(scene), car, frame) is False
    assert pyds.nvds_obj_enc_process(context, args, 0, car, frame) is False
    said = capsys.readouterr().err
    assert (
        said == "pyds.nvds_obj_enc_process: ctx is 0\npyds.nvds_obj_enc_process: gst_buffer is 0\n"
    )


def test_misuse_says_what_to_do(scene, context):
    frame, car, _ = metas(scene)
    process = pyds.nvds_obj_enc_process
    with pytest.raises(ValueError, match=r"no encoding context is called 99, .*create one with"):
        process(99, arguments(), hash(scene), car, frame)
    with pytest.raises(ValueError, match=r"scaleImg needs scaledWidth and scaledHeight, got \(0, "):
        process(context, arguments(scaleImg=True), hash(scene), car, frame)
    with pytest.raises(ValueError, match=r"quality is from 1 to 100, got 101"):
        process(context, arguments(quality=101), hash(scene), car, frame)
    with pytest.raises(TypeError, match=r"obj_meta takes a pyds.NvDsObjectMeta, got None"):
        process(context, arguments(), hash(scene), None, frame)
    with pytest.raises(RuntimeError, match=r"carries no batch, or is gone"):
        process(context, arguments(), 4711, car, frame)
    frame.batch_id = 5
    with pytest.raises(ValueError, match=r"<FrameMeta source 2.* has no pixels in this buffer"):
        process(context, arguments(), hash(scene), car, frame)
    for function in (pyds.nvds_obj_enc_finish, pyds.nvds_obj_enc_destroy_context):
        with pytest.raises(ValueError, match=r"or it was destroyed"):
            function(99)


def test_a_file_that_cannot_be_written_is_said_and_the_others_are_done(scene, context, tmp_path):
    frame, car, person = metas(scene)
    args = arguments(saveImg=True, fileNameImg=str(tmp_path / "missing" / "a.jpg"))
    pyds.nvds_obj_enc_process(context, args, hash(scene), car, frame)
    pyds.nvds_obj_enc_process(context, arguments(attachUsrMeta=True), hash(scene), person, frame)
    with pytest.raises(FileNotFoundError, match=r"missing/a.jpg"):
        pyds.nvds_obj_enc_finish(context)
    assert attached(person.obj_user_meta_list).shape == (20, 30, 3)


def test_a_picture_without_memory_for_it_is_said_and_the_others_are_done(scene, context):
    frame, car, person = metas(scene)
    args = arguments(attachUsrMeta=True, scaleImg=True, scaledWidth=1 << 30, scaledHeight=1 << 30)
    pyds.nvds_obj_enc_process(context, args, hash(scene), car, frame)
    pyds.nvds_obj_enc_process(context, arguments(attachUsrMeta=True), hash(scene), person, frame)
    with pytest.raises(MemoryError):
        pyds.nvds_obj_enc_finish(context)
    assert attached(person.obj_user_meta_list).shape == (20, 30, 3)


def test_the_time_of_encoding_is_printed_where_asked(scene, context, capsys):
    frame, car, _ = metas(scene)
    pyds.nvds_obj_enc_process(context, arguments(calcEncodeTime=True), hash(scene), car, frame)
    pyds.nvds_obj_enc_finish(context)
    assert capsys.readouterr().out.startswith("Encode time = ")
