"""Other libraries take a surface's pixels by DLPack, and cannot harm them."""

import numpy as np
import pytest
from surface_pictures import cpu_surface, same

from penstock.surface import FORMATS, exchange

PACKED = [name for name, made in FORMATS.items() if len(made.planes) == 1]


class OlderThanDLPack1:
    """Asks as libraries do that read no versions: without arguments."""

    def __init__(self, surface):
        self.surface = surface

    def __dlpack__(self, **_):
        return self.surface.__dlpack__()

    def __dlpack_device__(self):
        return self.surface.__dlpack_device__()


class Copied(OlderThanDLPack1):
    """Asks for memory of its own."""

    def __dlpack__(self, **_):
        return self.surface.__dlpack__(max_version=(1, 0), copy=True)


def made(name="RGBA"):
    return cpu_surface(name, exclusive=True)


@pytest.mark.parametrize("name", PACKED)
def test_a_picture_of_one_plane_is_seen_where_it_lies(name):
    surface = made(name)
    seen = np.from_dlpack(surface)
    (plane,) = surface.planes()
    assert seen.shape == plane.shape
    assert same((seen,), (plane,))
    assert not seen.flags.writeable
    assert np.shares_memory(seen, plane)


def test_the_promise_is_what_is_seen():
    surface = made("NV12").scale((32, 24)).convert("RGB")
    assert same((np.from_dlpack(surface),), surface.planes("RGB"))


def test_what_is_seen_stays_when_the_surface_is_written_to_or_gone():
    surface = made()
    seen = np.from_dlpack(surface)
    before = seen.copy()
    (plane,) = surface.writable()
    plane[:] = 0
    del surface, plane
    assert same((seen,), (before,))


def test_a_library_that_cannot_be_told_gets_a_copy():
    surface = made()
    seen = np.from_dlpack(OlderThanDLPack1(surface))
    assert same((seen,), surface.planes())
    assert not np.shares_memory(seen, surface.planes()[0])


def test_whoever_asks_for_a_copy_may_write_to_it():
    surface = made()
    seen = np.from_dlpack(Copied(surface))
    assert seen.flags.writeable
    seen[:] = 0
    assert surface.planes()[0].max() > 0


def test_an_older_library_that_wants_no_copy_is_refused():
    with pytest.raises(BufferError, match=r"read-only, which DLPack can say from 1\.0 on"):
        made().__dlpack__(copy=False)


def test_numpy_before_2_1_gets_a_copy(monkeypatch):
    monkeypatch.setattr(exchange, "_FLAGS_READ_ONLY", False)
    surface = made()
    seen = np.from_dlpack(surface)
    assert not np.shares_memory(seen, surface.planes()[0])
    assert same((seen,), surface.planes())


def test_several_planes_are_refused_with_what_to_do():
    with pytest.raises(BufferError, match=r"NV12 has 2 planes, DLPack takes one.*convert\('RGB'\)"):
        np.from_dlpack(made("NV12"))


def test_another_device_is_refused():
    assert made().__dlpack_device__() == (1, 0)
    with pytest.raises(BufferError, match=r"on the CPU, \(1, 0\); asked for device \(2, 0\)"):
        made().__dlpack__(max_version=(1, 0), dl_device=(2, 0))


def test_what_writable_gives_may_be_written_to_by_anyone():
    surface = made()
    twin = surface.share()
    seen = np.from_dlpack(surface.writable()[0])
    assert seen.flags.writeable
    seen[:] = 7
    assert surface.planes()[0].max() == 7
    assert twin.planes()[0].max() > 7
