"""Branches of a pipeline run in threads of their own and share pictures."""

import threading

import numpy as np
from surface_pictures import copies, cpu_surface, same


def in_threads(*works):
    """Run all at once, and raise what any of them raised."""
    raised, gate = [], threading.Barrier(len(works))

    def run(work):
        gate.wait()
        try:
            work()
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]


def test_branches_in_threads_write_and_look_without_seeing_each_other():
    original = cpu_surface("I420", (64, 48), exclusive=True)
    before = copies(original.planes())

    def branch(level):
        def work():
            for turn in range(60):
                mine = original.share()
                assert same(mine.planes(), before)
                kept = mine.planes("RGB")[0].copy()
                seen = mine.planes("RGB")[0]
                for plane in mine.writable():
                    plane[...] = level
                assert np.array_equal(seen, kept)
                assert all((plane == level).all() for plane in mine.planes())
                other = mine.share() if turn % 2 else mine.scale((20, 20))
                mine.writable()[0][...] = 255 - level
                assert (other.planes()[0] == level).all()

        return work

    in_threads(*(branch(level) for level in (10, 60, 110, 160)))
    assert same(original.planes(), before)


def test_the_last_two_holders_writing_at_once_do_not_meet():
    for _ in range(200):
        first = cpu_surface("GRAY8", (32, 32), exclusive=True)
        second = first.share()

        def write(surface, level):
            plane = surface.writable()[0]
            plane[...] = level
            assert (plane == level).all()

        in_threads(lambda a=first: write(a, 1), lambda b=second: write(b, 2))
        assert (first.planes()[0] == 1).all()
        assert (second.planes()[0] == 2).all()


def test_one_surface_in_many_threads_computes_a_look_once():
    for _ in range(30):
        surface = cpu_surface("I420", (320, 240)).scale((200, 100)).convert("RGB")
        found = []
        in_threads(*[lambda s=surface, f=found: f.append(s.planes()[0]) for _ in range(4)])
        assert len({plane.ctypes.data for plane in found}) == 1
