"""The tree at the place where DeepStream itself is installed."""

from __future__ import annotations

from pathlib import Path

from penstock.errors import PenstockError
from penstock.paths import SDK_PARENT

__all__ = ["link"]


def link(tree: Path, *, parent: Path = SDK_PARENT) -> Path:
    """Make `/opt/nvidia/deepstream/deepstream` a link to the tree.

    Programs that open such paths themselves need it; Penstock's elements do not.

    Args:
        tree: The root of the tree.
        parent: The folder that gets the link.

    Returns:
        The link.

    Raises:
        PenstockError: Something else is there, or the folder cannot be written.
    """
    place = parent / "deepstream"
    if place.is_symlink() and place.resolve() == tree.resolve():
        return place
    if place.is_symlink() or place.exists():
        raise PenstockError(
            f"{place} is there already, and is not {tree}; it is left as it is. Where it is a "
            "DeepStream that you do not need, move it away first"
        )
    try:
        parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(tree)
    except OSError as error:
        raise PenstockError(
            f"cannot make {place}: {error.strerror or error}; as root: "
            f"mkdir -p {parent} && ln -s {tree} {place}"
        ) from error
    return place
