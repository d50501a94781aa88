"""The look-alike of DeepStream's tree: how it is made, and that its files fit each other."""

import configparser

import cv2
import pytest
from typer.testing import CliRunner

from penstock import kit, paths
from penstock.backends.triton_repository import find_model
from penstock.cli import app
from penstock.config import BrokerConfig, InferConfig, MessagesConfig, TrackerConfig
from penstock.errors import PenstockError
from penstock.kit.sdk import TREE, StandIn, build_tree, link
from penstock.kit.sdk.building import MANIFEST
from penstock.kit.sdk.encoding import FORMS, encode, take_out
from penstock.kit.sdk.scenes import defect, frames_of, panned, through_fisheye
from penstock.kit.sdk.stand_in import same_as, written
from penstock.paths.families import FAMILIES


def broken(_workshop, output):
    output.write_text("half of it")
    raise PenstockError("no such package")


def names(folder):
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(MANIFEST)
    )


PARTS = (
    StandIn("a/one.txt", "one", written("1")),
    same_as("a/one.txt", path="b/two.txt"),
    StandIn("three.txt", "three", written("3")),
)


def test_the_second_run_makes_nothing(tmp_path):
    told = []
    first = build_tree(PARTS, tmp_path, on_file=told.append)
    assert first.made == told == ["a/one.txt", "b/two.txt", "three.txt"]
    assert (tmp_path / "b/two.txt").read_text() == "1"
    assert build_tree(PARTS, tmp_path).made == []


def test_what_is_missing_is_made_again_and_nothing_else(tmp_path):
    build_tree(PARTS, tmp_path)
    (tmp_path / "a/one.txt").unlink()
    assert build_tree(PARTS, tmp_path).made == ["a/one.txt"]


def test_what_another_version_made_is_made_anew_with_what_is_made_of_it(tmp_path):
    build_tree(PARTS, tmp_path)
    newer = (StandIn("a/one.txt", "one", written("new"), revision=2), *PARTS[1:])
    assert build_tree(newer, tmp_path).made == ["a/one.txt", "b/two.txt"]
    assert (tmp_path / "b/two.txt").read_text() == "new"


def test_what_was_replaced_by_hand_stays_even_then(tmp_path):
    build_tree(PARTS, tmp_path)
    (tmp_path / "a/one.txt").unlink()
    (tmp_path / "a/one.txt").write_text("the real one")
    newer = (StandIn("a/one.txt", "one", written("new"), revision=2), *PARTS[1:])
    assert build_tree(newer, tmp_path).made == ["b/two.txt"]
    assert (tmp_path / "b/two.txt").read_text() == "the real one"


@pytest.mark.parametrize("text", ["", "[]", "{", '{"three.txt": 1}', '{"three.txt": [1]}'])
def test_a_damaged_list_of_what_was_made_replaces_nothing(tmp_path, text):
    build_tree(PARTS, tmp_path)
    (tmp_path / MANIFEST).write_text(text)
    newer = [StandIn(one.path, one.what, one.make, revision=2) for one in PARTS]
    assert build_tree(newer, tmp_path).made == []


def test_a_file_that_somebody_else_put_there_stays(tmp_path):
    (tmp_path / "three.txt").write_text("mine")
    assert build_tree(PARTS, tmp_path).made == ["a/one.txt", "b/two.txt"]
    assert (tmp_path / "three.txt").read_text() == "mine"


def test_one_file_that_cannot_be_made_leaves_the_others_and_no_half_of_itself(tmp_path):
    parts = (StandIn("bad", "bad", broken), same_as("bad", path="of_bad"), *PARTS)
    built = build_tree(parts, tmp_path)
    assert built.failures == {"bad": "no such package", "of_bad": "no such package"}
    assert names(tmp_path) == ["a/one.txt", "b/two.txt", "three.txt"]


def test_the_command_tells_each_reason_once_and_what_is_missing_for_it(tmp_path, monkeypatch):
    parts = (StandIn("bad", "bad", broken), same_as("bad", path="of_bad"), *PARTS)
    monkeypatch.setattr("penstock.kit.sdk.TREE", parts)
    done = CliRunner().invoke(app, ["kit", "sdk", str(tmp_path)])
    assert isinstance(done.exception, PenstockError)
    assert str(done.exception).splitlines() == [
        "2 files could not be made; the others are there:",
        "- bad and 1 more: no such package",
    ]
    assert done.stdout.splitlines()[-1] == str(tmp_path)
    assert (tmp_path / "three.txt").exists()


def test_an_asset_that_cannot_be_fetched_is_asked_for_once(index, tmp_path):
    def needs_bus(workshop, output):
        output.write_bytes(workshop.asset("bus").read_bytes())

    parts = [StandIn(name, name, needs_bus) for name in "abc"]
    built = build_tree(parts, tmp_path / "tree", cache=tmp_path / "cache")
    assert len(built.failures) == 3
    assert len(set(built.failures.values())) == 1
    assert len(index.requests) == 1


def test_a_folder_that_cannot_be_written_is_told_with_the_way_out(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(
        PenstockError, match=r"cannot write the tree .*name another folder: penstock"
    ):
        build_tree(PARTS, tmp_path / "file")


def test_the_link_is_made_once_and_replaces_nothing(tmp_path):
    tree, parent = tmp_path / "tree", tmp_path / "opt"
    tree.mkdir()
    assert link(tree, parent=parent).resolve() == tree
    assert link(tree, parent=parent) == parent / "deepstream"
    with pytest.raises(PenstockError, match=r"is there already, and is not .*other; it is left"):
        link(tmp_path / "other", parent=parent)
    (tmp_path / "file").write_text("")
    with pytest.raises(PenstockError, match=r"File exists; as root: mkdir -p .* && ln -s"):
        link(tree, parent=tmp_path / "file")


def test_no_two_files_have_one_path_and_every_line_says_something():
    places = [stand_in.path for stand_in in TREE]
    assert len(set(places)) == len(places)
    assert all(stand_in.what for stand_in in TREE)
    assert all(place.startswith(("samples/", "sources/")) for place in places)
    assert {stand_in.of for stand_in in TREE} - {""} <= set(places)


def test_every_network_that_is_known_by_its_name_is_in_the_tree():
    places = {stand_in.path for stand_in in TREE}
    for model in FAMILIES.values():
        assert {str(model), str(model.with_name("labels.txt"))} - places <= {
            "samples/models/Tracker/labels.txt"
        }


def test_explain_lists_every_file_and_makes_none(tmp_path, monkeypatch):
    monkeypatch.setenv("PENSTOCK_SDK", str(tmp_path / "sdk"))
    said = CliRunner().invoke(app, ["kit", "sdk", "--explain"]).stdout.splitlines()
    assert said[::2] == [stand_in.path for stand_in in TREE]
    assert said[1::2] == [f"    {stand_in.what}" for stand_in in TREE]
    assert not (tmp_path / "sdk").exists()


@pytest.fixture(scope="module")
def tree(cache, tmp_path_factory):
    """The whole tree but its videos, where `paths` look for it."""
    folder = tmp_path_factory.mktemp("tree")
    built = build_tree([one for one in TREE if "streams" not in one.path], folder, cache=cache)
    assert not built.failures
    return folder


def test_every_configuration_of_a_network_is_read_without_a_warning(tree):
    folder = tree / "samples/configs/deepstream-app"
    files = sorted(folder.glob("config_infer_*"))
    assert len(files) >= 14
    for file in files:
        config = InferConfig.read(file)
        assert config.warnings == ()
        assert config.model_file.is_file()
        told = len(config.labels) or len(config.classifier_labels[0])
        assert told == (config.num_classes or told)


def test_a_key_file_and_its_yaml_say_the_same(tree):
    for file in (tree / "samples/configs/deepstream-app").glob("config_infer_*.txt"):
        assert InferConfig.read(file) == InferConfig.read(file.with_suffix(".yml"))


def test_every_tracker_configuration_means_the_tracker_in_its_name(tree):
    files = sorted((tree / "samples/configs/deepstream-app").glob("config_tracker_*.yml"))
    assert len(files) == 6
    for file in files:
        config = TrackerConfig.read(file)
        assert config.tracker == file.stem.split("_")[2]
        warned = " ".join(config.warnings)
        assert "unknown" not in warned


def test_every_configuration_of_messages_is_read_without_a_warning(tree):
    converters = list(tree.glob("sources/apps/**/*msgconv*"))
    brokers = list(tree.glob("sources/libs/**/cfg_*.txt"))
    assert (len(converters), len(brokers)) == (2, 5)
    for file in converters:
        config = MessagesConfig.read(file)
        assert (config.sensors[0].id, config.warnings) == ("CAMERA_0", ())
    for file in brokers:
        assert BrokerConfig.read(file).warnings == ()


def test_every_model_of_the_triton_repository_is_what_its_configuration_says(tree):
    repository = tree / "samples/triton_model_repo"
    models = sorted(folder.name for folder in repository.iterdir())
    assert {"Primary_Detector", "ssd_inception_v2_coco_2018_01_28"} <= set(models)
    for name in models:
        model = find_model(
            repository, name, version=-1, strict=True, where="model_name", where_version="version"
        )
        assert model.label_file is None or model.label_file.is_file()


def test_a_caffe_configuration_of_old_runs_on_the_tree(tree, tmp_path, monkeypatch):
    monkeypatch.setenv("PENSTOCK_SDK", str(tree))
    caffe = "/opt/nvidia/deepstream/deepstream-5.0/samples/models/Primary_Detector"
    config = configparser.ConfigParser()
    config["property"] = {
        "net-scale-factor": "0.0039215697906911373",
        "model-file": f"{caffe}/resnet10.caffemodel",
        "proto-file": f"{caffe}/resnet10.prototxt",
        "model-engine-file": f"{caffe}/resnet10.caffemodel_b1_gpu0_int8.engine",
        "labelfile-path": f"{caffe}/labels.txt",
        "int8-calib-file": f"{caffe}/cal_trt.bin",
        "output-blob-names": "conv2d_bbox;conv2d_cov/Sigmoid",
        "num-detected-classes": "4",
        "cluster-mode": "2",
    }
    with (tmp_path / "config.txt").open("w") as file:
        config.write(file)
    read = InferConfig.read(tmp_path / "config.txt")
    assert read.labels == ("car", "bicycle", "person", "roadsign")
    assert read.model_file == tree / "samples/models/Primary_Detector/resnet10.caffemodel.onnx"


def frames_and_size(path):
    video = cv2.VideoCapture(str(path))
    count = 0
    while video.read()[0]:
        count += 1
    return count, (video.get(cv2.CAP_PROP_FRAME_WIDTH), video.get(cv2.CAP_PROP_FRAME_HEIGHT))


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_video_has_the_frames_it_was_made_of(cache, tmp_path, form):
    bus = kit.get("bus", cache=cache)
    video = tmp_path / f"video.{form}"
    encode(panned(bus, (320, 180), most=12), video, form=form)
    assert frames_and_size(video) == (12, (320, 180))


def test_the_elementary_stream_is_that_of_the_video(cache, tmp_path):
    bus = kit.get("bus", cache=cache)
    encode(panned(bus, (320, 180), most=12), tmp_path / "a.mp4", form="h264.mp4")
    take_out(tmp_path / "a.mp4", tmp_path / "a.h264")
    assert (tmp_path / "a.h264").read_bytes()[:4] == b"\0\0\0\1"
    assert frames_and_size(tmp_path / "a.h264") == (12, (320, 180))


def test_what_is_no_video_is_told(tmp_path):
    (tmp_path / "text").write_text("no video")
    with pytest.raises(PenstockError, match="OpenCV cannot read the video"):
        next(frames_of(tmp_path / "text", (64, 64), most=1))
    with pytest.raises(PenstockError, match="OpenCV cannot read the picture"):
        next(panned(tmp_path / "text", (64, 64), most=1))
    with pytest.raises(PenstockError, match="text: This file is invalid"):
        take_out(tmp_path / "text", tmp_path / "out")


def test_a_fisheye_shows_the_middle_and_black_corners():
    (frame,) = through_fisheye(iter([defect((320, 240)) // 2 + 100]))
    assert frame.shape == (240, 320, 3)
    assert frame[0, 0].max() == 0
    assert frame[100:140, 140:180].min() > 80


def test_a_path_of_the_sdk_leads_into_the_default_tree(monkeypatch, tmp_path):
    monkeypatch.delenv("PENSTOCK_SDK", raising=False)
    monkeypatch.setenv("PENSTOCK_CACHE", str(tmp_path))
    build_tree([StandIn("samples/streams/a.mp4", "a", written(""))], paths.sdk_dir())
    found = paths.found("/opt/nvidia/deepstream/deepstream/samples/streams/a.mp4")
    assert found == tmp_path / "sdk/samples/streams/a.mp4"
