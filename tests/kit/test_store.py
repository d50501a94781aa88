from pathlib import Path

import pytest

from penstock import kit
from penstock.errors import ConfigError
from penstock.kit.store import create_once


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"PENSTOCK_CACHE": "/a/b", "XDG_CACHE_HOME": "/x"}, Path("/a/b")),
        ({"XDG_CACHE_HOME": "/x"}, Path("/x/penstock")),
        ({"XDG_CACHE_HOME": "relative"}, Path("/home/me/.cache/penstock")),
        ({}, Path("/home/me/.cache/penstock")),
        ({"PENSTOCK_CACHE": "~/kit"}, Path("/home/me/kit")),
    ],
)
def test_the_cache_is_where_the_environment_says(monkeypatch, environment, expected):
    for name in ("PENSTOCK_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"HOME": "/home/me", **environment}.items():
        monkeypatch.setenv(name, value)
    assert kit.cache_dir() == expected


def test_a_user_without_a_home_is_told_what_to_set(monkeypatch):
    def homeless():
        raise RuntimeError

    for name in ("PENSTOCK_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(ConfigError, match="no home folder: set PENSTOCK_CACHE to a folder"):
        kit.cache_dir()


def test_a_folder_that_failed_half_way_leaves_nothing(tmp_path):
    def fill(folder):
        (folder / "half").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        create_once(tmp_path / "videos" / "clip", fill)
    assert list((tmp_path / "videos").iterdir()) == []


def test_whoever_comes_second_keeps_the_first_one_s_folder(tmp_path):
    def first(folder):
        (folder / "file").write_text("first")

    def second(folder):
        create_once(tmp_path / "clip", first)  # someone else finishes meanwhile
        (folder / "file").write_text("second")

    create_once(tmp_path / "clip", second)
    assert (tmp_path / "clip" / "file").read_text() == "first"
    assert list(tmp_path.iterdir()) == [tmp_path / "clip"]


def test_a_folder_that_lost_a_file_gets_it_back_and_keeps_what_users_put_there(tmp_path):
    def fill(folder):
        for name in ("model", "labels"):
            (folder / name).write_text(name)

    create_once(tmp_path / "asset", fill)
    (tmp_path / "asset" / "model").unlink()
    (tmp_path / "asset" / "labels").write_text("my own")
    (tmp_path / "asset" / "model.engine").write_text("made for an hour")
    create_once(tmp_path / "asset", fill)
    texts = {path.name: path.read_text() for path in (tmp_path / "asset").iterdir()}
    assert texts == {"model": "model", "labels": "my own", "model.engine": "made for an hour"}
    assert list(tmp_path.iterdir()) == [tmp_path / "asset"]
