"""Nobody sees what somebody else writes."""

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
)
from surface_pictures import BT601, copies, cpu_surface, noise_planes, same

from penstock.surface import CpuSurface

FORMATS = ("I420", "NV12", "RGBA", "GRAY8")


class Holder:
    """A surface beside a plain model of it: the planes it should hold."""

    def __init__(self, surface, planes, name):
        self.surface, self.planes, self.name = surface, planes, name
        self.times_reformatted = 0

    def expected(self, name):
        model = CpuSurface.from_planes(copies(self.planes), self.name, colorimetry=BT601)
        return copies(model.planes(name))


class Sharing(RuleBasedStateMachine):
    """Holders share, crop, promise, write and die in any order."""

    holders = Bundle("holders")
    views = Bundle("views")

    def __init__(self):
        super().__init__()
        self.alive = []
        self.kept = []  # read-only arrays and what they must show

    @initialize(target=holders, name=st.sampled_from(FORMATS))
    def make_exclusive(self, name):
        return self.make_one(name, exclusive=True)

    @rule(target=holders, name=st.sampled_from(FORMATS))
    def make_foreign(self, name):
        return self.make_one(name, exclusive=False)

    def make_one(self, name, *, exclusive):
        planes = noise_planes(name, (24, 16), seed=len(self.alive))
        surface = CpuSurface.from_planes(
            copies(planes), name, colorimetry=BT601, exclusive=exclusive
        )
        return self.remember(Holder(surface, copies(planes), name))

    def remember(self, holder):
        self.alive.append(holder)
        return holder

    @rule(target=holders, holder=holders)
    def share(self, holder):
        twin = holder.surface.share()
        return self.remember(Holder(twin, copies(holder.planes), holder.name))

    @rule(target=holders, holder=holders, left=st.integers(0, 3), width=st.integers(1, 3))
    def crop(self, holder, left, width):
        columns, rows = holder.surface.size
        box = (min(left * 2, columns - 1) // 2 * 2, 0, min(width * 4, columns), rows)
        cropped = holder.surface.crop(box)
        planes = copies(
            CpuSurface.from_planes(holder.planes, holder.name, colorimetry=BT601).crop(box).planes()
        )
        return self.remember(Holder(cropped, planes, holder.name))

    @rule(target=holders, holder=holders, name=st.sampled_from(["I420", "NV12", "BGR"]))
    def promise(self, holder, name):
        promised = holder.surface.convert(name)
        return self.remember(Holder(promised, copies(holder.planes), holder.name))

    @rule(target=holders, holder=holders)
    def promise_gray(self, holder):
        gray = holder.surface.convert("GRAY8")
        return self.remember(Holder(gray, holder.expected("GRAY8"), "GRAY8"))

    @rule(holder=holders, name=st.sampled_from(FORMATS))
    def look(self, holder, name):
        seen = holder.surface.planes(name)
        assert same(seen, holder.expected(name))
        assert not any(plane.flags.writeable for plane in seen)

    @rule(holder=holders, name=st.sampled_from([None, None, *FORMATS]))
    def keep_looking(self, holder, name):
        part = holder.surface.planes(name or holder.name)[0][:, 1:]
        self.kept.append((part, np.array(part)))

    @rule(holder=holders, level=st.integers(0, 255), name=st.sampled_from([None, None, *FORMATS]))
    def write(self, holder, level, name):
        self.write_all(holder, level, name)

    @rule(target=views, holder=holders, level=st.integers(0, 255))
    def write_and_keep(self, holder, level):
        return (holder, holder.times_reformatted, self.write_all(holder, level, None))

    def write_all(self, holder, level, name):
        if name not in (None, holder.name):
            holder.planes, holder.name = holder.expected(name), name
            holder.times_reformatted += 1
        writable = holder.surface.writable(name)
        assert same(writable, holder.planes)
        for plane, model in zip(writable, holder.planes, strict=True):
            plane[...] = level
            model[...] = level
            plane[0, 0] = model[0, 0] = 255 - level
        return writable

    @rule(view=views, level=st.integers(0, 255))
    def write_again(self, view, level):
        """Arrays show through to their holder until it holds another format."""
        holder, times_reformatted, writable = view
        writable[0][0] = level
        if times_reformatted == holder.times_reformatted:
            holder.planes[0][0] = level

    @rule(view=consumes(views))
    def stop_writing(self, view):
        pass

    @rule(holder=consumes(holders))
    def drop(self, holder):
        self.alive.remove(holder)

    @invariant()
    def everybody_sees_only_their_own_writes(self):
        for holder in self.alive:
            assert holder.surface.held_format == holder.name
            assert same(holder.surface.planes(holder.name), holder.planes)

    @invariant()
    def what_was_seen_stays(self):
        for seen, was in self.kept:
            assert np.array_equal(seen, was)


TestSharing = Sharing.TestCase
TestSharing.settings = settings(max_examples=200, stateful_step_count=30, deadline=None)


def test_foreign_memory_is_never_written():
    planes = noise_planes("I420", (24, 16))
    before = copies(planes)
    surface = CpuSurface.from_planes(planes, "I420", colorimetry=BT601)
    surface.writable()[0][...] = 0
    assert same(planes, before)


def test_exclusive_memory_is_written_in_place_while_nobody_else_holds_it():
    planes = noise_planes("I420", (24, 16))
    surface = CpuSurface.from_planes(planes, "I420", colorimetry=BT601, exclusive=True)
    assert np.shares_memory(surface.writable()[0], planes[0])
    twin = surface.share()
    assert not np.shares_memory(surface.writable()[0], planes[0])
    assert np.shares_memory(twin.writable()[0], planes[0])


PROMISES = {
    "a share": lambda s: s.share(),
    "an even crop": lambda s: s.crop((2, 2, 8, 8)),
    "an odd crop": lambda s: s.crop((1, 1, 8, 8)),
    "a scale": lambda s: s.scale((8, 8)),
    "two scales": lambda s: s.scale((8, 8)).scale((40, 40)),
    "a conversion": lambda s: s.convert("RGBA"),
    "gray": lambda s: s.convert("GRAY8"),
}


def exclusive_and_its_planes():
    planes = noise_planes("I420", (24, 16))
    mine = copies(planes)
    return CpuSurface.from_planes(mine, "I420", colorimetry=BT601, exclusive=True), planes


@pytest.mark.parametrize("promise", PROMISES)
@pytest.mark.parametrize("looked", [False, True])
def test_a_promise_shows_what_was_when_it_was_made(promise, looked):
    surface, planes = exclusive_and_its_planes()
    promised = PROMISES[promise](surface)
    foreign = CpuSurface.from_planes(planes, "I420", colorimetry=BT601)
    expected = copies(PROMISES[promise](foreign).planes())
    if looked:
        promised.planes()
    for plane in surface.writable():
        plane[...] = 77
    assert same(promised.planes(), expected)


@pytest.mark.parametrize("promise", PROMISES)
@pytest.mark.parametrize("looked", [False, True])
def test_writing_a_promise_leaves_its_source(promise, looked):
    surface, planes = exclusive_and_its_planes()
    promised = PROMISES[promise](surface)
    before = copies(surface.planes("RGB") + surface.planes("GRAY8"))
    if looked:
        promised.planes()
    for plane in promised.writable():
        plane[...] = 77
    assert same(surface.planes(), planes)
    assert same(surface.planes("RGB") + surface.planes("GRAY8"), before)


def test_a_kept_view_shows_what_was_when_it_was_taken():
    surface, planes = exclusive_and_its_planes()
    corner = surface.planes()[0][3:, 3:]
    surface.writable()[0][...] = 77
    assert np.array_equal(corner, planes[0][3:, 3:])


def test_a_dropped_view_costs_no_copy():
    surface, _ = exclusive_and_its_planes()
    address = surface.planes()[0].ctypes.data
    assert surface.writable()[0].ctypes.data == address


def test_memory_is_copied_once_and_not_for_every_write():
    surface = cpu_surface()
    first = surface.writable()[0].ctypes.data
    assert surface.writable()[0].ctypes.data == first


def test_a_read_only_array_cannot_be_made_writeable():
    (plane,) = cpu_surface("RGB", exclusive=True).planes()
    with pytest.raises(ValueError, match="WRITEABLE"):
        plane.flags.writeable = True


def test_read_only_arrays_cannot_be_exclusive():
    planes = noise_planes("GRAY8", (4, 4))
    planes[0].flags.writeable = False
    with pytest.raises(ValueError, match=r"exclusive planes will be written.*read-only"):
        CpuSurface.from_planes(planes, "GRAY8", colorimetry=BT601, exclusive=True)


def test_a_view_taken_while_somebody_may_still_write_is_a_copy():
    surface = cpu_surface(exclusive=True)
    writable = surface.writable()
    seen = surface.planes()
    before = copies(seen)
    writable[0][...] = 1
    assert same(seen, before)
    assert (surface.planes()[0] == 1).all()
