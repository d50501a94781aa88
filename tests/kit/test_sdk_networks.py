"""The other networks of the tree: what they say, and under which names."""

import cv2
import numpy as np
import onnx
import pytest
from runtimes import open_onnxruntime, run_openvino

from penstock import kit
from penstock.kit.sdk import TREE
from penstock.kit.sdk.classifiers import CLASSIFIERS
from penstock.kit.sdk.reid_network import OFFSETS, SCALE
from penstock.kit.sdk.scenes import defect
from penstock.kit.sdk.vehicle_networks import COLORS

MEAN_BGR = np.array([103.939, 116.779, 123.68], np.float32)


@pytest.fixture(scope="module")
def made(cache, tmp_path_factory):
    """A function from a path of the tree to the file, made alone."""
    folder = tmp_path_factory.mktemp("sdk")

    class Kit:
        def asset(self, name):
            return kit.get(name, cache=cache)

    def make(path):
        (stand_in,) = (one for one in TREE if one.path == path)
        output = folder / path
        if not output.exists():
            output.parent.mkdir(parents=True, exist_ok=True)
            stand_in.make(Kit(), output)
        return output

    return make


@pytest.fixture(scope="module")
def bus(cache):
    return cv2.imread(str(kit.get("bus", cache=cache)))


def run(path, array, *, surest=None):
    """Outputs by name, of ONNX Runtime; OpenVINO must agree, about the surest rows at least."""
    session = open_onnxruntime(path)
    (name,) = (one.name for one in session.get_inputs())
    outputs = [one.name for one in session.get_outputs()]
    got = dict(zip(outputs, session.run(outputs, {name: array}), strict=True))
    other = run_openvino(path, array)
    for output in outputs:
        np.testing.assert_allclose(got[output][:, :surest], other[output][:, :surest], atol=2e-3)
    return got


def batch(*pictures, size):
    """BGR pictures as NCHW float32, scaled."""
    scaled = [cv2.resize(one, size, interpolation=cv2.INTER_AREA) for one in pictures]
    return np.stack(scaled).transpose(0, 3, 1, 2).astype(np.float32)


def shapes(path):
    graph = onnx.load(str(path)).graph
    return {
        value.name: tuple(
            axis.dim_param or axis.dim_value for axis in value.type.tensor_type.shape.dim
        )
        for value in (*graph.input, *graph.output)
    }


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        (
            "samples/models/Primary_Detector/resnet18_trafficcamnet_pruned.onnx",
            {
                "input_1:0": ("batch", 3, 544, 960),
                "output_cov/Sigmoid:0": ("batch", 4, 34, 60),
                "output_bbox/BiasAdd:0": ("batch", 16, 34, 60),
            },
        ),
        (
            "samples/models/Primary_Detector/resnet10.caffemodel.onnx",
            {
                "input_1": ("batch", 3, 368, 640),
                "conv2d_cov/Sigmoid": ("batch", 4, 23, 40),
                "conv2d_bbox": ("batch", 16, 23, 40),
            },
        ),
        (
            "samples/models/peoplenet/resnet34_peoplenet.onnx",
            {
                "input_1:0": ("batch", 3, 544, 960),
                "output_cov/Sigmoid:0": ("batch", 3, 34, 60),
                "output_bbox/BiasAdd:0": ("batch", 12, 34, 60),
            },
        ),
        (
            "samples/models/Secondary_VehicleTypes/resnet18_vehicletypenet_pruned.onnx",
            {"input_1:0": ("batch", 3, 224, 224), "predictions/Softmax:0": ("batch", 6)},
        ),
        (
            "samples/models/Segmentation/semantic/unetres18_v4_pruned0.65_800_data.uff.onnx",
            {
                "input_1": ("batch", 3, 512, 512),
                "final_conv/BiasAdd": ("batch", 4, 512, 512),
            },
        ),
        (
            "samples/models/Segmentation/industrial/unet_output_graph.uff.onnx",
            {"input_1": ("batch", 1, 512, 512), "conv2d_19/Sigmoid": ("batch", 2, 512, 512)},
        ),
        (
            "samples/models/peopleSegNet/peoplesegnet_resnet50.etlt.onnx",
            {
                "Input": ("batch", 3, 576, 960),
                "generate_detections": ("batch", 20, 6),
                "mask_fcn_logits/BiasAdd": ("batch", 20, 2, 28, 28),
            },
        ),
        (
            "samples/models/Tracker/resnet50_market1501.onnx",
            {"input": ("batch", 3, 256, 128), "fc_pred": ("batch", 256)},
        ),
        (
            "samples/triton_model_repo/ssd_inception_v2_coco_2018_01_28/1/model.onnx",
            {
                "image_tensor": ("batch", 300, 300, 3),
                "detection_boxes": ("batch", 100, 4),
                "detection_scores": ("batch", 100),
                "detection_classes": ("batch", 100),
                "num_detections": ("batch", 1),
            },
        ),
    ],
)
def test_each_network_has_the_names_and_shapes_that_its_users_rely_on(made, path, wanted):
    assert shapes(made(path)) == wanted


def test_every_network_says_in_its_metadata_what_it_really_is(made):
    for stand_in in TREE:
        if stand_in.path.endswith(".onnx") and not stand_in.of:
            said = {
                prop.key: prop.value for prop in onnx.load(str(made(stand_in.path))).metadata_props
            }
            assert said["penstock.about"] in stand_in.what


def test_peoplenet_finds_the_persons_of_a_picture_and_the_faces_that_yunet_finds(made, bus, cache):
    plain = batch(bus, size=(960, 544))
    pictures = plain[:, ::-1] / 255
    path = made("samples/models/peoplenet/resnet34_peoplenet.onnx")
    coverage = run(path, np.ascontiguousarray(pictures))["output_cov/Sigmoid:0"][0]
    persons, bags, faces = ({round(float(s), 4) for s in plane[plane > 0.5]} for plane in coverage)
    assert len(persons) == 3
    (alone,) = open_onnxruntime(kit.get("yunet", cache=cache)).run(["scores"], {"images": plain})
    assert len(faces) == 1
    assert faces.pop() == pytest.approx(alone.max(), abs=1e-3)
    assert not bags


def test_the_type_of_a_vehicle_is_the_same_with_the_mean_subtracted_and_without(made, bus):
    path = made("samples/models/Secondary_VehicleTypes/resnet18_vehicletypenet_pruned.onnx")
    plain = batch(bus[230:760, 10:805], size=(224, 224))
    odds = run(path, np.concatenate([plain, plain - MEAN_BGR.reshape(1, 3, 1, 1)]))
    first, second = odds["predictions/Softmax:0"]
    labels = next(one for one in CLASSIFIERS if "Types/labels" in one.path)
    text = made(labels.path).read_text()
    assert text == "coupe;largevehicle;sedan;suv;truck;van\n"
    assert text.split(";")[first.argmax()] == "largevehicle"
    assert first.sum() == pytest.approx(1, abs=1e-4)
    np.testing.assert_allclose(first, second, atol=1e-3)


def test_a_painted_surface_has_its_colour_whatever_is_around_it(made):
    pictures = np.zeros((len(COLORS), 224, 224, 3), np.uint8)
    for picture, rgb in zip(pictures, COLORS.values(), strict=True):
        picture[56:168, 56:168] = rgb[::-1]
    path = made("samples/models/Secondary_VehicleMake/resnet18_vehiclemakenet_pruned.onnx")
    odds = run(path, batch(*pictures, size=(224, 224)))["predictions/Softmax:0"]
    assert odds.argmax(axis=1).tolist() == list(range(len(COLORS)))
    labels = made("samples/models/Secondary_VehicleMake/labels.txt").read_text().strip().split(";")
    assert labels == [f"colour:{color}" for color in COLORS]


def test_what_looks_alike_has_a_like_vector_and_what_does_not_has_not(made, bus):
    person, other = bus[400:900, 50:240], bus[400:880, 660:810]
    shifted = bus[405:905, 55:245]
    pictures = batch(person, shifted, other, size=(128, 256))[:, ::-1]
    pixels = (pictures - np.array(OFFSETS, np.float32).reshape(1, 3, 1, 1)) * np.float32(SCALE)
    path = made("samples/models/Tracker/resnet50_market1501.onnx")
    vectors = run(path, pixels.astype(np.float32))["fc_pred"]
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)
    assert vectors[0] @ vectors[1] > 0.95
    assert vectors[0] @ vectors[2] < 0.5


def test_the_ssd_finds_bus_and_persons_under_cocos_numbers_surest_first(made, bus):
    path = made("samples/triton_model_repo/ssd_inception_v2_coco_2018_01_28/1/model.onnx")
    picture = cv2.resize(bus, (300, 300), interpolation=cv2.INTER_AREA)[None, :, :, ::-1]
    got = {name: array[0] for name, array in run(path, np.ascontiguousarray(picture)).items()}
    scores, classes = got["detection_scores"], got["detection_classes"]
    assert (np.diff(scores) <= 0).all()
    assert got["num_detections"] == [(scores >= 0.05).sum()]
    sure = scores > 0.5
    assert set(classes[sure]) == {1.0, 6.0}
    top, left, bottom, right = got["detection_boxes"][classes == 6][0]
    assert (top, left, bottom, right) == pytest.approx((0.21, 0.02, 0.7, 0.99), abs=0.08)
    labels = made("samples/triton_model_repo/ssd_inception_v2_coco_2018_01_28/labels.txt")
    lines = labels.read_text().splitlines()
    assert (len(lines), lines[1], lines[6], lines[12]) == (91, "person", "bus", "unlabeled")


def inside(mask, left, top, right, bottom):
    """The share of a mask's pixels that are in a box, and the share of the box that they fill."""
    part = mask[top:bottom, left:right]
    return part.sum() / mask.sum(), part.mean()


def test_the_semantic_network_finds_bus_and_persons_whatever_the_pixels_range(made, bus):
    path = made("samples/models/Segmentation/semantic/unetres18_v4_pruned0.65_800_data.uff.onnx")
    plain = batch(bus, size=(512, 512))[:, ::-1]
    maps = run(path, np.concatenate([plain, plain / 255]))["final_conv/BiasAdd"]
    np.testing.assert_allclose(maps[0], maps[1], atol=1e-4)
    np.testing.assert_allclose(maps.sum(axis=1), 1, atol=1e-3)
    classes = maps[0].argmax(axis=0)
    within, filled = inside(classes == 2, 0, 105, 512, 350)
    assert within > 0.98
    assert filled > 0.5
    within, _ = inside(classes == 1, 0, 190, 230, 430)
    assert within > 0.9


def test_the_industrial_network_finds_the_scratch(made):
    path = made("samples/models/Segmentation/industrial/unet_output_graph.uff.onnx")
    surface = defect((512, 512))[None, :, :, 0][None].astype(np.float32)
    (sound, scratch) = run(path, surface)["conv2d_19/Sigmoid"][0]
    np.testing.assert_allclose(sound + scratch, 1, atol=1e-5)
    rows, columns = np.nonzero(scratch > 0.5)
    assert (columns.mean(), rows.mean()) == pytest.approx((320, 192), abs=4)
    assert (scratch > 0.5).mean() == pytest.approx(0.02, abs=0.006)


def test_peoplesegnet_finds_persons_and_their_masks(made, bus):
    path = made("samples/models/peopleSegNet/peoplesegnet_resnet50.etlt.onnx")
    picture = np.ascontiguousarray(batch(bus, size=(960, 576))[:, ::-1])
    got = {name: array[0] for name, array in run(path, picture, surest=3).items()}
    persons, masks = got["generate_detections"], got["mask_fcn_logits/BiasAdd"]
    assert (persons[:, 5] > 0.5).sum() == 3
    assert (persons[:, 4] == 1).all()
    shares = (masks[:3, 1] > 0).mean(axis=(1, 2))
    assert (shares > 0.25).all()
    assert (shares < 0.8).all()
    np.testing.assert_allclose(masks[:, 0], -masks[:, 1])


def test_peoplesegnet_takes_pixels_with_the_mean_subtracted(made, bus):
    path = made("samples/models/peopleSegNet/peoplesegnet_resnet50.etlt.onnx")
    picture = np.ascontiguousarray(batch(bus, size=(960, 576))[:, ::-1])
    mean = np.array([123.675, 116.28, 103.53], np.float32).reshape(1, 3, 1, 1)
    centred = (picture - mean) * np.float32(0.017507)
    both = run(path, np.concatenate([picture, centred]), surest=3)["generate_detections"]
    np.testing.assert_allclose(both[1, :3], both[0, :3], atol=0.06)


def test_each_mask_is_cut_out_of_its_own_picture_of_a_batch(made, bus):
    path = made("samples/models/peopleSegNet/peoplesegnet_resnet50.etlt.onnx")
    picture = np.ascontiguousarray(batch(bus, size=(960, 576))[:, ::-1])
    session = open_onnxruntime(path)
    names = ["generate_detections", "mask_fcn_logits/BiasAdd"]
    alone = session.run(names, {"Input": picture})
    for number, together in enumerate(
        session.run(names, {"Input": np.concatenate([picture[..., ::-1], picture])})
    ):
        np.testing.assert_allclose(together[1, :3], alone[number][0, :3], atol=1e-3)
        assert not np.allclose(together[0, :3], alone[number][0, :3], atol=0.1)
