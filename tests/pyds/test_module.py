"""What `import pyds` does and what the module says about itself."""

import os
import subprocess
import sys

import pytest

import pyds


def run(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_module_offers_what_it_lists_and_nothing_twice():
    assert pyds.__version__ == "1.2.0"
    assert len(pyds.__all__) == len(set(pyds.__all__))
    assert [name for name in pyds.__all__ if not hasattr(pyds, name)] == []


def test_a_misspelt_name_is_told_what_was_meant():
    with pytest.raises(
        AttributeError, match=r"no attribute 'NvDsFrameMta'; did you mean 'NvDsFram"
    ):
        _ = pyds.NvDsFrameMta
    with pytest.raises(AttributeError, match=r"module 'pyds' has no attribute 'qqqqqq'$"):
        _ = pyds.qqqqqq


def test_importing_registers_the_elements_and_leaves_the_rest_of_gstreamer_to_the_script():
    done = run(
        "import pyds\n"
        "from gi.repository import Gst\n"
        "Gst.init(None)\n"
        "print(Gst.ElementFactory.find('nvstreammux') is not None)",
        PENSTOCK_REGISTER="1",
    )
    assert done.stdout.strip() == "True", done.stderr


def test_registration_can_be_switched_off_and_then_needs_no_gstreamer():
    code = "import sys, pyds; print('gi' in sys.modules, pyds.NvDsFrameMeta().frame_num)"
    done = run(code, PENSTOCK_REGISTER="0")
    assert done.stdout.strip() == "False 0", done.stderr


def test_without_gstreamer_metadata_works_and_a_buffer_says_what_is_missing():
    code = (
        "import sys; sys.modules['gi'] = None\n"
        "import pyds\n"
        "print(pyds.NvDsObjectMeta().class_id)\n"
        "try: pyds.gst_buffer_get_nvds_batch_meta(1)\n"
        "except ImportError as error: print(error)"
    )
    done = run(code, PENSTOCK_REGISTER="1")
    first, message = done.stdout.splitlines()
    assert first == "0"
    assert "GStreamer" in message
    assert "penstock doctor" in message
