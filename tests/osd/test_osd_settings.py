from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.errors import ConfigError
from penstock.osd import parse_class_colors, parse_gie_class_ids


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, set()),
        ("", set()),
        (" ; ", set()),
        ("1:0", {(1, 0)}),
        ("1:0;1:2;", {(1, 0), (1, 2)}),
        (" 3 : 12 ; 1:0;1:0", {(3, 12), (1, 0)}),
    ],
)
def test_pairs_of_gie_and_class_are_read(text, expected):
    assert parse_gie_class_ids(text) == expected


@pytest.mark.parametrize("part", ["1", "1:", ":0", "1:-1", "1:0:2", "a:b", "1:0,2", "1.5:0"])
def test_what_is_no_pair_is_quoted_with_an_example(part):
    with pytest.raises(ConfigError) as error:
        parse_gie_class_ids(f"1:0;{part}")
    assert str(error.value).startswith(f"{part!r} in '1:0;{part}': expected gie-id:class-id;")
    assert str(error.value).endswith("for example 1:0;1:2")


def test_colours_of_classes_are_read():
    text = "0,0.0,1.0,0.0,0.3:3, 1,1,0,1 :"
    assert parse_class_colors(text) == {0: (0.0, 1.0, 0.0, 0.3), 3: (1.0, 1.0, 0.0, 1.0)}
    assert parse_class_colors(None) == {}


@pytest.mark.parametrize(
    "part", ["0", "0,1,1,1", "0,1,1,1,1,1", "0,1,1,1,2", "-1,1,1,1,1", "0.5,1,1,1,1", "x,1,1,1,1",
             "0,nan,1,1,1", "inf,1,1,1,1"]
)  # fmt: skip
def test_what_is_no_colour_of_a_class_is_quoted_with_an_example(part):
    with pytest.raises(ConfigError) as error:
        parse_class_colors(f"1,0,0,0,1:{part}")
    assert str(error.value).startswith(f"{part!r} in ")
    assert str(error.value).endswith("for example 0,0.0,1.0,0.0,0.3")


@pytest.mark.parametrize("parse", [parse_gie_class_ids, parse_class_colors])
@given(text=st.text(st.sampled_from("0123456789:;,.-+e \u0665nif")))
def test_any_text_is_read_or_refused(parse, text):
    with suppress(ConfigError):
        parse(text)
