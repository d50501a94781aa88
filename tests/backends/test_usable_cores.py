import os

import pytest

from penstock.backends import usable_cores


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A made-up machine: cores with their hardware threads, affinity, control groups."""

    def build(siblings, *, affinity=None, files=None):
        for cpu, group in enumerate(siblings):
            write(f"sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list", group)
        for path, text in (files or {}).items():
            write(path, text)
        allowed = set(affinity if affinity is not None else range(len(siblings)))
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: allowed, raising=False)
        return usable_cores(root=tmp_path)

    def write(path, text):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text + "\n")

    return build


FOUR = ["0", "1", "2", "3"]


def test_every_core_counts(machine):
    assert machine(FOUR) == 4


def test_hardware_threads_of_one_core_count_once(machine):
    assert machine(["0,2", "1,3", "0,2", "1,3"]) == 2


def test_the_affinity_mask_limits(machine):
    assert machine(FOUR, affinity=[1, 3]) == 2


def test_a_machine_that_says_nothing_about_cores_counts_processors(machine):
    assert machine([], affinity=[0, 1, 2]) == 3


@pytest.mark.parametrize(
    ("text", "cores"), [("200000 100000", 2), ("150000 100000", 2), ("10000 100000", 1)]
)
def test_the_quota_of_a_container_limits(machine, text, cores):
    assert machine(FOUR, files={"sys/fs/cgroup/cpu.max": text}) == cores


def test_no_quota_is_no_limit(machine):
    assert machine(FOUR, files={"sys/fs/cgroup/cpu.max": "max 100000"}) == 4


def test_the_tightest_of_all_groups_above_holds(machine):
    files = {
        "proc/self/cgroup": "0::/kubepods/pod7/app",
        "sys/fs/cgroup/kubepods/pod7/app/cpu.max": "300000 100000",
        "sys/fs/cgroup/kubepods/pod7/cpu.max": "200000 100000",
        "sys/fs/cgroup/kubepods/cpu.max": "max 100000",
    }
    assert machine(FOUR, files=files) == 2


def test_control_groups_of_the_first_version_limit_too(machine):
    files = {
        "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "100000",
        "sys/fs/cgroup/cpu/cpu.cfs_period_us": "50000",
    }
    assert machine(FOUR, files=files) == 2


def test_this_machine_has_at_least_one():
    assert 1 <= usable_cores() <= os.cpu_count()
