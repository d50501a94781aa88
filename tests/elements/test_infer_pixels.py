"""Networks that say something of each pixel, or leave their outputs to the application."""

import ctypes

import numpy as np
import pytest
from batches import box, pictures, visit

import pyds
from onnx_models import save_model
from penstock.meta import SegmentationMeta, TensorMeta, UserMeta
from penstock.osd import CLASS_COLORS
from streams import Gst, error_text, finish

GREEN, BLUE = 1, 2  # classes: the network's are the colours


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("PENSTOCK_CACHE", str(tmp_path_factory.getbasetemp() / "compiled"))


@pytest.fixture
def config(tmp_path):
    """Writes a configuration whose network gives the colours of each pixel; returns the file."""
    save_model(
        tmp_path / "colours.onnx",
        [("Mul", ["image", "one"], ["colours"], {})],
        inputs={"image": ["n", 3, 24, 32]},
        outputs={"colours": ["n", 3, 24, 32]},
        constants={"one": np.float32(1)},
    )

    def write(*lines):
        keys = ["onnx-file=colours.onnx", "net-scale-factor=0.00392156862745098", "batch-size=4"]
        path = tmp_path / "pixels.txt"
        path.write_text("\n".join(["[property]", *keys, *lines, ""]))
        return path

    return write


def line(config, then="", *, patterns=("green",), options=""):
    """Sources of one colour, a mux, nvinfer."""
    inputs = " ".join(
        f"videotestsrc pattern={pattern} num-buffers=2 ! video/x-raw,width=320,height=240 "
        f"! nvvideoconvert ! mux.sink_{n}"
        for n, pattern in enumerate(patterns)
    )
    return Gst.parse_launch(
        f"nvstreammux name=mux batch-size={len(patterns)} width=320 height=240 "
        f"! nvinfer name=infer config-file-path={config} {options} {then} ! fakesink name=end "
        f"{inputs}"
    )


def played(pipeline):
    message = finish(pipeline)
    assert message.type == Gst.MessageType.EOS, error_text(message)


def test_the_class_map_is_frame_user_meta_as_applications_walk_it(config):
    pipeline, seen = line(config("network-type=2"), patterns=("green", "blue")), []

    def walk(batch):
        for frame in batch.frames:
            node = pyds.NvDsFrameMeta._over(frame).frame_user_meta_list
            while node is not None:
                user = pyds.NvDsUserMeta.cast(node.data)
                if user.base_meta.meta_type == pyds.NVDSINFER_SEGMENTATION_META:
                    meta = pyds.NvDsInferSegmentationMeta.cast(user.user_meta_data)
                    masks = pyds.get_segmentation_masks(meta)
                    seen.append((frame.source_id, meta.classes, masks.shape, set(np.unique(masks))))
                node = node.next

    visit(pipeline, "infer", walk)
    played(pipeline)
    assert seen == [(0, 3, (24, 32), {GREEN}), (1, 3, (24, 32), {BLUE})] * 2


def test_tensors_are_read_by_address_and_stay_valid_with_their_metadata(config):
    path = config("network-type=100", "output-tensor-meta=1")
    pipeline, kept = line(path, patterns=("green", "blue")), []
    visit(pipeline, "infer", lambda batch: kept.extend(f.user[TensorMeta] for f in batch.frames))
    played(pipeline)
    assert len(kept) == 4
    for number, meta in enumerate(kept):
        layer = pyds.get_nvds_LayerInfo(pyds.NvDsInferTensorMeta._over(meta), 0)
        address = ctypes.cast(pyds.get_ptr(layer.buffer), ctypes.POINTER(ctypes.c_float))
        colours = np.ctypeslib.as_array(address, shape=(3, 24, 32)).mean(axis=(1, 2))
        assert colours.argmax() == (GREEN, BLUE)[number % 2]
        assert np.shares_memory(np.asarray(layer.buffer), meta.layers[0].data)


def test_the_property_asks_for_tensors_as_the_key_does(config):
    pipeline, seen = line(config("network-type=2"), options="output-tensor-meta=true"), []
    visit(pipeline, "infer", lambda batch: seen.append([u.meta_type for u in batch.frames[0].user]))
    played(pipeline)
    assert seen == [[SegmentationMeta.META_TYPE, TensorMeta.META_TYPE]] * 2


# Masks

BOX = (8, 6, 24, 18)  # network pixels of 32x24: a tenth of the frame's


@pytest.fixture
def masked(tmp_path):
    """Writes a network of one box with a mask of its upper half; returns its configuration."""

    def write(masks):
        constants = {
            "boxes_": np.array([[BOX]], np.float32),
            "scores_": np.array([[0.9]], np.float32),
            "labels_": np.array([[0.0]], np.float32),
            "masks_": np.asarray(masks, np.float32)[None],
        }
        names = ("boxes", "scores", "labels", "masks")
        save_model(
            tmp_path / "masks.onnx",
            [
                ("ReduceMax", ["image"], ["most"], {"keepdims": 0}),
                ("Mul", ["most", "none"], ["zero"], {}),
                *[("Add", [f"{name}_", "zero"], [name], {}) for name in names],
            ],
            inputs={"image": [1, 3, 24, 32]},
            outputs={name: list(constants[f"{name}_"].shape) for name in names},
            constants={**constants, "none": np.float32(0)},
            metadata={"penstock.boxes": "xyxy"},
        )
        keys = ["onnx-file=masks.onnx", "num-detected-classes=1", "network-type=3"]
        keys += ["cluster-mode=4", "output-instance-mask=1"]
        path = tmp_path / "masks.txt"
        path.write_text("\n".join(["[property]", *keys, ""]))
        return path

    return write


UPPER = np.where(np.arange(28)[:, None] < 14, 1.0, 0.0).repeat(28, axis=1)[None]


def test_an_object_s_mask_is_drawn_where_it_is(masked):
    pipeline = line(masked(UPPER), "! nvdsosd display-bbox=false display-text=false name=osd")
    before, after = pictures(pipeline, "osd"), pictures(pipeline, "osd", pad="src")
    played(pipeline)
    for one, other in zip(before, after, strict=True):
        changed = (one != other).any(axis=2)
        assert changed[64:116, 84:236].all()  # the upper half of the box, frame pixels
        changed[58:122, 78:242] = False
        assert not changed.any()


def test_a_mask_of_the_wrong_size_is_one_error_that_names_layers_and_shapes(masked):
    message = finish(line(masked(np.repeat(UPPER, 2, axis=0))))
    assert "masks.onnx" in error_text(message)
    assert "got 'masks' (2, 28, 28), 'boxes' (1, 4)" in error_text(message)


# nvsegvisual


def colour(class_id):
    return CLASS_COLORS[class_id + 1].tolist()


def shown(pipeline):
    seen = pictures(pipeline, "show", pad="src")
    played(pipeline)
    return seen


def test_each_class_has_its_colour_in_the_size_that_was_asked_for(config):
    show = "! nvsegvisual name=show width=64 height=48"
    seen = shown(line(config("network-type=2"), show))
    assert [picture.shape for picture in seen] == [(48, 64, 3)] * 2
    assert all((picture == colour(GREEN)).all() for picture in seen)


def test_what_has_no_class_is_black(config):
    path = config("network-type=2", "segmentation-threshold=1.5")
    assert not np.any(shown(line(path, "! nvsegvisual name=show")))
    assert shown(line(path, "! nvsegvisual name=show"))[0].shape == (720, 1280, 3)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("", colour(GREEN)),
        ("class-id=1", [0, 255, 0]),
        ("alpha=0.5", [(a + b) / 2 for a, b in zip(colour(GREEN), (0, 255, 0), strict=True)]),
        ("operate-on-seg-meta-id=7", [0, 255, 0]),
    ],
)
def test_colours_may_lie_over_the_picture(config, options, expected):
    path = config("network-type=2", "gie-unique-id=3")
    show = f"! nvsegvisual name=show width=64 height=48 original-background=true {options}"
    (picture, _) = shown(line(path, show))
    np.testing.assert_allclose(picture.mean(axis=(0, 1)), expected, atol=4)


def test_the_map_of_an_object_lies_in_its_box_and_boxes_move_along(config):
    pipeline = line(
        config("network-type=100", "output-tensor-meta=1"),
        "! nvsegvisual name=show width=160 height=120",
    )
    boxes = []

    def mark(batch):
        obj = batch.frames[0].add(box((80, 60, 160, 120)))
        halves = np.array([[0, 2]], np.int32)
        obj.user.append(UserMeta(SegmentationMeta(halves, classes=3), meta_type=13))

    visit(pipeline, "infer", mark)
    visit(
        pipeline, "show", lambda b: boxes.append((b.frames[0].objects[0].ltwh, b.frames[0].width))
    )
    picture, _ = shown(pipeline)
    assert boxes == [((40, 30, 80, 60), 160)] * 2
    assert (picture[30:90, 40:80] == colour(0)).all()
    assert (picture[30:90, 80:120] == colour(2)).all()
    picture[30:90, 40:120] = 0
    assert not picture.any()
