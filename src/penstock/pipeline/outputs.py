"""Check what a job writes before anything runs."""

from __future__ import annotations

import os
from pathlib import Path

from penstock.errors import ConfigError
from penstock.gst import Gst
from penstock.pipeline.job import STDOUT, DetectJob

_MP4 = (".mp4", ".m4v", ".mov")
_WINDOWS = ("ximagesink", "xvimagesink", "glimagesink", "waylandsink")


def check_outputs(job: DetectJob) -> None:
    """Fail now, with a sentence, rather than when the first frame is written.

    Nothing is created or emptied.

    Raises:
        ConfigError: An output cannot be written, is a source, or is named twice.
    """
    if job.display:
        _check_display(job)
    _check_tls(job)
    if job.output is not None and job.output.suffix.lower() not in _MP4 and not _is_special(job):
        raise ConfigError(f"output {job.output}: MP4 is written; wanted a name ending in .mp4")
    written = [("output", job.output), ("json", None if job.json == STDOUT else job.json)]
    named = [(option, path) for option, path in written if path is not None]
    for option, path in named:
        _check(option, path)
        for source in job.sources:
            if os.path.exists(source) and _same(path, source):
                raise ConfigError(f"{option} {path}: this would overwrite the source {source}")
    if len(named) == 2 and _same(named[0][1], named[1][1]):
        raise ConfigError(f"output and json both name {job.output}; give them two files")


def _check_display(job: DetectJob) -> None:
    if job.output is not None or job.rtsp is not None:
        raise ConfigError("output and display exclude each other; give one of them")
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise ConfigError(
            "display needs a screen, but neither DISPLAY nor WAYLAND_DISPLAY is set; "
            "write a file instead, with output"
        )
    if not any(map(Gst.ElementFactory.find, _WINDOWS)):
        raise ConfigError(
            f"display needs one of GStreamer's windows ({', '.join(_WINDOWS)}), and none is "
            "installed: apt-get install gstreamer1.0-x"
        )


def _check_tls(job: DetectJob) -> None:
    if job.tls_key is not None and job.tls_certificate is None:
        raise ConfigError("tls-key needs the certificate it belongs to: give tls-certificate")
    if job.tls_certificate is not None and not (job.rtsp is not None and job.rtsp.secure):
        raise ConfigError("tls-certificate is for an output that begins with rtsps://")


def _is_special(job: DetectJob) -> bool:
    """`/dev/null` and its like take anything."""
    path = job.output
    return path is not None and os.path.exists(path) and not os.path.isfile(path)


def _check(option: str, path: Path) -> None:
    if os.path.isdir(path):
        raise ConfigError(f"{option} {path} cannot be written: it is a folder")
    existed = os.path.exists(path)
    if existed and not os.path.isfile(path):
        return  # whoever reads a pipe would take a trial for the end
    try:
        path.open("a").close()
        if not existed:
            path.unlink()
    except OSError as error:
        raise ConfigError(f"{option} {path} cannot be written: {error.strerror}") from error


def _same(one: Path, other: Path | str) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)
