"""The spool at its limits: millions of messages, few descriptors, and hands that do not belong."""

import contextlib
import os
import resource
import shutil
import threading

import pytest
from spool_making import LARGE, full_disk, held, message, messages, spool
from test_delivery import Peer, Run, until

from penstock.brokers import Spool


def in_many_files(folder, count, *, file_bytes=1000, **settings):
    """A spool, and the messages it holds."""
    some = spool(folder, **settings)
    some._file_bytes = file_bytes
    given_all = messages(count, size=200)
    for one in given_all:
        some.append([one])
        some.tend()  # as every second
    assert len(list(folder.glob("*.log"))) > 5
    return some, given_all


@contextlib.contextmanager
def few_descriptors(more):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    used = max(int(name) for name in os.listdir("/proc/self/fd"))
    resource.setrlimit(resource.RLIMIT_NOFILE, (used + more, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def emptied(some):
    """All messages of a spool, each acknowledged."""
    found = []
    while waiting := some.oldest(3, most_bytes=LARGE):
        assert some.done(waiting) == len(waiting)
        found += [one.message for one in waiting]
    return found


def test_many_files_need_no_more_descriptors_than_one(tmp_path):
    """A pipeline that crashes again and again while its broker is away leaves a file each time."""
    with few_descriptors(20):
        some, given_all = in_many_files(tmp_path, 200, file_bytes=1)
        for _ in range(3):
            some.tend()
            assert (some.trouble, held(some)) == ("", given_all)
            some.close()
            some = spool(tmp_path)
        assert emptied(some) == given_all
        some.close()


@pytest.mark.parametrize("victim", [0, 2, -1])
@pytest.mark.parametrize("how", ["changed", "cut", "deleted"])
def test_files_that_are_damaged_while_they_are_used_cost_what_was_in_them(tmp_path, victim, how):
    some, given_all = in_many_files(tmp_path, 40)
    some.done(some.oldest(1, most_bytes=LARGE))
    path = sorted(tmp_path.glob("*.log"))[victim]
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    if how == "deleted":
        path.unlink()
    else:
        path.write_bytes(content if how == "changed" else content[: len(content) // 2])
    found = emptied(some)
    is_open = victim == -1 and how == "deleted"  # then only its name is gone
    lost = 39 - len(found)
    assert found == [one for one in given_all[1:] if one in found], "in their order"
    assert (len(some), some.expired) == (0, lost)
    assert (lost == 0) is is_open
    assert is_open or some.loss == f"{lost} messages of the spool are damaged or deleted: lost"
    some.append(later := messages(2))
    assert emptied(some) == later
    some.close()


def test_a_folder_that_is_deleted_while_it_is_used_stops_nothing(tmp_path):
    some, given_all = in_many_files(tmp_path / "spool", 40)
    shutil.rmtree(tmp_path / "spool")
    some.append(later := messages(20, size=200))
    assert "No such file or directory" in some.trouble
    found = emptied(some)
    assert found[-20:] == later
    assert len(found) + some.expired == len(given_all) + len(later)
    some.close()


def test_who_appends_does_not_wait_until_all_that_is_too_old_is_gone(tmp_path):
    now_s = 1000.0
    some = spool(tmp_path, max_age_s=60, clock=lambda: now_s)
    old = 20_000
    some.append(messages(old))
    now_s += 100
    expiring = threading.Thread(target=some.tend)
    expiring.start()
    seen = []
    while expiring.is_alive():
        some.append([message()])
        seen.append(some.expired)
    assert some.expired == old
    assert [expired for expired in seen if 0 < expired < old]
    assert len(some) == len(seen)
    some.close()


def test_what_is_too_old_goes_however_large_it_is(tmp_path):
    now_s = 1000.0
    some = spool(tmp_path, max_age_s=60, clock=lambda: now_s)
    some.append(messages(5, size=5 << 20))
    now_s += 100
    some.append([young := message()])
    assert (held(some), some.expired) == ([young], 5)
    some.close()


def test_nothing_gets_old_by_setting_the_clock(tmp_path, monkeypatch):
    some = spool(tmp_path, max_age_s=60)
    some.append(given_all := messages(2))
    monkeypatch.setattr("time.time", lambda: 4e9)
    some.tend()
    assert held(some) == given_all
    some.close()


def test_messages_of_no_bytes_take_memory_too(monkeypatch):
    monkeypatch.setattr("penstock.brokers.spool.MEMORY_BYTES", 100_000)
    some = Spool(None, max_bytes=LARGE)
    some.append(messages(1000, size=0))
    assert 50 < len(some) < 250
    assert len(some) + some.expired == 1000
    some.close()


def test_a_disk_that_is_full_twice_is_told_twice_and_its_end_too(tmp_path, monkeypatch):
    monkeypatch.setattr("penstock.brokers.delivery.SYNC_S", 0.01)
    peer = Peer()
    peer.is_away = True
    run = Run(peer, spool(tmp_path))
    for _ in range(2):
        run.told.clear()
        run.over.clear()
        with full_disk():
            run.delivery.accept(messages(1))
            until(lambda: any("cannot be written" in text for text in run.told))
        until(lambda: run.over == ["messages that wait are on the disk again"])
    peer.is_away = False
    run.until_empty()
    run.stop()
    assert len(peer.arrived) == 2
