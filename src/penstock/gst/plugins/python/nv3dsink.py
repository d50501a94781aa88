"""Loads nv3dsink into any GStreamer program; see `penstock env`."""

import os
import sys

sys.path[:0] = [p for p in os.environ.get("PENSTOCK_SITE", "").split(":") if p not in sys.path]

from penstock.elements import load, rank_of  # noqa: E402

_element = load("nv3dsink")
__gstelementfactory__ = ("nv3dsink", rank_of(_element), _element)
