"""What objects look like, as vectors that are alike for the same object.

Either a user's re-identification network says so, or the built-in histogram of colours.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from penstock.backends import BACKENDS, Backend, cache_folder, default_backend
from penstock.config.tracker import ReidSettings
from penstock.errors import ModelError
from penstock.trackers.base import Crops
from penstock.trackers.features import HUES, cut_out, soft_colors

Floats: TypeAlias = NDArray[np.float64]
Vectors: TypeAlias = NDArray[np.float32]

_SIZE = (32, 64)  # of the pictures that the histogram counts
_STRIPES = 8  # head, chest, … feet
_SHADES = 10


class Embedder(Protocol):
    """Turns objects into vectors."""

    def embed(self, crops: Crops, boxes: Floats) -> Vectors:
        """Look at objects.

        Args:
            crops: The present frame's pixels.
            boxes: `(4, K)` xyxy, frame pixels.

        Returns:
            `(K, D)` float32, each of length 1: the dot product of two is their likeness.
        """
        ...


def embedder_of(settings: ReidSettings) -> Embedder:
    """The network of a configuration, or the built-in histogram where it names none.

    Raises:
        ModelError: The network cannot be read, or is not as the settings say.
    """
    return ColorHistogram() if settings.model_file is None else ReidNetwork(settings)


class ColorHistogram:
    """Colours of eight stripes from head to foot, 128 numbers: no network, no training.

    The middle counts more than the sides, where the background is. Roots of the shares are taken
    (Hellinger's distance) and each stripe's mean is subtracted, so that objects with nothing in
    common come out near 0.
    """

    def __init__(self) -> None:
        width = _SIZE[0]
        place = (np.arange(width) + 0.5) / width - 0.5
        across = np.exp(-0.5 * (place / 0.25) ** 2)
        self._across = (across / across.sum()).astype(np.float32)

    def embed(self, crops: Crops, boxes: Floats) -> Vectors:
        """As `Embedder.embed`, D = 128."""
        colors = soft_colors(cut_out(crops, boxes, _SIZE), shades=_SHADES)
        rows = np.einsum("nhwc,w->nhc", colors, self._across)
        high = _SIZE[1] // _STRIPES
        stripes = rows.reshape(len(rows), _STRIPES, high, _SHADES + HUES).mean(axis=2)
        stripes = np.sqrt(stripes)
        stripes -= stripes.mean(axis=2, keepdims=True)
        return _unit(stripes.reshape(len(rows), _STRIPES * (_SHADES + HUES)))


class ReidNetwork:
    """An ONNX network with one picture input and one vector output.

    Args:
        settings: `ReID` of the configuration.

    Raises:
        ModelError: The network cannot be read, or is not as the settings say.
    """

    def __init__(self, settings: ReidSettings) -> None:
        assert settings.model_file is not None
        self._settings = settings
        self._nchw = settings.input_order == 0
        dims = settings.input_dims
        channels, height, width = dims if self._nchw else (dims[2], *dims[:2])
        self._size = (width, height)
        if channels != 3:
            raise ModelError(
                f"{settings.model_file}: inferDims {list(dims)} have {channels} channels in "
                f"inputOrder {settings.input_order}; wanted 3, as pictures have"
            )
        backend = BACKENDS.load(default_backend())
        self._backend: Backend = backend(
            settings.model_file,
            precision="f32" if settings.network_mode == 0 else "fastest",
            input_shape=dims,
            cache=cache_folder(),
        )
        self._input, self._output = self._ends()

    def embed(self, crops: Crops, boxes: Floats) -> Vectors:
        """As `Embedder.embed`, D = `reidFeatureSize`."""
        count = boxes.shape[1]
        pictures = self._prepared(cut_out(crops, boxes, self._size))
        vectors = np.empty((count, self._settings.feature_size), np.float32)
        at_once = self._backend.max_batch or self._settings.batch_size
        for first in range(0, count, at_once):
            part = pictures[first : first + at_once]
            full = part
            if self._backend.max_batch and len(part) < at_once:
                full = np.concatenate([part, np.repeat(part[-1:], at_once - len(part), axis=0)])
            found = self._backend.run({self._input: full})[self._output]
            vectors[first : first + at_once] = found.reshape(len(full), -1)[: len(part)]
        return _unit(vectors)

    def _prepared(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        settings = self._settings
        values = pictures[..., ::-1] if settings.color else pictures
        tensor = (values - np.array(settings.offsets or 0, np.float32)) * np.float32(settings.scale)
        if self._nchw:
            tensor = np.moveaxis(tensor, 3, 1)
        return np.ascontiguousarray(tensor, np.float32)

    def _ends(self) -> tuple[str, str]:
        """Names of the input and the output."""
        file, settings = self._settings.model_file, self._settings
        if len(self._backend.inputs) != 1:
            names = ", ".join(self._backend.inputs)
            raise ModelError(f"{file}: wanted a network with one input, got {names}")
        name, spec = next(iter(self._backend.outputs.items()))
        length = 1
        for side in spec.shape[1:]:
            length *= side or 1
        if None not in spec.shape[1:] and length != settings.feature_size:
            raise ModelError(
                f"{file}: output {name!r} has {length} numbers an object; "
                f"reidFeatureSize is {settings.feature_size}"
            )
        return next(iter(self._backend.inputs)), name


class Galleries:
    """The latest vectors of T tracks; a track's likeness is that of its most similar one.

    Args:
        history: Most vectors kept of a track.
    """

    def __init__(self, history: int) -> None:
        self._history = history
        self._vectors: Vectors = np.empty((0, history, 0), np.float32)
        self._slot = np.empty(0, np.intp)
        self._count = np.empty(0, np.int64)

    def append(self, count: int) -> None:
        """Begin galleries without a vector."""
        used = set(self._slot.tolist())
        free = [slot for slot in range(len(self._vectors)) if slot not in used][:count]
        more = count - len(free)
        if more:
            free += range(len(self._vectors), len(self._vectors) + more)
            shape = (max(more, 8), *self._vectors.shape[1:])
            self._vectors = np.concatenate([self._vectors, np.zeros(shape, np.float32)])
        self._vectors[free] = 0
        self._slot = np.concatenate([self._slot, np.array(free, np.intp)])
        self._count = np.concatenate([self._count, np.zeros(count, np.int64)])

    def add(self, tracks: NDArray[Any], vectors: Vectors) -> None:
        """Remember what some tracks look like: `(K, D)`."""
        if not len(tracks):
            return
        if not self._vectors.shape[2]:
            shape = (*self._vectors.shape[:2], vectors.shape[1])
            self._vectors = np.zeros(shape, np.float32)
        place = self._count[tracks] % self._history
        self._vectors[self._slot[tracks], place] = vectors
        self._count[tracks] += 1

    def keep(self, kept: NDArray[Any]) -> None:
        """Drop all other tracks."""
        self._slot, self._count = self._slot[kept], self._count[kept]

    @property
    def known(self) -> NDArray[np.int64]:
        """`(T,)` how many vectors each track ever got."""
        return self._count

    def likeness(self, vectors: Vectors) -> Floats:
        """How much each object looks like each track, `(N, T)`, in [0, 1]."""
        size = self._vectors.shape[2]
        if not size or not len(vectors):
            return np.zeros((len(vectors), len(self._slot)))
        alike = vectors @ self._vectors.reshape(-1, size).T
        best = alike.reshape(len(vectors), -1, self._history).max(axis=2)
        return np.asarray(np.clip(best[:, self._slot], 0, 1), np.float64)


def _unit(vectors: NDArray[Any]) -> Vectors:
    """Each row scaled to length 1; zeros stay, and a row that is no number becomes zeros."""
    length = np.sqrt(np.einsum("nd,nd->n", vectors, vectors))[:, None]
    known = np.isfinite(length)
    if not known.all():  # such an object is like nobody
        vectors, length = np.where(known, vectors, 0), np.where(known, length, 1)
    return np.asarray(vectors / np.maximum(length, 1e-12), np.float32)
