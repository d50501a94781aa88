"""Models and configurations that cannot be used: file, key and line are named."""

import pytest

from footage import detector
from onnx_models import save_model


@pytest.fixture
def model(tmp_path):
    """A detector to break."""
    return detector(tmp_path / "model")


def rewrite(config, old, new):
    text = config.read_text()
    assert old in text
    config.write_text(text.replace(old, new))


@pytest.mark.parametrize("damage", ["garbage", "truncated", "empty"])
@pytest.mark.parametrize("named", ["network", "configuration"])
def test_an_onnx_file_that_cannot_be_read_is_named(refused, ball, model, damage, named):
    onnx = model.with_name("detector.onnx")
    whole = onnx.read_bytes()
    onnx.write_bytes(
        {"garbage": b"\xff" * 5000, "truncated": whole[: len(whole) // 2], "empty": b""}[damage]
    )
    if named == "network":
        model.unlink()
    said = refused(ball, model=onnx if named == "network" else model)
    assert str(onnx) in said
    assert any(reason in said for reason in ("ONNX", "empty", "cut off"))


def test_a_label_file_that_is_missing_is_named_with_its_line(refused, ball, model):
    model.with_name("labels.txt").unlink()
    said = refused(ball, model=model)
    assert f"{model}, line 6, [property] labelfile-path" in said
    assert "No such file" in said


def test_a_model_file_that_is_missing_is_named_with_its_line(refused, ball, model):
    model.with_name("detector.onnx").unlink()
    said = refused(ball, model=model)
    assert f"{model}, line 4, [property] onnx-file" in said


def test_more_classes_than_the_network_has_are_refused(refused, ball, model):
    rewrite(model, "num-detected-classes=4", "num-detected-classes=9")
    model.with_name("labels.txt").write_text("\n".join("abcdefghi"))
    said = refused(ball, model=model)
    assert f"{model}, line 12, [property] num-detected-classes" in said
    assert "9 classes, but the network tells 4 apart" in said


def test_fewer_labels_than_classes_are_refused(refused, ball, model):
    model.with_name("labels.txt").write_text("one\ntwo\n")
    said = refused(ball, model=model)
    assert "2 labels for num-detected-classes=4" in said


def test_a_value_that_is_no_number_is_named(refused, ball, model):
    rewrite(model, "batch-size=1", "batch-size=many")
    assert f"{model}, line 7, [property] batch-size" in refused(ball, model=model)


def test_a_network_that_no_parser_reads_is_named(refused, ball, model):
    onnx = model.with_name("detector.onnx")
    save_model(
        onnx,
        [("Relu", ["x"], ["mystery"], {})],
        inputs={"x": [1, 3, 32, 32]},
        outputs={"mystery": [1, 3, 32, 32]},
    )
    said = refused(ball, model=model)
    assert str(onnx) in said
    assert "mystery" in said


def test_names_that_nobody_has_are_answered_with_those_there_are(refused, ball):
    assert "yolov4-tiny" in refused(ball, model="yolov9")
    assert "there is no such ONNX file" in refused(ball, model="none.onnx")
    assert "there is no such configuration file" in refused(ball, model="none.txt")
