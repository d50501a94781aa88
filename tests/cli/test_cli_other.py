"""`penstock env`, `inspect`, `kit` and the front of the command."""

import os
import re
import shlex
import subprocess
import sys

import pytest

import penstock as package
from footage import command, penstock
from penstock.elements import TABLE


@pytest.fixture
def awkward(tmp_path, monkeypatch):
    """A cache folder whose name a shell would take apart."""
    folder = tmp_path / 'it\'s a $HOME; `x` "y"'
    folder.mkdir()
    monkeypatch.setenv("PENSTOCK_CACHE", str(folder))
    return folder


def exported(text):
    words = shlex.split(text, comments=True)
    assert words[::2] == ["export"] * (len(words) // 2)
    return dict(word.partition("=")[::2] for word in words[1::2])


def test_env_is_quoted_for_the_shell_and_keeps_what_was_there(awkward, monkeypatch):
    monkeypatch.setenv("GST_PLUGIN_PATH", "/one place:/two")
    variables = exported(penstock("env").stdout)
    assert variables["GST_REGISTRY"].startswith(str(awkward))
    ours, *others = variables["GST_PLUGIN_PATH"].split(":")
    assert ours.endswith("penstock/gst/plugins")
    assert others == ["/one place", "/two"]
    monkeypatch.setenv("GST_PLUGIN_PATH", variables["GST_PLUGIN_PATH"])
    assert exported(penstock("env").stdout) == variables  # twice is once


@pytest.mark.usefixtures("awkward")
def test_gstreamers_own_tools_see_the_elements(data_dir):
    shell = f'eval "$({shlex.join(command("env"))})"\n'
    video = data_dir / "video" / "crowd_1080p.mp4"
    launch = (
        f"timeout 60 gst-launch-1.0 filesrc location={video} ! qtdemux ! h264parse "
        "! nvv4l2decoder ! m.sink_0 nvstreammux name=m batch-size=1 width=320 height=180 "
        "! nvvideoconvert ! nvdsosd ! fakesink num-buffers=9"
    )
    for line, expected in (
        ("gst-inspect-1.0 nvinfer", "config-file-path"),
        (launch, "Got EOS from element"),
    ):
        done = subprocess.run(
            ["bash", "-ec", shell + line],
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr + done.stdout
        assert expected in done.stdout


def test_inspect_lists_every_element_with_what_it_does():
    done = penstock("inspect", env={**os.environ, "COLUMNS": "120"})
    assert done.returncode == 0, done.stderr
    for name in TABLE:
        assert f"│ {name} " in done.stdout
    assert "Finds objects with a network" in done.stdout


@pytest.mark.parametrize("name", TABLE)
def test_inspect_shows_pads_and_properties_of_each(name):
    done = penstock("inspect", name, env={**os.environ, "COLUMNS": "160"})
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{name}: ")
    assert re.search("│ (sink|v?src)", done.stdout)


def test_inspect_shows_the_names_of_an_enums_values():
    shown = penstock("inspect", "nvv4l2decoder", env={**os.environ, "COLUMNS": "400"}).stdout
    assert re.search(r"decode_all \| decode_non_ref \| decode_key +│ decode_all ", shown)


def test_inspect_of_what_is_no_element_lists_what_is():
    done = penstock("inspect", "nvdecoder")
    assert done.returncode == 1
    assert done.stderr.startswith("penstock: no element is called 'nvdecoder'. Known: nv")


def test_kit_lists_what_there_is_and_get_prints_a_path():
    listed = penstock("kit", "list", env={**os.environ, "COLUMNS": "200"}).stdout
    assert re.search(r"│ yolov4-tiny +│ model ", listed)
    assert re.search(r"│ crowd +│ video ", listed)
    done = penstock("kit", "get", "yolov4-tiny")
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("yolov4-tiny.onnx\n")
    assert os.path.exists(done.stdout.strip())


def test_kit_get_of_an_unknown_name_suggests_one():
    done = penstock("kit", "get", "crowds")
    assert done.returncode == 1
    assert "did you mean 'crowd'?" in done.stderr


def test_what_the_system_refuses_is_one_sentence():
    long = "x" * 300
    for arguments in (["run", f"{long}.py"], ["kit", "sdk", "/proc/tree"], ["check", long]):
        done = penstock(*arguments)
        assert done.returncode in (1, 2)
        (said,) = done.stderr.strip().splitlines()
        assert said.startswith("penstock: ")


def test_the_version_is_the_packages():
    assert penstock("--version").stdout == f"penstock {package.__version__}\n"


def test_help_names_every_command():
    done = penstock("--help")
    for name in ("detect", "demo", "run", "inspect", "env", "doctor", "kit"):
        assert f"│ {name} " in done.stdout


def test_the_script_of_the_package_is_the_same_command():
    script = os.path.join(os.path.dirname(sys.executable), "penstock")
    done = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == penstock("--version").stdout
