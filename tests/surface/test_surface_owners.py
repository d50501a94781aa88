"""Nothing lives longer than its pixels are needed."""

import gc
import weakref
from contextlib import contextmanager

import numpy as np
import pytest
from surface_pictures import BT601, cpu_surface

from penstock.surface import CpuSurface, PlaneLayout


@contextmanager
def no_collector():
    """Whatever dies inside dies by its last reference, not by the cycle collector."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class Owner:
    """Stands for a mapped buffer."""


def owned(size=(32, 16), name="I420"):
    owner = Owner()
    layout = PlaneLayout.default(name, size)
    memory = np.zeros(layout.size_bytes, np.uint8)
    surface = CpuSurface.from_memory(memory, layout, colorimetry=BT601, owner=owner)
    return surface, weakref.ref(owner)


def test_an_owner_is_released_with_the_last_surface():
    with no_collector():
        surface, owner = owned()
        other = surface.share().crop((0, 0, 8, 8)).scale((4, 4)).convert("RGBA")
        del surface
        assert owner() is not None
        del other
        assert owner() is None


def test_an_owner_is_released_with_the_last_view_even_a_slice_of_one():
    with no_collector():
        surface, owner = owned()
        part = surface.planes()[1][2:, 3:5]
        del surface
        assert owner() is not None
        del part
        assert owner() is None


def test_an_owner_is_released_when_a_write_makes_a_copy():
    with no_collector():
        surface, owner = owned()
        surface.writable()
        assert owner() is None
        assert surface.size == (32, 16)


def test_an_owner_is_released_when_a_written_surface_needs_another_format_or_size():
    with no_collector():
        for pending in (lambda s: s.scale((8, 8)), lambda s: s.convert("RGBA"), lambda s: s):
            surface, owner = owned()
            surface = pending(surface)
            surface.planes()
            assert owner() is not None
            surface.writable(surface.format)
            assert owner() is None


def test_an_owner_is_released_once_chained_work_is_done():
    with no_collector():
        surface, owner = owned()
        surface = surface.scale((4, 4)).scale((32, 32))
        assert owner() is not None
        surface.planes()
        assert owner() is None


def test_an_owner_survives_a_failed_call():
    with no_collector():
        surface, owner = owned()
        with pytest.raises(ValueError, match="no pixel"):
            surface.crop((99, 99, 4, 4))
        del surface
        assert owner() is None


def test_conversions_of_a_dead_surface_are_dropped():
    with no_collector():
        surface = cpu_surface()
        seen = weakref.ref(surface.planes("RGBA")[0].base.loan.memory)
        assert seen() is not None
        del surface
        assert seen() is None
