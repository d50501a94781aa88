"""From a name, an ONNX file or a configuration to a configuration."""

import pytest

from footage import detector
from onnx_models import save_model
from penstock import kit
from penstock.config import InferConfig
from penstock.errors import ConfigError, ModelError, UnknownNameError
from penstock.pipeline import config_for


def onnx(path, **outputs):
    save_model(
        path,
        [("Identity", ["x"], [name], {}) for name in outputs],
        inputs={"x": [1, 3, 8, 8]},
        outputs=outputs,
    )
    return path


def test_a_configuration_is_taken_as_it_is(tmp_path):
    config = detector(tmp_path)
    assert config_for(str(config)) == config


def test_a_name_of_the_kit_is_its_configuration():
    assert config_for("yolov4-tiny") == kit.config_of("yolov4-tiny")


def test_a_model_for_objects_is_not_for_whole_frames():
    with pytest.raises(ConfigError, match="model gender: it looks at objects that a detector in"):
        config_for("gender")


def test_a_model_that_finds_no_objects_is_not_taken():
    with pytest.raises(ConfigError, match=r"model deeplabv3: .* finds no objects; name a detector"):
        config_for("deeplabv3")


@pytest.mark.parametrize("kind", [2, 100])
@pytest.mark.parametrize("named", ["config_infer.txt", "detector.onnx"])
def test_a_configuration_that_finds_no_objects_is_not_taken(tmp_path, kind, named):
    config = detector(tmp_path)
    config.write_text(f"{config.read_text()}\n[property]\nnetwork-type={kind}\n")
    said = rf"config_infer.txt, line \d+, .*a network of type {kind} finds no objects; name a"
    with pytest.raises(ConfigError, match=said):
        config_for(str(tmp_path / named), folder=tmp_path)


def test_an_onnx_file_uses_the_configuration_beside_it(tmp_path):
    config = detector(tmp_path)
    assert config_for(str(tmp_path / "detector.onnx"), folder=tmp_path / "none") == config


@pytest.mark.parametrize(
    ("outputs", "labels", "classes"),
    [
        ({"boxes": [1, 9, 4], "scores": [1, 9, 7]}, None, 7),
        ({"net_cov": [1, 3, 2, 2], "net_bbox": [1, 12, 2, 2]}, None, 3),
        ({"out": [1, 9, 4]}, "a\nb\nc\nd\n\n", 4),
        ({"scores": [1, 9, "classes"]}, "a\nb\n", 2),
    ],
)
def test_one_without_gets_its_classes_from_the_outputs_or_the_labels(
    tmp_path, outputs, labels, classes
):
    model = onnx(tmp_path / "m.onnx", **outputs)
    if labels:
        (tmp_path / "labels.txt").write_text(labels)
    folder = tmp_path / "made"
    folder.mkdir()
    config = InferConfig.read(config_for(str(model), folder=folder))
    assert config.file.parent == folder
    assert config.model_file == model
    assert config.num_classes == classes
    assert list(config.labels) == (labels or "").split()
    assert config.keep_aspect


def test_classes_that_nobody_knows_are_asked_for(tmp_path):
    model = onnx(tmp_path / "m.onnx", out=[1, 9, 4])
    with pytest.raises(ConfigError, match=r"the classes of .*m.onnx are not known: put a labels"):
        config_for(str(model), folder=tmp_path)


def test_what_is_no_network_is_named(tmp_path):
    for content, reason in (
        (b"garbage" * 100, "cannot be read as ONNX: "),
        (b"", "cannot be read as ONNX: there is no network in its 0 bytes"),
    ):
        path = tmp_path / "m.onnx"
        path.write_bytes(content)
        with pytest.raises(ModelError) as caught:
            config_for(str(path), folder=tmp_path)
        assert f"model {path} {reason}" in str(caught.value)


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"model none\.onnx: there is no such ONNX file"):
        config_for("none.onnx")
    with pytest.raises(ConfigError, match=r"model none\.yml: there is no such configuration file"):
        config_for("none.yml")
    with pytest.raises(UnknownNameError, match=r"model yolo: wanted an ONNX file .*yolov4-tiny"):
        config_for("yolo")
