"""`scripts/setup.sh`: what it installs, what it leaves alone, and what it says when it cannot."""

import os
import re
import tempfile
from pathlib import Path

import pytest
from checkout import PYTHON_WITHOUT_GI, ROOT, Machine, make_checkout

TOOLS = ("bash", "cat", "cksum", "dirname", "env", "grep", "ls", "mktemp", "readlink", "rm")
TOOLS += ("sed", "tail")
NOBODY = 65534
ALL_BUT_LIBAV = r"""
printf '%s installed\n' "${@:4}" | sed 's/\(libav\) installed/\1 config-files/'
exit 1
"""


def packages():
    text = (ROOT / "scripts/setup.sh").read_text()
    return set(re.search(r"^PACKAGES=\((.*?)^\)", text, re.S | re.M)[1].split())


@pytest.fixture(scope="module")
def ready(tmp_path_factory):
    """A checkout after its first set-up; it began with a .venv that cannot see GStreamer."""
    folder = tmp_path_factory.mktemp("ready")
    machine = Machine(folder / "programs")
    machine.has("python3", PYTHON_WITHOUT_GI)
    machine.has("apt-get")
    machine.has("sudo")
    machine.has("dpkg-query", "printf '%s installed\\n' \"${@:4}\"")
    checkout = make_checkout(folder / "check out")  # a space in the path is nothing special
    machine.run("/usr/bin/python3", "-m", "venv", "--without-pip", checkout / ".venv")
    done = machine.run(checkout / "scripts/setup.sh")
    assert done.returncode == 0, done.stderr
    machine.log.write_text("")
    return machine, checkout, done


def test_the_systems_python_is_chosen_though_another_comes_first_on_path(ready):
    machine, checkout, _ = ready
    settings = (checkout / ".venv/pyvenv.cfg").read_text()
    assert "include-system-site-packages = true" in settings
    assert str(machine.folder) not in settings
    assert machine.run(checkout / ".venv/bin/python", "-c", "import gi").returncode == 0


def test_a_venv_that_does_not_see_gstreamer_is_made_anew_and_said_so(ready):
    assert "does not see GStreamer: making it anew" in ready[2].stderr


def test_apt_get_is_not_called_when_no_package_is_missing(ready):
    assert "apt-get" not in ready[2].stderr


def test_a_second_run_does_nothing_and_says_nothing(ready):
    machine, checkout, _ = ready
    pip_log = checkout / "pip.log"
    again = machine.run(
        checkout / "scripts/setup.sh", env={**machine.environment, "PIP_LOG": str(pip_log)}
    )
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert machine.calls() == []
    assert not pip_log.exists()
    assert (checkout / "builds.log").read_text().count("built") == 1


def test_a_changed_pyproject_is_installed_again(ready):
    machine, checkout, _ = ready
    before = (checkout / ".venv/setup.stamp").read_text()
    pyproject = checkout / "pyproject.toml"
    kept = pyproject.read_text()
    pyproject.write_text(kept + "\n# changed\n")
    again = machine.run(checkout / "scripts/setup.sh")
    after = (checkout / ".venv/setup.stamp").read_text()
    pyproject.write_text(kept)
    (checkout / ".venv/setup.stamp").write_text(before)
    assert again.returncode == 0, again.stderr
    assert "installing Penstock" in again.stderr
    assert after != before


def test_a_machine_on_which_penstock_cannot_work_is_reported_and_not_called_ready(ready, tmp_path):
    machine, checkout, _ = ready
    stamp = checkout / ".venv/setup.stamp"
    kept = stamp.read_text()
    stamp.unlink()
    blind = {
        "GST_PLUGIN_SYSTEM_PATH_1_0": str(tmp_path),
        "GST_REGISTRY": str(tmp_path / "registry"),
    }
    done = machine.run(checkout / "scripts/setup.sh", env={**machine.environment, **blind})
    ready_anyway = stamp.exists()
    stamp.write_text(kept)
    assert done.returncode == 1
    assert "x264enc" in done.stderr
    assert "something is missing, see above" in done.stderr
    assert not ready_anyway


def test_only_the_missing_package_is_installed(machine, tmp_path):
    machine.has("dpkg-query", ALL_BUT_LIBAV)
    machine.has("sudo", 'exec "$@"')
    machine.has("apt-get", '[[ $* != *install* ]] || { echo "E: no room on the disk"; exit 100; }')
    done = machine.run(make_checkout(tmp_path / "checkout") / "scripts/setup.sh")
    apt_get = [call for call in machine.calls() if call.startswith("apt-get")]
    assert [call.split()[-1] for call in apt_get] == ["update", "gstreamer1.0-libav"]
    assert " -y " in apt_get[1]
    assert "--no-install-recommends gstreamer1.0-libav" in apt_get[1]
    # What apt-get said last is shown, and set-up stops there.
    assert done.returncode == 1
    assert "E: no room on the disk" in done.stderr
    assert not (tmp_path / "checkout/.venv").exists()


def test_a_plugin_loader_that_does_not_load_gets_the_library_it_looks_for(machine, tmp_path):
    registry = tmp_path / "gstreamer-1.0/registry.x86_64.bin"
    registry.parent.mkdir()
    registry.touch()
    machine.environment["XDG_CACHE_HOME"] = str(tmp_path)
    machine.environment["PYTHON"] = str(machine.has("python3", PYTHON_WITHOUT_GI))
    machine.has("dpkg-query", "printf '%s installed\\n' \"${@:4}\" | grep -v libpython3-dev")
    machine.has("sudo", 'exec "$@"')
    machine.has("apt-get")
    machine.has("gst-inspect-1.0", "exit 1")
    machine.run(make_checkout(tmp_path / "checkout") / "scripts/setup.sh")
    apt_get = [call for call in machine.calls() if call.startswith("apt-get")]
    assert [call.split()[-1] for call in apt_get] == ["update", "libpython3-dev"]
    assert not registry.exists()


def test_apt_get_never_asks_a_question(machine, tmp_path):
    machine.has("dpkg-query", ALL_BUT_LIBAV)
    machine.has("sudo", 'exec "$@"')
    machine.has("apt-get", f'echo "frontend $DEBIAN_FRONTEND" >>"{machine.log}"; exit 100')
    machine.run(make_checkout(tmp_path / "checkout") / "scripts/setup.sh")
    assert machine.calls()[-1] == "frontend noninteractive"


def test_a_user_who_cannot_become_root_is_told_the_packages():
    with tempfile.TemporaryDirectory() as folder:
        done = _as_nobody(Path(folder))
    assert done.returncode == 1
    assert "is not root and has no sudo. As root: apt-get install gstreamer1.0-libav" in done.stderr


def test_sudo_is_used_by_a_user_who_is_not_root():
    with tempfile.TemporaryDirectory() as folder:
        done = _as_nobody(Path(folder), sudo="echo sorry, no; exit 1")
    assert "failed: sudo env DEBIAN_FRONTEND=noninteractive apt-get" in done.stderr
    assert "sorry, no" in done.stderr


def _as_nobody(folder, sudo=None):
    machine = Machine(folder / "programs")
    machine.has_only(*TOOLS)
    machine.has("dpkg-query", ALL_BUT_LIBAV)
    machine.has("apt-get")
    if sudo:
        machine.has("sudo", sudo)
    checkout = make_checkout(folder / "checkout")
    folder.chmod(0o755)
    machine.log.chmod(0o666)
    return machine.run(
        checkout / "scripts/setup.sh", user=NOBODY if os.geteuid() == 0 else None, cwd="/"
    )


def test_without_apt_get_the_packages_are_named_and_described(machine, tmp_path):
    machine.has_only(*TOOLS)
    machine.environment["PYTHON"] = str(machine.has("python3", PYTHON_WITHOUT_GI))
    done = machine.run(make_checkout(tmp_path / "checkout") / "scripts/setup.sh")
    assert done.returncode == 1
    assert packages() <= set(done.stderr.split())
    words = ("1.20 or newer", "base, good, bad, ugly", "libav", "PyGObject", "Pango")
    for word in (*words, "gst-python", "GstRtspServer", str(machine.folder / "python3")):
        assert word in done.stderr


def test_without_apt_get_a_machine_that_has_everything_is_set_up(ready, tmp_path):
    _, checkout, _ = ready
    machine = Machine(tmp_path / "programs")
    machine.has_only(*TOOLS)
    (checkout / ".venv/setup.stamp").unlink()
    done = machine.run(checkout / "scripts/setup.sh")
    assert done.returncode == 0, done.stderr
    assert (checkout / ".venv/setup.stamp").exists()


def test_make_lists_its_targets(machine):
    listed = machine.run("make", cwd=ROOT).stdout
    assert re.findall(r"^  make (\w+)", listed, re.M) == [
        "help", "setup", "demo", "test", "check", "soak", "clean"
    ]  # fmt: skip


def test_ci_runs_the_checks_and_the_tests_and_nothing_else(machine):
    machine.has("make")
    assert machine.run(ROOT / ".ci/run").returncode == 0
    assert machine.calls() == ["make check", "make test"]


@pytest.mark.parametrize("failing", ["check", "test"])
def test_ci_fails_when_one_of_them_does(machine, failing):
    machine.has("make", f"[[ $1 != {failing} ]]")
    assert machine.run(ROOT / ".ci/run").returncode != 0
