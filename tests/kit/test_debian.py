"""Assets out of Debian packages, from a real repository in a folder, through the real apt-get."""

import hashlib
import os
import shutil
import subprocess

import pytest

from penstock.errors import PenstockError
from penstock.kit.asset import Asset, DebianPackage, Member
from penstock.kit.obtain import obtain

needs_apt = pytest.mark.skipif(
    not (shutil.which("apt-get") and shutil.which("dpkg-deb")), reason="not a Debian machine"
)
CLIP = os.urandom(300_000)
MEMBER = "usr/share/doc/toy-videos/clip.avi"


def make_asset(content=CLIP, *, package="toy-videos"):
    return Asset(
        name="clip",
        kind="video",
        source=DebianPackage(package),
        members=(Member(MEMBER, hashlib.sha256(content).hexdigest()),),
        licence="ours",
        description="a toy",
    )


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """An apt that knows one repository with one package, and nothing of this machine."""
    tree, repo, apt = tmp_path / "tree", tmp_path / "repo", tmp_path / "apt"
    (tree / MEMBER).parent.mkdir(parents=True)
    (tree / MEMBER).write_bytes(CLIP)
    (tree / "DEBIAN").mkdir()
    control = (
        "Package: toy-videos\nVersion: 1.0\nArchitecture: all\n"
        "Maintainer: Nobody <nobody@example.invalid>\nDescription: a toy\n"
    )
    (tree / "DEBIAN" / "control").write_text(control)
    repo.mkdir()
    deb = repo / "toy-videos_1.0_all.deb"
    subprocess.run(["dpkg-deb", "--build", tree, deb], check=True, capture_output=True)
    digest = hashlib.sha256(deb.read_bytes()).hexdigest()
    (repo / "Packages").write_text(
        f"{control}Filename: ./{deb.name}\nSize: {deb.stat().st_size}\nSHA256: {digest}\n"
    )
    for folder in ("lists/partial", "cache/archives/partial", "etc"):
        (apt / folder).mkdir(parents=True)
    (apt / "sources.list").write_text(f"deb [trusted=yes] copy:{repo} ./\n")
    (apt / "status").touch()
    (apt / "apt.conf").write_text(
        f'Dir::Etc "{apt}/etc";\nDir::Etc::sourcelist "{apt}/sources.list";\n'
        f'Dir::State::lists "{apt}/lists";\nDir::State::status "{apt}/status";\n'
        f'Dir::Cache "{apt}/cache";\nAPT::Sandbox::User "root";\n'
    )
    monkeypatch.setenv("APT_CONFIG", str(apt / "apt.conf"))
    subprocess.run(["apt-get", "update"], check=True, capture_output=True)
    return repo


@needs_apt
def test_a_file_is_taken_out_of_a_debian_package(repository, tmp_path):
    told = []
    path = obtain(make_asset(), root=tmp_path / "k", progress=lambda *report: told.append(report))
    assert path.read_bytes() == CLIP
    size = (repository / "toy-videos_1.0_all.deb").stat().st_size
    assert told[-1] == ("toy-videos", size, size)
    assert list((tmp_path / "k" / "downloads").iterdir()) == []


@needs_apt
def test_a_package_nobody_has_gives_apt_s_own_words(repository, tmp_path):
    with pytest.raises(PenstockError) as caught:
        obtain(make_asset(package="toy-vidoes"), root=tmp_path / "k")
    assert str(caught.value) == (
        "could not fetch 'clip': wanted Debian package toy-vidoes from the distribution's package "
        "archive, got:\n  - apt-get download toy-vidoes: Unable to locate package toy-vidoes\n"
        "What to do: connect to the network, refresh the package lists (apt-get update), "
        f"or put the file at {tmp_path}/k/downloads/clip.avi"
    )


@needs_apt
def test_a_member_that_changed_is_named(repository, tmp_path):
    with pytest.raises(PenstockError, match=rf"toy-videos.*\.deb, member {MEMBER}: the sha256"):
        obtain(make_asset(b"another edition"), root=tmp_path / "k")


@needs_apt
def test_a_damaged_package_is_named(repository, tmp_path):
    from penstock.kit.archives import take_members

    deb = repository / "toy-videos_1.0_all.deb"
    deb.write_bytes(deb.read_bytes()[:1000])
    with pytest.raises(PenstockError, match=r"toy-videos_1\.0_all\.deb is damaged"):
        take_members(deb, make_asset().members, tmp_path)


def test_without_apt_get_the_message_says_where_to_put_the_file(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PenstockError) as caught:
        obtain(make_asset(), root=tmp_path)
    assert "this machine has no apt-get and no dpkg-deb" in str(caught.value)
    assert f"or put the file at {tmp_path}/downloads/clip.avi" in str(caught.value)


def test_a_file_put_there_by_hand_needs_no_apt(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "downloads").mkdir()
    (tmp_path / "downloads" / "clip.avi").write_bytes(CLIP)
    assert obtain(make_asset(), root=tmp_path).read_bytes() == CLIP


def test_a_wrong_file_put_there_by_hand_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "downloads").mkdir()
    (tmp_path / "downloads" / "clip.avi").write_bytes(b"another clip")
    with pytest.raises(PenstockError, match=r"downloads/clip\.avi: the sha256 should be"):
        obtain(make_asset(), root=tmp_path)
