"""Correlation filters: where in its surroundings does an object look like itself?

One filter a track and feature channel, trained in the Fourier domain to answer with a Gaussian
peak where the object is (Bolme et al., "Visual object tracking using adaptive correlation filters",
CVPR 2010, MOSSE; Henriques et al., "High-speed tracking with kernelized correlation filters", 2015,
for multi-channel features and the window). The object's own area is weighted up and channels by how
well they find it (Lukežič et al., "Discriminative correlation filter with channel and spatial
reliability", CVPR 2017, CSR-DCF). All tracks are computed together.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import fft  # type: ignore[import-untyped]

from penstock.config.tracker import VisualSettings
from penstock.trackers.base import Crops
from penstock.trackers.features import DIRECTIONS, HUES, cut_out, gradients, soft_colors

Floats: TypeAlias = NDArray[np.float64]
Index: TypeAlias = NDArray[Any]
Spectra: TypeAlias = NDArray[np.complex64]

SIDES = (12, 18, 24, 36, 48)
"""Side of the feature picture, by `featureImgSizeLevel` from 1."""
_SHADES = 4
_STILL = 0.1  # added to the filters' denominator: no channel divides by nothing
_FIRST_USUAL = 0.5  # of the ideal answer, 1: what objects reach from one frame to the next
_LEAST_USUAL = 0.2
_USUAL_LR = 0.1


class CorrelationFilters:
    """T filters; entry i of every array belongs to track i.

    Args:
        settings: `VisualTracker` of the configuration; uses colours, gradients or both.
    """

    def __init__(self, settings: VisualSettings) -> None:
        self._settings = settings
        self._side = SIDES[settings.size_level - 1]
        self._channels = settings.color * (_SHADES + HUES) + settings.gradients * DIRECTIONS
        self._wanted = _gaussian(self._side, settings.sigma_px)
        side, half = self._side, self._side // 2 + 1
        self._numerator: Spectra = np.empty((0, self._channels, side, half), np.complex64)
        self._denominator = np.empty((0, self._channels, side, half), np.float32)
        self._weights = np.empty((0, self._channels), np.float32)
        self._usual = np.empty(0, np.float32)

    def __len__(self) -> int:
        return len(self._weights)

    def search(self, crops: Crops, boxes: Floats) -> Responses:
        """Look for every track around a place.

        Args:
            crops: The present frame's pixels.
            boxes: `(4, T)` xyxy, frame pixels: where each track should be.
        """
        region = self._region(boxes)
        spectra = self._spectra(crops, boxes, region)
        filters = self._numerator / (self._denominator + np.float32(_STILL))
        filters *= self._weights[:, :, None, None]
        answer = fft.irfft2((spectra * np.conj(filters)).sum(axis=1), s=(self._side, self._side))
        # The middle of the window answers at the corner: bring it back to the middle.
        answer = np.fft.fftshift(answer, axes=(1, 2)) / self._usual[:, None, None]
        return Responses(answer, region)

    def learn(
        self, crops: Crops, tracks: Index, boxes: Floats, *, answers: Floats | None = None
    ) -> None:
        """Show some tracks as they look now.

        Args:
            crops: The present frame's pixels.
            tracks: Which ones, K indices.
            boxes: `(4, K)` xyxy, frame pixels.
            answers: `(K,)` what `search` answered there: answers are told relative to what is
                usual for the track, which differs with its size and background.
        """
        if not len(tracks):
            return
        if answers is not None:
            usual = self._usual[tracks] * (1 + _USUAL_LR * (answers - 1))
            self._usual[tracks] = np.maximum(usual, _LEAST_USUAL)
        numerator, denominator, weights = self._trained(crops, boxes)
        new = (self._weights[tracks] == 0).all(axis=1)
        rate = np.where(new, 1, self._settings.filter_lr).astype(np.float32)[:, None, None, None]
        self._numerator[tracks] += rate * (numerator - self._numerator[tracks])
        self._denominator[tracks] += rate * (denominator - self._denominator[tracks])
        rate = np.where(new, 1, self._settings.channel_lr).astype(np.float32)[:, None]
        self._weights[tracks] += rate * (weights - self._weights[tracks])

    def append(self, count: int) -> None:
        """Begin filters that answer 0 until they learn."""
        shape = (count, *self._numerator.shape[1:])
        self._numerator = np.concatenate([self._numerator, np.zeros(shape, np.complex64)])
        self._denominator = np.concatenate([self._denominator, np.zeros(shape, np.float32)])
        none = np.zeros((count, self._channels), np.float32)
        self._weights = np.concatenate([self._weights, none])
        self._usual = np.append(self._usual, np.full(count, _FIRST_USUAL, np.float32))

    def keep(self, kept: Index) -> None:
        """Drop all other filters."""
        self._numerator = self._numerator[kept]
        self._denominator = self._denominator[kept]
        self._weights = self._weights[kept]
        self._usual = self._usual[kept]

    def _trained(self, crops: Crops, boxes: Floats) -> tuple[Spectra, Any, Any]:
        spectra = self._spectra(crops, boxes, self._region(boxes))
        numerator = spectra * self._wanted
        denominator = (spectra.real**2 + spectra.imag**2).astype(np.float32)
        # A channel's own answer in the middle of the picture that it was trained with, before
        # regularisation, is 1; what regularisation leaves of it says how much there was to learn.
        peak = _middle(spectra * np.conj(numerator / (denominator + np.float32(_STILL))))
        weights = np.maximum(peak, 1e-6)
        return numerator, denominator, weights / weights.sum(axis=1, keepdims=True)

    def _region(self, boxes: Floats) -> Floats:
        """The search regions of boxes: `(4, K)` xyxy, frame pixels."""
        size = boxes[2:] - boxes[:2]
        half = (size + self._settings.padding_scale * np.hypot(size[0], size[1])) / 2
        centre = (boxes[:2] + boxes[2:]) / 2
        return np.concatenate([centre - half, centre + half])

    def _spectra(self, crops: Crops, boxes: Floats, region: Floats) -> Spectra:
        """`(K, C, side, side // 2 + 1)`: the windowed features of each region."""
        side = self._side
        pictures = cut_out(crops, region, (side, side))
        parts = []
        if self._settings.color:
            parts.append(soft_colors(pictures, shades=_SHADES))
        if self._settings.gradients:
            parts.append(gradients(pictures))
        features = np.concatenate(parts, axis=-1)
        features -= features.mean(axis=(1, 2), keepdims=True)
        features *= self._window(boxes, region)[..., None]
        spectra: Spectra = fft.rfft2(np.moveaxis(features, 3, 1))
        return spectra

    def _window(self, boxes: Floats, region: Floats) -> NDArray[np.float32]:
        """`(K, side, side)`: 1 in the middle of the box, fading around it, 0 at the edges."""
        share = (boxes[2:] - boxes[:2]) / (region[2:] - region[:2])
        place = (np.arange(self._side) + 0.5) / self._side - 0.5
        hann = 0.5 + 0.5 * np.cos(2 * np.pi * place)
        x = hann * np.exp(-0.5 * (place / share[0][:, None]) ** 2)
        offset = place - self._settings.focus_y
        y = hann * np.exp(-0.5 * (offset / share[1][:, None]) ** 2)
        return np.asarray(y[:, :, None] * x[:, None, :], np.float32)


class Responses:
    """What the filters answered, one map a track.

    Args:
        maps: `(T, side, side)`: about 1 where a track looks as it usually does;
            the middle of the map is the middle of the region.
        region: `(4, T)` xyxy, frame pixels: what the maps cover.
    """

    def __init__(self, maps: NDArray[np.floating], region: Floats) -> None:
        self._maps = maps
        self._region = region
        self._side = maps.shape[-1]

    def peaks(self) -> tuple[Floats, Floats]:
        """Where each track looks most like itself.

        Returns:
            Shift of its centre, `(2, T)`, frame pixels; the answer there, `(T,)` in [0, 1].
        """
        side, rows = self._side, np.arange(len(self._maps))
        best = self._maps.reshape(len(rows), -1).argmax(axis=1)
        y, x = best // side, best % side
        fine_x = self._between(rows, y, x, 0, 1)
        fine_y = self._between(rows, y, x, 1, 0)
        size = self._region[2:] - self._region[:2]
        shift = np.stack([(x + fine_x - side // 2), (y + fine_y - side // 2)]) * size / side
        return shift, np.clip(self._maps[rows, y, x], 0, 1).astype(np.float64)

    def at(self, boxes: Floats) -> Floats:
        """How much every box looks like every track.

        Args:
            boxes: `(4, N)` xyxy, frame pixels.

        Returns:
            `(N, T)` in [0, 1]: the answer near the box's centre; 0 outside the region.
        """
        side = self._side
        centre = (boxes[:2] + boxes[2:])[:, :, None] / 2
        low, size = self._region[:2, None, :], (self._region[2:] - self._region[:2])[:, None, :]
        middle = (low + size / 2 - centre) / size * -side + side // 2
        column, row = np.rint(np.clip(middle, -1, side)).astype(np.int64)
        inside = (column >= 0) & (column < side) & (row >= 0) & (row < side)
        widest = _neighbourhood(self._maps)
        tracks = np.arange(len(self._maps))[None, :]
        found = widest[tracks, row.clip(0, side - 1), column.clip(0, side - 1)]
        return np.asarray(np.clip(np.where(inside, found, 0.0), 0.0, 1.0), np.float64)

    def _between(self, rows: Index, y: Index, x: Index, dy: int, dx: int) -> Floats:
        """Where between three neighbours a parabola through them is highest."""
        side = self._side
        before = self._maps[rows, (y - dy) % side, (x - dx) % side]
        behind = self._maps[rows, (y + dy) % side, (x + dx) % side]
        bend = before + behind - 2 * self._maps[rows, y, x]
        shift = 0.5 * (before - behind) / np.where(bend < 0, bend, 1)
        return np.asarray(np.where(bend < 0, np.clip(shift, -0.5, 0.5), 0.0), np.float64)


def _neighbourhood(maps: NDArray[np.floating]) -> NDArray[np.floating]:
    """The largest of each 3 by 3 pixels: a detection's centre is not quite the filter's."""
    wide = maps.copy()
    np.maximum(wide[:, :, 1:], maps[:, :, :-1], out=wide[:, :, 1:])
    np.maximum(wide[:, :, :-1], maps[:, :, 1:], out=wide[:, :, :-1])
    tall = wide.copy()
    np.maximum(tall[:, 1:], wide[:, :-1], out=tall[:, 1:])
    np.maximum(tall[:, :-1], wide[:, 1:], out=tall[:, :-1])
    return tall


def _gaussian(side: int, sigma_px: float) -> Spectra:
    """The wanted answer: a peak at the corner, which stands for the middle."""
    place = fft.fftfreq(side, 1 / side)
    peak = np.exp(-0.5 * (place / max(sigma_px, 1e-3)) ** 2)
    wanted: Spectra = fft.rfft2((peak[:, None] * peak[None, :]).astype(np.float32))
    return wanted


def _middle(spectra: Spectra) -> NDArray[np.float32]:
    """The inverse transform at the corner, of `(K, C, side, half)`: one value a channel."""
    side = spectra.shape[2]
    weight = np.full(spectra.shape[3], 2.0, np.float32)
    weight[0] = 1
    if side % 2 == 0:
        weight[-1] = 1
    return np.asarray((spectra.real * weight).sum(axis=(2, 3)) / side**2, np.float32)
