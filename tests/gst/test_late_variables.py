"""Variables of GStreamer that an application sets itself, before its own `Gst.init`."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from footage import command

SETS = """
    import os, sys
    {first}
    os.environ.update({variables!r})
    import gi
    gi.require_version("Gst", "1.0")
    from gi.repository import Gst
    Gst.init(sys.argv)
    """
PLAYS = """
    pipeline = Gst.parse_launch("fakesrc num-buffers=1 ! fakesink name=end")
    Gst.debug_bin_to_dot_file(pipeline, Gst.DebugGraphDetails.ALL, "one")
    Gst.debug_bin_to_dot_file_with_ts(pipeline, Gst.DebugGraphDetails.ALL, "two")
    pipeline.set_state(Gst.State.PLAYING)
    pipeline.get_bus().timed_pop_filtered(5 * Gst.SECOND, Gst.MessageType.EOS)
    pipeline.set_state(Gst.State.NULL)
    """


@pytest.fixture
def run(tmp_path):
    """Run a script that sets variables; gives what it says."""

    def start(text, variables, first="", **around):
        script = tmp_path / "script.py"
        sets = SETS.format(first=first, variables=variables)
        script.write_text(textwrap.dedent(sets) + textwrap.dedent(text))
        line = [sys.executable, script] if first else command("run", script)
        return subprocess.run(
            line, env={**os.environ, **around}, capture_output=True, text=True, check=True
        )

    return start


@pytest.mark.parametrize("first", ["", "import pyds"])
@pytest.mark.parametrize(("wanted", "name"), [("yes", "Gstnvstreammux2"), ("no", "Gstnvstreammux")])
def test_the_mux_is_the_one_that_the_application_asks_for(run, wanted, name, first):
    text = "print(Gst.ElementFactory.make('nvstreammux').__gtype__.name)"
    assert run(text, {"USE_NEW_NVSTREAMMUX": wanted}, first).stdout == f"{name}\n"


def test_a_mux_asked_for_from_outside_stays(run):
    text = "print(Gst.ElementFactory.make('nvstreammux').__gtype__.name)"
    assert run(text, {}, USE_NEW_NVSTREAMMUX="yes").stdout == "Gstnvstreammux2\n"


def test_graphs_are_drawn_where_the_application_says(run, tmp_path):
    (tmp_path / "graphs").mkdir()
    run(PLAYS, {"GST_DEBUG_DUMP_DOT_DIR": str(tmp_path / "graphs")})
    one, two = sorted((tmp_path / "graphs").iterdir(), key=lambda path: path.name[-7:])
    assert (one.name, two.name[-8:]) == ("one.dot", "-two.dot")
    assert "GstFakeSink" in one.read_text()
    assert float(two.name[:-8]) > 0


def test_graphs_cost_nothing_where_nobody_wants_them_and_say_so_where_they_cannot_be(run, tmp_path):
    assert run(PLAYS, {}).stderr == ""
    assert (
        "no graph is drawn"
        in run(PLAYS, {"GST_DEBUG_DUMP_DOT_DIR": str(tmp_path / "none"), "GST_DEBUG": "2"}).stderr
    )
    assert not list(tmp_path.glob("**/*.dot"))


def test_the_log_says_what_the_application_wants_to_hear(run):
    said = run(PLAYS, {"GST_DEBUG": "basesink:5", "GST_DEBUG_NO_COLOR": "1"}).stderr
    assert "basesink" in said
    assert "basesrc" not in said


def test_plugins_are_found_where_the_application_says(run, tmp_path):
    (installed,) = Path("/usr/lib").glob("*/gstreamer-1.0/libgstdebug.so")
    (core,) = Path("/usr/lib").glob("*/gstreamer-1.0/libgstcoreelements.so")
    for folder, library in (("system", core), ("own", installed)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / library.name).symlink_to(library)
    around = {
        "GST_PLUGIN_SYSTEM_PATH": str(tmp_path / "system"),
        "GST_REGISTRY": str(tmp_path / "r"),
    }
    text = "print(Gst.ElementFactory.find('navseek') is not None)"
    assert run(text, {}, **around).stdout == "False\n"
    assert run(text, {"GST_PLUGIN_PATH": str(tmp_path / "own")}, **around).stdout == "True\n"
