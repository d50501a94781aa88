"""Files of DeepStream's own tree, found in the kit's where they are not."""

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock import paths
from penstock.config import InferConfig, TrackerConfig
from penstock.errors import ConfigError

TRAFFIC = "samples/models/Primary_Detector/resnet18_trafficcamnet_pruned.onnx"
CAFFE = "samples/models/Primary_Detector/resnet10.caffemodel"


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A small tree, with text files for networks."""
    root = tmp_path / "tree"
    for name in (TRAFFIC, f"{CAFFE}.onnx", "samples/models/peoplenet/labels.txt"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    monkeypatch.setenv("PENSTOCK_SDK", str(root))
    return root


@pytest.mark.parametrize("version", ["deepstream", "deepstream-7.1", "deepstream-6.0"])
def test_what_lies_in_an_installation_is_found_in_the_tree(tree, version):
    assert paths.found(f"/opt/nvidia/deepstream/{version}/{TRAFFIC}") == tree / TRAFFIC


def test_a_relative_path_that_ends_as_the_samples_do_is_found_in_the_tree(tree, tmp_path):
    folder = tmp_path / "apps" / "mine"
    assert paths.resolve(f"../../../../{TRAFFIC}", relative_to=folder) == tree / TRAFFIC


def test_a_folder_is_found_too(tree):
    folder = "samples/models/Primary_Detector"
    assert paths.found(f"/opt/nvidia/deepstream/deepstream/{folder}") == tree / folder


def test_what_is_there_is_taken_as_it_is(tree, tmp_path):
    mine = tmp_path / TRAFFIC
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    assert paths.found(mine) == mine
    assert (
        paths.onnx_of(mine.with_name("resnet18_trafficcamnet_pruned.onnx_b1_gpu0_int8.engine"))
        == mine
    )


@pytest.mark.parametrize(
    "text",
    [
        "/opt/nvidia/deepstream/deepstream/samples/models/none.onnx",
        "/opt/nvidia/other/samples",
        "/opt/nvidia/deepstream/deepstream",
        "samples/mine/model.onnx",
        "relative/model.onnx",
    ],
)
def test_whatever_the_tree_does_not_have_stays_as_it_was_named(tree, text):
    assert paths.found(text).as_posix() == text


@given(st.text(st.characters(blacklist_characters="/\0"), min_size=1))
def test_any_other_name_stays(name):
    assert paths.found(f"/nowhere/{name}").as_posix().rstrip("/.") in f"/nowhere/{name}"


@pytest.mark.parametrize(
    "named",
    [
        "models/TrafficCamNet/resnet18.onnx",
        "my/resnet18_trafficcamnet.onnx",
        "../tao/dashcamnet/v1/resnet18.onnx",
    ],
)
def test_a_network_of_nvidias_is_known_by_its_name_wherever_it_is_expected(tree, tmp_path, named):
    assert paths.resolve(named, relative_to=tmp_path) == tree / TRAFFIC


def test_its_labels_are_known_by_its_folder(tree):
    labels = paths.found("/somewhere/peoplenet/labels.txt")
    assert labels == tree / "samples/models/peoplenet/labels.txt"
    assert paths.found("/somewhere/else/labels.txt").as_posix() == "/somewhere/else/labels.txt"


@pytest.mark.parametrize(
    ("name", "network"),
    [
        ("resnet10.caffemodel", f"{CAFFE}.onnx"),
        ("resnet10.caffemodel_b1_gpu0_int8.engine", f"{CAFFE}.onnx"),
        ("resnet10.caffemodel_b30_dla0_fp16.engine", f"{CAFFE}.onnx"),
        ("resnet18_trafficcamnet_pruned.onnx_b4_gpu1_fp32.engine", TRAFFIC),
        ("resnet18_trafficcamnet.etlt_b1_gpu0_int8.engine", TRAFFIC),
    ],
)
def test_a_model_of_another_format_has_its_onnx_network(tree, name, network):
    folder = paths.SDK_PARENT / "deepstream/samples/models/Primary_Detector"
    assert paths.onnx_of(folder / name) == tree / network


def test_a_users_own_onnx_network_stands_in_for_the_model_beside_it(tree, tmp_path):
    (tmp_path / "mine.uff.onnx").write_text("")
    assert paths.onnx_of(tmp_path / "mine.uff") == tmp_path / "mine.uff.onnx"
    assert paths.onnx_of(tmp_path / "mine.uff_b16_dla1_fp16.engine") == tmp_path / "mine.uff.onnx"
    assert paths.onnx_of(tmp_path / "other.uff") is None
    assert paths.onnx_of(tmp_path / "model.engine") is None


def test_it_is_told_once_what_stands_in(tree, caplog):
    with caplog.at_level(logging.INFO, logger="penstock.paths"):
        for _ in range(3):
            paths.found(f"/opt/nvidia/deepstream/deepstream-5.1/{TRAFFIC}")
    (record,) = caplog.records
    assert f"deepstream-5.1/{TRAFFIC} is not here" in record.getMessage()
    assert str(tree / TRAFFIC) in record.getMessage()


def test_advice_is_given_about_files_of_the_sdk_only(tree, monkeypatch):
    missing = "/opt/nvidia/deepstream/deepstream/samples/streams/none.mp4"
    assert paths.advice(missing) == (
        f"; {tree} has no stand-in for it (`penstock kit sdk --explain` lists them)"
    )
    monkeypatch.setenv("PENSTOCK_SDK", str(tree / "none"))
    assert "`penstock kit sdk` makes stand-ins" in paths.advice(missing)
    assert "`penstock kit sdk` makes stand-ins" in paths.advice("/a/peoplenet.etlt")
    assert paths.advice("/home/me/model.onnx") == ""


def write_config(folder, *lines):
    file = folder / "config.txt"
    file.write_text("\n".join(["[property]", "num-detected-classes=4", "cluster-mode=2", *lines]))
    return file


def test_a_caffe_configuration_gets_the_network_that_stands_in_for_its_model(tree, tmp_path):
    file = write_config(
        tmp_path,
        "proto-file=../../samples/models/Primary_Detector/resnet10.prototxt",
        "model-file=../../samples/models/Primary_Detector/resnet10.caffemodel",
    )
    assert InferConfig.read(file).model_file == tree / f"{CAFFE}.onnx"


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (
            "model-file=/opt/nvidia/deepstream/deepstream/samples/models/x.caffemodel",
            "Caffe models",
        ),
        ("uff-file=/opt/nvidia/deepstream/deepstream/samples/models/x.uff", "UFF models"),
        ("tlt-encoded-model=../peoplenet/x.etlt", "encrypted TAO models"),
        ("model-engine-file=/opt/nvidia/deepstream/deepstream/samples/models/x.engine", "TensorRT"),
    ],
)
def test_a_model_without_a_stand_in_is_refused_with_what_to_do(tmp_path, monkeypatch, line, what):
    monkeypatch.setenv("PENSTOCK_SDK", str(tmp_path / "none"))
    with pytest.raises(
        ConfigError, match=f"line 4, .*{what}.* cannot be read here.*penstock kit sdk"
    ):
        InferConfig.read(write_config(tmp_path, line))


def test_a_network_that_is_missing_tells_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setenv("PENSTOCK_SDK", str(tmp_path / "none"))
    file = write_config(tmp_path, f"onnx-file=/opt/nvidia/deepstream/deepstream/{TRAFFIC}")
    with pytest.raises(ConfigError, match="No such file or directory; `penstock kit sdk` makes"):
        InferConfig.read(file)


def test_a_configuration_file_of_the_sdk_is_found_and_its_paths_start_there(tree):
    folder = tree / "samples/configs/deepstream-app"
    folder.mkdir(parents=True)
    write_config(
        folder, "onnx-file=../../models/Primary_Detector/resnet18_trafficcamnet_pruned.onnx"
    )
    (folder / "tracker.yml").write_text("%YAML:1.0\nBaseConfig:\n  trackerType: IOU\n")
    sdk = "/opt/nvidia/deepstream/deepstream/samples/configs/deepstream-app"
    config = InferConfig.read(f"{sdk}/config.txt")
    assert (config.file, config.model_file) == (folder / "config.txt", tree / TRAFFIC)
    assert TrackerConfig.read(f"{sdk}/tracker.yml").tracker == "IOU"
    with pytest.raises(ConfigError, match=f"cannot read {sdk}/none.yml: .*has no stand-in"):
        TrackerConfig.read(f"{sdk}/none.yml")


def test_a_path_that_the_system_refuses_is_as_it_was(tree):
    far = f"/opt/nvidia/deepstream/deepstream/samples/models/{'x' * 300}.onnx"
    assert str(paths.found(far)) == far
    assert paths.onnx_of(paths.found(far)) is None
