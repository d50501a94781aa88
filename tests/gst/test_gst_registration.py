"""How elements become known: in process, by GStreamer's plugin loader, and not at all."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import penstock
from penstock.elements import TABLE, load, rank_of
from streams import Gst

PACKAGE = Path(penstock.__file__).parent
PLUGINS = PACKAGE / "gst" / "plugins" / "python"
OURS = ("GST_PLUGIN_PATH", "GST_REGISTRY", "PENSTOCK_SITE", "PENSTOCK_REGISTER", "PYTHONPATH")
MADE = """
from gi.repository import Gst
Gst.init(None)
def made(factory="nvdsosd"):
    element = Gst.ElementFactory.make(factory)
    return element and type(element).__module__
"""
GI = "import gi; gi.require_version('Gst', '1.0')" + MADE
PLAYED = """
pipeline = Gst.parse_launch("videotestsrc num-buffers=3 ! nvvideoconvert ! mux.sink_0 "
    "nvstreammux name=mux batch-size=1 width=64 height=48 ! nvdsosd ! fakesink")
pipeline.set_state(Gst.State.PLAYING)
wanted = Gst.MessageType.EOS | Gst.MessageType.ERROR
print(pipeline.get_bus().timed_pop_filtered(60 * Gst.SECOND, wanted).type.first_value_nick)
pipeline.set_state(Gst.State.NULL)
"""


def clean():
    """The environment without anything that tells GStreamer about us."""
    return {name: value for name, value in os.environ.items() if name not in OURS}


def with_python(**settings):
    """The same for a Python that is to import the package under test."""
    return {**clean(), "PYTHONPATH": str(PACKAGE.parent), **settings}


def printed(command, environment):
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


def ran(code, environment=None):
    return printed(
        [sys.executable, "-W", "ignore", "-c", code], environment or with_python()
    ).split()


@pytest.fixture(scope="module")
def loader(tmp_path_factory):
    """The environment after `eval "$(penstock env)"`, with no registry cached yet."""
    cache = tmp_path_factory.mktemp("a cache")
    text = printed(
        [sys.executable, "-m", "penstock", "env"], with_python(XDG_CACHE_HOME=str(cache))
    )
    script = f"{text}\nenv -0"
    lines = printed(["bash", "-c", script], clean()).split("\0")
    environment = dict(line.split("=", 1) for line in lines if "=" in line)
    assert environment["GST_REGISTRY"].startswith(str(cache))
    return environment


# In process


def test_init_registers_every_element_with_its_rank():
    for factory in TABLE:
        found = Gst.ElementFactory.find(factory)
        assert found is not None
        assert found.get_rank() == rank_of(load(factory))
        assert found.create(None).get_factory().get_name() == factory
        assert load(factory).__gtype_name__ == f"Gst{factory}"


def test_nothing_is_registered_before_init():
    assert ran(GI + "import penstock, penstock.gst\nprint(made())") == ["None"]


def test_init_may_be_repeated_by_many_threads_at_once():
    code = (
        GI
        + """
import threading, penstock
threads = [threading.Thread(target=penstock.init) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
penstock.init()
print(made())
"""
    )
    assert ran(code + PLAYED) == ["penstock.elements.nvdsosd", "eos"]


def test_importing_pyds_is_enough():
    assert ran(GI + "import pyds\nprint(made())" + PLAYED) == ["penstock.elements.nvdsosd", "eos"]


@pytest.mark.parametrize("door", ["import penstock; penstock.init()", "import pyds"])
def test_registration_can_be_switched_off(door):
    off = with_python(PENSTOCK_REGISTER="0")
    assert ran(GI + f"{door}\nprint(made())", off) == ["None"]


# By the plugin loader


def test_every_element_has_a_file_for_the_plugin_loader_and_every_file_an_element():
    assert sorted(path.stem for path in PLUGINS.glob("*.py")) == sorted(TABLE)
    for path in PLUGINS.glob("*.py"):
        text = path.read_text()
        assert text.count(f'"{path.stem}"') == 2
        assert text.startswith(f'"""Loads {path.stem} into')


def test_gst_inspect_knows_every_element_on_first_use_and_later(loader):
    for factory in (*TABLE, next(iter(TABLE))):
        text = printed(["gst-inspect-1.0", factory], loader)
        assert f"+----Gst{factory}" in text
        assert f"({rank_of(load(factory))})" in text
        for prop in load(factory).PROPERTIES:
            assert re.search(rf"^  {prop.name} *: ", text, re.MULTILINE)
        assert Path(loader["GST_REGISTRY"]).is_file()


def test_a_python_program_finds_them_too(loader):
    assert ran(GI + "print(made())" + PLAYED, loader) == ["penstock.elements.nvdsosd", "eos"]


@pytest.mark.parametrize(
    "order",
    [
        "print(made()); import penstock; penstock.init(); print(made())",
        "import penstock; penstock.init(); print(made()); print(made('nvinfer'))",
    ],
    ids=["loader first", "init first"],
)
def test_both_ways_at_once_do_no_harm(loader, order):
    names = ran(GI + order + PLAYED, loader)
    assert names.pop() == "eos"
    assert all(name.startswith("penstock.elements.nv") for name in names)


@pytest.mark.parametrize(
    "first",
    ["import penstock; penstock.init()", "import penstock.gst.carrier", "import penstock.elements"],
)
def test_a_registry_made_within_penstock_knows_every_element(first, loader, tmp_path):
    """Without gst-plugin-scanner, or told so, GStreamer loads the plugins where it starts."""
    alone = {
        **loader,
        "GST_REGISTRY": str(tmp_path / "registry.bin"),
        "GST_REGISTRY_FORK": "no",
        "PYTHONPATH": str(PACKAGE.parent),
    }
    played = ran(f"{first}{MADE}print(made()){PLAYED}", alone)
    assert played == ["penstock.elements.nvdsosd", "eos"]
    assert f"{len(TABLE)} features" in printed(["gst-inspect-1.0", "python"], alone)


def test_other_plugin_folders_stay_known(tmp_path):
    for before in ("/somewhere/else", "/somewhere/else::/third"):
        environment = with_python(GST_PLUGIN_PATH=before)
        text = printed([sys.executable, "-m", "penstock", "env"], environment)
        found = printed(["bash", "-c", f'{text}\necho "$GST_PLUGIN_PATH"'], environment).strip()
        assert found.split(":") == [str(PLUGINS.parent), *filter(None, before.split(":"))]
        again = {**environment, "GST_PLUGIN_PATH": found}
        assert printed([sys.executable, "-m", "penstock", "env"], again) == text


def test_a_place_with_spaces_and_quotes_works(tmp_path):
    place = tmp_path / "it's a place"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PACKAGE, place / "penstock", ignore=ignored)
    environment = {
        **clean(), "PYTHONPATH": str(place), "XDG_CACHE_HOME": str(place / "some cache")
    }  # fmt: skip
    script = f"""
        eval "$({sys.executable} -m penstock env)"
        unset PYTHONPATH
        gst-inspect-1.0 nvdsosd && gst-launch-1.0 -q videotestsrc num-buffers=3 ! nvvideoconvert \
            ! m.sink_0 nvstreammux name=m width=64 height=48 ! nvdsosd ! fakesink
    """
    assert "+----Gstnvdsosd" in printed(["bash", "-ec", script], environment)
    assert list(place.rglob("gstreamer-registry.bin"))
    assert not (place / "penstock" / "elements" / "nvdsosd.py").samefile(
        PACKAGE / "elements" / "nvdsosd.py"
    )


def test_another_python_first_on_the_path_does_no_harm(tmp_path):
    other = tmp_path / "other" / "bin" / "python3"  # as conda's and pyenv's are
    library = tmp_path / "other" / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    for folder in (other.parent, library):
        folder.mkdir(parents=True)
    other.write_text("#!/bin/sh\nexit 3\n")
    other.chmod(0o755)
    (library / "os.py").touch()
    environment = with_python(
        PATH=f"{other.parent}:{os.environ['PATH']}", XDG_CACHE_HOME=str(tmp_path / "cache")
    )
    script = f"""
        eval "$({sys.executable} -m penstock env)"
        unset PYTHONPATH
        gst-inspect-1.0 nvdsosd
    """
    assert "+----Gstnvdsosd" in printed(["bash", "-ec", script], environment)


def test_the_path_is_left_alone_where_this_python_is_the_first():
    first = with_python(PATH=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    assert "PATH=" not in printed([sys.executable, "-m", "penstock", "env"], first).replace(
        "GST_PLUGIN_PATH=", ""
    )


def test_without_the_settings_the_working_directory_is_not_searched(loader, tmp_path):
    (tmp_path / "penstock").mkdir()
    (tmp_path / "penstock" / "__init__.py").write_text("print('wrong one')")
    bare = {**loader, "GST_REGISTRY": str(tmp_path / "registry.bin"), "PATH": os.defpath}
    del bare["PENSTOCK_SITE"]
    done = subprocess.run(
        ["gst-inspect-1.0", "nvinfer"],
        cwd=tmp_path, env=bare, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "wrong one" not in done.stdout + done.stderr
    assert "No such element or plugin 'nvinfer'" in done.stdout + done.stderr
