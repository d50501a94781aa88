"""Applications as DeepStream's users have them, beside their configuration, on the kit's tree."""

import shutil
import socket
from pathlib import Path

import pytest

from footage import penstock

TREE = Path(__file__).parent / "tree"
collect_ignore = ["tree"]  # scripts, some of them named test_


@pytest.fixture(scope="session")
def sdk():
    """The look-alike of DeepStream's sample tree, made where it is not."""
    done = penstock("kit", "sdk", timeout=280)
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.splitlines()[-1])


@pytest.fixture
def free_port():
    """Ports that nobody uses, each once."""

    def find():
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return probe.getsockname()[1]

    return find


@pytest.fixture
def run_app(sdk, tmp_path):
    """Run an application in a folder that lies where such folders lie; its output."""

    def run(path, *arguments, code=0, options=("--headless",), timeout=120):
        apps = tmp_path / "sources" / "deepstream_python_apps"
        shutil.copytree(TREE, apps)
        folder, script = (apps / path).parent, (apps / path).name
        done = penstock("run", *options, script, *arguments, cwd=folder, timeout=timeout)
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done

    return run
