"""Where a file named in a configuration really lies."""

from penstock.paths.resolving import resolve

__all__ = ["resolve"]
