"""Protocol buffers' text format: what is read, and what is refused with its line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.config.keys import Key, ignored
from penstock.config.prototext import Message, ProtoValue, read_message
from penstock.config.prototext_keys import count, one_of, read_proto, text
from penstock.errors import ConfigError

NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=8)
NUMBERS = st.integers(-(2**31), 2**31 - 1)
TREES = st.recursive(
    st.dictionaries(NAMES, st.lists(TEXTS | NUMBERS, max_size=3), max_size=3),
    lambda inner: st.dictionaries(NAMES, st.lists(TEXTS | NUMBERS | inner, max_size=3), max_size=3),
    max_leaves=12,
)


def quoted(string, draw):
    """A text as the format spells it: what needs it escaped, or each byte beyond ASCII, too."""
    plain = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}
    spelt = "".join(plain.get(letter, letter) for letter in string)
    if draw(st.booleans()):
        spelt = "".join(chr(b) if b < 128 else f"\\{b:03o}" for b in spelt.encode())
    return f'"{spelt}"'


def written(tree, draw):
    """A tree in one of the many spellings."""
    lines = []
    for name, values in tree.items():
        spelt = [
            f"{{ {written(value, draw)} }}"
            if isinstance(value, dict)
            else quoted(value, draw)
            if isinstance(value, str)
            else str(value)
            for value in values
        ]
        if not spelt or draw(st.booleans()):
            lines.append(f"{name}: [{', '.join(spelt)}]{draw(st.sampled_from(['', ',', ';']))}")
        else:
            lines += [f"{name}: {one} # {name}" for one in spelt]
    return "\n".join(lines) + "\n"


def read_back(message):
    return {
        name: [
            read_back(value)
            if isinstance(value, Message)
            else value.text
            if value.quoted
            else int(value.text)
            for value in values
            if isinstance(value, Message) or not value.is_empty_list
        ]
        for name, values in message.fields.items()
    }


@given(TREES, st.data())
def test_what_is_written_is_read_in_any_spelling(tmp_path_factory, tree, data):
    path = tmp_path_factory.mktemp("proto") / "config.txt"
    path.write_text(written(tree, data.draw), newline="")
    message, warnings = read_message(path, where="test")
    assert read_back(message) == tree
    assert warnings == ()


SAMPLE = """\
infer_config { unique_id: 0x10, gpu_ids: [0, 1]
  backend < triton { model_name: "a" 'b' "\\x41\\101\\n" version: - 1 } >
}
scale: 1.5f on: True
"""


def test_the_formats_rarer_spellings_are_read(write):
    message, _ = read_message(write(SAMPLE), where="test")
    (infer,) = message.fields["infer_config"]
    (backend,) = infer.fields["backend"]
    (triton,) = backend.fields["triton"]
    (name,) = triton.fields["model_name"]
    assert (name.text, name.quoted, name.line) == ("abAA\n", True, 2)
    assert name.group == "infer_config.backend.triton"
    assert triton.fields["version"][0].integer() == -1
    assert infer.fields["unique_id"][0].integer() == 16
    assert [one.integer() for one in infer.fields["gpu_ids"]] == [0, 1]
    assert message.fields["scale"][0].number() == 1.5
    assert message.fields["on"][0].boolean() is True


def test_a_number_without_end_is_no_number(write):
    message, _ = read_message(write(f"a: 0x{'f' * 5000} b: 0{'7' * 5000}"), where="test")
    for name in "ab":
        with pytest.raises(ConfigError, match="wanted a whole number"):
            message.fields[name][0].integer()


@given(st.integers(0, len(SAMPLE)), st.integers(0, len(SAMPLE)), st.text(max_size=3))
def test_damage_is_an_error_with_a_line_and_nothing_else(tmp_path_factory, start, end, instead):
    path = tmp_path_factory.mktemp("proto") / "config.txt"
    path.write_text(SAMPLE[:start] + instead + SAMPLE[end:])
    said = ""
    try:
        read_message(path, where="test")
    except ConfigError as error:
        said = str(error)
    assert not said or str(path) in said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a {\n b: 1\n", "line 3: wanted '}' for the '{' of line 1, got the end of the file"),
        ("a 1", "line 1: wanted ':' or '{' behind a, got '1'"),
        ("\na: ]", "line 2: wanted a value for a, got ']'"),
        ("a: [1 2]", "line 1: wanted ',' or ']' in the list a, got '2'"),
        ("a: 'x\ny'", 'line 1: wanted a text that ends on its line, got "\'x"'),
        (
            "[property]\n",
            "line 1: wanted the name of a field (a file of [groups] is nvinfer's), got '['",
        ),
        ("a=1", "line 1: wanted name: value or name { … }, got '=1'"),
        ("a {" * 60, "line 1: wanted at most 50 messages inside each other"),
    ],
)
def test_what_does_not_follow_the_format_is_said_with_its_line(write, content, said):
    path = write(content)
    with pytest.raises(ConfigError) as error:
        read_message(path, where="test")
    assert str(error.value) == f"{path}, {said}"


TABLE = {
    "name": Key("", "", "name", text),
    "part.count": Key("", "", "count", count),
    "part.kind": Key("", "", "kind", one_of({"KIND_NONE": 0, "KIND_BIG": 1})),
    "row.name": Key("", "", "name", text),
    "other": ignored("", "of no use"),
}


def test_a_table_of_keys_makes_settings_rows_and_warnings(write):
    path = write(
        'name: "x" part { kind: KIND_BIG cuont: 3 } row { name: "a" } row {}\nother { a: 1 }'
    )
    found = read_proto(path, TABLE, rows={"row": "rows"}, where="test")
    assert found.settings == {"name": "x", "kind": 1}
    assert found.rows == {"rows": [{"name": "a"}, {}]}
    assert found.warnings == [
        f"{path}, line 1, [part] cuont: unknown key, ignored; did you mean count?"
    ]
    assert found.where("part.kind") == f"{path}, line 1, [part] kind"
    assert found.where("part.count") == f"{path}, [part] count"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("name: 3", "line 1, name: wanted a text in quotes, got '3'"),
        (
            'part { count: "3" }',
            "line 1, [part] count: wanted a whole number, without quotes, got '3'",
        ),
        (
            "part { count: -3 }",
            "line 1, [part] count: wanted a whole number of 0 or more, got '-3'",
        ),
        ("part: 3", "line 1, part: wanted a message, part { … }, got '3'"),
        ("\nname: []", "line 2, name: wanted a text in quotes, got ''"),
        ("name { }", "line 1, [name]: wanted a value for name, got a message"),
        (
            "part { kind: KIND_BIGG }",
            "line 1, [part] kind: wanted KIND_NONE or KIND_BIG, got 'KIND_BIGG'; did you mean "
            "KIND_BIG?",
        ),
    ],
)
def test_a_value_of_the_wrong_kind_is_an_error_with_line_and_path(write, content, said):
    path = write(content)
    with pytest.raises(ConfigError) as error:
        read_proto(path, TABLE, rows={}, where="test")
    assert str(error.value) == f"{path}, {said}"


def test_an_enumeration_may_be_a_number(write):
    found = read_proto(write("part { kind: 1 }"), TABLE, rows={}, where="test")
    assert found.settings == {"kind": 1}


def test_a_value_remembers_that_it_was_quoted(write):
    message, _ = read_message(write('a: "1"'), where="test")
    (value,) = message.fields["a"]
    assert value == ProtoValue("1", value.file, 1, "", "a", True)
