"""What the distribution's packages must provide, and how each is recognised."""

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from penstock.cli.doctor.check import Check, as_root

ANSWER_TIMEOUT_S = 120
# `-c` puts the current folder on the path, where anybody's `random.py` may lie.
_RUN_FILE = (
    "import runpy, sys; sys.path[:] = [p for p in sys.path if p]; "
    "runpy.run_path(sys.argv.pop(1), run_name='__main__')"
)
_OLD = "# GStreamer and its Python bindings are too old here: Debian 12, Ubuntu 22.04 or newer"


@dataclass(frozen=True)
class Need:
    """What one package provides, known by the facts that prove it is there.

    `loads_with` is a package that some releases forgot to make this one depend on.
    """

    name: str
    package: str
    facts: tuple[str, ...]
    minimum: tuple[int, ...] = ()
    required: bool = True
    loads_with: str = ""


NEEDS = (
    Need("PyGObject", "python3-gi", ("gi",), minimum=(3, 42)),
    Need("Pango", "libpangocairo-1.0-0", ("Pango",), minimum=(1, 44)),
    Need("GStreamer", "gir1.2-gstreamer-1.0", ("Gst", "GstBase"), minimum=(1, 20)),
    Need("gst-python overrides", "python3-gst-1.0", ("overrides",)),
    Need("base libraries", "gir1.2-gst-plugins-base-1.0", ("GstVideo", "GstApp", "GstPbutils")),
    Need("RTSP server library", "gir1.2-gst-rtsp-server-1.0", ("GstRtspServer",)),
    Need(
        "base plugins",
        "gstreamer1.0-plugins-base",
        (
            *("uridecodebin", "decodebin", "parsebin"),
            *("videoconvert", "videoscale", "videorate", "appsink"),
        ),
    ),
    Need(
        "good plugins",
        "gstreamer1.0-plugins-good",
        (
            *("qtdemux", "mp4mux", "avidemux", "matroskademux", "matroskamux", "jpegdec"),
            *("rtspsrc", "rtph264pay", "rtph264depay", "rtph265depay", "rtpjpegdepay"),
        ),
    ),
    Need(
        "bad plugins",
        "gstreamer1.0-plugins-bad",
        ("h264parse", "h265parse", "jpegparse", "tsdemux"),
    ),
    Need("ugly plugins", "gstreamer1.0-plugins-ugly", ("x264enc",)),
    Need(
        "libav decoders",
        "gstreamer1.0-libav",
        ("avdec_h264", "avdec_h265", "avdec_mpeg4", "avdec_msmpeg4", "avdec_mjpeg"),
    ),
    Need(
        "plugin loader",  # gst-launch-1.0 and gst-inspect-1.0 find Penstock's elements by it
        "gstreamer1.0-python3-plugin-loader",
        ("python plugin",),
        required=False,
        loads_with="libpython3-dev",  # Debian 13
    ),
)
ELEMENTS = tuple(
    fact
    for need in NEEDS
    if need.required and need.package.startswith("gst")
    for fact in need.facts
)


@dataclass(frozen=True)
class Facts:
    """What one interpreter answered; `died` says how it ended before its last answer."""

    found: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    died: str = ""


def ask(python: Iterable[str]) -> Facts:
    """Ask an interpreter, given as a command, for every fact that the doctor looks at."""
    script = str(Path(__file__).with_name("facts.py"))
    command = [*python, "-c", _RUN_FILE, script, *ELEMENTS, "nvstreammux"]
    try:
        child = subprocess.run(command, capture_output=True, timeout=ANSWER_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired as error:
        return read(error.stdout or b"", died=f"no answer within {ANSWER_TIMEOUT_S} s")
    except OSError as error:
        return Facts(died=str(error))
    died = ""
    if child.returncode:
        last = child.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        died = (
            f"killed by {signal.Signals(-child.returncode).name}"
            if child.returncode < 0
            else f"exit code {child.returncode}: {last}"
        )
    return read(child.stdout, died=died)


def read(output: bytes, *, died: str = "") -> Facts:
    """The facts among the lines that `facts.py` printed."""
    facts = Facts(died=died)
    for line in output.decode(errors="replace").splitlines():
        try:
            answer = json.loads(line)
            name = answer["fact"]
        except (ValueError, TypeError, KeyError):
            continue  # plugins print to stdout, too
        if "found" in answer:
            facts.found[name] = answer["found"]
        else:
            facts.errors[name] = answer["error"]
    return facts


def installed_packages() -> frozenset[str]:
    """Those packages of `NEEDS` that dpkg has; none where there is no dpkg."""
    form = "${Package} ${db:Status-Status}\n"
    packages = [name for need in NEEDS for name in (need.package, need.loads_with) if name]
    command = ["dpkg-query", "-W", "-f", form, *packages]
    try:
        listing = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    except OSError:
        return frozenset()
    return frozenset(
        line.split()[0] for line in listing.splitlines() if line.endswith(" installed")
    )


def check_need(need: Need, facts: Facts, *, installed: frozenset[str]) -> Check:
    """Whether `facts` prove `need`, and which package or command brings it otherwise."""
    version = facts.found.get(need.facts[0], "")
    good = Check(
        need.name,
        ok=True,
        found=version if re.fullmatch(r"[\d.]+", version) else "yes",
        needed=f"{_dotted(need.minimum)} or newer" if need.minimum else ", ".join(need.facts),
        required=need.required,
    )
    missing = [fact for fact in need.facts if fact not in facts.found]
    if not missing:
        return good if _parts(version) >= need.minimum else replace(good, ok=False, command=_OLD)
    if need.package not in installed:
        found = "none" if len(missing) == len(need.facts) else f"no {', '.join(missing)}"
        return replace(good, ok=False, found=found, packages=(need.package,))
    if "gi" not in facts.found and "gi" not in missing:
        return replace(good, found="installed; not tried, for want of PyGObject")
    reason = facts.errors.get(missing[0]) or facts.died or "not answered"
    found = f"{need.package} is installed, yet no {', '.join(missing)} ({reason})"
    if need.loads_with and need.loads_with not in installed:
        packages, command = (need.loads_with,), forget_plugins()
        return replace(good, ok=False, found=found, packages=packages, command=command)
    command = f"{forget_plugins()}; {as_root()}apt-get install --reinstall {need.package}"
    return replace(good, ok=False, found=found, command=command)


def forget_plugins() -> str:
    """The command that makes GStreamer look at all of its plugins anew."""
    if registry := os.environ.get("GST_REGISTRY"):
        return f"rm -f '{registry}'"
    return 'rm -f "${XDG_CACHE_HOME:-$HOME/.cache}"/gstreamer-1.0/registry.*.bin'


def _dotted(parts: tuple[int, ...]) -> str:
    return ".".join(map(str, parts))


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))
