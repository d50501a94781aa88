"""`penstock doctor`: what it finds missing, and the command it gives."""

import json
import os
import re
import shutil
import sys
import sysconfig
from importlib import util

import pytest
from checkout import PYTHON_WITHOUT_GI, ROOT

from penstock.cli.doctor import Check, checks, render
from penstock.cli.doctor.check import commands
from penstock.cli.doctor.examine import element_names
from penstock.cli.doctor.needs import NEEDS, Facts, check_need, read

SOURCES = os.pathsep.join([str(ROOT / "src"), sysconfig.get_paths()["purelib"]])
APT_GET = "apt-get update && {sudo}apt-get install -y --no-install-recommends "
EVERYTHING = {fact: "1.22.0" for need in NEEDS for fact in need.facts} | {"gi": "3.42.2"}
ALL = frozenset(need.package for need in NEEDS)
NONE = frozenset()


def need(name):
    return next(need for need in NEEDS if need.name == name)


def facts_without(*names, **errors):
    return Facts({k: v for k, v in EVERYTHING.items() if k not in {*names, *errors}}, errors)


@pytest.fixture
def bare_venv(machine, tmp_path):
    """A function that runs the doctor in an environment that sees no system packages."""
    python = tmp_path / "venv/bin/python"
    machine.run("/usr/bin/python3", "-m", "venv", "--without-pip", tmp_path / "venv")
    machine.has("apt-get")
    machine.environment |= {"PYTHONPATH": SOURCES, "COLUMNS": "400"}

    def run(system_python="/usr/bin/python3"):
        code = "import sys; from penstock.cli.doctor import checks, render; "
        code += f"sys.exit(render(checks(system_python={str(system_python)!r})))"
        return machine.run(python, "-c", code)

    run.folder = tmp_path / "venv"
    return run


def lines(done):
    return [line.strip() for line in done.stdout.splitlines()]


def test_nothing_required_is_missing_where_these_tests_run():
    assert [check.name for check in checks() if check.required and not check.ok] == []


def test_a_venv_that_cannot_see_the_system_is_to_be_made_again(bare_venv):
    done = bare_venv()
    folder = bare_venv.folder
    assert done.returncode == 1, done.stderr
    assert f"{folder}, made without --system-site-packages" in done.stdout
    assert (
        f"/usr/bin/python3 -m venv --clear --system-site-packages {folder} "
        f"&& {folder}/bin/pip install penstock"
    ) in lines(done)
    # The machine itself has them, so no package is asked for.
    assert re.search(r"ok +PyGObject", done.stdout)
    assert "apt-get install" not in done.stdout.partition("Optional")[0]


def test_on_a_bare_machine_every_package_is_named_in_one_command(bare_venv, machine):
    machine.has("dpkg-query", "exit 1")
    system_python = machine.has("python-without-gi", PYTHON_WITHOUT_GI)
    done = bare_venv(system_python)
    assert done.returncode == 1
    (line,) = [line for line in lines(done) if "python3-gi" in line]
    # Pango is a shared library, which no interpreter hides.
    required = [need.package for need in NEEDS if need.required and need.name != "Pango"]
    assert line.partition("--no-install-recommends ")[2].split() == required
    assert f"which is not {system_python}" in done.stdout
    assert f"{system_python} -m venv --clear --system-site-packages" in done.stdout


def test_without_even_a_system_python_the_report_is_made(bare_venv, machine, tmp_path):
    machine.has("dpkg-query", "exit 1")
    done = bare_venv(tmp_path / "no/such/python3")
    assert done.returncode == 1, done.stderr
    assert re.search("apt-get install .*python3-venv python3-gi ", done.stdout)
    assert re.search("ok +plugin scan", done.stdout)


def test_pip_s_pygobject_without_gst_python_is_not_enough(bare_venv):
    """It has the package `gi`, and lacks the overrides that make elements in Python possible."""
    (site,) = bare_venv.folder.glob("lib/python*/site-packages")
    source = util.find_spec("gi").submodule_search_locations[0]
    shutil.copytree(source, site / "gi", ignore=shutil.ignore_patterns("Gst.py", "_gi_gst*"))
    done = bare_venv()
    assert done.returncode == 1
    assert "made without --system-site-packages" in done.stdout


def test_a_binding_that_aborts_the_process_is_reported(machine, tmp_path):
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken/gi.py").write_text("import os\nos.abort()\n")
    path = os.pathsep.join([str(tmp_path / "broken"), SOURCES])
    machine.environment |= {"PYTHONPATH": path, "COLUMNS": "400"}
    done = machine.run(sys.executable, "-m", "penstock.cli.doctor")
    assert done.returncode == 1, done.stderr
    assert re.search(r"missing +plugin scan +killed by SIGABRT", done.stdout)
    # What was answered before that is not lost.
    facts = machine.run(sys.executable, ROOT / "src/penstock/cli/doctor/facts.py").stdout
    assert json.loads(facts.splitlines()[0])["fact"] == "python"


def test_a_plugin_that_does_not_load_is_named_with_the_command_that_tries_again(machine, tmp_path):
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins/libgstbroken.so").write_text("not a library")
    machine.environment |= {
        "PYTHONPATH": SOURCES,
        "GST_PLUGIN_PATH_1_0": str(tmp_path / "plugins"),
        "GST_REGISTRY": str(tmp_path / "registry.bin"),
        "COLUMNS": "400",
    }
    done = machine.run(sys.executable, "-m", "penstock.cli.doctor")
    assert done.returncode == 0, done.stdout
    assert re.search(r"note +plugin scan +rejected by GStreamer: libgstbroken\.so", done.stdout)
    assert f"rm -f '{tmp_path}/registry.bin'" in lines(done)


def test_a_file_of_the_current_folder_is_not_taken_for_a_module(machine, tmp_path):
    (tmp_path / "json.py").write_text("raise RuntimeError('the wrong json')")
    code = f"import sys; sys.path[:] = {sys.path!r}; from penstock.cli.doctor import checks\n"
    code += "print(all(check.ok for check in checks() if check.required))"
    done = machine.run(sys.executable, "-c", code, cwd=tmp_path)
    assert done.stdout == "True\n", done.stderr


def test_importing_it_loads_neither_gstreamer_nor_an_engine(machine):
    machine.environment["PYTHONPATH"] = SOURCES
    code = "import sys, penstock.cli.doctor; print(*sys.modules)"
    loaded = set(machine.run(sys.executable, "-c", code).stdout.split())
    assert "penstock.cli.doctor" in loaded
    assert loaded.isdisjoint({"gi", "numpy", "cv2", "openvino", "onnx", "onnxruntime"})


@pytest.mark.parametrize("wanted", NEEDS, ids=lambda need: need.name)
def test_each_missing_package_is_named_alone(wanted, machine, monkeypatch):
    machine.has("apt-get")
    monkeypatch.setenv("PATH", machine.environment["PATH"])
    check = check_need(wanted, facts_without(*wanted.facts), installed=ALL - {wanted.package})
    sudo = "" if os.geteuid() == 0 else "sudo "
    assert not check.ok
    assert check.found == "none"
    assert check.fix == sudo + APT_GET.format(sudo=sudo) + wanted.package


def test_one_missing_decoder_is_named():
    check = check_need(need("libav decoders"), facts_without("avdec_h265"), installed=NONE)
    assert check.found == "no avdec_h265"
    assert check.packages == ("gstreamer1.0-libav",)


def test_a_plugin_that_is_installed_but_not_seen_is_not_asked_for_again():
    facts = facts_without(x264enc="LookupError: no element 'x264enc'")
    check = check_need(need("ugly plugins"), facts, installed=ALL)
    assert "gstreamer1.0-plugins-ugly is installed, yet no x264enc" in check.found
    assert check.packages == ()
    assert check.fix.startswith("rm -f ")
    assert check.fix.endswith("apt-get install --reinstall gstreamer1.0-plugins-ugly")


def test_the_loader_that_debian_13_leaves_without_its_library_gets_it():
    check = check_need(need("plugin loader"), facts_without("python plugin"), installed=ALL)
    assert check.packages == ("libpython3-dev",)
    assert check.command.startswith("rm -f ")
    again = check_need(
        need("plugin loader"), facts_without("python plugin"), installed=ALL | {"libpython3-dev"}
    )
    assert "--reinstall gstreamer1.0-python3-plugin-loader" in again.fix


def test_what_is_installed_passes_when_only_pygobject_is_missing():
    facts = Facts(errors=dict.fromkeys(EVERYTHING, "ModuleNotFoundError: No module named 'gi'"))
    check = check_need(need("ugly plugins"), facts, installed=ALL - {"python3-gi"})
    assert check.ok
    assert "not tried" in check.found


@pytest.mark.parametrize(
    ("name", "fact", "version", "ok"),
    [
        ("GStreamer", "Gst", "1.18.4", False),
        ("GStreamer", "Gst", "1.20.0", True),
        ("PyGObject", "gi", "3.38.0", False),
        ("PyGObject", "gi", "3.42.0", True),
    ],
)
def test_a_version_that_is_too_old_is_told_apart(name, fact, version, ok):
    check = check_need(need(name), Facts(EVERYTHING | {fact: version}), installed=ALL)
    assert (check.ok, check.found) == (ok, version)
    assert ok or "Debian 12, Ubuntu 22.04 or newer" in check.fix


def test_without_apt_get_the_packages_are_named_in_words(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    check = check_need(need("Pango"), facts_without("Pango"), installed=NONE)
    assert check.fix == "# install what Debian and Ubuntu call libpangocairo-1.0-0"


def test_a_deepstream_on_this_machine_is_mentioned_with_the_switch():
    plugin = "/opt/nvidia/deepstream/deepstream/lib/gst-plugins/libnvdsgst_multistream.so"
    check = element_names(Facts({"nvstreammux": plugin}))
    assert not check.required
    assert plugin in check.found
    assert "shadow" in check.found
    assert "PENSTOCK_REGISTER=0" in check.fix


def test_our_own_elements_are_not_taken_for_a_deepstream():
    assert element_names(Facts({"nvstreammux": "/usr/lib/gstreamer-1.0/libgstpython.so"})).ok


def test_registration_that_is_switched_off_is_mentioned(monkeypatch):
    monkeypatch.setenv("PENSTOCK_REGISTER", "0")
    check = element_names(Facts())
    assert not check.ok
    assert check.fix == "unset PENSTOCK_REGISTER"


def test_what_plugins_print_among_the_facts_is_skipped():
    output = (
        b'hello\n{"fact": "gi", "found": "3.42.2"}\n[1]\n{"fact": "Pango", "error": "no"}\n\xff'
    )
    assert read(output) == Facts({"gi": "3.42.2"}, {"Pango": "no"})


def test_packages_of_several_lines_come_in_one_command():
    one, two = (
        Check(name, False, "none", "it", packages=("a", name), command="then this")
        for name in ("b", "c")
    )
    first, second = commands([one, two])
    assert re.search(r"\ba b c$", first)
    assert second == "then this"


def test_what_is_in_order_needs_no_command():
    assert Check("it", True, "yes", "yes", packages=("a",), command="this").fix == ""


@pytest.mark.parametrize(
    ("ok", "required", "code"), [(True, True, 0), (False, True, 1), (False, False, 0)]
)
def test_only_something_required_makes_the_exit_code_1(ok, required, code):
    assert render([Check("it", ok, "[b]this[/b]", "that", required=required)]) == code


def test_brackets_in_what_was_found_are_shown_as_they_are(capsys):
    render([Check("it", False, "[bold] [/x] 'penstock[kafka]'", "that", command="pip 'a[b]'")])
    shown = capsys.readouterr().out
    assert "[bold] [/x] 'penstock[kafka]'" in shown
    assert "pip 'a[b]'" in shown


def test_a_command_is_never_broken_over_two_lines(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    command = "apt-get install " + "a-long-name " * 10
    render([Check("it", False, "no", "it", command=command)])
    assert command.strip() in capsys.readouterr().out


def test_facts_are_printed_one_json_object_a_line(machine):
    script = ROOT / "src/penstock/cli/doctor/facts.py"
    done = machine.run("/usr/bin/python3", script, "identity", "no-such-element")
    facts = {fact["fact"]: fact for fact in map(json.loads, done.stdout.splitlines())}
    assert "coreelements" in facts["identity"]["found"]
    assert "no element 'no-such-element'" in facts["no-such-element"]["error"]


def test_set_up_and_the_guide_install_every_package_that_the_doctor_may_ask_for():
    asked = {need.package for need in NEEDS} | {"python3-venv", "gstreamer1.0-tools"}
    asked |= {"fonts-dejavu-core"}
    script = (ROOT / "scripts/setup.sh").read_text()
    installed = re.search(r"^PACKAGES=\((.*?)^\)", script, re.S | re.M)[1].split()
    guide = (ROOT / "docs/install.md").read_text()
    command = re.search(r"--no-install-recommends (.*?)\n/usr", guide, re.S)[1]
    assert asked <= set(installed)
    assert set(command.replace("\\", "").split()) == set(installed) - {"xvfb"}  # for tests alone
