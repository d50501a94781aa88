"""`penstock doctor`: elements that could not be loaded once, and are never looked at again."""

import os
import subprocess
import sys

from penstock.cli.doctor import examine
from penstock.cli.doctor.needs import Facts


def run(*command, **environment):
    settings = os.environ | {"COLUMNS": "400"} | environment
    for name in ("GST_REGISTRY", "PYTHONPATH"):
        settings.pop(name, None)
    return subprocess.run(
        command, env=settings, capture_output=True, text=True, timeout=60, check=False
    )


def test_a_registry_made_when_no_element_could_be_loaded_is_to_be_removed(tmp_path):
    cache = {"PENSTOCK_CACHE": str(tmp_path)}
    lines = run(sys.executable, "-m", "penstock.cli", "env", **cache).stdout
    broken = f"{lines}export PENSTOCK_SITE= PATH=/usr/bin:/bin\n"  # as while pip was still at work
    inspect = "gst-inspect-1.0 --exists nvstreammux"
    assert run("bash", "-c", f"{broken}{inspect}", **cache).returncode != 0
    assert run("bash", "-c", f"{lines}{inspect}", **cache).returncode != 0

    done = run(sys.executable, "-m", "penstock.cli.doctor", **cache)
    mend = f"rm -f {tmp_path}/gstreamer-registry.bin"
    assert mend in [line.strip() for line in done.stdout.splitlines()]
    assert done.returncode == 0  # scripts and penstock's own commands need none of it

    run("bash", "-c", mend)
    done = run(sys.executable, "-m", "penstock.cli.doctor", **cache)
    assert mend not in done.stdout
    assert "Nothing is missing" in done.stdout


def test_a_tool_that_does_not_answer_is_told_not_waited_for(tmp_path, monkeypatch):
    inspect = tmp_path / "gst-inspect-1.0"
    inspect.write_text("#!/bin/sh\nexec sleep 600\n")
    inspect.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(examine, "ANSWER_TIMEOUT_S", 0.2)
    [told] = examine._found_by_tools(Facts({"python plugin": "yes"}))
    assert (told.ok, told.required, told.found) == (False, False, "no answer within 0.2 s")
