"""One setting, read as a number, a list, a colour, a path."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.config import Value
from penstock.errors import ConfigError


def value(text, file="config.txt"):
    return Value(text, Path(file), 12, "property", "some-key")


@pytest.mark.parametrize(
    ("method", "text", "expected"),
    [
        ("integer", "4", 4),
        ("integer", "-1", -1),
        ("integer", "+007", 7),
        ("integer", "0 # RGB", 0),
        ("integer", "0\t## 1: BGR # 2: GRAY", 0),
        ("number", "0.0039215697906911373", 0.0039215697906911373),
        ("number", ".5", 0.5),
        ("number", "1.", 1.0),
        ("number", "-1e-3", -0.001),
        ("number", "2 # two", 2.0),
        ("boolean", "1", True),
        ("boolean", "0", False),
        ("boolean", "true", True),
        ("boolean", "False", False),
        ("strings", "a;b c; d ;", ("a", "b c", "d")),
        ("strings", "predictions/Softmax", ("predictions/Softmax",)),
        ("strings", "", ()),
        ("integers", "0;2; 3 ;", (0, 2, 3)),
        ("integers", "3;4; # which", (3, 4)),
        ("integers", "", ()),
        ("numbers", "123.675;116.28;103.53", (123.675, 116.28, 103.53)),
        ("shape", "3;544;960", (3, 544, 960)),
        ("shape", "3,544,960", (3, 544, 960)),
        ("color", "0;0.5;1;1", (0.0, 0.5, 1.0, 1.0)),
    ],
)
def test_a_setting_is_read(method, text, expected):
    found = getattr(value(text), method)()
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize("text", ["1" * 300_000 + "x", "1" + " " * 300_000 + "x"])
def test_very_long_nonsense_is_gone_through_once(text):
    # Where each digit and each blank is a new beginning, this takes hours.
    with pytest.raises(ConfigError, match="wanted a number"):
        value(text).number()


@pytest.mark.parametrize(
    ("method", "text", "wanted"),
    [
        ("integer", "four", "a whole number"),
        ("integer", "", "a whole number"),
        ("integer", "1.0", "a whole number"),
        ("integer", "1_000", "a whole number"),
        ("integer", "٣", "a whole number"),
        ("integer", "0#RGB", "a whole number"),
        ("integer", "1 2", "a whole number"),
        ("integer", "2147483648", "a whole number"),
        ("integer", "9" * 5000, "a whole number"),
        ("number", "0,5", "a number"),
        ("number", "nan", "a number"),
        ("number", "inf", "a number"),
        ("number", "1e999", "a number"),
        ("number", "", "a number"),
        ("boolean", "2", "1 (true) or 0 (false)"),
        ("boolean", "", "1 (true) or 0 (false)"),
        ("integers", "1;;2", "a list 1;2;3 of whole numbers"),
        ("integers", "1,2", "a list 1;2;3 of whole numbers"),
        ("numbers", "1;x", "a list 0.5;1;2 of numbers"),
        ("shape", "3;544", "channels;height;width, three whole numbers above 0"),
        ("shape", "3;544;960;0", "channels;height;width, three whole numbers above 0"),
        ("shape", "3;0;960", "channels;height;width, three whole numbers above 0"),
        ("shape", "3x544x960", "channels;height;width, three whole numbers above 0"),
        ("color", "1;0;0", "red;green;blue;alpha, four numbers from 0 to 1"),
        ("color", "255;0;0;1", "red;green;blue;alpha, four numbers from 0 to 1"),
        ("path", "", "a path"),
        ("path", "a\0b/c", "a path"),
        ("existing_file", "", "a path"),
    ],
)
def test_a_setting_that_cannot_be_read_names_file_line_and_key(method, text, wanted):
    with pytest.raises(ConfigError) as caught:
        getattr(value(text), method)()
    message = str(caught.value)
    assert message.startswith(f"config.txt, line 12, [property] some-key: wanted {wanted}, got ")
    assert repr(text)[:40] in message
    assert len(message) < 250


@pytest.mark.parametrize(
    ("limits", "text", "wanted"),
    [
        ({"minimum": 1, "maximum": 1024}, "1025", "a whole number from 1 to 1024"),
        ({"minimum": 1, "maximum": 1024}, "0", "a whole number from 1 to 1024"),
        ({"minimum": 0}, "-1", "a whole number of 0 or more"),
        ({"maximum": 5}, "6", "a whole number of at most 5"),
    ],
)
def test_a_number_out_of_range_names_the_range(limits, text, wanted):
    with pytest.raises(ConfigError, match=f"wanted {wanted}, got '{text}'"):
        value(text).integer(**limits)


def test_the_ends_of_a_range_belong_to_it():
    assert value("1").integer(minimum=1, maximum=1024) == 1
    assert value("1024").integer(minimum=1, maximum=1024) == 1024
    assert value("0").number(minimum=0, maximum=1) == 0
    with pytest.raises(ConfigError, match=r"wanted a number from 0 to 1, got '1.01'"):
        value("1.01").number(minimum=0, maximum=1)
    with pytest.raises(ConfigError, match="wanted a list 1;2;3 of whole numbers of 0 or more"):
        value("1;-1").integers(minimum=0)


def test_a_choice_lists_what_there_is():
    assert value("2 # GRAY").choice({0: "RGB", 1: "BGR", 2: "GRAY"}) == 2
    message = "wanted 0 (RGB), 1 (BGR) or 2 (GRAY), got '3'"
    with pytest.raises(ConfigError, match=re.escape(message)):
        value("3").choice({0: "RGB", 1: "BGR", 2: "GRAY"})


def test_a_path_starts_at_the_file_that_names_it_not_at_the_working_directory(
    tmp_path, monkeypatch
):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "model.onnx").touch()
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "config.txt").touch()
    (tmp_path / "config.txt").symlink_to("real/config.txt")
    monkeypatch.chdir(tmp_path / "models")
    named = value("../models/model.onnx", file="../config.txt")
    assert named.existing_file() == tmp_path / "models" / "model.onnx"
    with pytest.raises(ConfigError):
        value("model.onnx", file="../config.txt").existing_file()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("none.onnx", "No such file or directory"),
        ("sub", "it is a directory"),
        ("file/a.onnx", "Not a directory"),
        ("x" * 300, "File name too long"),
        ("~/a.onnx", "No such file or directory; '~' means nothing in a configuration file"),
    ],
)
def test_a_missing_file_is_named_as_written_and_as_looked_for(tmp_path, text, reason):
    (tmp_path / "sub").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError) as caught:
        value(text, file=tmp_path / "config.txt").existing_file()
    message = str(caught.value)
    assert message.startswith(f"{tmp_path}/config.txt, line 12, [property] some-key: wanted a file")
    assert message.endswith(f", which is {tmp_path / text}: {reason}")


METHODS = [
    "integer",
    "number",
    "boolean",
    "strings",
    "integers",
    "numbers",
    "shape",
    "color",
    "path",
    "existing_file",
]


@settings(deadline=None)
@given(text=st.text(max_size=30), method=st.sampled_from(METHODS))
def test_any_text_is_read_or_refused_in_one_printable_line(text, method):
    try:
        getattr(value(text), method)()
    except ConfigError as error:
        assert str(error).isprintable()  # noqa: PT017


def test_a_strange_key_stays_printable():
    assert (
        Value("x", Path("c.yml"), 1, "a\nb", "\ud800").where == r"c.yml, line 1, ['a\nb'] '\ud800'"
    )
