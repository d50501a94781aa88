"""What does not fit is found before the first frame, and named with file and key."""

import sys

import numpy as np
import pytest
from pictures import bright_box_network, make_rois

from onnx_models import save_model
from penstock.config import InferConfig
from penstock.errors import ConfigError, MissingExtraError, ModelError, UnknownNameError
from penstock.inference import Engine

ONE = ((32, 24), (4, 6, 10, 8), 0, 1.0)


@pytest.fixture
def from_file(tmp_path):
    """Makes engines from a configuration file with the given lines."""
    bright_box_network(tmp_path / "net.onnx")

    def make(*lines, backend="onnxruntime"):
        text = ["[property]", "onnx-file=net.onnx", "num-detected-classes=3", *lines]
        (tmp_path / "config.txt").write_text("\n".join(text))
        return Engine(InferConfig.read(tmp_path / "config.txt"), backend=backend)

    return make


def test_a_configuration_file_is_all_it_takes(from_file):
    engine = from_file("net-scale-factor=0.00392156862745098", "cluster-mode=2", "batch-size=2")
    assert engine.infer(make_rois(ONE))[0][0].ltwh == (4, 6, 10, 8)
    assert engine.warnings == ()


def test_a_network_of_a_fixed_size_keeps_it_and_says_so(from_file, any_backend):
    lines = ("net-scale-factor=0.00392156862745098", "cluster-mode=2", "infer-dims=3;64;48")
    engine = from_file(*lines, backend=any_backend)
    assert engine.infer(make_rois(ONE))[0][0].ltwh == (4, 6, 10, 8)
    (warning,) = engine.warnings
    assert "line 6, [property] infer-dims: 48x64 is asked for" in warning
    assert "the network's input is 32x24 and cannot change: that counts" in warning


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("network-type=1", r"line 4, \[property\] network-type: a detector has"),
        (
            "infer-dims=1;64;64",
            r"line 4, .* infer-dims: .*net\.onnx: .*\(\?, 3, 24, 32\).*1, 64, 64",
        ),
        (
            "model-color-format=2",
            r"line 4, .* model-color-format: GRAY has 1 channel.*\(1, 3, 24,",
        ),
        (
            "output-blob-names=cov",
            r"line 4, .*no output 'cov'; it has 'boxes' \(\?, 1, 4\), 'scores",
        ),
        (
            "output-blob-names=boxes",
            r"net\.onnx: no parser recognises the output layers 'boxes' \(1, 4\) of a network of",
        ),
        (
            "parse-bbox-func-name=yolov9000",
            r"line 4, .*no parser is called 'yolov9000'; did you mean .* Known: boxes-scores, ",
        ),
        (
            "parse-bbox-func-name=detectnet-v2",
            r"net\.onnx: detectnet-v2 reads .*got 'boxes' \(1, 4\).*line 4, .*=detectnet-v2\)",
        ),
    ],
)
def test_a_setting_that_does_not_fit_is_named(from_file, line, complaint):
    with pytest.raises((ConfigError, ModelError), match=complaint):
        from_file(line, "cluster-mode=2")


def test_more_classes_than_the_network_has_are_refused(bright):
    with pytest.raises(ConfigError, match=r"num-detected-classes: 80 classes, .* tells 3 apart"):
        bright(num_classes=80)


def test_fewer_labels_than_classes_are_refused(bright):
    with pytest.raises(ConfigError, match=r"2 labels for num-detected-classes=3"):
        bright(engine={"labels": ["a", "b"]})


def test_a_parser_of_a_c_library_is_replaced_by_one_that_knows_the_layers(from_file):
    engine = from_file(
        "parse-bbox-func-name=NvDsInferParseMine", "custom-lib-path=libyolo.so", "cluster-mode=2"
    )
    assert engine.parser == "boxes-scores"
    (warning,) = engine.warnings
    assert "line 4, [property] parse-bbox-func-name: 'NvDsInferParseMine' of " in warning
    assert "libyolo.so cannot be loaded here; the outputs are read by the parser 'box" in warning


def test_a_well_known_function_is_replaced_without_a_word(from_file):
    engine = from_file(
        "parse-bbox-func-name=NvDsInferParseCustomYoloV4", "custom-lib-path=x.so", "cluster-mode=2"
    )
    assert (engine.parser, engine.warnings) == ("boxes-scores", ())


def test_a_well_known_function_for_other_layers_gives_way_with_a_warning(from_file):
    engine = from_file("parse-bbox-func-name=NvDsInferParseYolo", "cluster-mode=2")
    assert engine.parser == "boxes-scores"
    assert "'NvDsInferParseYolo' cannot be loaded here" in engine.warnings[0]


def test_a_parser_of_a_c_library_for_unknown_layers_is_named(from_file):
    with pytest.raises(
        ModelError, match=r"no parser recognises.*\(.*line 4, .*func-name=NvDsInferParseYolo\)"
    ):
        from_file(
            "parse-bbox-func-name=NvDsInferParseYolo",
            "custom-lib-path=libyolo.so",
            "output-blob-names=boxes",
        )


def test_the_sdks_own_sample_parser_is_detectnet(from_file):
    with pytest.raises(ModelError, match="detectnet-v2 reads"):
        from_file("parse-bbox-func-name=NvDsInferParseCustomResnet", "custom-lib-path=lib.so")


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        (
            ["custom-lib-path=gone.py", "parse-bbox-func-name=f"],
            r"line 4, .*cannot read .*gone\.py",
        ),
        (["custom-lib-path=mine.py"], r"parse-bbox-func-name: no function is named; .*has parse$"),
        (
            ["custom-lib-path=mine.py", "parse-bbox-func-name=parser"],
            r"line 5, \[property\] parse-bbox-func-name: no function 'parser' in .*mine\.py; ",
        ),
        (
            ["custom-lib-path=bad.py", "parse-bbox-func-name=parse"],
            r"line 4, \[property\] custom-lib-path: .*bad\.py, line 2: IndentationError: ",
        ),
    ],
)
def test_a_python_parser_that_is_not_there_is_named(from_file, tmp_path, lines, complaint):
    (tmp_path / "mine.py").write_text("def parse(outputs, context):\n    return []\n")
    (tmp_path / "bad.py").write_text("def parse(outputs, context):\nreturn []\n")
    with pytest.raises(ConfigError, match=complaint):
        from_file(*lines)


@pytest.mark.parametrize("content", [b"", b"no model", None])
def test_an_unreadable_model_is_named_with_file_line_and_key(from_file, tmp_path, content):
    whole = (tmp_path / "net.onnx").read_bytes()
    (tmp_path / "net.onnx").write_bytes(whole[:-20] if content is None else content)
    expected = r"config\.txt, line 2, \[property\] onnx-file: .*net\.onnx: "
    with pytest.raises(ModelError, match=expected):
        from_file()


def test_no_model_at_all_is_named(tmp_path):
    with pytest.raises(ConfigError, match="onnx-file: the network to run is missing"):
        Engine(InferConfig(tmp_path / "config.txt"))


def test_an_unknown_backend_lists_the_known_ones(from_file):
    with pytest.raises(UnknownNameError, match=r"openvion.*did you mean 'openvino'"):
        from_file(backend="openvion")


def test_an_open_network_without_a_size_says_what_to_set(bright, any_backend):
    with pytest.raises(ConfigError, match=r"infer-dims: .*\(\?, 3, \?, \?\); set infer-dims=3;hei"):
        bright(backend=any_backend, network={"sides": ["h", "w"]})


def test_channels_in_the_wrong_place_say_what_to_set(bright):
    with pytest.raises(ConfigError, match=r"read as NCHW.*set network-input-order=1"):
        bright(network={"layout": "NHWC"})
    with pytest.raises(ConfigError, match=r"read as NHWC.*set network-input-order=0"):
        bright(input_order=1)


def test_a_batch_that_is_baked_into_the_network_is_named(bright, any_backend):
    with pytest.raises(ModelError, match=r"bright\.onnx: .*failed: "):
        bright(backend=any_backend, network={"only": 1}, batch_size=4)
    assert bright(backend=any_backend, network={"only": 1}, batch_size=1).batch_size == 1


def two_outputs(path, nodes, *, inputs, constants=None):
    names = {"boxes": ["k", 4], "scores": ["k", 3]}
    return save_model(path, nodes, inputs=inputs, outputs=names, constants=constants)


def test_outputs_without_a_batch_are_named(bright, tmp_path, any_backend):
    model = two_outputs(
        tmp_path / "flat.onnx",
        [
            ("ReduceMean", ["image"], ["scores_"], {"axes": [2, 3], "keepdims": 0}),
            ("Reshape", ["scores_", "row"], ["flat"], {}),
            ("Slice", ["flat", "zero", "three"], ["first"], {}),
            ("Reshape", ["first", "row"], ["scores"], {}),
            ("Concat", ["scores", "column"], ["boxes"], {"axis": 1}),
        ],
        inputs={"image": ["n", 3, 24, 32]},
        constants={
            "row": np.array([1, -1]),
            "zero": np.array([0, 0]),
            "three": np.array([1, 3]),
            "column": np.ones((1, 1), np.float32),
        },
    )
    expected = r"flat\.onnx: output '(boxes|scores)' is \(1, [34]\) for 2 pictures; .*batch-size=1"
    with pytest.raises(ModelError, match=expected):
        bright(backend=any_backend, model_file=model, batch_size=4)


def test_two_inputs_are_refused_with_their_shapes(bright, tmp_path, any_backend):
    model = two_outputs(
        tmp_path / "two.onnx",
        [("Identity", ["a"], ["boxes"], {}), ("Identity", ["b"], ["scores"], {})],
        inputs={"a": ["k", 4], "b": ["k", 3]},
    )
    with pytest.raises(ModelError, match=r"expected one input .*'a' \(\?, 4\), 'b' \(\?, 3\)"):
        bright(backend=any_backend, model_file=model)


def test_a_missing_library_says_how_to_install_it(bright, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    monkeypatch.delitem(sys.modules, "penstock.backends.onnxruntime", raising=False)
    with pytest.raises(MissingExtraError, match=r"penstock\[onnxruntime\]"):
        bright(backend="onnxruntime")


def picture(path, size, colour):
    width, height = size
    path.write_bytes(b"P6 %d %d 255\n" % size + bytes(colour) * (width * height))
    return path


@pytest.mark.parametrize(("color", "found"), [("RGB", [0.5, 0, 0]), ("BGR", [0, 0, 0.5])])
def test_a_mean_picture_is_subtracted_in_the_networks_colours(bright, tmp_path, color, found):
    mean = picture(tmp_path / "mean.ppm", (32, 24), (127, 255, 255))
    engine = bright(mean_file=mean, color=color)
    white = make_rois(((32, 24), (0, 0, 32, 24), slice(None), 1.0))
    (detection,) = engine.infer(white)[0]
    assert detection.class_id == int(np.argmax(found))
    assert detection.confidence == pytest.approx(0.5, abs=0.01)


def test_a_mean_picture_of_another_size_is_refused(bright, tmp_path):
    mean = picture(tmp_path / "mean.ppm", (20, 10), (0, 0, 0))
    with pytest.raises(ConfigError, match=r"mean-file: .*mean\.ppm has 20x10 pixels; .* 32x24"):
        bright(mean_file=mean)


def test_a_mean_picture_that_is_none_is_refused(bright, tmp_path):
    (tmp_path / "mean.ppm").write_text("no picture")
    with pytest.raises(ConfigError, match=r"mean-file: .*mean\.ppm is not a picture"):
        bright(mean_file=tmp_path / "mean.ppm")
