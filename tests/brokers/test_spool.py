"""The spool: what it has taken it keeps, in order, whatever happens to the process and the disk."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from spool_making import LARGE, full_disk, held, message, messages, spool

from penstock.brokers import OutgoingMessage, Spool, named_folder, own_folder
from penstock.brokers.spool_folder import FolderLock
from penstock.errors import ConfigError

SIZES = st.lists(st.integers(0, 3000), min_size=1, max_size=8)


class SpoolMachine(RuleBasedStateMachine):
    """Messages come, are acknowledged, and the process ends in every way, in any order."""

    def __init__(self):
        super().__init__()
        self.root = Path(tempfile.mkdtemp())
        self.lives = 0
        self.waiting = []
        self.open(self.root / "0")

    def open(self, folder):
        # 16 kB a file: a few messages
        self.folder, self.spool = folder, spool(folder, max_bytes=LARGE)
        self.spool._file_bytes = 16_000

    @rule(sizes=SIZES)
    def accept(self, sizes):
        new = [message(size) for size in sizes]
        self.spool.append(new)
        self.waiting += new

    @rule(sizes=SIZES, room=st.integers(0, 20_000))
    def accept_on_a_full_disk(self, sizes, room):
        new = [message(size) for size in sizes]
        with full_disk(room):
            self.spool.append(new)
        self.waiting += new

    @rule(taken=st.integers(0, 12), done=st.integers(0, 12))
    def acknowledge(self, taken, done):
        found = self.spool.oldest(taken, most_bytes=LARGE)
        done = min(done, len(found))
        assert self.spool.done(found[:done]) == done
        assert self.spool.done(found[:done]) == 0, "done with once is done with"
        del self.waiting[:done]

    @rule(room=st.none() | st.integers(0, 20_000))
    def tend(self, room):
        if room is None:
            self.spool.tend()
            assert self.spool.is_kept
        else:
            with full_disk(room):
                self.spool.tend()

    @rule()
    def end_and_begin_anew(self):
        self.spool.close()
        self.open(self.folder)

    @rule()
    def be_killed_and_begin_anew(self):
        """What the next process finds is what the files hold now."""
        kept = [
            w.message for w in self.spool.oldest(10**6, most_bytes=LARGE) if w.place is not None
        ]
        assert not self.spool.is_kept or kept == self.waiting
        self.lives += 1
        copy = self.root / str(self.lives)
        shutil.copytree(self.folder, copy)
        self.spool.close()
        self.waiting = kept
        self.open(copy)

    @invariant()
    def it_holds_what_was_accepted_and_not_acknowledged(self):
        assert held(self.spool) == self.waiting
        assert len(self.spool) == len(self.waiting)
        assert self.spool.expired == 0

    def teardown(self):
        self.spool.close()
        shutil.rmtree(self.root)


TestSpoolMachine = SpoolMachine.TestCase
TestSpoolMachine.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)


@settings(max_examples=40)
@given(lists=st.lists(SIZES, max_size=25), max_bytes=st.integers(8_000, 40_000))
def test_the_oldest_go_where_there_is_not_enough_room_and_no_more_than_must(lists, max_bytes):
    with tempfile.TemporaryDirectory() as folder:
        some = spool(Path(folder), max_bytes=max_bytes)
        given_all = []
        for sizes in lists:
            new = [message(size) for size in sizes]
            some.append(new)
            given_all += new
            kept = held(some)
            assert kept == given_all[len(given_all) - len(kept) :]
            assert len(kept) + some.expired == len(given_all)
            used = sum(path.stat().st_size for path in Path(folder).glob("*.log"))
            assert used <= max_bytes
            if some.expired:
                assert used > max_bytes - 2 * (max_bytes // 8 + 3200)
        some.close()


def test_messages_get_as_old_as_they_may_and_no_older(tmp_path):
    now_s = 1000.0
    some = spool(tmp_path, max_age_s=60, clock=lambda: now_s)
    for _ in range(3):
        some.append([message()])
        now_s += 30
    old = held(some)
    assert (len(old), some.expired) == (2, 1)
    some.close()
    now_s += 30
    again = spool(tmp_path, max_age_s=60, clock=lambda: now_s)
    assert (held(again), again.expired) == (old[1:], 1)
    now_s += 1000
    again.tend()
    assert (len(again), again.expired) == (0, 2)
    again.close()


def test_what_was_dropped_in_the_meantime_is_not_acknowledged_too(tmp_path):
    some = spool(tmp_path, max_bytes=16_000)
    some.append(messages(2, size=900))
    sent = some.oldest(2, most_bytes=LARGE)
    some.append(messages(16, size=900))
    assert some.expired >= 2
    expired, left = some.expired, len(some)
    assert some.done(sent) == 0
    assert (some.expired, len(some)) == (expired, left)
    some.close()


def test_a_message_larger_than_half_the_spool_is_dropped_and_told(tmp_path):
    some = spool(tmp_path, max_bytes=10_000)
    some.append([message(5001), small := message(10)])
    assert (held(some), some.expired) == ([small], 1)
    assert some.loss == "a message is too large for a spool of 10000 bytes: dropped"
    some.close()


@settings(max_examples=40)
@given(st.data())
def test_a_file_that_is_cut_off_or_damaged_gives_all_in_front_of_that(data):
    with tempfile.TemporaryDirectory() as name:
        some = spool(Path(name))
        given_all = messages(5, size=40)
        for one in given_all:
            some.append([one])
        some.close()
        (file,) = Path(name).glob("*.log")
        content = bytearray(file.read_bytes())
        place = data.draw(st.integers(0, len(content) - 1))
        is_cut = data.draw(st.booleans())
        if not is_cut:
            content[place] ^= data.draw(st.integers(1, 255))
        file.write_bytes(content[:place] if is_cut else content)
        again = spool(Path(name))
        whole, rest = divmod(place, len(content) // 5)
        assert held(again) == given_all[:whole]
        assert ("damaged and lost" in again.loss) is (not is_cut or rest > 0)
        later = message()
        again.append([later])
        again.close()
        third = spool(Path(name))
        assert held(third) == [*given_all[:whole], later]
        third.close()


def test_every_text_and_number_of_a_message_comes_back(tmp_path):
    some = spool(tmp_path)
    given_all = [
        OutgoingMessage("", -1, "", b""),
        OutgoingMessage("é" * 300, 2**40, "t" * 70_000, bytes(range(256)), "text/plain", "人"),
        OutgoingMessage("\ud800", 0, "cars", b"x"),
    ]
    some.append(given_all)
    some.close()
    again = spool(tmp_path)
    assert held(again)[:2] == given_all[:2]
    assert held(again)[2].message_id == "?"
    again.close()


def test_memory_is_bounded_where_the_disk_takes_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("penstock.brokers.spool.MEMORY_BYTES", 2500)
    some = spool(tmp_path)
    with full_disk():
        some.append(first := messages(2, size=300))
        some.append(more := messages(3, size=300))
    assert "(File too large): messages wait in memory" in some.trouble
    assert (held(some), some.expired) == ([*first, *more][-3:], 2)
    assert not some.is_kept
    some.tend()
    assert some.is_kept
    some.close()
    again = spool(tmp_path)
    assert held(again) == [*first, *more][-3:]
    again.close()


def test_without_a_folder_messages_wait_in_memory_and_closing_counts_them():
    some = Spool(None, max_bytes=LARGE)
    some.append(given_all := messages(3))
    assert (held(some), some.is_kept) == (given_all, False)
    assert some.close() == 3
    assert (some.expired, len(some)) == (3, 0)


def test_an_empty_spool_leaves_no_messages_behind(tmp_path):
    some = spool(tmp_path)
    some.append(messages(300, size=20_000))
    while found := some.oldest(50, most_bytes=LARGE):
        some.done(found)
        assert sum(path.stat().st_size for path in tmp_path.glob("*.log")) < 14 << 20
    some.close()
    assert list(tmp_path.glob("*.log")) == []


def test_a_file_that_could_not_be_deleted_is_not_sent_again(tmp_path):
    some = spool(tmp_path, max_bytes=40_000)
    some.append(messages(1, size=4000))
    (old,) = tmp_path.glob("*.log")
    content = old.read_bytes()
    some.append(new := messages(1, size=4000))
    some.done(some.oldest(1, most_bytes=LARGE))
    some.done(some.oldest(1, most_bytes=LARGE))
    some.append(newer := messages(1, size=4000))
    assert not old.exists()
    some.close()
    old.write_bytes(content)
    again = spool(tmp_path)
    assert held(again) == newer != new
    again.close()


def test_a_batch_is_as_large_as_asked_for_and_never_empty(tmp_path):
    some = spool(tmp_path)
    some.append(messages(4, size=1000))
    assert [len(some.oldest(3, most_bytes=n)) for n in (1, 1999, 2000, 9999)] == [1, 1, 2, 3]
    some.close()


def test_a_folder_in_use_is_refused_and_says_by_whom(tmp_path):
    lock = named_folder(tmp_path)
    with pytest.raises(ConfigError) as caught:
        named_folder(tmp_path)
    assert str(caught.value) == (
        f"spool-dir: {tmp_path} is in use by another element of this process; give each "
        "nvmsgbroker a folder of its own"
    )
    lock.release()
    named_folder(tmp_path).release()


def test_a_folder_of_another_process_is_free_when_that_is_killed(tmp_path):
    code = (
        "import sys, time; from pathlib import Path; from penstock.brokers import named_folder; "
        "lock = named_folder(Path(sys.argv[1])); print(flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE
    ) as other:
        other.stdout.readline()
        with pytest.raises(ConfigError, match=f"in use by process {other.pid};"):
            named_folder(tmp_path)
        other.kill()
    named_folder(tmp_path).release()


def test_a_folder_that_cannot_be_made_says_why(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"spool-dir: cannot write to .*file/x: Not a directory"):
        named_folder(tmp_path / "file" / "x")


def test_a_folder_is_free_again_where_its_spool_cannot_be_read(tmp_path):
    (tmp_path / "done").mkdir()
    with pytest.raises(IsADirectoryError):
        spool(tmp_path)
    named_folder(tmp_path).release()


def test_each_of_several_gets_a_folder_and_a_later_one_what_they_have_left(tmp_path, monkeypatch):
    monkeypatch.setenv("PENSTOCK_SPOOL", str(tmp_path))
    locks = [own_folder("mqtt", "here") for _ in range(4)]
    other = own_folder("mqtt", "there")
    assert len({lock.folder for lock in [*locks, other]}) == 5
    left = []
    for lock in locks[:3]:
        some = Spool(lock, max_bytes=LARGE)
        some.append(sent := messages(3))
        some.done(some.oldest(1, most_bytes=LARGE))
        some.close()
        left.append(sent)
    again = Spool(own_folder("mqtt", "here"), max_bytes=LARGE)
    first = left[0][1:]  # what was acknowledged of the others comes again
    assert held(again) == [*first, *left[1], *left[2]]
    again.close()
    locks[3].release()
    other.release()


def test_what_others_have_left_is_not_taken_for_done_with(tmp_path, monkeypatch):
    monkeypatch.setenv("PENSTOCK_SPOOL", str(tmp_path))
    locks = [own_folder("mqtt", "here") for _ in range(2)]
    spools = [Spool(lock, max_bytes=LARGE) for lock in locks]
    spools[0].append(messages(1))
    spools[0].done(spools[0].oldest(1, most_bytes=LARGE))
    spools[1].append(left := messages(1))
    for some, lock in zip(spools, locks, strict=True):
        some.close()
        (lock.folder / "notes.log").write_text("somebody's own")
    again = Spool(own_folder("mqtt", "here"), max_bytes=LARGE)
    assert held(again) == left
    again.close()


def test_a_spool_home_follows_the_desktop_standard(tmp_path, monkeypatch):
    monkeypatch.delenv("PENSTOCK_SPOOL", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    lock = own_folder("redis", "x")
    assert lock.folder.is_relative_to(tmp_path / "penstock" / "spool")
    assert isinstance(lock, FolderLock)
    lock.release()
