"""GStreamer's log, which is written by C: read what a process printed."""

import os
import subprocess
import sys

import pytest

WRITE = """
import sys
from penstock.gst import Gst, Log
log = Log("penstocktest", description="a test")
log.{level}(None, {text!r})
"""


def printed(code, **environment):
    """What a process that runs `code` prints on stderr."""
    wanted = {**os.environ, "GST_DEBUG_NO_COLOR": "1", **environment}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], env=wanted, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stderr.decode()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("100 % %s %n %d", "100 % %s %n %d"),
        ("before\0after", "before\\0after"),
        ("a file \udcff.txt", "a file \\udcff.txt"),
        ("größe", "größe"),
        ("", ""),
    ],
)
def test_any_text_can_be_logged(text, line):
    said = printed(WRITE.format(level="error", text=text), GST_DEBUG="penstocktest:5")
    assert " ERROR " in said
    assert f"penstocktest <string>:5:<module>: {line}\n" in said


@pytest.mark.parametrize("level", ["error", "warning", "info", "debug"])
def test_a_category_shows_what_its_level_asks_for(level):
    code = WRITE.format(level=level, text="something happened")
    number = {"error": 1, "warning": 2, "info": 4, "debug": 5}[level]
    assert "something happened" in printed(code, GST_DEBUG=f"penstocktest:{number}")
    assert printed(code, GST_DEBUG=f"penstocktest:{number - 1}") == ""
    assert printed(code, GST_DEBUG="other:9") == ""


def test_the_categories_of_elements_are_those_of_their_factories():
    code = """
import penstock
penstock.init()
from penstock.gst import Gst
element = Gst.ElementFactory.make("nvinfer", "first")
element.set_property("config-file-path", "missing.txt")
"""
    said = printed(code, GST_DEBUG="nvinfer:1")
    assert "nvinfer" in said
    assert ":do_set_property:<first>" in said
    assert "missing.txt" in said
