"""Packages of an npm registry: which one is asked, how, and what is believed."""

import base64
import hashlib
import os
import shutil
import socket
from pathlib import Path

import pytest
from package_index import make_sdist

from penstock.errors import ConfigError, PenstockError
from penstock.kit.asset import Asset, Member, NpmPackage
from penstock.kit.npm_config import read_npm_config
from penstock.kit.obtain import obtain

needs_npm = pytest.mark.skipif(not shutil.which("npm"), reason="npm is not installed")
CLIP = os.urandom(300_000)
TARBALL = make_sdist({"package/clip.mp4": CLIP, "package/package.json": b"{}"})


def make_asset(name="toy-videos"):
    return Asset(
        name="clip",
        kind="video",
        source=NpmPackage(name, "1.0.0"),
        members=(Member("package/clip.mp4", hashlib.sha256(CLIP).hexdigest()),),
        licence="ours",
        description="a toy",
    )


@pytest.fixture
def no_npm(clean_env, tmp_path):
    """A machine without npm, and a home without settings."""
    (tmp_path / "home").mkdir()
    (tmp_path / "empty").mkdir()
    clean_env.setenv("PATH", str(tmp_path / "empty"))
    clean_env.setenv("HOME", str(tmp_path / "home"))
    clean_env.delenv("npm_config_userconfig")
    clean_env.chdir(tmp_path / "empty")
    return clean_env


@pytest.fixture
def registry(index, no_npm):
    """A registry that the environment names."""
    no_npm.setenv("npm_config_registry", f"http://{index.host}/npm/")
    return index


@pytest.mark.parametrize("name", ["toy-videos", "@toys/videos"])
def test_a_file_is_fetched_from_the_configured_registry(registry, tmp_path, name):
    registry.add_npm(name, "1.0.0", TARBALL)
    told = []
    path = obtain(
        make_asset(name), root=tmp_path / "k", progress=lambda *report: told.append(report)
    )
    assert path.read_bytes() == CLIP
    assert told[-1][1:] == (len(TARBALL), len(TARBALL))


def test_a_cut_connection_goes_on_where_it_stopped(registry, tmp_path):
    registry.add_npm("toy-videos", "1.0.0", TARBALL)
    registry.cut_after = [100_000]
    assert obtain(make_asset(), root=tmp_path / "k").read_bytes() == CLIP
    assert registry.downloads() == [None, "bytes=100000-"]


@pytest.mark.parametrize("listed", ["http://unknown.invalid/files/{}", "/files/{}"])
def test_an_address_that_a_mirror_copied_is_tried_at_the_mirror_first(registry, tmp_path, listed):
    tarball = listed.format("toy-videos-1.0.0.tgz")
    registry.add_npm("toy-videos", "1.0.0", TARBALL, tarball=tarball)
    registry.archives["toy-videos-1.0.0.tgz"] = ("toy-videos", TARBALL)
    registry.pages["/npm/files/toy-videos-1.0.0.tgz"] = ("application/gzip", TARBALL)
    assert obtain(make_asset(), root=tmp_path / "k").read_bytes() == CLIP


def test_where_the_registry_has_no_copy_the_listed_address_is_used(registry, tmp_path):
    elsewhere = f"http://localhost:{registry.host.partition(':')[2]}/files/toy-videos-1.0.0.tgz"
    registry.add_npm("toy-videos", "1.0.0", TARBALL, tarball=elsewhere)
    assert obtain(make_asset(), root=tmp_path / "k").read_bytes() == CLIP
    asked = [path for path, _ in registry.requests]
    assert asked[-2:] == ["/npm/files/toy-videos-1.0.0.tgz", "/files/toy-videos-1.0.0.tgz"]


WRONG = base64.b64encode(hashlib.sha512(b"other").digest()).decode()


@pytest.mark.parametrize(
    ("hashes", "complaint"),
    [
        ({"integrity": f"sha512-{WRONG}"}, "the sha512 should be"),
        ({"integrity": f"sha1-AAAA sha512-{WRONG}?opt"}, "the sha512 should be"),
        ({"shasum": hashlib.sha1(b"other").hexdigest()}, "the sha1 should be"),
    ],
)
def test_an_archive_that_is_not_what_the_registry_promised_is_refused(
    registry, tmp_path, hashes, complaint
):
    registry.add_npm("toy-videos", "1.0.0", TARBALL, **hashes)
    with pytest.raises(PenstockError, match=rf"toy-videos-1\.0\.0\.tgz: {complaint}"):
        obtain(make_asset(), root=tmp_path / "k")
    assert not list((tmp_path / "k" / "downloads").glob("*.tgz"))


def test_a_member_with_the_wrong_sha256_is_named_whatever_the_registry_promised(registry, tmp_path):
    registry.add_npm("toy-videos", "1.0.0", make_sdist({"package/clip.mp4": b"another clip"}))
    with pytest.raises(PenstockError, match=r"1\.0\.0\.tgz, member package/clip\.mp4: the sha256"):
        obtain(make_asset(), root=tmp_path / "k")


def test_a_version_that_is_not_there_gives_one_message_with_the_way_out(registry, tmp_path):
    registry.add_npm("toy-videos", "2.0.0", TARBALL)
    with pytest.raises(PenstockError) as caught:
        obtain(make_asset(), root=tmp_path / "k")
    assert str(caught.value) == (
        "could not fetch 'clip': wanted npm package toy-videos@1.0.0 (toy-videos-1.0.0.tgz) from "
        "the configured npm registry, got:\n"
        f"  - http://{registry.host}/npm/toy-videos: has no version 1.0.0\n"
        "What to do: connect to the network, set npm_config_registry to a registry that has it, "
        f"or put the file that `npm pack` makes of it at {tmp_path}/k/downloads/"
        "toy-videos-1.0.0.tgz"
    )


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"versions": {"1.0.0": {"dist": 3}}}'])
def test_an_answer_that_is_no_registry_s_is_named(registry, tmp_path, body):
    registry.pages["/npm/toy-videos"] = ("application/json", body)
    with pytest.raises(PenstockError, match="npm/toy-videos: not the answer of an npm registry"):
        obtain(make_asset(), root=tmp_path / "k")


def test_offline_the_reason_is_told_without_the_password(no_npm, tmp_path):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    no_npm.setenv("npm_config_registry", f"http://me:secret@127.0.0.1:{port}")
    with pytest.raises(PenstockError, match="Connection refused") as caught:
        obtain(make_asset(), root=tmp_path / "k")
    assert "secret" not in str(caught.value)


def test_without_npm_and_settings_the_message_says_what_to_set(no_npm, tmp_path):
    with pytest.raises(PenstockError) as caught:
        obtain(make_asset(), root=tmp_path / "k")
    message = str(caught.value)
    assert "no npm registry is configured: npm is not installed, and neither npm_con" in message
    assert f"or put the file that `npm pack` makes of it at {tmp_path}/k/downloads/toy" in message


def test_a_file_that_npm_pack_made_elsewhere_is_used(no_npm, tmp_path):
    (tmp_path / "k" / "downloads").mkdir(parents=True)
    (tmp_path / "k" / "downloads" / "toy-videos-1.0.0.tgz").write_bytes(TARBALL)
    assert obtain(make_asset(), root=tmp_path / "k").read_bytes() == CLIP


@needs_npm
def test_npm_itself_is_asked_first(index, clean_env, tmp_path):
    (tmp_path / "npmrc").write_text(f"registry=http://{index.host}/npm/\ncafile=/some/bundle.pem\n")
    clean_env.setenv("npm_config_userconfig", str(tmp_path / "npmrc"))
    settings = read_npm_config()
    assert settings.indexes == (f"http://{index.host}/npm/",)
    assert settings.cert == "/some/bundle.pem"
    assert settings.retries == 1


def test_an_npm_that_fails_is_quoted(no_npm, tmp_path):
    npm = tmp_path / "empty" / "npm"
    npm.write_text("#!/bin/sh\necho 'npm error broken' >&2\nexit 1\n")
    npm.chmod(0o755)
    with pytest.raises(ConfigError, match=r"npm does not answer \(npm error broken\), and neither"):
        read_npm_config()
    no_npm.setenv("npm_config_registry", "http://one.invalid/")
    assert read_npm_config().indexes == ("http://one.invalid/",)


@needs_npm
def test_npm_without_settings_knows_its_own_default_registry(clean_env):
    (registry,) = read_npm_config().indexes
    assert registry.startswith("https://")


def test_the_user_s_file_names_registry_and_access(no_npm):
    no_npm.setenv("TOY_TOKEN", "s3cret")
    login = base64.b64encode(b"pass").decode()
    (Path.home() / ".npmrc").write_text(
        "; a comment\n# another = one\n"
        "registry = http://mirror.invalid:8080/npm/\n"
        "strict-ssl=false\n"
        "//mirror.invalid:8080/npm/:_authToken=${TOY_TOKEN}\n"
        "//other.invalid/:_auth='bWU6cGFzcw=='\n"
        f"//third.invalid/:_password={login}\n//third.invalid/:username=me\n"
    )
    settings = read_npm_config()
    assert settings.indexes == ("http://mirror.invalid:8080/npm/",)
    assert settings.trusted_hosts == ("mirror.invalid:8080",)
    assert dict(settings.authorizations) == {
        "//mirror.invalid:8080/npm/": "Bearer s3cret",
        "//other.invalid/": "Basic bWU6cGFzcw==",
        "//third.invalid/": f"Basic {base64.b64encode(b'me:pass').decode()}",
    }


def test_a_folder_s_own_file_wins_over_the_user_s_and_the_environment_over_both(no_npm, tmp_path):
    (Path.home() / ".npmrc").write_text("registry=http://user.invalid/\n")
    assert read_npm_config().indexes == ("http://user.invalid/",)
    (tmp_path / "empty" / ".npmrc").write_text("registry=http://folder.invalid/\n")
    assert read_npm_config().indexes == ("http://folder.invalid/",)
    no_npm.setenv("NPM_CONFIG_REGISTRY", "http://environment.invalid/")
    assert read_npm_config().indexes == ("http://environment.invalid/",)


def test_a_token_is_sent_where_it_belongs_and_nowhere_else(registry, tmp_path):
    registry.password = "Bearer s3cret"
    registry.add_npm("toy-videos", "1.0.0", TARBALL)
    (Path.home() / ".npmrc").write_text(f"//{registry.host}/:_authToken=s3cret\n")
    assert obtain(make_asset(), root=tmp_path / "k").read_bytes() == CLIP
    (Path.home() / ".npmrc").write_text("//127.0.0.1:1/:_authToken=s3cret\n")
    with pytest.raises(PenstockError, match="HTTP 401"):
        obtain(make_asset(), root=tmp_path / "other")


def test_a_setting_that_cannot_be_read_is_quoted(no_npm):
    no_npm.setenv("npm_config_registry", "http://one.invalid/")
    no_npm.setenv("npm_config_fetch_retries", "many")
    with pytest.raises(ConfigError, match=r"npm's settings cannot be read: .*'many'"):
        read_npm_config()


@pytest.mark.parametrize("registry", ["", "not an address", "/some/folder"])
def test_a_registry_that_is_no_address_is_refused(no_npm, registry):
    no_npm.setenv("npm_config_registry", registry)
    with pytest.raises(ConfigError, match="no npm registry is configured"):
        read_npm_config()
