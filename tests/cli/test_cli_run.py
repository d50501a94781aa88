"""`penstock run`: as python would, with pyds and cuda ready."""

import json
import signal
import subprocess
import sys
import textwrap

import pytest

from footage import command, penstock


@pytest.fixture
def script(tmp_path):
    folder = tmp_path / "app"
    folder.mkdir()

    def write(text, name="script.py"):
        (folder / name).write_text(textwrap.dedent(text))
        return folder / name

    return write


REPORT = """
    import json, os, sys
    import neighbour
    class Thing: pass
    import pickle
    print(json.dumps({
        "argv": sys.argv, "file": __file__, "cwd": os.getcwd(), "path": sys.path[0],
        "name": __name__, "doc": __doc__, "spec": __spec__, "neighbour": neighbour.VALUE,
        "pickled": type(pickle.loads(pickle.dumps(Thing()))).__module__,
        "main": sys.modules["__main__"].__dict__ is globals(),
    }))
"""


@pytest.mark.parametrize("named", ["relative", "absolute"])
def test_a_script_sees_what_it_sees_under_python(script, tmp_path, named):
    path = script(REPORT)
    script("VALUE = 7", "neighbour.py")
    name = path if named == "absolute" else path.relative_to(tmp_path)
    arguments = ["-i", "a b", "--help", "--", "-x", "--frames=3", "-"]
    run = penstock("run", name, *arguments, cwd=tmp_path)
    plain = subprocess.run(
        [sys.executable, name, *arguments], capture_output=True, text=True, cwd=tmp_path, check=True
    )
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == json.loads(plain.stdout)


@pytest.mark.parametrize(
    ("ending", "code", "said"),
    [
        ("sys.exit(3)", 3, ""),
        ("sys.exit()", 0, ""),
        ("sys.exit('no input')", 1, "no input\n"),
        ("sys.exit(main())", 0, ""),
        ("main()", 0, ""),
        ("raise SystemExit(7)", 7, ""),
    ],
)
def test_the_exit_code_is_the_scripts(script, ending, code, said):
    done = penstock("run", script(f"import sys\ndef main(): pass\n{ending}"))
    assert (done.returncode, done.stderr) == (code, said)


def test_an_exception_shows_the_scripts_own_traceback(script):
    path = script(
        """\
        def probe():
            raise ValueError("wrong")
        probe()
        """
    )
    done = penstock("run", path)
    plain = subprocess.run([sys.executable, path], capture_output=True, text=True, check=False)
    assert done.returncode == plain.returncode == 1
    assert done.stderr == plain.stderr
    assert f'File "{path}", line 2, in probe' in done.stderr


def test_a_syntax_error_and_a_penstock_error_look_as_under_python(script):
    for text in ("x = (\n", "import penstock\nraise penstock.ConfigError('mine')\n"):
        path = script(text)
        done = penstock("run", path)
        plain = subprocess.run([sys.executable, path], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (1, plain.stderr)


def test_a_script_that_is_not_there_is_named(tmp_path):
    done = penstock("run", "none.py", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr == "penstock: script none.py cannot be read: No such file or directory\n"


def test_cuda_python_that_is_absent_reports_no_device(script):
    done = penstock(
        "run",
        script(
            """
            from cuda import cudart
            from cuda import cuda
            import cuda.cuda
            result, = cuda.cuda.cuInit(0)
            assert result != cuda.cuda.CUresult.CUDA_SUCCESS, result
            status, count = cuda.cuda.cuDeviceGetCount()
            error, properties = cudart.cudaGetDeviceProperties(0)
            assert error != cudart.cudaError_t.cudaSuccess
            print(result.name, int(status), count, int(error), properties.integrated)
            """
        ),
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "CUDA_ERROR_NO_DEVICE 100 0 100 0\n"


@pytest.mark.parametrize("layout", ["cuda/cuda.py", "cuda/bindings/driver.py"])
def test_cuda_python_that_is_there_is_left_alone(script, tmp_path, layout, monkeypatch):
    site = tmp_path / "site"
    (site / layout).parent.mkdir(parents=True)
    (site / "cuda" / "__init__.py").write_text("REAL = True")
    (site / layout).write_text("")
    monkeypatch.setenv("PYTHONPATH", str(site), prepend=":")
    done = penstock("run", script("import cuda\nprint(cuda.REAL)"))
    assert (done.returncode, done.stdout) == (0, "True\n"), done.stderr


def test_ctrl_c_reaches_the_script(script):
    path = script(
        """
        import time
        try:
            print("ready", flush=True)
            time.sleep(60)
        except KeyboardInterrupt:
            print("stopped")
        """
    )
    with subprocess.Popen(command("run", path), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=30)[0] == "stopped\n"
    assert process.returncode == 0


PROBE = """
    import sys
    import gi
    gi.require_version("Gst", "1.0")
    from gi.repository import GLib, Gst
    import pyds

    def probe(pad, info):
        global seen
        seen += 1
        return {body}

    seen = 0
    Gst.init(None)
    pipeline = Gst.parse_launch(
        "videotestsrc num-buffers=20 ! nvvideoconvert ! mux.sink_0 "
        "nvstreammux name=mux batch-size=1 width=320 height=180 ! nvdsosd name=osd ! fakesink"
    )
    pipeline.get_by_name("osd").get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, probe)
    loop = GLib.MainLoop()
    bus = pipeline.get_bus()
    bus.add_signal_watch()
    def heard(bus, message):
        if message.type == Gst.MessageType.EOS:
            print("End-of-stream", seen)
            loop.quit()
        elif message.type == Gst.MessageType.ERROR:
            print("Error:", message.parse_error()[0].message)
            loop.quit()
        elif message.type == Gst.MessageType.WARNING:
            print("Warning:", message.parse_warning()[0].message)
    bus.connect("message", heard)
    pipeline.set_state(Gst.State.PLAYING)
    loop.run()
    pipeline.set_state(Gst.State.NULL)
"""


def test_a_probe_that_raises_is_reported_with_its_line_and_loses_nothing(script):
    path = script(PROBE.format(body="1 / 0"))
    done = penstock("run", path)
    said = f"the probe probe raised ZeroDivisionError at {path}:11: division by zero"
    assert done.returncode == 0
    assert said in done.stderr
    assert f"Warning: osd: {said}" in done.stdout
    assert done.stdout.endswith("End-of-stream 20\n")
    assert "Traceback" not in done.stderr


def test_a_probe_that_raises_stops_a_strict_run(script, monkeypatch):
    monkeypatch.setenv("PENSTOCK_STRICT", "1")
    path = script(PROBE.format(body="[][1]"))
    done = penstock("run", path, timeout=60)
    assert f"raised IndexError at {path}:11: list index out of range" in done.stdout
    assert done.stdout.startswith("Error: osd: ")


def test_a_script_that_ends_while_its_pipeline_plays_ends(script):
    path = script(
        """
        import gi
        gi.require_version("Gst", "1.0")
        from gi.repository import Gst
        Gst.init(None)
        pipeline = Gst.parse_launch(
            "videotestsrc ! nvvideoconvert ! mux.sink_0 "
            "nvstreammux name=mux batch-size=1 width=320 height=180 ! nvdsosd ! fakesink sync=true"
        )
        pipeline.set_state(Gst.State.PLAYING)
        pipeline.get_state(Gst.CLOCK_TIME_NONE)
        raise SystemExit(5)
        """
    )
    done = penstock("run", path, timeout=60)
    assert done.returncode == 5, done.stderr
