"""How many cores this process may use."""

from __future__ import annotations

import math
import os
from pathlib import Path

_ROOT = Path("/")


def usable_cores(*, root: Path = _ROOT) -> int:
    """Cores that the affinity mask and the control group's quota leave to this process.

    Two hardware threads of one core count once: they share its arithmetic units.

    Args:
        root: Where `proc` and `sys` lie.
    """
    cores = _cores_in_affinity(root)
    quota = _cpu_quota(root)
    return max(1, cores if quota is None else min(cores, math.ceil(quota)))


def _cores_in_affinity(root: Path) -> int:
    try:
        allowed = os.sched_getaffinity(0)
    except AttributeError:  # not on every system
        return os.cpu_count() or 1
    topology = "sys/devices/system/cpu/cpu{}/topology/thread_siblings_list"
    siblings = {cpu: _read(root / topology.format(cpu)) or str(cpu) for cpu in allowed}
    return len(set(siblings.values()))


def _cpu_quota(root: Path) -> float | None:
    """The tightest limit of this process's control groups, in processors."""
    groups = root / "sys/fs/cgroup"
    first_version = groups / "cpu"
    limits = [
        _quota(
            _read(first_version / "cpu.cfs_quota_us"), _read(first_version / "cpu.cfs_period_us")
        )
    ]
    own = groups / _unified_group(root)
    while own != groups.parent:
        quota, _, period = _read(own / "cpu.max").partition(" ")
        limits.append(_quota(quota, period))
        own = own.parent
    known = [limit for limit in limits if limit is not None]
    return min(known) if known else None


def _unified_group(root: Path) -> str:
    for line in _read(root / "proc/self/cgroup").splitlines():
        if line.startswith("0::"):
            return line[3:].lstrip("/")
    return ""


def _quota(quota: str, period: str) -> float | None:
    if not (quota.isdigit() and period.isdigit()):  # "max", "-1", or no such file
        return None
    return int(quota) / int(period) if int(period) else None


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
