"""Key files and their YAML twins, as text."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.config import KeyFile, Value
from penstock.errors import ConfigError

NAME = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters="[]=#;"),
    min_size=1,
    max_size=12,
)
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=12)
GROUPS = st.dictionaries(NAME, st.dictionaries(NAME, TEXT, max_size=5), max_size=4)
BLANK = st.sampled_from(["", " ", "\t", "  "])
NOISE = st.lists(st.sampled_from(["", "  ", "# comment", "\t# key=value", "#[group]"]), max_size=2)


def texts(key_file):
    return {
        group: {key: value.text for key, value in settings.items()}
        for group, settings in key_file.groups.items()
    }


def test_a_value_knows_its_file_group_key_and_line(write):
    path = write("# head\n\n[property]\nbatch-size = 4\n[tracker]\nll-lib-file=x.so\n")
    key_file = KeyFile.read(path)
    assert key_file.get("property", "batch-size") == Value("4", path, 4, "property", "batch-size")
    assert key_file.get("tracker", "ll-lib-file").where == f"{path}, line 6, [tracker] ll-lib-file"
    assert key_file.group_lines == {"property": 3, "tracker": 5}
    assert key_file.get("property", "nothing") is None
    assert key_file.get("nothing", "batch-size") is None


def test_a_yaml_value_knows_its_line(write):
    path = write("# head\nproperty:\n\n  batch-size: 4\n  onnx-file: 'a b'\n", "config.yml")
    key_file = KeyFile.read(path)
    assert key_file.get("property", "batch-size") == Value("4", path, 4, "property", "batch-size")
    assert key_file.get("property", "onnx-file").line == 5
    assert key_file.group_lines == {"property": 2}


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf[a]\nk=\xc3\xa9\n",
        b"[a]\r\nk=\xc3\xa9\r\n",
        b"[a]\rk=\xc3\xa9\r",
        b"\xef\xbb\xbf  [a]  \r\n\t k =  \xc3\xa9 \t\r\n\r\n",
        "[a]\nk=é\n".encode("utf-16"),
    ],
)
def test_byte_order_marks_and_windows_line_ends_do_not_matter(write, content):
    key_file = KeyFile.read(write(content))
    assert texts(key_file) == {"a": {"k": "é"}}
    assert key_file.warnings == ()


def test_latin_1_is_read_with_a_warning_that_names_the_line(write):
    path = write(b"[a]\nx=1\nk=caf\xe9\n")
    key_file = KeyFile.read(path)
    assert key_file.get("a", "k").text == "café"
    assert key_file.warnings == (
        f"{path}, line 3: not UTF-8, read as Latin-1; save the file as UTF-8",
    )


def test_a_line_separator_of_unicode_is_no_line_end(write):
    assert texts(KeyFile.read(write("[a]\nk=x\u2028y\x85z\n"))) == {"a": {"k": "x\u2028y\x85z"}}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("config.txt", "[a]\nk=1\nm=0\nk=2\n"),
        ("config.yaml", "a:\n  k: 1\n  m: 0\n  k: 2\n"),
        ("config.YML", "\na:\n  k: 1\n  k: 2\n"),
    ],
)
def test_of_a_key_set_twice_the_last_counts_and_a_warning_names_both_lines(write, name, content):
    path = write(content, name)
    key_file = KeyFile.read(path)
    first = 3 if name == "config.YML" else 2
    last = 4
    assert key_file.get("a", "k").text == "2"
    assert key_file.warnings == (
        f"{path}, line {last}, [a] k: set before on line {first}; this counts",
    )


def test_only_ascii_blanks_are_stripped_as_in_glib(write):
    assert texts(KeyFile.read(write("[a]\n k\t= x\u00a0\u2003 \n"))) == {
        "a": {"k": "x\u00a0\u2003"}
    }


def test_a_group_that_appears_twice_is_one_group(write):
    key_file = KeyFile.read(write("[a]\nk=1\n[b]\nk=5\n[a]\nm=2\n"))
    assert texts(key_file) == {"a": {"k": "1", "m": "2"}, "b": {"k": "5"}}
    assert key_file.warnings == ()


def test_only_the_first_equals_sign_separates_and_hashes_in_values_stay(write):
    key_file = KeyFile.read(write("[a]\nconn=host=x;key=a==\npath=a #b\n"))
    assert texts(key_file) == {"a": {"conn": "host=x;key=a==", "path": "a #b"}}


def test_yaml_lists_become_the_key_file_spelling_and_empty_means_empty(write):
    text = "a:\n  k: [1, 2, x]\n  m:\n  - 3\n  - '4'\n  n:\n  o: null\n  p: ~\n"
    text += "  t: true\n  q: '~'\nb:\n"
    assert texts(KeyFile.read(write(text, "c.yml"))) == {
        "a": {"k": "1;2;x", "m": "3;4", "n": "", "o": "", "p": "", "t": "true", "q": "~"},
        "b": {},
    }


@pytest.mark.parametrize("name", ["empty.txt", "empty.yml"])
def test_an_empty_file_has_no_groups(write, name):
    assert KeyFile.read(write("# nothing\n", name)).groups == {}


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("junk", "wanted key=value, [group] or # comment, got 'junk'"),
        ("=1", "wanted key=value, [group] or # comment, got '=1'"),
        ("[a] x", "wanted key=value, [group] or # comment, got '[a] x'"),
        ("[a]b]", "wanted key=value, [group] or # comment, got '[a]b]'"),
        ("[]", "wanted key=value, [group] or # comment, got '[]'"),
        ("[a", "wanted key=value, [group] or # comment, got '[a'"),
        ("; note", "wanted key=value or [group], got '; note'; comments start with #"),
        ("// note", "wanted key=value or [group], got '// note'; comments start with #"),
        ("k: 1", "wanted key=value or [group], got 'k: 1'; YAML files end in .yml or .yaml"),
        ("x" * 200, f"got '{'x' * 80}…'"),
    ],
)
def test_a_line_that_is_nothing_is_named(write, line, complaint):
    path = write(f"[a]\nk=1\n{line}\n")
    with pytest.raises(ConfigError, match=re.escape(f"{path}, line 3: ")) as caught:
        KeyFile.read(path)
    assert complaint in str(caught.value)


def test_a_key_before_the_first_group_is_named(write):
    path = write("# head\nbatch-size=1\n[property]\n")
    message = f"{path}, line 2: wanted a [group] before the first key, got 'batch-size=1'"
    with pytest.raises(ConfigError, match=re.escape(message)):
        KeyFile.read(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a:\n  k: [1\n", "line 3: wanted YAML: "),
        ("a:\n\tk: 1\n", "line 2: wanted YAML: "),
        ("just text\n", "line 1: wanted groups, each a map of settings, got 'just text'"),
        ("- a\n- b\n", "line 1: wanted groups, each a map of settings, got a list"),
        ("a: 5\n", "line 1: wanted settings 'key: value' in 'a', got '5'"),
        (
            "a:\n  k:\n    deep: 1\n",
            "line 2, [a] k: wanted one value or a list of values, got a map",
        ),
        ("a:\n  k: [[1]]\n", "line 2, [a] k: wanted one value or a list of values"),
        ("a:\n  [k]: 1\n", "line 2: wanted settings 'key: value' in 'a', got a map or list as key"),
        ("a:\n  k: \x07\n", "line 2: wanted YAML, got special characters are not allowed"),
        ('a:\n  k: "\\UFFFFFFFF"\n', "wanted YAML, got what cannot be read"),
        ("[" * 3000, "wanted YAML, got what cannot be read"),
        ("a: &x\n  k: *x\n", "line 2, [a] k: wanted one value or a list of values"),
        ("a:\n  k: 1\n---\nb:\n  k: 1\n", "wanted YAML: "),
    ],
)
def test_yaml_of_the_wrong_shape_is_named_with_its_line(write, text, message):
    path = write(text, "config.yml")
    with pytest.raises(ConfigError) as caught:
        KeyFile.read(path)
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)


def test_a_missing_file_is_named_with_its_absolute_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as caught:
        KeyFile.read("none.txt", where="config-file-path")
    assert str(caught.value) == (
        f"config-file-path: cannot read {tmp_path / 'none.txt'}: No such file or directory"
    )


def test_a_directory_is_no_configuration(tmp_path):
    with pytest.raises(ConfigError, match=r"cannot read .*: it is a directory"):
        KeyFile.read(tmp_path)


def test_a_device_is_not_read():
    with pytest.raises(ConfigError, match="cannot read /dev/zero: it is not a regular file"):
        KeyFile.read("/dev/zero")


def test_a_name_that_no_file_can_have_is_refused():
    with pytest.raises(ConfigError, match="no file can have this name"):
        KeyFile.read("a\0b")


def test_a_binary_file_is_no_configuration(write):
    path = write(b"[a]\nk=\x00\x01\n", "model.bin")
    message = f"configuration file: wanted a text file, got {path}, which holds zero bytes"
    with pytest.raises(ConfigError, match=re.escape(message)):
        KeyFile.read(path)


def test_a_huge_file_is_no_configuration(write):
    path = write(b"#" * (4 * 1024 * 1024 + 1), "huge.txt")
    with pytest.raises(ConfigError, match=r"huge\.txt, which is larger than 4 MiB"):
        KeyFile.read(path)


@st.composite
def layouts(draw):
    """Random groups, and one of the many ways to write them down."""
    groups = draw(GROUPS)
    lines = list(draw(NOISE))
    for group, entries in groups.items():
        lines += [f"{draw(BLANK)}[{group}]{draw(BLANK)}", *draw(NOISE)]
        for key, text in entries.items():
            blanks = [draw(BLANK) for _ in range(4)]
            lines.append(f"{blanks[0]}{key}{blanks[1]}={blanks[2]}{text}{blanks[3]}")
            lines += draw(NOISE)
    mark = draw(st.sampled_from(["", "\ufeff"]))
    return groups, mark + draw(st.sampled_from(["\n", "\r\n"])).join(lines)


@settings(deadline=None)
@given(layout=layouts())
def test_what_is_written_in_any_layout_is_read_back(write, layout):
    groups, text = layout
    key_file = KeyFile.read(write(text, "layout.txt"))
    assert texts(key_file) == groups
    assert key_file.warnings == ()


@settings(deadline=None)
@given(layout=layouts())
def test_glib_reads_the_same(write, layout):
    glib = pytest.importorskip("gi.repository.GLib")
    groups, text = layout
    reference = glib.KeyFile()
    reference.load_from_bytes(
        glib.Bytes.new(text.removeprefix("\ufeff").encode()), glib.KeyFileFlags.NONE
    )
    ours = KeyFile.read(write(text, "glib.txt"))
    for group in groups:
        # GLib keeps the blanks at the end of a value; nobody wants them.
        assert texts(ours)[group] == {
            key: reference.get_value(group, key).rstrip() for key in reference.get_keys(group)[0]
        }


@settings(deadline=None)
@given(content=st.binary(max_size=200), suffix=st.sampled_from(["txt", "yml"]))
def test_any_bytes_are_read_or_refused_by_name(write, content, suffix):
    path = write(content, f"fuzz.{suffix}")
    try:
        KeyFile.read(path)
    except ConfigError as error:
        assert str(path) in str(error)  # noqa: PT017


@settings(deadline=None)
@given(text=st.text(st.sampled_from(list("ab:-[]{}&*!|>'\"%@`#,? \n\t\\xuU0<~=")), max_size=60))
def test_any_yaml_like_text_is_read_or_refused_by_name(write, text):
    path = write(text, "fuzz.yml")
    try:
        KeyFile.read(path)
    except ConfigError as error:
        assert str(path) in str(error)  # noqa: PT017
