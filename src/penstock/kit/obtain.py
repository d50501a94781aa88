"""An asset's folder in the cache: made once, whole or not at all."""

from __future__ import annotations

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory

from penstock.kit.asset import Asset
from penstock.kit.download import Progress
from penstock.kit.fetch import fetch_members
from penstock.kit.models import build_model
from penstock.kit.store import create_once, writing_to

__all__ = ["obtain"]

# Raise it when a converter changes what it writes: it renames the folders in every cache.
_REVISION = 1


def obtain(asset: Asset, *, root: Path, progress: Progress | None = None) -> Path:
    """Return an asset's main file, fetching it first unless it is cached.

    Args:
        asset: Its row.
        root: The cache. Assets get a folder each, archives are kept in `downloads`.
        progress: Told about every piece that arrives.

    Returns:
        `<root>/<kind>s/<name>-<fingerprint>/<name>.<suffix>`, absolute.

    Raises:
        PenstockError: It could not be fetched, is not the file it should be, or cannot be kept.
        ModelError: It cannot be converted.
    """
    root = root.absolute()
    folder = root / f"{asset.kind}s" / f"{asset.name}-{_fingerprint(asset)}"
    suffix = ".onnx" if asset.kind == "model" else Path(asset.members[0].path).suffix
    main = folder / f"{asset.name}{suffix}"
    with writing_to(root):
        if not main.exists():
            create_once(folder, lambda draft: _fill(asset, draft, root / "downloads", progress))
    return main


def _fill(asset: Asset, folder: Path, downloads: Path, progress: Progress | None) -> None:
    with TemporaryDirectory(prefix=".parts.", dir=folder.parent) as scratch:
        parts = fetch_members(asset, Path(scratch), downloads=downloads, progress=progress)
        if asset.kind == "model":
            build_model(asset, parts, folder)
        else:
            parts[0].rename(folder / f"{asset.name}{parts[0].suffix}")


def _fingerprint(asset: Asset) -> str:
    """Name what a folder was made from, so that another Penstock never takes it for its own."""
    made_by = (asset.converter, asset.labels, asset.size, asset.config)
    recipe = repr((_REVISION, asset.members, made_by))
    return hashlib.sha256(recipe.encode()).hexdigest()[:8]
