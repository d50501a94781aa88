"""Fetching packages of a Debian-like distribution, without installing them."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from pathlib import Path

from penstock.kit.asset import DebianPackage
from penstock.kit.download import Progress
from penstock.kit.web import UnavailableError

__all__ = ["download_package"]

_POLL_S = 0.1


def download_package(
    package: DebianPackage, folder: Path, *, progress: Progress | None = None
) -> Path:
    """Fetch the `.deb` into `folder` with `apt-get download`, which checks its hash.

    Raises:
        UnavailableError: apt-get or dpkg-deb is absent, or apt-get failed; the message quotes it.
    """
    missing = [tool for tool in ("apt-get", "dpkg-deb") if shutil.which(tool) is None]
    if missing:
        raise UnavailableError(f"this machine has no {' and no '.join(missing)}")
    total = _announced_size(package)
    with (folder / "apt.log").open("w+") as log:
        apt = subprocess.Popen(
            ["apt-get", "download", "-q", package.package], cwd=folder, stdout=log, stderr=log
        )
        try:
            while apt.poll() is None:
                if progress is not None:
                    progress(package.package, _arrived(folder), total)
                time.sleep(_POLL_S)
        finally:
            apt.kill()
            apt.wait()
        log.seek(0)
        complaint = _complaint(log.read())
    found = next(folder.glob("*.deb"), None)
    if apt.returncode != 0 or found is None:
        raise UnavailableError(f"apt-get download {package.package}: {complaint}")
    if progress is not None:
        progress(package.package, found.stat().st_size, total)
    return found


def _announced_size(package: DebianPackage) -> int | None:
    asked = subprocess.run(
        ["apt-get", "download", "--print-uris", package.package],
        capture_output=True,
        text=True,
        check=False,
    )
    size = re.search(r"'[^']*' \S+ (\d+)", asked.stdout)
    return int(size[1]) if size else None


def _arrived(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*.deb*") if path.is_file())


def _complaint(log: str) -> str:
    errors = [line[2:].strip() for line in log.splitlines() if line.startswith("E:")]
    return "; ".join(errors) or "no package came"
