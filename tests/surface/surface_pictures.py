"""Pictures to test with: random, but smooth, so that resampling methods agree on them."""

import cv2
import numpy as np

from penstock.surface import Colorimetry, CpuSurface, pixel_format

BT601 = Colorimetry("bt601")
BT709 = Colorimetry("bt709")
COLORIMETRIES = (
    BT601,
    BT709,
    Colorimetry("bt601", full_range=True),
    Colorimetry("bt709", full_range=True),
)
# Levels that make colours of every hue, but none far outside of what RGB can show.
SPANS = {"Y": (80, 170), "U": (88, 168), "V": (88, 168)}


def smooth(rng, shape, *, low=0, high=255, knots=3):
    """A `(H, W)` float picture without detail: a few random levels, interpolated."""
    grid = rng.uniform(low, high, (knots, knots)).astype(np.float32)
    return np.clip(cv2.resize(grid, shape[::-1], interpolation=cv2.INTER_CUBIC), low, high)


def smooth_planes(name, size, *, seed=0, opaque=True):
    """Planes of a smooth picture; `opaque` fills the fourth sample of packed formats with 255."""
    rng, made = np.random.default_rng(seed), pixel_format(name)
    return tuple(_plane(rng, made, plane, size, opaque=opaque) for plane in made.planes)


def _plane(rng, made, plane, size, *, opaque):
    shape = plane.shape(size)
    channels = []
    for sample in plane.samples:
        low, high = (40, 215) if made.model != "yuv" else SPANS[sample]
        channel = smooth(rng, shape[:2], low=low, high=high)
        channels.append(np.full_like(channel, 255) if sample in "Ax" and opaque else channel)
    array = np.dstack(channels) if len(channels) > 1 else channels[0]
    if made.dtype == np.uint16:
        return np.rint(array * 4).astype(np.uint16) << 6
    return np.ascontiguousarray(np.rint(array).astype(np.uint8))


def noise_planes(name, size, *, seed=0):
    """Planes of random samples over the whole range."""
    rng, made = np.random.default_rng(seed), pixel_format(name)
    top = 2 ** (8 * np.dtype(made.dtype).itemsize)
    return tuple(rng.integers(0, top, shape, dtype=made.dtype) for shape in made.shapes(size))


def flat_planes(name, size, levels):
    """Planes of one colour: `levels` maps a sample's name to its level."""
    made, planes = pixel_format(name), []
    for plane, shape in zip(made.planes, made.shapes(size), strict=True):
        array = np.empty(shape, made.dtype)
        array[...] = (
            [levels[s] for s in plane.samples] if array.ndim == 3 else levels[plane.samples]
        )
        planes.append(array)
    return tuple(planes)


def cpu_surface(name="I420", size=(64, 48), *, seed=0, colorimetry=BT601, **more):
    """A surface over a smooth picture."""
    planes = smooth_planes(name, size, seed=seed)
    return CpuSurface.from_planes(planes, name, colorimetry=colorimetry, **more)


def copies(planes):
    return tuple(np.array(plane) for plane in planes)


def same(planes, others):
    """Whether two pictures agree sample by sample."""
    pairs = zip(planes, others, strict=True)
    return all(a.shape == b.shape and np.array_equal(a, b) for a, b in pairs)


def differences(planes, others, name="I420"):
    """Absolute differences of all samples, flat; the unused fourth sample is left out."""
    shown = 3 if name.endswith("x") else None
    return np.concatenate(
        [
            np.abs(np.asarray(a, np.int32) - np.asarray(b, np.int32))[..., :shown].ravel()
            for a, b in zip(planes, others, strict=True)
        ]
    )
