"""Where a path that a configuration names really lies."""

import pytest

from penstock import paths


def test_a_relative_path_starts_at_the_given_directory_wherever_we_are(tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert paths.resolve("a/b.onnx", relative_to=tmp_path) == tmp_path / "a" / "b.onnx"


def test_an_absolute_path_stays(tmp_path):
    assert paths.resolve("/no/such/file.onnx", relative_to=tmp_path).as_posix() == (
        "/no/such/file.onnx"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("../up.txt", "up.txt"),
        ("./x/../y.txt", "folder/y.txt"),
        ("..", ""),
        (".", "folder"),
        ("~/x.txt", "folder/~/x.txt"),
        ("$HOME/x.txt", "folder/$HOME/x.txt"),
    ],
)
def test_dots_are_followed_and_nothing_is_expanded(tmp_path, text, expected):
    assert paths.resolve(text, relative_to=tmp_path / "folder") == tmp_path / expected


def test_linked_directories_are_followed_but_a_linked_file_keeps_its_name(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "blob").write_bytes(b"")
    (tmp_path / "real" / "model.onnx").symlink_to("blob")
    (tmp_path / "link").symlink_to("real")
    assert paths.resolve("link/model.onnx", relative_to=tmp_path) == tmp_path / "real/model.onnx"
    assert paths.resolve("../x", relative_to=tmp_path / "link") == tmp_path / "x"


def test_a_name_that_no_file_can_have_is_a_value_error(tmp_path):
    with pytest.raises(ValueError, match="null"):
        paths.resolve("a\0b/c", relative_to=tmp_path)
