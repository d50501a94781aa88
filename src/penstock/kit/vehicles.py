"""Kinds of vehicles as sums of ImageNet's classes."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["VEHICLES"]

VEHICLES: Mapping[str, tuple[str, ...]] = {
    "car": ("beach wagon", "limousine", "grille", "car wheel", "car mirror"),
    "sports car": ("sports car", "convertible", "racer"),
    "suv": ("jeep",),
    "taxi": ("cab",),
    "van": ("minivan", "moving van", "police van", "ambulance", "recreational vehicle"),
    "pickup": ("pickup",),
    "truck": ("trailer truck", "garbage truck", "tow truck", "fire engine"),
    "bus": ("school bus", "minibus", "trolleybus"),
    "motorbike": ("motor scooter", "moped"),
    "bicycle": ("mountain bike", "bicycle-built-for-two"),
}
"""Kind → the classes of ImageNet that it is, by their names in EfficientNet's own list."""
