"""`penstock run`: what it adds for scripts that were written elsewhere, and for automation."""

import json
import subprocess
import sys
import textwrap

import pytest

from footage import penstock


@pytest.fixture
def script(tmp_path):
    folder = tmp_path / "app"
    folder.mkdir()

    def write(text, name="script.py"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
        return path

    return write


PLAY = """
    import sys
    sys.path.append("../")
    import gi
    gi.require_version("Gst", "1.0")
    from gi.repository import GLib, Gst
    from common.bus_call import bus_call
    Gst.init(None)
    pipeline = Gst.parse_launch("{launch}")
    loop = GLib.MainLoop()
    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message", bus_call, loop)
    pipeline.set_state(Gst.State.PLAYING)
    try:
        loop.run()
    except KeyboardInterrupt:
        print("interrupted")
    pipeline.set_state(Gst.State.NULL)
"""


def test_a_script_without_the_samples_common_folder_gets_one(script):
    path = script(
        """
        import sys
        sys.path.append("../")
        from common.FPS import GETFPS, PERF_DATA
        from common.bus_call import bus_call
        from common.is_aarch_64 import is_aarch64
        from common.platform_info import PlatformInfo
        from common.utils import long_to_uint64
        info, rates = PlatformInfo(), PERF_DATA(2)
        for _ in range(3):
            rates.update_fps("stream1")
        print(info.is_integrated_gpu(), info.is_platform_aarch64() == is_aarch64())
        print(long_to_uint64(-1), rates.perf_print_callback(), sorted(rates.perf_dict))
        print(rates.perf_dict["stream0"], rates.perf_dict["stream1"] > 0)
        """
    )
    done = penstock("run", path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "False True"
    assert lines[-2:] == ["18446744073709551615 True ['stream0', 'stream1']", "0.0 True"]


def test_the_samples_common_folder_may_be_on_the_path_itself(script):
    path = script(
        """
        import sys
        sys.path.append("/opt/nvidia/deepstream/deepstream/sources/apps/common")
        from bus_call import bus_call
        from FPS import PERF_DATA
        from is_aarch_64 import is_aarch64
        from platform_info import PlatformInfo
        print(bus_call.__name__, PERF_DATA.__name__, PlatformInfo().is_wsl())
        from utils import long_to_uint64
        """
    )
    done = penstock("run", path)
    assert (done.returncode, done.stdout) == (1, "bus_call PERF_DATA False\n"), done.stderr
    assert "ModuleNotFoundError: No module named 'utils'" in done.stderr


def test_what_a_script_starts_finds_the_elements_too(script):
    script("import gi.repository.Gst as g; g.init(None); print(g.ElementFactory.make('nvinfer'))",
           "child.py")  # fmt: skip
    path = script(
        """
        import multiprocessing, subprocess, sys
        import gi
        gi.require_version("Gst", "1.0")
        from gi.repository import Gst

        def work(queue):
            Gst.init(None)
            queue.put(Gst.parse_launch("nvvideoconvert ! nvdsosd").children[0].name)

        if __name__ == "__main__":
            for method in ("fork", "spawn"):
                context = multiprocessing.get_context(method)
                queue = context.Queue()
                context.Process(target=work, args=(queue,)).start()
                print(method, queue.get(timeout=30), flush=True)
            line = "videotestsrc num-buffers=2 ! nvvideoconvert ! fakesink"
            subprocess.run(["gst-launch-1.0", "-q", *line.split()], check=True)
            subprocess.run(["python3", "child.py"], check=True)
        """
    )
    done = penstock("run", path, cwd=path.parent)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("fork nvdsosd0\nspawn nvdsosd0\n<nvinfer.NvInfer object")


MODULE = """
    import sys
    from .near import VALUE
    print(sys.argv, sys.path[0], __name__, __package__, __file__, __spec__.name, VALUE)
"""


@pytest.mark.parametrize("name", ["app.deep.main", "app.deep"])
def test_a_module_is_run_as_python_runs_it(script, tmp_path, name):
    script("", "__init__.py")
    script("", "deep/__init__.py")
    script("VALUE = 7", "deep/near.py")
    script(MODULE, "deep/main.py")
    script(MODULE, "deep/__main__.py")
    done = penstock("run", "-m", name, "-m", "--help", cwd=tmp_path)
    like = [sys.executable, "-m", name, "-m", "--help"]
    plain = subprocess.run(like, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (plain.returncode, plain.stderr) == (0, "")
    assert done.stdout == plain.stdout


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nowhere.main", "No module named 'nowhere'"),
        ("app", "no source of it is in "),  # a folder without a __main__.py
        ("app.broken.main", "No module named 'theirs'"),
        ("..app", "no package specified"),
        ("sys", "no source of it is in "),
    ],
)
def test_a_module_that_is_not_there_is_named(script, tmp_path, name, said):
    script("import theirs", "broken/__init__.py")
    done = penstock("run", "-m", name, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith(f"penstock: module {name} cannot be run: {said}")
    assert len(done.stderr.splitlines()) == 1


def test_a_scripts_own_common_folder_comes_first_and_is_not_added_to(script):
    script("VALUE = 7", "../common/utils.py")
    script("", "../common/__init__.py")
    path = script(
        """
        import sys
        sys.path.append("../")
        from common.utils import VALUE
        print(VALUE)
        import common.FPS
        """
    )
    done = penstock("run", path, cwd=path.parent)
    assert (done.returncode, done.stdout) == (1, "7\n")
    assert "ModuleNotFoundError: No module named 'common.FPS'" in done.stderr


def test_cupy_that_is_absent_says_what_to_use_instead(script):
    done = penstock("run", script("import cupy as cp"))
    assert done.returncode == 1
    assert "No module named 'cupy': it needs an NVIDIA GPU with CUDA" in done.stderr
    assert "pyds.get_nvds_buf_surface" in done.stderr


@pytest.mark.parametrize(
    ("module", "said"),
    [
        ("tensorrt", "nvinfer runs them from ONNX files"),
        ("pycuda.driver", "it needs an NVIDIA GPU"),
        ("jetson.utils", "NVIDIA's Jetson boards"),
    ],
)
def test_a_library_for_nvidias_hardware_says_why_it_is_absent(script, module, said):
    path = script(f"try:\n    import {module}\nexcept ImportError as error:\n    print(error)")
    done = penstock("run", path)
    assert f"No module named {module.partition('.')[0]!r}: " in done.stdout
    assert said in done.stdout


@pytest.mark.parametrize("sink", ["autovideosink", "xvimagesink force-aspect-ratio=false"])
def test_a_headless_run_needs_no_display(script, sink, monkeypatch):
    monkeypatch.setenv("DISPLAY", ":4711")  # nobody is there
    path = script(PLAY.format(launch=f"videotestsrc num-buffers=3 ! videoconvert ! {sink}"))
    done = penstock("run", "--headless", path)
    assert (done.returncode, done.stdout) == (0, "End-of-stream\n"), done.stderr
    assert done.stderr == ""


def test_a_script_that_swallows_an_error_of_its_pipeline_does_not_exit_with_0(script):
    path = script(PLAY.format(launch="filesrc location=none.h264 ! fakesink name=end"))
    done = penstock("run", path)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last == "penstock: a pipeline had an error: filesrc0: Resource not found."


def test_a_scripts_own_exit_code_stands_beside_an_error_of_its_pipeline(script):
    launch = "filesrc location=none.h264 ! fakesink"
    path = script(textwrap.dedent(PLAY.format(launch=launch)) + "raise SystemExit(3)\n")
    assert penstock("run", path).returncode == 3


def test_an_endless_script_ends_by_eos_after_its_time(script):
    path = script(PLAY.format(launch="videotestsrc is-live=true ! fakesink"))
    done = penstock("run", "--max-seconds", "1", path, timeout=60)
    assert (done.returncode, done.stdout) == (0, "End-of-stream\n"), done.stderr


def test_a_script_without_a_pipeline_is_interrupted_after_its_time(script):
    done = penstock("run", "--max-seconds", "1", script("import time\ntime.sleep(60)"), timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_script_that_does_not_let_itself_be_interrupted_is_ended(script):
    path = script(
        """
        import signal, time
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        time.sleep(60)
        """
    )
    done = penstock("run", "--max-seconds", "1", path, timeout=60)
    assert done.returncode == 124
    assert "after 1 s the script ended neither by EOS nor by Ctrl-C" in done.stderr


@pytest.mark.parametrize(
    "source",
    [
        "filesrc location=/opt/nvidia/deepstream/deepstream-6.3/samples/streams/sample.y4m"
        " ! y4mdec",
        "uridecodebin uri=file:///opt/nvidia/deepstream/deepstream/samples/streams/sample.y4m",
    ],
)
def test_a_stream_of_the_sdk_that_is_not_there_is_read_from_the_kits_tree(
    script, source, tmp_path, monkeypatch
):
    streams = tmp_path / "sdk/samples/streams"
    streams.mkdir(parents=True)
    encoder = ["videotestsrc", "num-buffers=4", "!", "y4menc", "!", "filesink"]
    subprocess.run(
        ["gst-launch-1.0", "-q", *encoder, f"location={streams}/sample.y4m"], check=True, timeout=60
    )
    monkeypatch.setenv("PENSTOCK_SDK", str(tmp_path / "sdk"))
    path = script(PLAY.format(launch=f"{source} ! fakesink"))
    done = penstock("run", path)
    assert (done.returncode, done.stdout) == (0, "End-of-stream\n"), done.stderr


CELLS = """
%load_ext penstock
import gi
gi.require_version("Gst", "1.0")
from gi.repository import Gst
import pyds
from common.platform_info import PlatformInfo
def probe(pad, info):
    frames = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer())).num_frames_in_batch
    print("frames", frames)
    raise ValueError("of mine")
pipeline = Gst.parse_launch(
    "videotestsrc num-buffers=2 ! nvvideoconvert ! mux.sink_0 "
    "nvstreammux name=mux batch-size=1 width=320 height=180 ! nvdsosd name=osd ! fakesink"
)
pipeline.get_by_name("osd").get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, probe)
pipeline.set_state(Gst.State.PLAYING)
pipeline.get_bus().timed_pop_filtered(30 * Gst.SECOND, Gst.MessageType.EOS).type.first_value_name
pipeline.set_state(Gst.State.NULL)
%run {script} a b
"""


def test_a_notebook_runs_cells_and_whole_scripts_as_penstock_run_does(script):
    path = script("import sys, pyds\nprint(sys.argv[1:])")
    cells = script(CELLS.format(script=path), "cells.ipy")
    done = subprocess.run(
        [sys.executable, "-m", "IPython", "--no-banner", "--quick", cells],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["frames 1", "frames 1", "['a', 'b']"]
    assert "probe raised ValueError at" in done.stderr
    assert "of mine" in done.stderr


def test_a_script_that_opens_files_of_the_sdk_itself_reads_those_of_the_kits_tree(
    script, tmp_path, monkeypatch
):
    labels = tmp_path / "sdk/samples/models/Primary_Detector/labels.txt"
    labels.parent.mkdir(parents=True)
    labels.write_text("car;person\n")
    monkeypatch.setenv("PENSTOCK_SDK", str(tmp_path / "sdk"))
    path = script(
        """
        import io, os.path
        SDK = "/opt/nvidia/deepstream/deepstream-6.4/samples/models/Primary_Detector/"
        print(os.path.exists(SDK + "labels.txt"), os.path.isfile(SDK + "other.txt"))
        print(open(SDK + "labels.txt").read() == io.open(SDK + "labels.txt", "r").read())
        try:
            open(SDK + "labels.txt", "w")
        except OSError as error:
            print(type(error).__name__, error.filename)
        """
    )
    done = penstock("run", path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[:2] == ["True False", "True"]
    assert "samples/models/Primary_Detector/labels.txt" in done.stdout.splitlines()[2]
    assert labels.read_text() == "car;person\n"


def notebook(*cells):
    """A file of Jupyter's, with a heading."""
    code = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": list(c)} for c in cells]
    heading = {"cell_type": "markdown", "metadata": {}, "source": ["# 1/0"]}
    return json.dumps({"cells": [heading, *code], "metadata": {}, "nbformat": 4})


def test_a_notebook_file_runs_cell_after_cell_up_to_the_first_that_fails(script):
    cells = (["import sys, pyds\n", "x = sys.argv[1:]"], ["print(__name__, x)\n", "!echo shell"])
    path = script(notebook(*cells), "app.ipynb")
    done = penstock("run", path, "a", cwd=path.parent)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["__main__ ['a']", "shell"]
    path = script(notebook(*cells, ["1/0"], ["print('not here')"]), "failing.ipynb")
    done = penstock("run", path, cwd=path.parent)
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stdout + done.stderr
    assert "not here" not in done.stdout


def test_a_file_that_only_says_to_be_a_notebook_is_named(script):
    done = penstock("run", script("[1]", "app.ipynb"))
    assert done.returncode == 1
    assert "app.ipynb is no notebook of format 4" in done.stderr
    assert "Traceback" not in done.stderr
