"""`output-tensor-meta`: what a network put out, for the application."""

import ctypes

import numpy as np
import pytest
from networks import echo_network
from objects import batch_of_frames, colour_classifier, found, frame_of, noise, plain

import pyds
from onnx_models import save_model
from penstock.backends import BACKENDS
from penstock.config import InferConfig
from penstock.inference import RawNetwork, Roi, open_task
from penstock.meta import PreprocessMeta, RegionMeta, TensorMeta, UserMeta

SCALE = "net-scale-factor=0.00392156862745098"


@pytest.fixture
def config(tmp_path):
    def write(*lines, model="echo.onnx"):
        if model == "echo.onnx":
            echo_network(tmp_path / model, ["n", 3, 24, 32])
        path = tmp_path / "raw.txt"
        path.write_text("\n".join(["[property]", f"onnx-file={model}", SCALE, *lines, ""]))
        return InferConfig.read(path)

    return write


def test_every_frame_has_the_outputs_of_its_own_picture(config):
    task = open_task(config("network-type=100", "output-tensor-meta=1", "gie-unique-id=4"))
    pictures = [noise((32, 24), seed=seed) for seed in range(3)]
    batches = [
        batch_of_frames(*map(frame_of, pictures[:2])),
        batch_of_frames(frame_of(pictures[2])),
    ]
    for batch in batches:
        task.process(batch)
    frames = [frame for batch in batches for frame in batch.frames]
    for frame, picture in zip(frames, pictures, strict=True):
        assert frame.infer_done
        meta = frame.user[TensorMeta]
        (layer,) = meta.layers
        assert (layer.name, layer.is_input, meta.component_id) == ("seen", False, 4)
        np.testing.assert_allclose(layer.data, picture.transpose(2, 0, 1) / 255, atol=1e-6)
        assert (meta.network.width, meta.network.height, meta.network.channels) == (32, 24, 3)


def test_the_address_of_a_layer_is_that_of_its_numbers_and_nothing_is_copied(config):
    batch = batch_of_frames(frame_of(noise((32, 24))))
    open_task(config("network-type=100", "output-tensor-meta=1")).process(batch)
    ours = batch.frames[0].user[TensorMeta].layers[0].data
    frame = pyds.NvDsFrameMeta._over(batch.frames[0])
    user = pyds.NvDsUserMeta.cast(frame.frame_user_meta_list.data)
    assert user.base_meta.meta_type == pyds.NvDsMetaType.NVDSINFER_TENSOR_OUTPUT_META
    tensors = pyds.NvDsInferTensorMeta.cast(user.user_meta_data)
    layer = pyds.get_nvds_LayerInfo(tensors, 0)
    address = ctypes.cast(pyds.get_ptr(layer.buffer), ctypes.POINTER(ctypes.c_float))
    theirs = np.ctypeslib.as_array(address, shape=tuple(layer.dims.d[: layer.dims.numDims]))
    assert theirs.ctypes.data == ours.ctypes.data
    assert theirs.shape == (3, 24, 32)
    assert (layer.layerName, layer.dataType, layer.isInput) == ("seen", 0, 0)


def test_an_object_carries_the_outputs_beside_the_answer(config, tmp_path):
    colour_classifier(tmp_path / "kinds.onnx")
    one, other = found((0, 0, 32, 24)), found((32, 24, 32, 24), class_id=1)
    batch = batch_of_frames(frame_of(noise(), one, other))
    lines = ("network-type=1", "process-mode=2", "operate-on-class-ids=1", "output-tensor-meta=1")
    open_task(config(*lines, model="kinds.onnx")).process(batch)
    assert TensorMeta not in one.user
    assert TensorMeta not in batch.frames[0].user
    kind, brightness = other.user[TensorMeta].layers
    assert (kind.name, kind.index, brightness.name, brightness.index) == (
        "kind",
        1,
        "brightness",
        2,
    )
    (answer,) = other.classifiers
    assert answer.labels[0].confidence == pytest.approx(kind.data.max())


def test_a_prepared_region_carries_its_own(config):
    batch = batch_of_frames(frame_of(plain((0, 0, 0), (32, 24))))
    (frame,) = batch.frames
    regions = [RegionMeta(frame, (0, 0, 16, 24), None) for _ in range(2)]
    tensor = np.random.default_rng(1).random((2, 3, 24, 32), np.float32)
    meta = PreprocessMeta(tensor, regions, "given", 1, frozenset({15}))
    batch.user.append(UserMeta(meta, meta_type=PreprocessMeta.META_TYPE))
    lines = ("network-type=100", "output-tensor-meta=1", "input-tensor-from-meta=1")
    open_task(config(*lines)).process(batch)
    for region, row in zip(regions, tensor, strict=True):
        np.testing.assert_allclose(region.user[TensorMeta].layers[0].data, row, atol=1e-6)
    assert TensorMeta not in frame.user


def test_nothing_is_attached_where_nobody_asked(config):
    batch = batch_of_frames(frame_of(noise((32, 24))))
    silent = config("network-type=100")
    open_task(silent).process(batch)
    assert list(batch.frames[0].user) == []
    (warning,) = RawNetwork(silent).warnings
    assert warning.endswith("set output-tensor-meta=1")
    assert "raw.txt, line" in warning


@pytest.mark.parametrize("backend", list(BACKENDS))
@pytest.mark.parametrize(
    ("kind", "number", "there", "shown"),
    [
        ("int64", 7, "int64", 4),
        ("int32", 6, "int32", 3),
        ("uint8", 2, "uint8", 5),
        ("float64", 11, "float32", 0),
        ("bool", 9, "uint8", 5),
    ],
)
def test_numbers_keep_their_type_where_deepstream_has_it(
    config, tmp_path, backend, kind, number, there, shown
):
    save_model(
        tmp_path / "cast.onnx",
        [("Cast", ["image"], ["whole"], {"to": number})],
        inputs={"image": ["n", 3, 24, 32]},
        outputs={"whole": (["n", 3, 24, 32], kind)},
    )
    given = config("network-type=100", "output-tensor-meta=1", model="cast.onnx")
    batch = batch_of_frames(frame_of(plain((255, 0, 255), (32, 24))))
    pieces = RawNetwork(given, backend=backend).pieces([Roi.whole(batch.frames[0])])
    for job in pieces.jobs:
        job()
    (meta,) = pieces.tensors()
    (layer,) = meta.layers
    assert layer.data.dtype == there
    assert layer.data[0].min() == 1
    assert layer.data[1].max() == 0
    assert pyds.NvDsInferLayerInfo._over(layer).dataType == shown
