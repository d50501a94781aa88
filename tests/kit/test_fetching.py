"""What happens between a name and a file in the cache, against a real server on this machine."""

import hashlib
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from package_index import make_sdist, make_video_asset, make_wheel

from penstock.errors import PenstockError
from penstock.kit.obtain import obtain

# Not compressible, so that the archive is as long as it says.
CLIP = os.urandom(600_000)
SDIST = make_sdist({"toy-1.0/setup.py": b"raise SystemExit", "toy-1.0/clip.mp4": CLIP})
NAME = "toy_videos-1.0.tar.gz"


@pytest.fixture
def clip(index):
    index.add("toy-videos", NAME, SDIST)
    return make_video_asset(CLIP)


@pytest.mark.parametrize("announces_hash", [True, False])
@pytest.mark.parametrize("speaks_json", [True, False])
def test_a_file_is_fetched_from_the_index_that_pip_is_configured_for(
    index, clip, tmp_path, speaks_json, announces_hash
):
    index.speaks_json, index.announces_hash = speaks_json, announces_hash
    path = obtain(clip, root=tmp_path)
    assert path.read_bytes() == CLIP
    assert path.name == "clip.mp4"


def test_a_wheel_is_unpacked_like_an_sdist(index, tmp_path):
    wheel = "toy_videos-1.0-py3-none-any.whl"
    index.add("toy-videos", wheel, make_wheel({"toy/clip.mp4": CLIP}))
    asset = make_video_asset(CLIP, filename=wheel, member="toy/clip.mp4")
    assert obtain(asset, root=tmp_path).read_bytes() == CLIP


def test_a_cached_file_needs_no_network(index, clip, tmp_path):
    first = obtain(clip, root=tmp_path)
    index.close()
    assert obtain(clip, root=tmp_path) == first


def test_a_cut_connection_goes_on_where_it_stopped(index, clip, tmp_path):
    index.cut_after = [250_000, 100_000]
    assert obtain(clip, root=tmp_path).read_bytes() == CLIP
    assert index.downloads() == [None, "bytes=250000-", "bytes=350000-"]


def test_a_second_run_goes_on_where_the_first_one_gave_up(index, clip, tmp_path, clean_env):
    clean_env.setenv("PIP_RETRIES", "0")
    index.cut_after = [250_000, 0]
    with pytest.raises(PenstockError, match="connection closed after 250,000 bytes"):
        obtain(clip, root=tmp_path)
    assert obtain(clip, root=tmp_path).read_bytes() == CLIP
    assert index.downloads()[-1] == "bytes=250000-"


def test_a_server_that_cannot_resume_sends_everything_again(index, clip, tmp_path):
    index.resumes = False
    index.cut_after = [250_000]
    assert obtain(clip, root=tmp_path).read_bytes() == CLIP


def test_a_spoilt_partial_file_is_fetched_again_from_the_start(index, clip, tmp_path):
    (tmp_path / "downloads").mkdir()
    (tmp_path / "downloads" / f"{NAME}.part").write_bytes(b"x" * 1000)
    assert obtain(clip, root=tmp_path).read_bytes() == CLIP
    assert index.downloads() == ["bytes=1000-", None]


def test_a_partial_file_longer_than_the_archive_is_fetched_again(index, clip, tmp_path):
    (tmp_path / "downloads").mkdir()
    (tmp_path / "downloads" / f"{NAME}.part").write_bytes(b"x" * (len(SDIST) + 1))
    assert obtain(clip, root=tmp_path).read_bytes() == CLIP


def test_progress_counts_up_to_the_announced_size(index, clip, tmp_path):
    index.cut_after = [250_000]
    told = []
    obtain(clip, root=tmp_path, progress=lambda *report: told.append(report))
    assert {name for name, _, _ in told} == {NAME}
    assert {total for _, _, total in told} == {len(SDIST)}
    counts = [done for _, done, _ in told]
    assert counts == sorted(counts)
    assert counts[-1] == len(SDIST)


def test_an_archive_that_is_not_what_the_index_promised_is_refused(index, clip, tmp_path):
    honest = index.listing("toy-videos")
    index.listing = lambda _project: honest
    index.archives[NAME] = ("toy-videos", SDIST[:-1] + b"x")
    with pytest.raises(PenstockError, match=r"toy_videos-1\.0\.tar\.gz: the sha256 should be"):
        obtain(clip, root=tmp_path)
    assert not list((tmp_path / "downloads").glob("*.gz"))


def test_a_member_with_the_wrong_sha256_is_named_with_both_hashes(index, tmp_path):
    index.add("toy-videos", NAME, make_sdist({"toy-1.0/clip.mp4": b"something else"}))
    wanted = make_video_asset(CLIP)
    with pytest.raises(PenstockError) as caught:
        obtain(wanted, root=tmp_path)
    message = str(caught.value)
    assert "member toy-1.0/clip.mp4: the sha256 should be" in message
    assert wanted.members[0].sha256 in message
    assert f"it is {hashlib.sha256(b'something else').hexdigest()}" in message
    assert not list(tmp_path.glob("videos/*"))


def test_a_member_that_is_not_there_is_named(index, tmp_path):
    index.add("toy-videos", NAME, make_sdist({"toy-1.0/other.mp4": CLIP}))
    with pytest.raises(PenstockError, match=r"has no member toy-1\.0/clip\.mp4"):
        obtain(make_video_asset(CLIP), root=tmp_path)


@pytest.mark.parametrize("damage", [SDIST[:300_000], b"", b"not an archive"])
def test_a_damaged_archive_is_named(index, tmp_path, damage):
    (tmp_path / "downloads").mkdir()
    (tmp_path / "downloads" / NAME).write_bytes(damage)
    with pytest.raises(PenstockError, match=r"toy_videos-1\.0\.tar\.gz is damaged .*; delete it"):
        obtain(make_video_asset(CLIP), root=tmp_path)


def test_offline_one_message_says_what_was_wanted_and_what_to_do(clean_env, tmp_path):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    clean_env.setenv("PIP_INDEX_URL", f"http://user:secret@127.0.0.1:{port}/simple")
    with pytest.raises(PenstockError) as caught:
        obtain(make_video_asset(CLIP), root=tmp_path)
    assert str(caught.value) == (
        "could not fetch 'clip': wanted package Toy.Videos==1.0 (toy_videos-1.0.tar.gz) from the "
        "configured package index, got:\n"
        f"  - http://127.0.0.1:{port}/simple/toy-videos/: [Errno 111] Connection refused\n"
        "What to do: connect to the network, set PIP_INDEX_URL to an index that has it, "
        f"or put the file at {tmp_path}/downloads/toy_videos-1.0.tar.gz"
    )


def test_a_file_put_there_by_hand_is_used(clean_env, tmp_path):
    clean_env.setenv("PIP_NO_INDEX", "1")
    (tmp_path / "downloads").mkdir()
    (tmp_path / "downloads" / NAME).write_bytes(SDIST)
    assert obtain(make_video_asset(CLIP), root=tmp_path).read_bytes() == CLIP


def test_every_configured_place_is_asked_and_reported(index, tmp_path, clean_env):
    (tmp_path / "wheels").mkdir()
    (tmp_path / "mirror" / "toy-videos").mkdir(parents=True)
    (tmp_path / "mirror" / "toy-videos" / "index.html").write_text("<a href='other.whl'>o</a>")
    clean_env.setenv("PIP_EXTRA_INDEX_URL", (tmp_path / "mirror").as_uri())
    clean_env.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    with pytest.raises(PenstockError) as caught:
        obtain(make_video_asset(CLIP), root=tmp_path / "cache")
    reasons = [line[4:] for line in str(caught.value).splitlines() if line.startswith("  - ")]
    assert reasons == [
        f"{tmp_path}/wheels: not there",
        f"{index.url}/toy-videos/: HTTP 404 Not Found",
        f"{(tmp_path / 'mirror').as_uri()}/toy-videos/: lists no {NAME}",
    ]


def test_an_index_in_a_local_folder_is_used(clean_env, tmp_path):
    project = tmp_path / "simple" / "toy-videos"
    project.mkdir(parents=True)
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / NAME).write_bytes(SDIST)
    (project / "index.html").write_text(f'<a href="../../files/{NAME}">{NAME}</a>')
    clean_env.setenv("PIP_INDEX_URL", (tmp_path / "simple").as_uri())
    assert obtain(make_video_asset(CLIP), root=tmp_path / "cache").read_bytes() == CLIP


def test_a_find_links_folder_is_used(clean_env, tmp_path):
    (tmp_path / NAME).write_bytes(SDIST)
    clean_env.setenv("PIP_NO_INDEX", "1")
    clean_env.setenv("PIP_FIND_LINKS", str(tmp_path))
    assert obtain(make_video_asset(CLIP), root=tmp_path / "cache").read_bytes() == CLIP


def test_credentials_of_the_index_are_sent(index, clip, tmp_path, clean_env):
    index.password = "Basic bWU6cEBzcw=="  # me:p@ss
    clean_env.setenv("PIP_INDEX_URL", f"http://me:p%40ss@{index.host}/simple")
    assert obtain(clip, root=tmp_path).read_bytes() == CLIP


def test_an_unwritable_cache_is_named_with_the_way_out(tmp_path, clip):
    (tmp_path / "cache").write_text("a file where a folder should be")
    with pytest.raises(
        PenstockError, match=r"cannot use the cache folder .*/cache .*PENSTOCK_CACHE"
    ):
        obtain(clip, root=tmp_path / "cache")


def test_processes_that_ask_at_once_share_one_download(index, clip, tmp_path):
    script = (
        "import sys; from pathlib import Path\n"
        "from penstock.kit.obtain import obtain\n"
        "from penstock.kit.asset import Asset, Member, PipArchive\n"
        f"print(obtain({clip!r}, root=Path(sys.argv[1])))"
    )
    asking = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    answers = {process.communicate()[0] for process in asking}
    assert [process.returncode for process in asking] == [0] * 4
    (answer,) = answers
    assert Path(answer.strip()).read_bytes() == CLIP
    assert index.downloads() == [None]
    assert list((tmp_path / "videos").iterdir()) == [Path(answer).parent]
