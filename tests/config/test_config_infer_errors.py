"""What a wrong configuration of nvinfer gets: one sentence with file, line and key."""

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.config import InferConfig
from penstock.errors import ConfigError


def complaint(path):
    with pytest.raises(ConfigError) as caught:
        InferConfig.read(path)
    return str(caught.value)


def test_a_missing_configuration_names_the_property_and_the_absolute_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert complaint("none.txt") == (
        f"config-file-path: cannot read {tmp_path / 'none.txt'}: No such file or directory"
    )


@pytest.mark.parametrize(
    ("content", "got"),
    [("", "no group"), ("[tracker]\na=1\n[application]\n", "[tracker], [application]")],
)
def test_a_file_without_property_group_lists_its_groups(write, content, got):
    path = write(content)
    assert complaint(path) == f"{path}: wanted a [property] group, got {got}"


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("batch-size=four", "wanted a whole number from 1 to 1024, got 'four'"),
        ("batch-size=0", "wanted a whole number from 1 to 1024, got '0'"),
        ("batch-size=1025", "wanted a whole number from 1 to 1024, got '1025'"),
        ("process-mode=3", "wanted 1 (whole frames) or 2 (objects), got '3'"),
        ("network-type=4", "or 100 (other), got '4'"),
        ("network-mode=9", "wanted 0 (FP32), 1 (INT8), 2 (FP16) or 3 (best), got '9'"),
        ("model-color-format=RGB", "wanted 0 (RGB), 1 (BGR) or 2 (GRAY), got 'RGB'"),
        ("network-input-order=2", "wanted 0 (NCHW) or 1 (NHWC), got '2'"),
        ("cluster-mode=5", "or 4 (none), got '5'"),
        ("scaling-filter=7", "or 6 (nearest), got '7'"),
        ("maintain-aspect-ratio=maybe", "wanted 1 (true) or 0 (false), got 'maybe'"),
        ("net-scale-factor=1/255", "wanted a number, got '1/255'"),
        ("offsets=1;2", "wanted three numbers, one for each channel, got '1;2'"),
        ("infer-dims=3;0;2", "wanted channels;height;width, three whole numbers above 0"),
        ("num-detected-classes=0", "wanted a whole number of 1 or more, got '0'"),
        ("filter-out-class-ids=a", "wanted a list 1;2;3 of whole numbers of 0 or more, got 'a'"),
        ("interval=-1", "wanted a whole number of 0 or more, got '-1'"),
        ("gie-unique-id=-1", "wanted a whole number of 0 or more, got '-1'"),
        ("operate-on-gie-id=-2", "wanted a whole number of -1 or more, got '-2'"),
    ],
)
def test_a_value_out_of_range_is_named(detector, line, wanted):
    path = detector(line + "\n")
    message = complaint(path)
    assert message.startswith(f"{path}, line 6, [property] {line.partition('=')[0]}: wanted ")
    assert wanted in message


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("pre-cluster-threshold=high", "wanted a number, got 'high'"),
        ("nms-iou-threshold=1.5", "wanted a number from 0 to 1, got '1.5'"),
        ("topk=-2", "wanted a whole number of -1 or more, got '-2'"),
        ("detected-min-w=-1", "wanted a whole number of 0 or more, got '-1'"),
        ("border-color=red", "wanted red;green;blue;alpha, four numbers from 0 to 1, got 'red'"),
    ],
)
def test_a_class_attribute_out_of_range_is_named(detector, line, wanted):
    path = detector(f"[class-attrs-1]\n{line}\n")
    key = line.partition("=")[0]
    assert complaint(path) == f"{path}, line 7, [class-attrs-1] {key}: {wanted}"


def test_a_yaml_value_out_of_range_is_named_with_its_line(write):
    path = write("property:\n  onnx-file: model.onnx\n  batch-size: four\n", "c.yml")
    assert complaint(path) == (
        f"{path}, line 3, [property] batch-size: wanted a whole number from 1 to 1024, got 'four'"
    )


@pytest.mark.parametrize("key", ["onnx-file", "labelfile-path", "mean-file"])
def test_a_missing_file_is_named_with_key_line_and_where_it_was_looked_for(detector, folder, key):
    path = detector(f"{key}=sub/../none.bin\n")
    assert complaint(path) == (
        f"{path}, line 6, [property] {key}: wanted a file, got 'sub/../none.bin', "
        f"which is {folder / 'none.bin'}: No such file or directory"
    )


def test_a_configuration_without_model_says_which_key_is_wanted(write):
    path = write("[property]\nnum-detected-classes=4\n")
    assert complaint(path) == (
        f"{path}, [property] onnx-file: wanted the ONNX network to run, got no key"
    )


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("tlt-encoded-model=a.etlt", "encrypted TAO models"),
        ("uff-file=a.uff", "UFF models"),
        ("model-file=a.caffemodel", "Caffe models"),
        ("model-file=yolov3.weights", "Darknet weights"),
        ("custom-network-config=yolov3.cfg", "Darknet networks"),
        ("model-engine-file=a.engine", "TensorRT plans"),
    ],
)
def test_a_model_of_another_kind_gets_one_helpful_sentence(write, line, what):
    path = write(f"[property]\nnum-detected-classes=4\n{line}\n")
    assert complaint(path) == (
        f"{path}, line 3, [property] {line}: {what} cannot be read here; "
        "convert the network to ONNX and name it with onnx-file=…"
    )


def test_models_of_other_kinds_beside_an_onnx_file_are_accepted_and_need_not_exist(detector):
    config = InferConfig.read(
        detector("tlt-encoded-model=a\nuff-file=b\nmodel-file=c\nmodel-engine-file=d\n")
    )
    assert config.warnings == ()


def test_a_detector_without_class_count_is_told_what_its_labels_say(write, folder):
    path = write("[property]\nonnx-file=model.onnx\nlabelfile-path=labels.txt\n")
    message = "wanted the number of classes of the detector, got no key"
    assert complaint(path) == (
        f"{path}, [property] num-detected-classes: {message}; {folder / 'labels.txt'} has 4 labels"
    )
    path = write("[property]\nonnx-file=model.onnx\n")
    assert complaint(path) == f"{path}, [property] num-detected-classes: {message}"


def test_too_few_labels_name_the_file_and_both_counts(write, folder):
    path = write(
        "[property]\nonnx-file=model.onnx\nlabelfile-path=labels.txt\nnum-detected-classes=80\n"
    )
    assert complaint(path) == (
        f"{path}, line 3, [property] labelfile-path: {folder / 'labels.txt'}: 4 labels for "
        "num-detected-classes=80; write one label a line, or correct num-detected-classes"
    )


def test_too_many_labels_are_a_warning(write, folder):
    path = write(
        "[property]\nonnx-file=model.onnx\nlabelfile-path=labels.txt\nnum-detected-classes=3\n"
        "cluster-mode=2\n"
    )
    assert InferConfig.read(path).warnings == (
        f"{path}, line 3, [property] labelfile-path: {folder / 'labels.txt'}: 4 labels for "
        "num-detected-classes=3; the last 1 are not used",
    )


def test_a_group_for_a_class_that_does_not_exist_is_named(detector):
    path = detector("[class-attrs-4]\ntopk=1\n")
    assert complaint(path) == (
        f"{path}, line 6: [class-attrs-4] wants more classes than num-detected-classes=4, "
        "which ends with [class-attrs-3]"
    )


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("batchsize=1", "; did you mean batch-size?"),
        ("batch_size=1", "; did you mean batch-size?"),
        ("onnxfile=x", "; did you mean onnx-file?"),
        ("nms-iou-threshold=0.5", "; it belongs in [class-attrs-all]"),
        ("flux-capacitor=1", ""),
    ],
)
def test_an_unknown_key_gets_exactly_one_warning(detector, line, hint):
    path = detector(f"{line}\n")
    key = line.partition("=")[0]
    assert InferConfig.read(path).warnings == (
        f"{path}, line 6, [property] {key}: unknown key, ignored{hint}",
    )


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("min-boxes=1", "; did you mean minBoxes?"),
        ("top-k=1", "; did you mean topk?"),
        ("batch-size=1", "; it belongs in [property]"),
    ],
)
def test_an_unknown_class_attribute_gets_exactly_one_warning(detector, line, hint):
    path = detector(f"[class-attrs-1]\n{line}\n")
    key = line.partition("=")[0]
    assert InferConfig.read(path).warnings == (
        f"{path}, line 7, [class-attrs-1] {key}: unknown key, ignored{hint}",
    )


def test_an_unknown_group_gets_one_warning_whatever_it_holds(detector):
    path = detector("[class-atrs-all]\ntopk=1\neps=x\n[custom]\n")
    assert InferConfig.read(path).warnings == (
        f"{path}, line 6: unknown group [class-atrs-all], ignored; did you mean class-attrs-all?",
        f"{path}, line 9: unknown group [custom], ignored",
    )


def test_warnings_of_the_grammar_are_among_the_warnings(detector):
    path = detector("interval=1\ninterval=2\n")
    config = InferConfig.read(path)
    assert config.interval == 2
    assert config.warnings == (
        f"{path}, line 7, [property] interval: set before on line 6; this counts",
    )


def test_a_latin_1_configuration_with_windows_line_ends_works(write):
    lines = ["[property]", "# détecteur", "onnx-file=model.onnx", "num-detected-classes=4"]
    path = write("\r\n".join([*lines, "cluster-mode=2", ""]).encode("latin-1"))
    config = InferConfig.read(path)
    assert config.num_classes == 4
    assert config.warnings == (
        f"{path}, line 2: not UTF-8, read as Latin-1; save the file as UTF-8",
    )


WHOLE = """\
[property]
onnx-file=model.onnx
labelfile-path=labels.txt
num-detected-classes=4
batch-size=2
net-scale-factor=0.0039
offsets=0.0;0.0;0.0
infer-dims=3;544;960
model-color-format=0
network-mode=1
maintain-aspect-ratio=1
cluster-mode=2
filter-out-class-ids=0;2
model-engine-file=x.engine
output-blob-names=a;b
[class-attrs-all]
topk=20
nms-iou-threshold=0.5
border-color=0;1;0;1
[class-attrs-3]
threshold=0.4
"""
WHOLE_YAML = re.sub(r"^(?!\S+:$)", "  ", re.sub(r"\[(.*)]", r"\1:", WHOLE), flags=re.MULTILINE)
WHOLE_YAML = WHOLE_YAML.replace("=", ": ").rstrip(" ")


def garbled(text, *, seed):
    """`text` after a few accidents: lines lost, doubled, swapped, bytes changed, the end cut."""
    chance = random.Random(seed)
    lines = text.encode().split(b"\n")
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(lines))
        accident = chance.randrange(6)
        if accident == 0 and len(lines) > 1:
            del lines[at]
        elif accident == 1:
            lines.insert(at, lines[chance.randrange(len(lines))])
        elif accident == 2:
            lines[at] = lines[at][: chance.randint(0, len(lines[at]))]
        elif accident == 3:
            other = chance.randrange(len(lines))
            lines[at], lines[other] = lines[other], lines[at]
        elif accident == 4:
            line = bytearray(lines[at])
            for _ in range(chance.randint(1, 3)):
                line.insert(chance.randint(0, len(line)), chance.randrange(256))
            lines[at] = bytes(line)
        else:
            del lines[at:]
            lines = lines or [b""]
    return b"\n".join(lines)


def test_the_ungarbled_twins_are_equal(write):
    text = InferConfig.read(write(WHOLE, "whole.txt"))
    assert text == InferConfig.read(write(WHOLE_YAML, "whole.yml"))
    assert text.output_names == ("a", "b")


@settings(deadline=None)
@given(seed=st.integers(0, 10**9), yaml=st.booleans())
def test_a_garbled_configuration_is_read_or_refused_by_name(write, seed, yaml):
    path = write(garbled(WHOLE_YAML if yaml else WHOLE, seed=seed), f"g.{'yml' if yaml else 'txt'}")
    try:
        InferConfig.read(path)
    except ConfigError as error:
        assert str(path) in str(error)  # noqa: PT017
        assert str(error).isprintable()  # noqa: PT017
