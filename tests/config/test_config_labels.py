"""Label files."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.config import check_labels, read_classifier_labels, read_labels
from penstock.errors import ConfigError


@pytest.mark.parametrize(
    "content",
    [
        b"car\nroad sign\nperson",
        b"car\nroad sign\nperson\n\n\n",
        b"\xef\xbb\xbfcar\r\n road sign \r\nperson\r\n \r\n",
    ],
)
def test_labels_stand_one_a_line_whatever_the_editor(write, content):
    assert read_labels(write(content, "names.txt")) == ["car", "road sign", "person"]


def test_an_empty_line_in_the_middle_is_a_class_without_a_name(write):
    assert read_labels(write("a\n\nb\n\n", "names.txt")) == ["a", "", "b"]


def test_an_empty_file_has_no_labels(write):
    assert read_labels(write("", "names.txt")) == []
    assert read_classifier_labels(write("", "names.txt")) == []


def test_latin_1_labels_are_readable(write):
    assert read_labels(write("piéton\n".encode("latin-1"), "names.txt")) == ["piéton"]


def test_a_classifier_has_a_line_for_each_output(write):
    path = write("audi; bmw;ford\r\nred;blue;\r\n\r\n", "names.txt")
    assert read_classifier_labels(path) == [["audi", "bmw", "ford"], ["red", "blue"]]


def test_a_missing_label_file_names_the_setting_and_the_path(tmp_path):
    path = tmp_path / "none.txt"
    message = f"labelfile-path: cannot read {path}: No such file or directory"
    with pytest.raises(ConfigError, match=re.escape(message)):
        read_labels(path, where="labelfile-path")


def test_a_binary_label_file_is_named(write):
    path = write(b"\x08\x00onnx\x00", "model.bin")
    with pytest.raises(ConfigError, match=re.escape(f"got {path}, which holds zero bytes")):
        read_labels(path)


def test_as_many_labels_as_classes_fit():
    assert check_labels(["a", "b"], 2, where="here") == ()


def test_fewer_labels_than_classes_are_an_error_with_both_counts():
    with pytest.raises(ConfigError) as caught:
        check_labels(["a", "b"], 3, where="c.txt, line 4, [property] labelfile-path: names.txt")
    assert str(caught.value) == (
        "c.txt, line 4, [property] labelfile-path: names.txt: 2 labels for "
        "num-detected-classes=3; write one label a line, or correct num-detected-classes"
    )


def test_a_classifiers_list_given_to_a_detector_is_recognised():
    with pytest.raises(ConfigError, match="labels stand one a line, not separated by ';'"):
        check_labels(["a;b;c"], 3, where="here")
    with pytest.raises(ConfigError, match="write one label a line"):
        check_labels(["a;b", "c"], 3, where="here")


def test_more_labels_than_classes_are_a_warning_with_both_counts():
    assert check_labels(["a", "b", "c"], 1, where="here") == (
        "here: 3 labels for num-detected-classes=1; the last 2 are not used",
    )


@settings(deadline=None)
@given(content=st.binary(max_size=100))
def test_any_bytes_are_labels_or_refused_by_name(write, content):
    path = write(content, "fuzz.txt")
    try:
        assert all(isinstance(label, str) for label in read_labels(path))
    except ConfigError as error:
        assert str(path) in str(error)  # noqa: PT017
