"""Pictures and motion through pyds: optical flow, surfaces in memory, JPEG, 360 degrees."""

import numpy as np
import pytest

import pyds
from penstock.meta import EncodedImage, OpticalFlowMeta
from pyds.records import SurfaceRecord, SurfacesRecord


@pytest.fixture
def flow():
    vectors = np.arange(12, dtype=np.int16).reshape(2, 3, 2)
    return pyds.NvDsOpticalFlowMeta.cast(OpticalFlowMeta(vectors, 5))


def test_flow_tells_its_size_and_its_first_vector(flow):
    assert (flow.rows, flow.cols, flow.mv_size, flow.frame_num) == (2, 3, 4, 5)
    first = pyds.NvOFFlowVector.cast(flow.data)
    assert (first.flowx, first.flowy) == (0, 1)
    first.flowy = -7
    assert flow._core.vectors[0, 0, 1] == -7
    assert flow._core.copy().vectors[0, 0, 1] == -7


def test_flow_takes_vectors_and_no_other_size(flow):
    flow.data = np.zeros((1, 1, 2), np.int16)
    assert (flow.rows, flow.cols) == (1, 1)
    with pytest.raises(TypeError, match=r"data takes int16 vectors \(rows, cols, 2\), got"):
        flow.data = np.zeros((1, 1), np.int16)
    with pytest.raises(AttributeError, match=r"NvDsOpticalFlowMeta.rows follows the vectors"):
        flow.rows = 5


def test_only_vectors_are_seen_as_a_vector():
    for wrong in (np.zeros(4, np.float32), np.zeros(1, np.int16)):
        with pytest.raises(
            TypeError, match=r"NvOFFlowVector.cast takes the .data of a pyds.NvDsOp"
        ):
            pyds.NvOFFlowVector.cast(wrong)


def test_surfaces_read_as_what_they_hold():
    record = SurfaceRecord(640, 480, 768, color_format=19, size=768 * 480)
    record.planes.count = 1
    record.planes.width[0] = 640
    surfaces = pyds.NvBufSurface.cast(SurfacesRecord(0, 4, True, 6, [record]))
    assert (surfaces.batchSize, surfaces.numFilled, surfaces.isContiguous) == (4, 1, True)
    assert surfaces.memType == pyds.NVBUF_MEM_SYSTEM
    picture = surfaces.surfaceList
    assert (picture.width, picture.height, picture.pitch) == (640, 480, 768)
    assert picture.colorFormat == pyds.NVBUF_COLOR_FORMAT_RGBA
    assert picture.planeParams.width[0] == 640
    assert picture.mappedAddr.addr.tolist() == [0, 0, 0, 0]
    with pytest.raises(AttributeError, match=r"NvBufSurfaceParams.width is read-only"):
        picture.width = 5
    with pytest.raises(IndexError):
        picture.planeParams.width[4] = 5


def test_the_first_of_the_shapes_of_a_frame_is_a_reference():
    shapes, rect = pyds.NvOSD_FrameRectParams(), pyds.NvOSD_RectParams()
    shapes.rect_params_list, shapes.num_rects, shapes.mode = rect, 1, pyds.MODE_CPU
    shapes.rect_params_list.left = 7
    assert (rect.left, shapes.num_rects, shapes.mode) == (7.0, 1, pyds.NvOSD_Mode.MODE_CPU)
    with pytest.raises(TypeError, match=r"rect_params_list takes a pyds.NvOSD_RectParams, got"):
        shapes.rect_params_list = pyds.NvOSD_TextParams()


def test_a_jpeg_is_read_by_a_method():
    image = pyds.NvDsObjEncOutParams.cast(EncodedImage(np.frombuffer(b"\xff\xd8", np.uint8)))
    assert bytes(image.outBuffer()) == b"\xff\xd8"
    assert image._core.copy().data is image._core.data


def test_what_to_encode_is_switched_by_what_counts_as_true():
    args = pyds.NvDsObjEncUsrArgs()
    args.saveImg, args.attachUsrMeta, args.quality = 1, True, 80
    args.fileNameImg = "crop.jpg"
    assert (args.saveImg, args.attachUsrMeta, args.isFrame) == (True, True, False)
    assert args.fileNameImg == "crop.jpg"
    with pytest.raises(
        TypeError, match=r"NvDsObjEncUsrArgs.saveImg takes True or False, got 'yes'"
    ):
        args.saveImg = "yes"


def test_a_box_of_a_360_degree_camera_is_plain_data():
    box = pyds.RectDim()
    box.left, box.roi_status, box.text = 1, int(pyds.ROI_EXIT_360D), "lane 4"
    assert (box.left, box.roi_status, box.text) == (1.0, 2, "lane 4")
