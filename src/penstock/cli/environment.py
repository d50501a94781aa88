"""`penstock env`: let other programs find the elements."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path


def env() -> None:
    """Print shell lines after which gst-launch-1.0 and gst-inspect-1.0 know the elements.

    Use it as: eval "$(penstock env)"
    """
    for name, value in variables().items():
        print(f"export {name}={shlex.quote(value)}")


def variables() -> dict[str, str]:
    """Environment variables for a program that loads the elements through GStreamer."""
    from penstock.kit import cache_dir

    package = Path(__file__).resolve().parents[1]
    here = str(package / "gst" / "plugins")
    others = [p for p in os.environ.get("GST_PLUGIN_PATH", "").split(":") if p and p != here]
    site = [str(package.parent), *(p for p in sys.path if p.endswith("site-packages"))]
    found = {
        "GST_PLUGIN_PATH": ":".join([here, *others]),
        "GST_REGISTRY": str(cache_dir() / "gstreamer-registry.bin"),
        "PENSTOCK_SITE": ":".join(dict.fromkeys(site)),
    }
    if _is_another_python(shutil.which("python3")):
        bin_folder = str(Path(sys.executable).parent)
        found["PATH"] = ":".join([bin_folder, os.environ.get("PATH", os.defpath)])
    return found


def _is_another_python(first: str | None) -> bool:
    """Whether the `python3` on PATH is another installation: pyenv's, conda's.

    The Python inside GStreamer's loader looks for its library where that one is.
    """
    return first is not None and Path(first).resolve() != Path(sys.executable).resolve()
