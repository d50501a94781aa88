"""Loads nvdrmvideosink into any GStreamer program; see `penstock env`."""

import os
import sys

_site = os.environ.get("PENSTOCK_SITE", "").split(":")
sys.path[:0] = [path for path in _site if path and path not in sys.path]

from penstock.elements import load, rank_of  # noqa: E402

_element = load("nvdrmvideosink")
__gstelementfactory__ = ("nvdrmvideosink", rank_of(_element), _element)
