"""Models of a Triton repository, looked up and compared with their ONNX files."""

import numpy as np
import onnxruntime
import pytest

from onnx_models import convolution, quantised_convolution, save_model
from penstock.backends.onnx_signature import read_signature
from penstock.backends.triton_repository import find_model
from penstock.errors import ConfigError, ModelError
from served_models import repository


def find(root, name="colour", *, version=-1, strict=False):
    return find_model(
        root, name, version=version, strict=strict, where="a.txt, line 1", where_version="a.txt"
    )


@pytest.mark.parametrize(
    ("policy", "offered"),
    [
        ("", [2]),
        ("latest {}", [2]),
        ("latest { num_versions: 2 }", [1, 2]),
        ("all {}", [1, 2]),
        ("specific { versions: [1, 9] }", [1]),
    ],
)
def test_the_version_policy_says_what_is_offered(tmp_path, policy, offered):
    root = repository(tmp_path, more=f"version_policy {{ {policy} }}" if policy else "")
    found = find(root)
    assert (found.version, found.file) == (
        offered[-1],
        root / "colour" / str(offered[-1]) / "model.onnx",
    )
    for version in (1, 2):
        if version in offered:
            assert find(root, version=version).version == version
        else:
            with pytest.raises(ConfigError, match=f"version {version} of the model is not offered"):
                find(root, version=version)


def test_versions_are_numbers(tmp_path):
    root = repository(tmp_path)
    (root / "colour" / "2").rename(root / "colour" / "10")
    for name in ("old", "011", "\u0661\u0662"):  # the last is 12 in Arabic digits
        (root / "colour" / name).mkdir()
    assert find(root).version == 10


def test_a_model_without_a_configuration_is_what_its_file_says_unless_that_is_forbidden(tmp_path):
    root = repository(tmp_path)
    (root / "colour" / "config.pbtxt").unlink()
    assert find(root).signature.inputs["image"].shape == (None, 3, 24, 32)
    with pytest.raises(ConfigError, match=r"config\.pbtxt: No such file"):
        find(root, strict=True)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            ("onnxruntime_onnx", "tensorrt_plan"),
            "colour is run by 'tensorrt_plan' on a server; here",
        ),
        (
            ('name: "colour"', 'name: "color"'),
            "the model is called 'color', but its folder 'colour'",
        ),
        (('name: "boxes"', 'name: "box"'), "output 'box' is not in "),
        (
            ("dims: [ 1, 4 ]", "dims: [ 4 ]"),
            "output 'boxes' is (?, 4), the batch in front of dims, by",
        ),
    ],
)
def test_what_does_not_fit_is_an_error_that_names_both_sides(tmp_path, change, said):
    root = repository(tmp_path)
    file = root / "colour" / "config.pbtxt"
    file.write_text(file.read_text().replace(*change))
    with pytest.raises((ConfigError, ModelError)) as error:
        find(root)
    assert said in str(error.value)
    assert str(error.value).startswith(f"{file}, line ")


def test_a_version_without_its_file_is_an_error_that_says_what_is_there(tmp_path):
    root = repository(tmp_path)
    (root / "colour" / "2" / "model.onnx").rename(root / "colour" / "2" / "net.onnx")
    with pytest.raises(ModelError, match=r"model\.onnx is missing; .*/2 has net\.onnx"):
        find(root)
    file = root / "colour" / "config.pbtxt"
    file.write_text(f"{file.read_text()}default_model_filename: 'sub/a.onnx'")
    with pytest.raises(ModelError, match=r"sub/a\.onnx is missing; .*/2 has net\.onnx"):
        find(root)


def test_the_names_of_classes_are_found(tmp_path):
    assert find(repository(tmp_path)).label_file == tmp_path / "repo" / "colour" / "labels.txt"


@pytest.mark.parametrize("make", [convolution, quantised_convolution])
def test_a_signature_is_what_onnx_runtime_sees(tmp_path, make):
    path = tmp_path / "model.onnx"
    make(path)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    signature = read_signature(path)
    for specs, nodes in (
        (signature.inputs, session.get_inputs()),
        (signature.outputs, session.get_outputs()),
    ):
        shapes = {n.name: tuple(s if isinstance(s, int) else None for s in n.shape) for n in nodes}
        assert {name: spec.shape for name, spec in specs.items()} == shapes
        assert {spec.dtype for spec in specs.values()} == {np.dtype(np.float32)}


def test_weights_that_are_declared_as_inputs_are_none(tmp_path):
    path = save_model(
        tmp_path / "old.onnx",
        [("Add", ["x", "w"], ["y"], {})],
        inputs={"x": ["n", 2], "w": [2]},
        outputs={"y": ["n", 2]},
        constants={"w": np.ones(2, np.float32)},
    )
    assert list(read_signature(path).inputs) == ["x"]


def test_a_file_that_is_no_onnx_is_an_error(tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(ModelError, match="not an ONNX model"):
        read_signature(path)
