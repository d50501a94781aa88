"""Applications as DeepStream's users have them, beside their configuration, on the kit's tree."""

import os
import shutil
import signal
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest

from footage import command, penstock

TREE = Path(__file__).parent / "tree"
collect_ignore = ["tree"]  # scripts, some of them named test_


@pytest.fixture(scope="session")
def sdk():
    """The look-alike of DeepStream's sample tree, made where it is not."""
    done = penstock("kit", "sdk", timeout=280)
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.splitlines()[-1])


@pytest.fixture
def placed(sdk, tmp_path, monkeypatch):
    """The applications in a folder that lies where such folders lie."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return Path(shutil.copytree(TREE, tmp_path / "sources" / "deepstream_python_apps"))


@pytest.fixture
def run_app(placed):
    """Run an application in its folder to its end; its output."""

    def run(path, *arguments, code=0, options=("--headless",), timeout=200):
        folder, script = (placed / path).parent, (placed / path).name
        done = penstock("run", *options, script, *arguments, cwd=folder, timeout=timeout)
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done

    return run


@pytest.fixture
def start_app(placed):
    """Run an application in its folder while the `with` block lasts; then interrupt it.

    Gives a function that returns what it prints up to a line with some text.
    """

    @contextmanager
    def start(path, *arguments):
        words = command("run", "--headless", (placed / path).name, *arguments)
        process = subprocess.Popen(
            words,
            cwd=(placed / path).parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )

        def printed_until(wanted):
            said = ""
            for line in process.stdout:
                said += line
                if wanted in line:
                    return said
            raise AssertionError(f"no line with {wanted!r} in {said}")

        with process:
            try:
                yield printed_until
                process.send_signal(signal.SIGINT)
                assert process.wait(timeout=60) == 0
            finally:
                process.kill()

    return start
