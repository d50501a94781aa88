"""Looks at this machine and this interpreter, and judges what is there."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from importlib import metadata, util
from pathlib import Path

from penstock.cli.doctor.check import Check
from penstock.cli.doctor.needs import (
    ANSWER_TIMEOUT_S,
    NEEDS,
    Facts,
    ask,
    check_need,
    forget_plugins,
    installed_packages,
)
from penstock.cli.doctor.network import multicast
from penstock.cli.environment import variables

SYSTEM_PYTHON = "/usr/bin/python3"
PYTHON_SIDE = {"gi", "overrides"}
FONT_FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.local/share/fonts",
    "~/.fonts",
)


def checks(*, system_python: str = SYSTEM_PYTHON) -> list[Check]:
    """Look at everything Penstock needs; nothing found missing raises.

    Args:
        system_python: The interpreter that the distribution builds its bindings for.
    """
    here = system = ask([sys.executable])
    if not here.found.keys() >= PYTHON_SIDE:
        # What the machine has, and what this interpreter sees of it, are two questions.
        system = ask([system_python, "-I"]) if os.path.exists(system_python) else Facts()
    installed = installed_packages()
    return [
        _python(),
        _environment(here, system, system_python),
        *(check_need(need, system, installed=installed) for need in NEEDS),
        _scanner(here if here.died else system),
        _python_packages(),
        _pyds(),
        _tools(),
        *_found_by_tools(here),
        _fonts(),
        _onnxruntime(),
        multicast(),
        element_names(system),
    ]


def _python() -> Check:
    ok = (3, 10) <= sys.version_info[:2] < (3, 14)
    found = ".".join(map(str, sys.version_info[:3]))
    return Check(
        "Python", ok, found, "3.10 to 3.13", command="# install Penstock under Python 3.10 to 3.13"
    )


def _environment(here: Facts, system: Facts, system_python: str) -> Check:
    needed = f"sees the packages of {system_python}"
    blind = "" if here.found.keys() >= PYTHON_SIDE else _blindness(system, system_python)
    if not blind:
        return Check("Python environment", True, sys.prefix, needed)
    in_venv = sys.prefix != sys.base_prefix
    venv = shlex.quote(sys.prefix if in_venv else ".venv")
    packages = ("python3-venv",) if "ensurepip" not in system.found else ()
    return Check(
        "Python environment",
        False,
        blind,
        needed,
        packages=packages,
        command=f"{system_python} -m venv {'--clear ' if in_venv else ''}--system-site-packages "
        f"{venv} && {venv}/bin/pip install penstock",
    )


def _blindness(system: Facts, system_python: str) -> str:
    """Why this interpreter cannot see the distribution's packages; `""` when it can."""
    version = ".".join(map(str, sys.version_info[:3]))
    # Another version in the same prefix reads the same folder, with extensions not built for it.
    prefix = str(Path(system_python).parent.parent)
    if sys.base_prefix != prefix or system.found.get("python", version) != version:
        return f"Python {version} of {sys.base_prefix}, which is not {system_python}"
    settings = Path(sys.prefix, "pyvenv.cfg")
    if settings.exists() and not re.search(
        r"^include-system-site-packages\s*=\s*true", settings.read_text(), re.M | re.I
    ):
        return f"{sys.prefix}, made without --system-site-packages"
    return ""


def _scanner(facts: Facts) -> Check:
    """A plugin that does not load is skipped without a word from then on."""
    name, needed = "plugin scan", "every plugin loads"
    if facts.died:
        return Check(name, False, facts.died, needed, command=forget_plugins())
    rejected = [Path(file).name for file in facts.found.get("blacklisted", "").split(",") if file]
    if not rejected:
        return Check(name, True, "no plugin rejected", needed)
    found = f"rejected by GStreamer: {', '.join(rejected)}"
    return Check(name, False, found, needed, command=forget_plugins(), required=False)


def _python_packages() -> Check:
    name, needed = "Python packages", "what Penstock depends on"
    try:
        wanted = metadata.requires("penstock") or []
    except metadata.PackageNotFoundError:
        return Check(name, True, "not asked: Penstock runs from its source", needed)
    names = [re.split(r"[^\w.-]", line)[0] for line in wanted if "extra ==" not in line]
    missing = [package for package in names if not _distribution(package)]
    found = f"no {', '.join(missing)}" if missing else "yes"
    return Check(name, not missing, found, needed, command=_pip_install("penstock"))


def _distribution(name: str) -> bool:
    try:
        return bool(metadata.version(name))
    except metadata.PackageNotFoundError:
        return False


def _pyds() -> Check:
    """Packages of that name exist that are not ours."""
    ours = Path(__file__).parents[3] / "pyds"
    spec = util.find_spec("pyds")
    found = str(Path(spec.origin).parent if spec and spec.origin else "none")
    mend = f"{sys.executable} -m pip uninstall -y pyds; "
    mend += _pip_install("--force-reinstall --no-deps penstock")
    return Check("pyds", found == str(ours), found, str(ours), command=mend)


def _tools() -> Check:
    found = shutil.which("gst-launch-1.0")
    packages = ("gstreamer1.0-tools",)
    return Check(
        "command-line tools", bool(found), found or "none", "gst-launch-1.0", packages, "", False
    )


def _found_by_tools(facts: Facts) -> list[Check]:
    """Whether GStreamer's tools find the elements; asked only where all that it takes is there."""
    if "python plugin" not in facts.found or os.environ.get("PENSTOCK_REGISTER") == "0":
        return []
    if shutil.which("gst-inspect-1.0") is None:
        return []
    name, needed = "elements for tools", 'found after eval "$(penstock env)"'
    settings = variables()
    command = ["gst-inspect-1.0", "--exists", "nvstreammux"]
    try:
        asked = subprocess.run(
            command,
            env=os.environ | settings,
            capture_output=True,
            check=False,
            timeout=ANSWER_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        silent = f"no answer within {ANSWER_TIMEOUT_S} s"
        return [Check(name, False, silent, needed, required=False)]
    if asked.returncode == 0:
        return [Check(name, True, "yes", needed)]
    # A registry of a time when they could not be loaded is never looked at again.
    mend = f"rm -f {shlex.quote(settings['GST_REGISTRY'])}"
    return [Check(name, False, "none", needed, command=mend, required=False)]


def _fonts() -> Check:
    folders = (Path(folder).expanduser() for folder in FONT_FOLDERS)
    found = any(path.suffix in {".ttf", ".otf"} for f in folders for path in f.rglob("*.?tf"))
    return Check(
        "fonts",
        found,
        "yes" if found else "none",
        "a TrueType font, for labels",
        packages=("fonts-dejavu-core",),
        required=False,
    )


def _onnxruntime() -> Check:
    found = _distribution("onnxruntime")
    return Check(
        "ONNX Runtime",
        found,
        metadata.version("onnxruntime") if found else "none",
        "only for the onnxruntime backend",
        command=_pip_install("'penstock[onnxruntime]'"),
        required=False,
    )


def element_names(facts: Facts) -> Check:
    """Whose elements answer to DeepStream's names."""
    plugin = facts.found.get("nvstreammux", "")
    deepstream = plugin if "nvdsgst" in plugin or "deepstream" in plugin else ""
    name, needed = "element names", "Penstock's, and no others"
    if os.environ.get("PENSTOCK_REGISTER") == "0":
        found = "PENSTOCK_REGISTER=0 keeps Penstock's elements away"
        return Check(name, False, found, needed, command="unset PENSTOCK_REGISTER", required=False)
    if deepstream:
        found = f"Penstock's shadow those of the DeepStream installed here ({deepstream})"
        command = "export PENSTOCK_REGISTER=0  # to have DeepStream's own back"
        return Check(name, False, found, needed, command=command, required=False)
    return Check(name, True, "Penstock's", needed)


def _pip_install(what: str) -> str:
    return f"{shlex.quote(sys.executable)} -m pip install {what}"
