"""samples/slipstream: cameras in and a wall out, both by RTSP, told by the environment."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from footage import detector
from ports import free_port
from rtsp import RtspServer
from rtsp_client import Player

FOLDER = Path(__file__).parents[2] / "samples" / "slipstream"
SAMPLE = FOLDER / "deepstream-rtsp.py"
COUNTS = r"Frame Number=(\d+) Number of Objects=[1-9]\d* Vehicle_count=0 Person_count=[1-9]\d*\n"


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    return detector(tmp_path_factory.mktemp("detector"))


def environment(**settings):
    ports = {
        "RTSPPORT": free_port(socket.SOCK_STREAM),
        "UDPPORT": free_port(socket.SOCK_DGRAM),
    }
    return {**os.environ, **{name: str(value) for name, value in (ports | settings).items()}}


@contextmanager
def running(folder=FOLDER, **settings):
    with subprocess.Popen(
        [sys.executable, "deepstream-rtsp.py"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env=environment(**settings),
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def read_until(process, pattern, *, times=1):
    """Read what it prints; returns that, and the last of so many matches."""
    printed = ""
    while len(found := list(re.finditer(pattern, printed))) < times:
        line = process.stdout.readline()
        assert line, process.stderr.read()
        printed += line
    return printed, found[-1]


def stop(process):
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    return said


def make(*arguments, **settings):
    return subprocess.run(
        ["make", "--no-print-directory", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=FOLDER,
        env={**os.environ, **settings},
    )


@pytest.mark.parametrize("codec", ["H264", "H265"])
def test_cameras_become_one_picture_with_boxes_and_counts(config, codec):
    with RtspServer(paths=3, width=320, height=180) as cameras:
        urls = [cameras.url_of(n) for n in range(3)]
        with running(RTSPINPUT=",".join(urls), CODEC=codec, CONFIG_FILE=config) as it:
            printed, found = read_until(it, r'RTSP output stream: "(\S+)"\n')
            assert printed == (
                "".join(f'RTSP input stream:  "{url}"\n' for url in urls)
                + f"  (codec: {codec}, bitrate: 4000000)\n"
                + f'RTSP output stream: "{found[1]}"\n'
            )
            assert re.fullmatch(r"rtsp://localhost:\d+/ds", found[1])
            read_until(it, COUNTS, times=5)
            with Player(found[1], codec=codec.lower()) as first:
                first.pictures(2)
                with Player(found[1], codec=codec.lower()) as second:
                    for player in (first, second):
                        seen = player.pictures(10)[-1]
                        assert (seen.width, seen.height) == (1280, 720)
                        assert seen.rgb[0] > seen.rgb[2] + 0.5  # boxes are red, the video is gray
            assert stop(it).endswith("Stopped\n")


def test_a_camera_that_goes_away_leaves_the_others(config):
    with RtspServer(width=320, height=180) as one, RtspServer(width=320, height=180) as two:
        inputs = f"{one.url},{two.url}"
        with running(RTSPINPUT=inputs, CONFIG_FILE=config) as it:
            read_until(it, COUNTS, times=10)
            one.kill()
            read_until(it, COUNTS, times=40)
            stop(it)


def test_a_password_is_used_and_not_printed(config):
    with RtspServer(width=320, height=180, user="guard", password="s3cret") as camera:
        url = camera.url_of(0, credentials="guard:s3cret")
        with running(RTSPINPUT=url, CONFIG_FILE=config) as it:
            printed, _ = read_until(it, COUNTS)
            said = stop(it)
    assert f'RTSP input stream:  "rtsp://***@127.0.0.1:{camera.port}/cam0"\n' in printed
    assert "s3cret" not in printed + said


def test_its_own_configuration_takes_the_model_that_make_fetches(tmp_path):
    folder = tmp_path / "slipstream"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("model"))
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    assert make("-C", folder, "model", PATH=path).returncode == 0
    with (
        RtspServer(width=320, height=180, fps=5) as camera,
        running(folder, RTSPINPUT=camera.url) as it,
    ):
        read_until(it, r"Frame Number=0 Number of Objects=\d+ Vehicle_count=\d+ Person_count=\d+\n")
        assert "Error" not in stop(it)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {"RTSPINPUT": " "},
            "set RTSPINPUT to the cameras' URIs: rtsp://camera-1/a,rtsp://camera-2/b",
        ),
        ({"CODEC": "VP8"}, "CODEC is VP8; it must be one of H264, H265"),
        ({"BITRATE": "4M"}, "BITRATE is 4M; it must be a number"),
        (
            {"CONFIG_FILE": "no.cfg"},
            "there is no no.cfg; set CONFIG_FILE to an nvinfer configuration",
        ),
    ],
)
def test_a_setting_that_cannot_be_ends_it_with_a_sentence(settings, said):
    with running(**{"RTSPINPUT": "rtsp://127.0.0.1/a", **settings}) as it:
        assert it.communicate(timeout=60) == ("", f"Error: {said}\n")
    assert it.returncode == 1


def test_a_port_that_is_taken_is_said(config):
    with socket.create_server(("", 0)) as server:
        port = server.getsockname()[1]
        inputs = "rtsp://127.0.0.1/a"
        with running(RTSPINPUT=inputs, CONFIG_FILE=config, RTSPPORT=port) as it:
            said = it.communicate(timeout=60)[1]
    assert it.returncode == 1
    assert said.endswith(f"Error: port {port} is taken; give another in RTSPPORT\n")


def test_make_builds_and_runs_the_container_with_the_cameras():
    settings = {"DOCKERHUB_ID": "whomever", "RTSPINPUT": "rtsp://camera/a", "IPADDR": "192.0.2.7"}
    built, ran = make("-n", "build", **settings), make("-n", "dev", **settings)
    image = re.search(r"docker build .*-t (\S+) -f Dockerfile \.\./\.\.", built.stdout)[1]
    assert re.fullmatch(r"whomever/slipstream_\w+:1\.0\.0", image)
    assert re.search(
        rf"docker run -it --rm .*-p 8554:8554 .*-e IPADDR=192.0.2.7 -e RTSPINPUT .*{image}",
        ran.stdout,
    )


@pytest.mark.parametrize(
    ("target", "name"), [("build", "DOCKERHUB_ID"), ("dev", "RTSPINPUT"), ("local", "RTSPINPUT")]
)
def test_make_says_what_must_be_exported(target, name):
    settings = {"DOCKERHUB_ID": "whomever", "RTSPINPUT": "rtsp://camera/a", name: ""}
    done = make(target, **settings)
    assert done.returncode != 0
    assert done.stderr.startswith(f"Error: export {name}=")


def test_what_the_dockerfile_copies_is_in_its_context():
    context = (FOLDER / "Dockerfile.dockerignore").read_text().splitlines()
    for line in (FOLDER / "Dockerfile").read_text().splitlines():
        if line.startswith("COPY "):
            for source in line.split()[1:-1]:
                assert f"!{source}" in context
                assert (FOLDER.parents[1] / source).exists()


def test_the_readme_names_every_setting():
    readme = (FOLDER / "README.md").read_text()
    for name in re.findall(r'environ\.get\("(\w+)"', SAMPLE.read_text()):
        assert f"| `{name}` |" in readme, name
